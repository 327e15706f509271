// Sweeps: points against single runs, what is there is not run again, and who fails or interrupts
// spoils nothing else.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "apps/interrupt.hpp"
#include "apps/run_command.hpp"
#include "apps/sweep.hpp"
#include "apps/sweep/children.hpp"
#include "tests/support/csv.hpp"
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
  SECTION("one that no run wrote so") {
    auto odd = json_of(point("001") / "summary.json");
    odd["headline"] = 7;
    std::ofstream(point("001") / "summary.json") << odd.dump();
    CHECK(run_sweep(request) == 0);
    CHECK(json_of(point("001") / "summary.json")["headline"].is_string());
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
  const std::string manifest = text_of(s.at("sweep.json"));
  for (const char* damaged : {"", "{", "null"}) {
    std::ofstream(s.at("sweep.json")) << damaged;
    CHECK_THAT(error_of([&] { run_sweep(other); }), Contains("its sweep.json is damaged"));
  }
  std::ofstream(s.at("sweep.json")) << manifest;
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
