#include "apps/decisions.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/meter.hpp"

namespace clockless {

double quantile(std::vector<double> values, double share) {
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(rank == 0 ? 0 : rank - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

std::vector<double> seconds_of(const Decisions& decisions, double chip_s) {
  std::vector<double> all;
  for (const Decision& one : decisions.samples) all.push_back(chip_s * seconds(one.took));
  return all;
}

std::vector<double> joules_of(const Decisions& decisions, const HardwareProfile& hardware) {
  std::vector<double> all;
  for (const Decision& one : decisions.samples)
    all.push_back(price(one.counts, hardware).dynamic_j.nominal);
  return all;
}

nlohmann::ordered_json latency_json(const Decisions& decisions, double chip_s) {
  if (decisions.samples.empty()) return nullptr;
  const std::vector<double> all = seconds_of(decisions, chip_s);
  return {{"of", decisions.of},
          {"samples", all.size()},
          {"median_s", quantile(all, 0.5)},
          {"p99_s", quantile(all, 0.99)},
          {"max_s", quantile(all, 1)}};
}

nlohmann::ordered_json decisions_json(const Decisions& decisions, const HardwareProfile& hardware,
                                      double chip_s) {
  if (decisions.samples.empty()) return nullptr;
  const std::vector<double> all = joules_of(decisions, hardware);
  const auto dearest = std::max_element(all.begin(), all.end()) - all.begin();
  const Decision& most = decisions.samples[static_cast<std::size_t>(dearest)];
  nlohmann::ordered_json of_it{{"sample", dearest},
                               {"joules", all[static_cast<std::size_t>(dearest)]},
                               {"took_s", chip_s * seconds(most.took)}};
  for (const CountTerm& term : count_terms) of_it[std::string(term.name)] = most.counts.*term.count;
  return {
      {"of", decisions.of},           {"samples", all.size()},     {"median_j", quantile(all, 0.5)},
      {"p99_j", quantile(all, 0.99)}, {"max_j", quantile(all, 1)}, {"dearest", of_it}};
}

}  // namespace clockless
