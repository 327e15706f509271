// The grid of a sweep: which settings take which values, and each of their combinations.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "apps/settings.hpp"

namespace clockless {

/// One swept setting. Its values are written as `clockless run` takes them.
struct GridAxis {
  std::string key;
  bool numeric = false;
  std::vector<std::string> values;
};

/// All combinations of the axes' values; the last axis changes fastest.
struct Grid {
  std::vector<GridAxis> axes;

  std::size_t size() const;
  const std::string& value(std::size_t point, std::size_t axis) const;
};

/// The most points of one sweep.
inline constexpr std::size_t most_points = 10'000;

/// The values of one axis, from `key=list`. A list has its values between commas, or between
/// semicolons where it has any. Of numbers, a..b:n are n values in even steps and a..b:n:log n in
/// even ratios, both ends among them; of whole numbers, a..b are all. Error, with the message of
/// `clockless run`, for a value that the setting does not take; and for a value given twice.
GridAxis parse_axis(const Settings& declared, std::string_view assignment);

/// The grid of several such lists; `--seeds=n` is short for `--seed=1..n` unless the scenario has
/// a setting of that name. Error for a setting given twice and for more points than most_points.
Grid parse_grid(const Settings& declared, const std::vector<std::string>& assignments);

}  // namespace clockless
