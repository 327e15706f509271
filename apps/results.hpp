// Results of many samples: a value for each, and the median.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <nlohmann/json.hpp>

namespace clockless {

/// {"values": [one per sample], "median": …}, as scripts expect it; null without samples.
inline nlohmann::json with_median(const std::vector<double>& values) {
  nlohmann::json json{{"values", values}, {"median", nullptr}};
  if (values.empty()) return json;
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t half = sorted.size() / 2;
  json["median"] = sorted.size() % 2 == 1 ? sorted[half] : 0.5 * (sorted[half - 1] + sorted[half]);
  return json;
}

/// A number of such results; 0 for null, which infinite ones become.
inline double number_of(const nlohmann::json& json) {
  return json.is_number() ? json.get<double>() : 0.0;
}
inline double median_of(const nlohmann::json& json) { return number_of(json["median"]); }

}  // namespace clockless
