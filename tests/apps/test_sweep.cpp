// Sweeps: values and their grid against lists written by hand, points against single runs, what is
// there is not run again, and who fails or interrupts spoils nothing else.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "apps/interrupt.hpp"
#include "apps/run_command.hpp"
#include "apps/sweep.hpp"
#include "apps/sweep/children.hpp"
#include "apps/sweep/figure.hpp"
#include "apps/sweep/grid.hpp"
#include "apps/sweep/table.hpp"
#include "tests/support/runs.hpp"

namespace fs = std::filesystem;
using namespace clockless;
using Catch::Matchers::Contains;
using Texts = std::vector<std::string>;

namespace {

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

nlohmann::json json_of(const fs::path& path) { return nlohmann::json::parse(text_of(path)); }

// Records of RFC 4180, read by its grammar.
std::vector<Texts> records(const std::string& csv) {
  std::vector<Texts> all{{""}};
  bool quoted = false;
  for (std::size_t i = 0; i < csv.size(); ++i) {
    const char c = csv[i];
    if (quoted && c == '"' && i + 1 < csv.size() && csv[i + 1] == '"') {
      all.back().back() += csv[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == ',') {
      all.back().emplace_back();
    } else if (!quoted && c == '\n') {
      all.push_back({""});
    } else {
      all.back().back() += c;
    }
  }
  CHECK_FALSE(quoted);
  all.pop_back();  // after the last line end
  return all;
}

// Rows by the names of their columns.
std::vector<std::map<std::string, std::string>> rows_of(const fs::path& csv) {
  const auto all = records(text_of(csv));
  std::vector<std::map<std::string, std::string>> rows;
  for (std::size_t r = 1; r < all.size(); ++r) {
    REQUIRE(all[r].size() == all[0].size());
    auto& row = rows.emplace_back();
    for (std::size_t c = 0; c < all[r].size(); ++c) row[all[0][c]] = all[r][c];
  }
  return rows;
}

Settings declared() {
  Settings s;
  s.integer("seed", 1, "seed").at_least(0);
  s.real("scale", 1.0, "scale");
  s.text("name", "a", "name");
  s.text("kind", "one", "kind").one_of({"one", "two"});
  s.flag("on", false, "on");
  return s;
}

Texts values(const std::string& assignment) { return parse_axis(declared(), assignment).values; }

// A sweep of the fastest scenario, in a folder that is gone afterwards.
struct Sweeps {
  TemporaryFolder folder = {};
  std::string scenario = "equilibrium-propagation";

  SweepRequest request(const Texts& swept, const std::string& out = "sweep") const {
    SweepRequest r{scenario, swept, {"quick=true"}, (folder / out).string(), "", 2, false, true};
    r.program = CLOCKLESS_PROGRAM;
    return r;
  }
  fs::path at(const std::string& name) const { return folder / "sweep" / name; }
};

}  // namespace

TEST_CASE("Lists and ranges of a sweep are the values that they say", "[app]") {
  CHECK(values("seed=3") == Texts{"3"});
  CHECK(values("seed=1,2,40") == Texts{"1", "2", "40"});
  CHECK(values("seed=2..5") == Texts{"2", "3", "4", "5"});
  CHECK(values("seed=1..10:4") == Texts{"1", "4", "7", "10"});
  CHECK(values("seed=1..16:5:log") == Texts{"1", "2", "4", "8", "16"});
  CHECK(values("seed=0,2..3,9") == Texts{"0", "2", "3", "9"});
  CHECK(values("scale=-1,1e-3,1e3") == Texts{"-1", "0.001", "1000"});
  CHECK(values("scale=-1..1:5") == Texts{"-1", "-0.5", "0", "0.5", "1"});
  CHECK(values("scale=1..1e6:7:log") ==
        Texts{"1", "10", "100", "1000", "10000", "100000", "1000000"});
  CHECK(values("scale=1e-3..10:5:log") == Texts{"0.001", "0.01", "0.1", "1", "10"});
  CHECK(values("name=../a,b") == Texts{"../a", "b"});
  CHECK(values("name=300,100;50") == Texts{"300,100", "50"});
  CHECK(values("kind=two,one") == Texts{"two", "one"});
  CHECK(values("on=no,true") == Texts{"false", "true"});
}

TEST_CASE("What is no list of values of a setting is refused", "[app]") {
  const auto error = [](const std::string& assignment) {
    return error_of([&] { values(assignment); });
  };
  for (const char* empty : {"seed=", "seed", "seed=1,", "seed=,1", "seed=1,,2", "name=a;"})
    CHECK_THAT(error(empty), Contains("empty value"));
  CHECK_THAT(error("sed=1"), Contains("unknown setting 'sed'; did you mean 'seed'?"));
  CHECK_THAT(error("seed=-1"), Contains("'seed' = -1: expected a whole number >= 0"));
  CHECK_THAT(error("seed=1,x"), Contains("'seed' = x: expected"));
  CHECK_THAT(error("kind=on"), Contains("expected one of one, two"));
  CHECK_THAT(error("seed=1,2,01"), Contains("1 comes twice"));
  CHECK_THAT(error("scale=1,1.0"), Contains("1 comes twice"));
  CHECK_THAT(error("seed=1..3:5"), Contains("comes twice"));  // there are but three
  for (const char* bad : {"scale=1..2", "scale=1..2:3:lin", "scale=1..2:3:log:4", "scale=..2:3",
                          "scale=1..:3", "scale=1..inf:3", "scale=a..b:3"})
    CHECK_THAT(error(bad), Contains("expected a range as a..b:n"));
  for (const char* broken : {"seed=1.5..4", "seed=1..4.5:3"})
    CHECK_THAT(error(broken), Contains("whole numbers at both ends"));
  CHECK_THAT(error("scale=2..1:3"), Contains("a < b"));
  CHECK_THAT(error("scale=0..1:3:log"), Contains("a > 0"));
  for (const char* n : {"scale=1..2:1", "scale=1..2:0", "scale=1..2:-3", "scale=1..2:",
                        "scale=1..2:99999999999999999999", "scale=1..2:10001", "seed=0..10000"})
    CHECK_THAT(error(n), Contains("2 to 10000 values"));
}

TEST_CASE("A grid has each combination once, the last setting fastest", "[app]") {
  const Grid grid = parse_grid(declared(), {"kind=one,two", "scale=0.5", "seeds=3"});
  REQUIRE(grid.size() == 6);
  std::vector<Texts> points;
  for (std::size_t p = 0; p < 6; ++p)
    points.push_back({grid.value(p, 0), grid.value(p, 1), grid.value(p, 2)});
  CHECK(points == std::vector<Texts>{{"one", "0.5", "1"},
                                     {"one", "0.5", "2"},
                                     {"one", "0.5", "3"},
                                     {"two", "0.5", "1"},
                                     {"two", "0.5", "2"},
                                     {"two", "0.5", "3"}});
  CHECK(grid.axes[2].key == "seed");
  const auto error = [](const Texts& assignments) {
    return error_of([&] { parse_grid(declared(), assignments); });
  };
  CHECK_THAT(error({"seed=1", "scale=1", "seed=2"}), Contains("'seed' is given twice"));
  CHECK_THAT(error({"seed=1..200", "scale=1..2:51"}), Contains("10200 points"));
  CHECK_THAT(error({"seeds=0"}), Contains("how many"));
  Settings own = declared();  // of a scenario that has the name for itself
  own.integer("seeds", 5, "trainings");
  CHECK(parse_grid(own, {"seeds=2,4"}).axes[0].key == "seeds");
}

TEST_CASE("A table is tidy, with texts quoted, and names what a row lacks by nothing", "[app]") {
  const auto summary = nlohmann::ordered_json::parse(R"({
    "scenario": "s", "wall_s": 3.5, "simulated_s": 0.25, "spike_hash": "00ff",
    "counts": {"spikes": 7}, "waits": {"peak": 3, "cores": [{"peak": 3}]},
    "energy": {"chip": {"dynamic_j": {"min": 1, "nominal": 2, "max": 3},
                        "per_sample": {"joules": 0.5}}},
    "results": {"b": {"values": [1, 2], "median": 1.5}, "a": "one, \"two\"\nthree", "none": null,
                "good": true, "speed": 9},
    "times": {"speed": 9}})");
  SweepTable table{{"x"}, {}, ""};
  table.rows.push_back({0, "points/000", {"1,2"}, scalars_of(summary)});
  table.rows.push_back({1, "points/001", {"3"}, {{"late", 1e-30}}});
  const auto all = records(table.csv());
  REQUIRE(all.size() == 3);
  CHECK(all[0] == Texts{"point", "x", "results.b.median", "results.a", "results.none",
                        "results.good", "simulated_s", "spike_hash", "counts.spikes", "waits.peak",
                        "energy.hardware", "energy.dynamic_j", "energy.static_j", "energy.total_j",
                        "energy.per_sample.joules", "late"});
  CHECK(all[1] == Texts{"points/000", "1,2", "1.5", "one, \"two\"\nthree", "", "true", "0.25",
                        "00ff", "7", "3", "chip", "2", "", "", "0.5", ""});
  CHECK(all[2][1] == "3");
  CHECK(all[2].back() == "1e-30");
}

TEST_CASE("A sweep's figure shows means and deviations over seeds, a curve per setting", "[app]") {
  const Grid grid = parse_grid(declared(), {"scale=1..100:3:log", "kind=one,two", "seed=1,2"});
  SweepTable table{{"scale", "kind", "seed"}, {}, "the objective"};
  for (std::size_t p = 0; p < grid.size(); ++p) {
    // 2 ± 1 at all points of the first curve, 4 ± 1 of the second.
    const double y = (grid.value(p, 1) == "one" ? 2 : 4) + (grid.value(p, 2) == "1" ? -1 : 1);
    table.rows.push_back({p,
                          "points",
                          {grid.value(p, 0), grid.value(p, 1), grid.value(p, 2)},
                          {{"counts.spikes", 5}, {"results.the_objective.median", y}}});
  }
  const SweepFigure figure = draw_sweep(grid, table, parse_plot("", grid));
  CHECK(figure.x == "scale");
  CHECK(figure.y == "results.the_objective.median");
  CHECK_THAT(figure.svg, Contains("kind = one") && Contains("kind = two"));
  const std::regex dot("<circle class=\"dot s([01])\" cx=\"([0-9.]+)\" cy=\"([0-9.]+)\"");
  std::vector<double> xs, ys;
  for (auto it = std::sregex_iterator(figure.svg.begin(), figure.svg.end(), dot);
       it != std::sregex_iterator(); ++it) {
    xs.push_back(std::stod((*it)[2]));
    ys.push_back(std::stod((*it)[3]));
  }
  REQUIRE(xs.size() == 6);
  CHECK_THAT(xs[1] - xs[0], Catch::Matchers::WithinAbs(xs[2] - xs[1], 0.2));  // by ratios
  // Whiskers of the deviation √2: in pixels, √2 / 2 of what lies between the curves' 2 and 4.
  const std::regex bar("<path class=\"line s[01]\" d=\"M([0-9.]+) ([0-9.]+)L([0-9.]+) ([0-9.]+)\"");
  int bars = 0;
  for (auto it = std::sregex_iterator(figure.svg.begin(), figure.svg.end(), bar);
       it != std::sregex_iterator(); ++it) {
    if ((*it)[1] != (*it)[3]) continue;  // of the legend
    const double half = (std::stod((*it)[2]) - std::stod((*it)[4])) / 2;
    CHECK_THAT(half, Catch::Matchers::WithinAbs((ys[0] - ys[3]) * std::sqrt(2.0) / 2, 0.2));
    ++bars;
  }
  CHECK(bars == 6);

  CHECK(draw_sweep(grid, table, parse_plot("seed:spikes", grid)).y == "counts.spikes");
  CHECK_THAT(error_of([&] { parse_plot("kind:y", grid); }),
             Contains("'kind' is no number that is swept; these are: scale, seed"));
  CHECK_THAT(error_of([&] { parse_plot("scale", grid); }), Contains("expected x:y"));
  CHECK_THAT(error_of([&] { draw_sweep(grid, table, parse_plot("scale:count.spikes", grid)); }),
             Contains("did you mean 'counts.spikes'?"));
  CHECK_THAT(error_of([&] { draw_sweep(grid, table, parse_plot("scale:the objectiv", grid)); }),
             Contains("did you mean 'the_objective'?"));
  const Grid named = parse_grid(declared(), {"kind=one,two", "seed=1,2"});
  table.rows.clear();
  for (std::size_t p = 0; p < named.size(); ++p)
    table.rows.push_back({p, "points", {named.value(p, 0), named.value(p, 1)}, {{"y", p}}});
  CHECK_THAT(draw_sweep(named, table, parse_plot("", named)).svg, Contains("kind = two"));
}

TEST_CASE("Each child's end is told, and what it said last if it failed", "[app]") {
  std::map<std::size_t, ChildEnd> ends;
  const Texts scripts{"exit 0", "echo one >&2; echo 'clockless: two' >&2; exit 3", "kill -9 $$",
                      "exit 4", "yes | head -c 300000 >&2; echo last >&2; exit 1"};
  run_children(
      "/bin/sh", scripts.size(), 2,
      [&](std::size_t i) {
        return Texts{"-c", scripts[i]};
      },
      [&](std::size_t i, const ChildEnd& end) { ends[i] = end; });
  REQUIRE(ends.size() == 5);
  CHECK(ends[0].succeeded);
  CHECK((!ends[1].succeeded && ends[1].message == "two"));
  CHECK_THAT(ends[2].message, Contains("signal 9"));
  CHECK_THAT(ends[3].message, Contains("exit code 4"));
  CHECK(ends[4].message == "last");
  run_children(
      "/nonexistent", 1, 1, [](std::size_t) { return Texts{}; },
      [&](std::size_t, const ChildEnd& end) { CHECK_THAT(end.message, Contains("cannot start")); });
}

TEST_CASE("A sweep's points are the runs that one makes by hand, at any number at a time",
          "[app]") {
  const Sweeps s;
  const Texts swept{"threshold=0.05,0.1", "seed=4,7"};
  REQUIRE(run_sweep(s.request(swept)) == 0);
  const auto rows = rows_of(s.at("sweep.csv"));
  REQUIRE(rows.size() == 4);
  for (const auto& row : rows) {
    const auto summary = json_of(s.at(row.at("point")) / "summary.json");
    CHECK(summary["configuration"]["threshold"] == std::stod(row.at("threshold")));
    CHECK(summary["seed"] == std::stoi(row.at("seed")));
    CHECK(summary["spike_hash"] == row.at("spike_hash"));
    CHECK(summary["counts"]["spikes"] == std::stoi(row.at("counts.spikes")));
    CHECK(summary["results"]["test_accuracy"] == std::stod(row.at("results.test_accuracy")));
    CHECK(summary["energy"]["loihi1"]["total_j"]["nominal"] == std::stod(row.at("energy.total_j")));
    CHECK(summary["simulated_s"] == std::stod(row.at("simulated_s")));
  }
  const auto& row = rows[1];
  CHECK((row.at("threshold") == "0.05" && row.at("seed") == "7"));
  REQUIRE(run_scenario({s.scenario,
                        {"quick=true", "threshold=0.05", "seed=7"},
                        (s.folder / "by-hand").string(),
                        true}) == 0);
  CHECK(json_of(s.folder / "by-hand" / "summary.json")["spike_hash"] == row.at("spike_hash"));

  SweepRequest alone = s.request(swept, "alone");
  alone.at_once = 1;
  REQUIRE(run_sweep(alone) == 0);
  CHECK(text_of(s.folder / "alone" / "sweep.csv") == text_of(s.at("sweep.csv")));
  CHECK(text_of(s.folder / "alone" / "report.html") == text_of(s.at("report.html")));
}

TEST_CASE("A sweep goes on where it stopped: only what is missing is run", "[app]") {
  const Sweeps s;
  const SweepRequest request = s.request({"seed=1..3"});
  REQUIRE(run_sweep(request) == 0);
  const std::string table = text_of(s.at("sweep.csv"));
  std::map<std::string, std::string> before;  // times are in a summary: no two runs have the same
  const auto point = [&](const std::string& name) { return s.at("points/" + name); };
  for (const char* name : {"000", "001", "002"})
    before[name] = text_of(point(name) / "summary.json");
  SECTION("nothing, when all is there, whatever the program") {
    SweepRequest dead = request;
    dead.program = "/nonexistent";
    CHECK(run_sweep(dead) == 0);
  }
  SECTION("a point that was removed") {
    fs::remove_all(point("001"));
    CHECK(run_sweep(request) == 0);
    CHECK(text_of(point("001") / "summary.json") != before["001"]);
  }
  SECTION("one that was interrupted") {
    auto cut = json_of(point("001") / "summary.json");
    cut["interrupted"] = true;
    std::ofstream(point("001") / "summary.json") << cut.dump();
    CHECK(run_sweep(request) == 0);
    CHECK_FALSE(json_of(point("001") / "summary.json").contains("interrupted"));
  }
  for (const char* name : {"000", "002"})
    CHECK(text_of(point(name) / "summary.json") == before[name]);
  CHECK(text_of(s.at("sweep.csv")) == table);
}

TEST_CASE("A sweep spares what is not its own", "[app]") {
  const Sweeps s;
  REQUIRE(run_sweep(s.request({"seed=1,2"})) == 0);
  const std::string table = text_of(s.at("sweep.csv"));
  SweepRequest other = s.request({"seed=1"});
  CHECK_THAT(error_of([&] { run_sweep(other); }),
             Contains("another sweep: there 'seed' is [\"1\",\"2\"], here [\"1\"]") &&
                 Contains("--renew"));
  SweepRequest longer = s.request({"seed=1,2"});
  longer.fixed.emplace_back("threshold=0.05");
  CHECK_THAT(error_of([&] { run_sweep(longer); }), Contains("'threshold'"));
  CHECK(text_of(s.at("sweep.csv")) == table);
  other.renew = true;
  CHECK(run_sweep(other) == 0);
  CHECK(rows_of(s.at("sweep.csv")).size() == 1);
  CHECK_FALSE(fs::exists(s.at("points/001")));

  // The same settings, but the cost table that they name has changed.
  const std::string table_file = (s.folder / "mine.toml").string();
  std::string costs = text_of(fs::path(CLOCKLESS_SOURCE_DIR) / "apps/hardware/loihi1.toml");
  std::ofstream(table_file) << costs;
  const SweepRequest priced = s.request({"hardware=" + table_file, "seed=1"}, "priced");
  REQUIRE(run_sweep(priced) == 0);
  CHECK(run_sweep(priced) == 0);
  std::ofstream(table_file) << costs.replace(costs.find("23.6"), 4, "23.7");
  CHECK_THAT(error_of([&] { run_sweep(priced); }), Contains("checksum"));

  fs::create_directories(s.folder / "mine");
  std::ofstream(s.folder / "mine" / "thesis.txt") << "all of it";
  CHECK_THAT(error_of([&] { run_sweep(s.request({"seed=1"}, "mine")); }),
             Contains("holds 'thesis.txt'"));
  CHECK(text_of(s.folder / "mine" / "thesis.txt") == "all of it");
}

TEST_CASE("What a run would refuse is refused before any point runs, in the same words", "[app]") {
  const Sweeps s;
  const Runs runs{s.scenario};
  for (const std::string bad : {"sede=1", "cores=0", "threshold=x", "hardware=loihi", "quick=maybe",
                                "speedup=10", "fidelity=slow"}) {
    const std::string message = runs.error({bad});
    CHECK(message != "no error");
    CHECK(error_of([&] { run_sweep(s.request({"seed=1,2", bad})); }) == message);
    CHECK_FALSE(fs::exists(s.folder / "sweep"));
  }
  // One bad combination among good ones.
  CHECK_THAT(error_of([&] {
               run_sweep(s.request({"fidelity=queued,ideal", "speedup=10"}));
             }),
             Contains("'speedup' = 10"));
  CHECK_THAT(error_of([&] { run_sweep(s.request({})); }), Contains("nothing to sweep"));
  CHECK_THAT(error_of([&] {
               run_sweep(s.request({"seed=1", "checkpoint=a"}));
             }),
             Contains("'checkpoint'") && Contains("all points would write to it"));
  SweepRequest twice = s.request({"seed=1,2"});
  twice.fixed.emplace_back("seed=3");
  CHECK_THAT(error_of([&] { run_sweep(twice); }), Contains("'seed' is given twice"));
  CHECK_FALSE(fs::exists(s.folder / "sweep"));
}

TEST_CASE("A point that fails is told with its settings, and the others go on", "[app]") {
  const Sweeps s;
  const SweepRequest request = s.request({"data=xor,/nonexistent,and", "seed=2"});
  CHECK(run_sweep(request) == 1);
  const auto rows = rows_of(s.at("sweep.csv"));
  REQUIRE(rows.size() == 2);
  CHECK((rows[0].at("data") == "xor" && rows[1].at("data") == "and"));
  CHECK_FALSE(fs::exists(s.at("points/001")));
  CHECK_THAT(text_of(s.at("report.html")),
             Contains("data = /nonexistent, seed = 2") && Contains("1 failed"));

  // A point's folder that holds what no run wrote is a failure of that point, too.
  fs::create_directories(s.at("points/001"));
  std::ofstream(s.at("points/001") / "thesis.txt") << "all of it";
  CHECK(run_sweep(request) == 1);
  CHECK(text_of(s.at("points/001") / "thesis.txt") == "all of it");
  CHECK_THAT(text_of(s.at("report.html")), Contains("thesis.txt"));
}

TEST_CASE("An interrupted sweep keeps what is finished, and goes on from there", "[app]") {
  const Sweeps s;
  const Texts swept{"seed=1..4"};
  SECTION("before it begins") {
    catch_interrupts();
    std::raise(SIGTERM);
    CHECK(run_sweep(s.request(swept)) == 128 + SIGTERM);
    clear_interrupt();
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGHUP, SIG_DFL);
    CHECK(rows_of(s.at("sweep.csv")).empty());
  }
  SECTION("in the midst of points that take long") {
    // The first two take no time, the others minutes.
    const pid_t child = ::fork();
    if (child == 0) {
      const std::string out = "--output=" + (s.folder / "sweep").string();
      ::execl(CLOCKLESS_PROGRAM, CLOCKLESS_PROGRAM, "sweep", s.scenario.c_str(), "--quiet",
              "--epochs=2,900000", "--seed=1,2", "--threads=4", out.c_str(),
              static_cast<char*>(nullptr));
      ::_exit(127);
    }
    REQUIRE(child > 0);
    const auto there = [&](const char* name) { return fs::exists(s.at(name) / "summary.json"); };
    int status = 0;
    bool alive = true;
    while (alive && !(there("points/000") && there("points/001"))) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      alive = ::waitpid(child, &status, WNOHANG) == 0;
    }
    REQUIRE(alive);
    ::kill(child, SIGINT);
    ::waitpid(child, &status, 0);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 128 + SIGINT);
    CHECK(rows_of(s.at("sweep.csv")).size() == 2);
    return;
  }
  CHECK(run_sweep(s.request(swept)) == 0);
  CHECK(rows_of(s.at("sweep.csv")).size() == 4);
}
