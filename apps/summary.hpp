// What a run leaves behind: summary.json, configuration.toml, report.html and a table to look at.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "apps/run.hpp"

namespace clockless {

/// What the run cost this machine.
struct Usage {
  double wall_s = 0;
  double cpu_s = 0;  ///< of all threads
  std::uint64_t peak_rss_bytes = 0;
};

/// Measures from its construction on.
class UsageMeter {
 public:
  UsageMeter();
  Usage read() const;

 private:
  std::chrono::steady_clock::time_point start_;
  double cpu_s_;
};

/// A run that has ended.
struct Outcome {
  std::string scenario;
  Usage usage;
  bool interrupted = false;
};

/// The keys that scripts rely on; see the README. NeuroBench's names come from run.metrics, and
/// `synaptic_operations` from the counts: per execution (sample), and every synaptic event is an
/// accumulation, none a product.
nlohmann::ordered_json summary_json(const Run& run, const Outcome& outcome);

/// What a run came to, for a comparison with and without barriers.
nlohmann::ordered_json toll(const Run& run);

/// Adds counts, joules and times to the scenario's own headline numbers.
void add_numbers(Report& report, const Run& run, const Outcome& outcome);

/// Writes summary.json, configuration.toml and report.html into run.folder; the key `files` of the
/// summary lists all that is there then.
void write_outcome(const Run& run, const Outcome& outcome, const std::string& summary);

/// The headline numbers for a terminal.
std::string terminal_table(const Report& report);

}  // namespace clockless
