// A scenario on its live page: the option, what is shown, and that watching changes no bit.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "apps/command.hpp"
#include "apps/interrupt.hpp"
#include "apps/live/place.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/live_client.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

struct Place {
  Place() : path(fs::temp_directory_path() / ("clockless-live-" + std::to_string(::getpid()))) {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Place() { fs::remove_all(path); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  fs::path path;
};

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Json summary_of(const fs::path& folder) { return Json::parse(bytes_of(folder / "summary.json")); }

std::vector<std::string> arguments(const fs::path& folder, const std::string& more = "--quiet") {
  return {"run",
          "dictionary-learning",
          "--data=dead-leaves",
          "--patch=6",
          "--atoms=32",
          "--samples=1500",
          "--reference=sgd",
          "--reference_rate=0.5",
          "--test-samples=50",
          "--threads=1",
          "--quiet",
          more,
          "-o",
          folder.string()};
}

/// A port that no one uses.
std::string free_port() { return std::to_string(port_of(LivePage("port").url())); }

/// A viewer of the run that begins in another thread.
TestViewer viewer_at(const std::string& port) {
  for (;;) try {
      return TestViewer(static_cast<std::uint16_t>(std::stoi(port)));
    } catch (const std::exception&) {  // not yet
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

}  // namespace

TEST_CASE("where a live page is to be", "[app]") {
  const auto place = [](const char* text) {
    const LiveOptions o = parse_live_place(text);
    return o.address + " " + std::to_string(o.port);
  };
  CHECK(place("") == "127.0.0.1 0");
  CHECK(place("8080") == "127.0.0.1 8080");
  CHECK(place("0.0.0.0") == "0.0.0.0 0");
  CHECK(place("0.0.0.0:65535") == "0.0.0.0 65535");
  CHECK(place("[::1]:80") == "::1 80");
  CHECK(place("[::1]") == "::1 0");
  CHECK(place("::1") == "::1 0");
  CHECK(place("localhost:1") == "localhost 1");
  for (const char* bad :
       {"65536", "127.0.0.1:http", ":", "1.2.3.4:-1", "[::1]80x", "99999999999"}) {
    CAPTURE(bad);
    CHECK_THAT(error_of([&] { parse_live_place(bad); }),
               Contains("expected a port (0 to 65535)") && Contains(bad));
  }
}

TEST_CASE("a live page that cannot be is told before anything is done", "[app]") {
  const Place place;
  const fs::path out = place.path / "run";
  const auto failure = [&](std::vector<std::string> words) {
    for (const char* more : {"--quick", "-o"}) words.emplace_back(more);
    words.push_back(out.string());
    const std::string error = error_of([&] { command(words); });
    CHECK(fs::is_empty(place.path));
    return error;
  };
  CHECK(failure({"run", "sparse-coding", "--live"}) ==
        "--live: sparse-coding shows nothing while it runs; these do: dictionary-learning, "
        "equilibrium-propagation, flexible-phases");
  const LivePage other("other");
  const std::string port = std::to_string(port_of(other.url()));
  CHECK_THAT(failure({"run", "dictionary-learning", "--live=" + port}),
             Contains("cannot listen on 127.0.0.1 port " + port + " (Address already in use)"));
  CHECK_THAT(failure({"run", "dictionary-learning", "--live=203.0.113.1:0"}),
             Contains("cannot listen on 203.0.113.1"));
  CHECK_THAT(failure({"run", "dictionary-learning", "--live=example.org:80"}),
             Contains("'example.org' is not an IP address"));
  CHECK_THAT(failure({"run", "dictionary-learning", "--live=false"}),
             Contains("'false' is not an IP address"));
}

TEST_CASE("a run is the same to the bit without a page, unwatched, and held up",
          "[app][parallel]") {
  const Place place;
  REQUIRE(command(arguments(place.path / "plain")) == 0);
  REQUIRE(command(arguments(place.path / "unwatched", "--live")) == 0);

  const std::string port = free_port();
  int code = -1;
  std::thread run([&] { code = command(arguments(place.path / "watched", "--live=" + port)); });
  Json last, paused;
  try {
    TestViewer viewer = viewer_at(port);
    viewer.send(R"({"command":"pause"})");
    do {  // up to the pause, which shows where it stands
      paused = viewer.read_with("samples");
    } while (paused["samples"] == 0);
    viewer.send(R"({"command":"speed","value":50})");
    viewer.send(R"({"command":"resume"})");
    while (viewer.read_with("samples")["samples"] < 10) continue;
    viewer.send(R"({"command":"speed","value":0})");
    for (;;) last = viewer.read_with("samples");
  } catch (const std::exception&) {  // the run is over
  }
  run.join();
  REQUIRE(code == 0);
  CHECK(paused["samples"] < 1500);
  CHECK(paused["raster"]["spikes"].size() > 0);

  const Json plain = summary_of(place.path / "plain");
  for (const char* name : {"unwatched", "watched"}) {
    CAPTURE(name);
    const Json summary = summary_of(place.path / name);
    CHECK(summary["spike_hash"] == plain["spike_hash"]);
    CHECK(summary["counts"] == plain["counts"]);
    CHECK(summary["configuration"] == plain["configuration"]);
    for (const char* file : {"dictionary.npy", "forward.npy", "lateral.npy", "curves.csv"}) {
      CAPTURE(file);
      CHECK(bytes_of(place.path / name / file) == bytes_of(place.path / "plain" / file));
    }
  }

  // What is shown at the end is what is written, to the last bit.
  const Json summary = summary_of(place.path / "watched"), &results = summary["results"];
  CHECK(last["state"] == "done");
  CHECK(last["samples"] == 1500);
  CHECK(last["samples_total"] == 1500);
  CHECK(last["objective"] == results["test_objective"]);
  CHECK(last["reference_objective"] == results["reference_test_objective"]);
  for (const char* key : {"consistency", "symmetry", "sparsity", "spikes_per_sample",
                          "energy_per_sample_j", "samples_per_s"}) {
    CAPTURE(key);
    CHECK(results[key].is_number());
    CHECK(last[key] == results[key]);
  }
  CHECK(last["spikes"] == summary["counts"]["spikes"]);
  CHECK(last["energy_j"] == summary["energy"]["loihi1"]["dynamic_j"]["nominal"]);
  CHECK(last["atoms"]["count"] == 32);
  CHECK(last["atoms"]["pixels"].get<std::string>().size() == 32 * 36 / 3 * 4);
  CHECK(last["curve"]["objective"].back() == last["objective"]);
  CHECK(last["curve"]["reference_objective"].back() == last["reference_objective"]);
  CHECK(last["raster"]["layers"] == Json::parse(R"([["input",72],["coding",32]])"));
  CHECK(last["raster"]["duration_tau"].get<double>() > 40);
  for (const Json& spike : last["raster"]["spikes"]) {
    REQUIRE(spike[0].get<double>() >= 0);
    REQUIRE(spike[0].get<double>() <= last["raster"]["duration_tau"].get<double>());
    REQUIRE(spike[1].get<std::uint64_t>() < 72 + 32);
  }
}

TEST_CASE("Ctrl-C ends a run that is paused", "[app][parallel]") {
  const Place place;
  const std::string port = free_port();
  catch_interrupts();
  int code = -1;
  std::thread run([&] { code = command(arguments(place.path / "run", "--live=" + port)); });
  try {
    TestViewer viewer = viewer_at(port);
    viewer.send(R"({"command":"pause"})");
    while (viewer.read_with("samples")["samples"] == 0) continue;
    std::raise(SIGINT);
    viewer.read_to_end();
  } catch (const std::exception&) {
  }
  run.join();
  clear_interrupt();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_DFL);
  CHECK(code == 130);
  CHECK(summary_of(place.path / "run")["interrupted"] == true);
  CHECK(summary_of(place.path / "run")["results"]["samples"] < 1500);
}
