// The command from arguments to run folder, on a scenario that is registered here.
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include "apps/command.hpp"
#include "apps/hardware.hpp"
#include "apps/interrupt.hpp"
#include "apps/models.hpp"
#include "apps/registry.hpp"
#include "apps/run_folder.hpp"
#include "tests/support/catch.hpp"

namespace fs = std::filesystem;
using clockless::Error;

namespace {

void declare(clockless::Settings& settings) {
  settings.real("lambda", 0.5, "weight").above(0).quick(0.25);
  settings.text("mode", "fine", "how to end")
      .one_of({"fine", "bare", "error", "bug", "memory", "stop", "term", "hup"});
  settings.integer("spikes", 3, "how many").at_least(0);
  settings.real("nested.shift", 0.0, "added");
}

void run(clockless::Run& run) {
  const auto spikes = run.settings.get<std::uint64_t>("spikes");
  clockless::SpikeWriter file(run.folder / "spikes.dat", "dummy\nsecond line");
  for (std::uint64_t i = 0; i < spikes; ++i)
    file.write(
        clockless::Time{clockless::Duration{static_cast<std::int64_t>(i) * 1'000'000'000'001}}, i);
  file.close();
  const auto mode = run.settings.get<std::string>("mode");
  if (mode == "error") throw Error("data.idx: truncated at byte 16; fetch it again");
  if (mode == "bug") throw std::logic_error("unreachable");
  if (mode == "memory") throw std::bad_alloc();
  if (mode == "bare") fs::remove(run.folder / "spikes.dat");
  if (mode == "stop") std::raise(SIGINT);
  if (mode == "term") std::raise(SIGTERM);
  if (mode == "hup") std::raise(SIGHUP);
  run.counts = {spikes, 10, 20, 30, 0};
  run.simulated_s = 0.25;
  run.spike_hash = 0xabcdef;
  run.results["objective"] = {{"values", {1.0}}, {"median", 1.0}};
  run.metrics["footprint"] = 4096;
  run.report.number("objective", "1.0").heading("A heading");
}

CLOCKLESS_APP("dummy-of-tests", "A scenario for tests", declare, run);

// A folder of its own for each test case.
struct Place {
  Place() : path(fs::temp_directory_path() / ("clockless-test-" + std::to_string(::getpid()))) {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Place() { fs::remove_all(path); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), {}));
  }
  fs::path path;
};

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

nlohmann::json summary_of(const fs::path& folder) {
  return nlohmann::json::parse(text_of(folder / "summary.json"));
}

int run_dummy(const fs::path& out, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"run", "dummy-of-tests", "--quiet", "-o", out.string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return clockless::command(arguments);
}

std::string error_of(const std::vector<std::string>& arguments) {
  try {
    clockless::command(arguments);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("A run leaves the files and keys that scripts rely on", "[app]") {
  const Place place;
  REQUIRE(run_dummy(place.path / "a", {"--seed", "7", "--lambda=0.125"}) == 0);
  const auto json = summary_of(place.path / "a");
  for (const char* key :
       {"scenario", "version", "seed", "configuration", "wall_s", "cpu_s", "simulated_s",
        "peak_rss_bytes", "counts", "spike_hash", "energy", "results", "synaptic_operations"})
    REQUIRE(json.contains(key));
  REQUIRE_FALSE(json.contains("interrupted"));
  REQUIRE(json["scenario"] == "dummy-of-tests");
  REQUIRE(json["seed"] == 7);
  REQUIRE(json["configuration"]["lambda"] == 0.125);
  REQUIRE(json["simulated_s"] == 0.25);
  REQUIRE(json["peak_rss_bytes"] > 1 << 20);
  REQUIRE(json["counts"] == nlohmann::json{{"spikes", 3},
                                           {"synaptic_events", 10},
                                           {"neuron_updates", 20},
                                           {"packets", 30},
                                           {"plasticity_updates", 0},
                                           {"signals", 0},
                                           {"hops_east_west", 0},
                                           {"hops_north_south", 0},
                                           {"idle_updates", 0},
                                           {"barriers", 0}});
  REQUIRE(json["spike_hash"] == "0000000000abcdef");
  REQUIRE_THAT(json["energy"]["loihi1"]["dynamic_j"]["nominal"].get<double>(),
               Catch::Matchers::WithinRel((10 * 23.6 + 20 * 81 + 30 * 1.7) * 1e-12, 1e-12));
  REQUIRE(json["energy"]["loihi1"]["unpriced"].size() >= 2);
  REQUIRE(json["results"]["objective"]["median"] == 1.0);
  REQUIRE(json["footprint"] == 4096);
  REQUIRE(json["synaptic_operations"]["Effective_ACs"] == 10);
  REQUIRE(text_of(place.path / "a" / "spikes.dat") ==
          "# dummy\n# second line\n# time_s neuron\n"
          "0.000000000000 0\n1.000000000001 1\n2.000000000002 2\n");
  REQUIRE(text_of(place.path / "a" / "report.html").find("<h1>dummy-of-tests</h1>") !=
          std::string::npos);
}

TEST_CASE("A run can be run again from its own configuration", "[app]") {
  const Place place;
  REQUIRE(run_dummy(place.path / "a", {"--seed=9", "--quick", "--nested.shift", "-0.5"}) == 0);
  const std::string file = (place.path / "a" / "configuration.toml").string();
  REQUIRE(clockless::command({"run", file, "--quiet", "-o", (place.path / "b").string()}) == 0);
  const auto a = summary_of(place.path / "a"), b = summary_of(place.path / "b");
  REQUIRE(a["configuration"] == b["configuration"]);
  REQUIRE(a["configuration"]["lambda"] == 0.25);
  REQUIRE(a["configuration"]["nested.shift"] == -0.5);
  REQUIRE(b["seed"] == 9);
}

TEST_CASE("The command line wins over the file", "[app]") {
  const Place place;
  std::ofstream(place.path / "my.toml")
      << "scenario = \"dummy-of-tests\"\nseed = 5\nlambda = 0.75\n[nested]\nshift = 2\n";
  const std::string file = (place.path / "my.toml").string();
  REQUIRE(clockless::command({"run", file, "--quiet", "-o", (place.path / "a").string(), "--set",
                              "lambda=0.1", "--set", "lambda=0.2", "--threads", "2", "--cores",
                              "4"}) == 0);
  const auto configuration = summary_of(place.path / "a")["configuration"];
  REQUIRE(configuration["lambda"] == 0.2);
  REQUIRE(configuration["nested.shift"] == 2.0);
  REQUIRE(configuration["seed"] == 5);
  REQUIRE(configuration["threads"] == 2);
  REQUIRE(configuration["cores"] == 4);
}

TEST_CASE("A second run replaces the first as a whole, and only a run", "[app]") {
  const Place place;
  REQUIRE(run_dummy(place.path / "a") == 0);
  REQUIRE(summary_of(place.path / "a")["files"] ==
          nlohmann::json{"configuration.toml", "report.html", "spikes.dat", "summary.json"});
  REQUIRE(run_dummy(place.path / "a" / "", {"--seed", "2", "--mode", "bare"}) == 0);
  REQUIRE(summary_of(place.path / "a")["seed"] == 2);
  REQUIRE_FALSE(fs::exists(place.path / "a" / "spikes.dat"));
  REQUIRE(place.entries() == 1);
  fs::create_directories(place.path / "mine");
  std::ofstream(place.path / "mine" / "thesis.tex") << "x";
  REQUIRE_THROWS_WITH(run_dummy(place.path / "mine"),
                      Catch::Contains("holds 'thesis.tex'") && Catch::Contains("-o"));
  REQUIRE_THROWS_WITH(run_dummy(place.path / "mine" / "thesis.tex"), Catch::Contains("is a file"));
  REQUIRE(text_of(place.path / "mine" / "thesis.tex") == "x");
}

TEST_CASE("A run that fails leaves nothing, and an earlier run untouched", "[app]") {
  const Place place;
  REQUIRE(run_dummy(place.path / "a") == 0);
  const std::string before = text_of(place.path / "a" / "summary.json");
  REQUIRE_THROWS_AS(run_dummy(place.path / "a", {"--mode=error"}), Error);
  REQUIRE_THROWS_AS(run_dummy(place.path / "b", {"--mode=bug"}), std::logic_error);
  REQUIRE(text_of(place.path / "a" / "summary.json") == before);
  REQUIRE(place.entries() == 1);
}

TEST_CASE("A full disk leaves nothing and says so", "[app]") {
  const Place place;
  rlimit old{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  for (const char* spikes : {"--spikes=100000", "--spikes=3"}) {  // in the stream; in the report
    rlimit small = old;
    small.rlim_cur = 4096;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    std::string message = "no error";
    try {
      run_dummy(place.path / "a", {spikes});
    } catch (const Error& error) {
      message = error.what();
    }
    setrlimit(RLIMIT_FSIZE, &old);
    REQUIRE(message.find("cannot write") != std::string::npos);
    REQUIRE(place.entries() == 0);
  }
  std::signal(SIGXFSZ, ignored);
}

TEST_CASE("A folder that cannot be made is told", "[app]") {
  const Place place;
  std::ofstream(place.path / "file") << "x";
  REQUIRE_THROWS_WITH(run_dummy(place.path / "file" / "run"),
                      Catch::Contains("cannot create a folder") && Catch::Contains("-o"));
  REQUIRE_THROWS_AS(run_dummy("/proc/clockless/run"), Error);
}

TEST_CASE("Ctrl-C keeps what is done and marks it", "[app]") {
  const Place place;
  clockless::catch_interrupts();
  const int code = run_dummy(place.path / "a", {"--mode", "stop"});
  const bool asked = clockless::interrupted();
  REQUIRE(run_dummy(place.path / "a", {"--mode", "term"}) == 128 + SIGTERM);  // replaces its like
  REQUIRE(run_dummy(place.path / "a", {"--mode", "hup"}) == 128 + SIGHUP);
  clockless::clear_interrupt();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_DFL);
  REQUIRE(code == 130);
  REQUIRE(asked);
  REQUIRE(summary_of(place.path / "a")["interrupted"] == true);
  REQUIRE(text_of(place.path / "a" / "report.html").find("(interrupted)") != std::string::npos);
  REQUIRE(place.entries() == 1);
}

TEST_CASE("An interrupted run spares a complete one", "[app]") {
  const Place place;
  REQUIRE(run_dummy(place.path / "a", {"--seed", "5"}) == 0);
  clockless::catch_interrupts();
  const int code = run_dummy(place.path / "a", {"--mode", "stop"});
  clockless::clear_interrupt();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_DFL);
  REQUIRE(code == 130);
  REQUIRE(summary_of(place.path / "a")["seed"] == 5);
  REQUIRE_FALSE(summary_of(place.path / "a").contains("interrupted"));
  REQUIRE(summary_of(place.path / "a.interrupted")["interrupted"] == true);
  REQUIRE(place.entries() == 2);
}

TEST_CASE("A switch may be given its value", "[app]") {
  const Place place;
  REQUIRE(run_dummy(place.path / "a", {"--quick=false"}) == 0);
  REQUIRE(summary_of(place.path / "a")["configuration"]["lambda"] == 0.5);
  REQUIRE(run_dummy(place.path / "a", {"--quick=true"}) == 0);
  REQUIRE(summary_of(place.path / "a")["configuration"]["lambda"] == 0.25);
}

TEST_CASE("What is printed to a full disk is an error", "[app]") {
  if (!fs::exists("/dev/full")) {
    WARN("SKIPPED: no /dev/full here");
    return;
  }
  std::fflush(stdout);
  const int own = ::dup(STDOUT_FILENO), full = ::open("/dev/full", O_WRONLY);
  ::dup2(full, STDOUT_FILENO);
  const int code = clockless::guarded_command({"list"});
  ::dup2(own, STDOUT_FILENO);
  ::close(own);
  ::close(full);
  std::clearerr(stdout);
  REQUIRE(code == 1);
}

TEST_CASE("The example under a list of settings is one that runs", "[app]") {
  const Place place;
  std::fflush(stdout);
  const int own = ::dup(STDOUT_FILENO);
  const int file = ::open((place.path / "out").c_str(), O_WRONLY | O_CREAT, 0600);
  ::dup2(file, STDOUT_FILENO);
  const int code = clockless::guarded_command({"list", "dummy-of-tests"});
  ::dup2(own, STDOUT_FILENO);
  ::close(own);
  ::close(file);
  REQUIRE(code == 0);
  REQUIRE(text_of(place.path / "out")
              .ends_with("clockless run dummy-of-tests --set lambda=0.25, or --lambda=0.25\n"));
}

TEST_CASE("Folders without models or cost tables are told", "[app]") {
  const auto moved = Catch::Contains("sources of clockless moved");
  REQUIRE_THROWS_WITH(clockless::list_models("nowhere"),
                      Catch::Contains("nowhere: no models") && moved);
  REQUIRE_THROWS_WITH(clockless::hardware_names("/nowhere"),
                      Catch::Contains("/nowhere: no cost tables") && moved);
}

TEST_CASE("Mistakes in the arguments are told in one line", "[app]") {
  const std::string name = "dummy-of-tests";
  REQUIRE(error_of({"run", "dummy-of-test"}) ==
          "no scenario 'dummy-of-test'; did you mean 'dummy-of-tests'?");
  REQUIRE(error_of({"run", name, "--lamda", "3"}) ==
          "command line: unknown setting 'lamda'; did you mean 'lambda'?");
  REQUIRE(error_of({"run", name, "--set", "lambda=-1"}) ==
          "command line: 'lambda' = -1: expected a finite number > 0");
  REQUIRE(error_of({"run", name, "--seed", "x"}).starts_with("command line: 'seed' = x: expected"));
  REQUIRE(error_of({"run", name, "--threads", "-1"}).find("'threads' = -1") != std::string::npos);
  REQUIRE(error_of({"run", name, "stray"}).starts_with("'stray': expected a setting"));
  REQUIRE(error_of({"run", name, "--hardware", "loihi"}).ends_with("did you mean 'loihi1'?"));
  REQUIRE(error_of({"run", name, "-o", ""}) == "-o: expected a folder, not an empty name");
  REQUIRE(error_of({"run"}).find("NAME") != std::string::npos);
  REQUIRE(error_of({"run", "none.toml"}).starts_with("none.toml: cannot read"));
  REQUIRE(error_of({"lits"}) != "no error");
  REQUIRE(error_of({"list", "dummy"}).find("no scenario 'dummy'") == 0);
  REQUIRE(error_of({"hardware"}) != "no error");
}

TEST_CASE("Exit codes tell user errors from mistakes of the program", "[app]") {
  const Place place;
  const auto code = [&](const std::string& mode) {
    return clockless::guarded_command(
        {"run", "dummy-of-tests", "--quiet", "-o", (place.path / "a").string(), "--mode", mode});
  };
  REQUIRE(code("fine") == 0);
  REQUIRE(code("error") == 1);
  REQUIRE(code("memory") == 1);
  REQUIRE(code("bug") == 2);
  REQUIRE(code("unknown") == 1);
  REQUIRE(clockless::guarded_command({"--version"}) == 0);
  REQUIRE(clockless::guarded_command({"list"}) == 0);
  REQUIRE(clockless::guarded_command({"list", "dummy-of-tests"}) == 0);
}

TEST_CASE("Two scenarios of one name are refused", "[app]") {
  REQUIRE_THROWS_AS(clockless::register_scenario({"dummy-of-tests", "again", declare, run}),
                    std::logic_error);
}
