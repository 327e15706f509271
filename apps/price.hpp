// What the counts of a run come to on a device; also long after the run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/meter.hpp"

namespace clockless {

/// All that a run's price depends on: summary.json holds it.
struct Consumption {
  Counts counts;
  double chip_s = 0;          ///< over all samples, on the chip's own clock
  std::uint64_t samples = 1;  ///< executions, as NeuroBench calls them
  std::uint64_t cores = 1;    ///< that hold neurons
};

/// Chips of a device that so many neurocores need; 1 where it is not published what a chip holds.
std::uint64_t chips_for(std::uint64_t cores, const HardwareProfile& profile);

Energy price(const Consumption& used, const HardwareProfile& profile);

/// {dynamic_j, static_j, total_j: {min, nominal, max}, per_sample: {joules, seconds,
/// energy_delay_js}, parts: [{term, title, quantity, min_j, nominal_j, max_j}], unpriced: [...],
/// title, scope, voltage}.
nlohmann::ordered_json energy_json(const Consumption& used, const HardwareProfile& profile);

/// What a run used, from its folder or its summary.json. Throws Error that names the file and what
/// is wrong with it.
Consumption read_consumption(const std::string& run);

/// `clockless price RUN --hardware a,b,c`: a table, or with `as_json` one object by profile as in
/// summary.json. `hardware`: names and TOML files, by commas.
std::string price_run(const std::string& run, const std::string& hardware, bool as_json);

}  // namespace clockless
