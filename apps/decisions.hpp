// What each sample took of the machine: time to its answer, and events.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/counts.hpp"
#include "core/hardware_profile.hpp"
#include "core/time.hpp"

namespace clockless {

/// From what is shown to its answer.
struct Decision {
  Duration took{};  ///< in simulated time
  Counts counts;    ///< in between
};

struct Decisions {
  std::string of;  ///< from when to when, in words
  std::vector<Decision> samples;
};

/// The least of the values that `share` of them, 0 to 1, are not above; they are not empty.
double quantile(std::vector<double> values, double share);

/// Seconds of a chip that takes `chip_s` for a simulated second, and nominal joules of events, of
/// each sample.
std::vector<double> seconds_of(const Decisions& decisions, double chip_s);
std::vector<double> joules_of(const Decisions& decisions, const HardwareProfile& hardware);

/// {of, samples, median_s, p99_s, max_s}; null without samples.
nlohmann::ordered_json latency_json(const Decisions& decisions, double chip_s);

/// {of, samples, median_j, p99_j, max_j, dearest: {sample, joules, took_s, <counts>}}, samples by
/// number from 0 in the order in which they were shown; null without samples.
nlohmann::ordered_json decisions_json(const Decisions& decisions, const HardwareProfile& hardware,
                                      double chip_s);

}  // namespace clockless
