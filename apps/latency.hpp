// How long samples wait for their answers.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/time.hpp"

namespace clockless {

/// From what is shown to its answer, sample by sample, in simulated time.
struct Latency {
  std::string of;  ///< from when to when, in words
  std::vector<Duration> samples;
};

/// The least of the samples that `share` of them, 0 to 1, are not above; they are not empty.
Duration quantile(std::vector<Duration> samples, double share);

/// {of, samples, median_s, p99_s, max_s}: seconds of a chip that takes `chip_s` for a simulated
/// second; null without samples.
nlohmann::ordered_json latency_json(const Latency& latency, double chip_s);

}  // namespace clockless
