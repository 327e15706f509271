// What others make of the same data on the same graph, without spikes.
#pragma once

#include <map>
#include <string>

#include "apps/contrastive/equilibrium_task.hpp"
#include "apps/run.hpp"

namespace clockless {

void declare_references(Settings& settings);

/// Test accuracies by method: "rate equilibrium propagation", "back-propagation", "logistic
/// regression", as the setting `reference` asks.
std::map<std::string, double> learn_references(const Run& run, const EquilibriumTask& task);

}  // namespace clockless
