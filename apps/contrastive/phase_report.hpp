// What a grid of trainings shows: figures by plan with their confidence, as results, a table and
// plots.
#pragma once

#include <cstdint>
#include <optional>
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
  SeedStatistics gap;          ///< to rigid, pairs of one seed; positive is better
  std::vector<double> course;  ///< GridCell::course, its mean over the seeds that got so far
  std::vector<std::uint32_t> checksums;  ///< of weights, by seed; 0 where there is no figure
  std::uint64_t learned = 0;             ///< in all, of what the kind counts
  std::optional<Counts> counts;          ///< in all; none of models of rates
};

/// In the order of the cells, in which seeds stand together.
std::vector<PlanOutcome> outcomes(const std::vector<GridCell>& cells);

/// Fills run.counts and all that goes with them, run.results and run.report, and writes
/// figures.csv. All of finished trainings.
void report_phases(Run& run, const std::vector<GridCell>& cells);

}  // namespace clockless
