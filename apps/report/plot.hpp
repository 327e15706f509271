// Plots as inline SVG. Colours come from the page's style, so they follow light and dark mode.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace clockless {

struct Axis {
  std::string label;
  bool log = false;  ///< points at or below zero are left out
  // What values can be at all: whiskers end there.
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
};

struct Line {
  std::string name;
  std::vector<std::pair<double, double>> points;  ///< (x, y); points that are not finite: left out
  bool dashed = false;
  /// Where given, one a point: it is drawn as a dot with whiskers of that half width, or without
  /// where that is not finite.
  std::vector<double> spread = {};
};

/// Lines with axes, ticks, grid and legend, in as many rows as its names take. From the seventh on
/// colours come again, dashed, then dotted.
std::string svg_lines(const std::vector<Line>& lines, const Axis& x, const Axis& y);

/// One bar per name.
std::string svg_bars(const std::vector<std::pair<std::string, double>>& bars, const Axis& y);

/// A value with its uncertainty, and what it is the mean of.
struct Interval {
  std::string name;
  double mean;        ///< not finite: the row stays empty
  double half_width;  ///< not finite: no whiskers
  std::vector<double> values = {};
  bool faint = false;  ///< drawn in another colour
};

/// One row per interval: a dot with whiskers, its values beside it; a dashed line through the first
/// one's mean.
std::string svg_intervals(const std::vector<Interval>& rows, const Axis& x);

/// Bars of how many values fall into each of `bins` equal intervals.
std::string svg_histogram(const std::vector<double>& values, std::size_t bins, const Axis& x);

/// Spikes as (time in seconds, neuron); at most `limit` are drawn, evenly thinned.
std::string svg_raster(const std::vector<std::pair<double, std::uint32_t>>& spikes,
                       std::uint32_t neurons, double duration_s, std::size_t limit = 20000);

}  // namespace clockless
