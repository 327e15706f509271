// dictionary-learning with its live page under a flood of bad requests, beside the same left alone.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include "apps/command.hpp"
#include "apps/live/live_page.hpp"
#include "tests/support/bench.hpp"
#include "tests/support/live_client.hpp"
#include "tests/support/live_flood.hpp"

using namespace clockless;
namespace fs = std::filesystem;

namespace {

/// Bad requests from some threads, from when the page is there until destroyed.
class Flood {
 public:
  explicit Flood(std::uint16_t port, std::atomic<std::size_t>& requests) {
    for (unsigned k = 0; k < 4; ++k)
      threads_.emplace_back([this, port, k, &requests] {
        // What is measured is what the page costs the run, not the attacker's own computing.
        setpriority(PRIO_PROCESS, 0, 19);
        LiveFlood flood(port, k);
        while (!over_) try {
            if (k % 2 == 0)
              SilentClient(port, flood.next());  // leaves at once
            else
              answer_to(port, flood.next());
            ++requests;
          } catch (const std::exception&) {  // nobody listens yet, or our request was cut off
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
          }
      });
  }
  ~Flood() {
    over_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  Flood(const Flood&) = delete;
  Flood& operator=(const Flood&) = delete;

 private:
  std::atomic<bool> over_ = false;
  std::vector<std::thread> threads_;
};

struct Seconds {
  double wall = 0, cpu = 0;  // cpu: of the run's own thread
};

Seconds run(std::uint16_t port, const fs::path& folder, std::uint64_t samples) {
  const double start = bench::cpu_seconds();
  // Nothing but learning takes time: no reference, no measured activity.
  const int code = command({"run", "dictionary-learning", "--data=dead-leaves", "--atoms=256",
                            "--reference=none", "--activity=0.0035", "--threads=1",
                            "--test-samples=20", "--samples=" + std::to_string(samples), "--quiet",
                            "--live=" + std::to_string(port), "-o", folder.string()});
  const double took = bench::cpu_seconds() - start;
  if (code != 0) throw std::runtime_error("the run has failed");
  std::ifstream file(folder / "summary.json");
  const auto results = nlohmann::json::parse(file).at("results");
  return {static_cast<double>(samples) / results.at("samples_per_s").get<double>(), took};
}

}  // namespace

int main(int argc, char** argv) {
  const bool quick = argc > 1 && std::string(argv[1]) == "--quick";
  const std::uint64_t samples = quick ? 200 : 1000;
  const int turns = quick ? 1 : 4;
  const std::uint16_t port = port_of(LivePage("port").url());  // one that is free
  const fs::path folder =
      fs::temp_directory_path() / ("clockless-bench-" + std::to_string(::getpid()));
  std::atomic<std::size_t> requests = 0;
  bench::Five alone, flooded, alone_cpu, flooded_cpu;  // samples a second
  for (std::size_t k = 0; k < 5; ++k) {
    Seconds
        sum[2];  // left alone, flooded: many short runs in turn, since the machine's speed drifts
    for (int turn = 0; turn < turns; ++turn)
      for (const bool flood : {turn % 2 == 0, turn % 2 != 0}) {
        std::optional<Flood> strangers;
        if (flood) strangers.emplace(port, requests);
        const Seconds took = run(port, folder, samples);
        sum[flood].wall += took.wall;
        sum[flood].cpu += took.cpu;
      }
    const double all = turns * static_cast<double>(samples);
    alone.values[k] = all / sum[0].wall;
    flooded.values[k] = all / sum[1].wall;
    alone_cpu.values[k] = all / sum[0].cpu;
    flooded_cpu.values[k] = all / sum[1].cpu;
  }
  fs::remove_all(folder);
  bench::Line("dictionary-learning, 64 pixels, 256 atoms")
      .field("samples_per_s", alone)
      .field("samples_per_s_flooded", flooded)
      .field("ratio", flooded / alone)
      .field("ratio_of_processor_time", flooded_cpu / alone_cpu)
      .field("bad_requests", static_cast<double>(requests));
}
