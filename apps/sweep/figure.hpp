// The plot of a sweep: one figure over one swept setting, a curve for each value of the others.
#pragma once

#include <string>

#include "apps/sweep/grid.hpp"
#include "apps/sweep/table.hpp"

namespace clockless {

/// What to draw, from `--plot=x:y`; empty: the first swept number that is no seed, and the
/// scenario's first headline number.
struct PlotChoice {
  std::string x, y;
};

/// Error unless x is a swept number.
PlotChoice parse_plot(const std::string& text, const Grid& grid);

struct SweepFigure {
  std::string x, y;  ///< x is empty where no number but the seed is swept
  std::string svg;
  std::string caption;
};

/// Means over seeds, with standard deviations. The x axis is logarithmic where its values grow by
/// ratios, the y axis where they span more than a factor of 100. Error if no column is called y.
SweepFigure draw_sweep(const Grid& grid, const SweepTable& table, const PlotChoice& choice);

}  // namespace clockless
