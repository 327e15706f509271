// What a grid of trainings shows: figures by plan with their confidence, as results, a table and
// plots.
#pragma once

#include <vector>

#include "apps/contrastive/phase_grid.hpp"
#include "apps/contrastive/seed_statistics.hpp"
#include "apps/run.hpp"

namespace clockless {

/// One model by one plan, over the seeds.
struct PlanOutcome {
  const ContrastiveKind* kind;
  const NamedPlan* plan;
  std::vector<double> figures;  ///< by seed, NaN where there is none
  std::size_t failures = 0;
  std::size_t missing = 0;  ///< not trained, after Ctrl-C
  SeedStatistics statistics;
  SeedStatistics gap;  ///< to rigid, pairs of one seed; positive is better
};

/// In the order of the cells, in which seeds stand together.
std::vector<PlanOutcome> outcomes(const std::vector<GridCell>& cells);

/// Fills run.results and run.report, and writes figures.csv.
void report_phases(Run& run, const std::vector<GridCell>& cells);

}  // namespace clockless
