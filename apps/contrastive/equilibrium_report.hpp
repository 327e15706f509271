// The report of equilibrium propagation by spikes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "apps/contrastive/equilibrium_course.hpp"
#include "apps/contrastive/equilibrium_task.hpp"
#include "apps/run.hpp"

namespace clockless {

/// Adds figures to run.report: accuracy and cost over epochs, what hidden cells look for, the
/// graph. run.results are to be there already.
void report_equilibrium(Run& run, const EquilibriumTask& task, const ContrastiveGraph& learned,
                        const std::vector<EquilibriumPoint>& points,
                        const std::map<std::string, double>& references);

}  // namespace clockless
