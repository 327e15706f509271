// Settings of equilibrium propagation by spikes, and what they come to.
#pragma once

#include <cstdint>
#include <string>

#include "apps/contrastive/equilibrium_network.hpp"
#include "apps/contrastive/graph.hpp"
#include "apps/contrastive/labelled_data.hpp"
#include "apps/contrastive/pruning.hpp"
#include "apps/run.hpp"

namespace clockless {

struct EquilibriumTask {
  LabelledData data;
  ContrastiveGraph graph;  ///< as it begins
  bool directed = false;   ///< complete: nothing but its leak holds it
  SpikingOptions spiking;
  PruningPlan pruning;
  int epochs = 0;
  double rate_decay = 1;  ///< factor on the learning rates per epoch
  double label = 1;       ///< what the output of a sample's class is nudged towards
};

void declare_equilibrium(Settings& settings);

/// Reads the data and tells the run what defaults came to. Throws Error for settings that do not
/// fit.
EquilibriumTask prepare_equilibrium(Run& run);
/// The same for data that is there already.
EquilibriumTask prepare_equilibrium(Run& run, LabelledData labelled);

/// Of numbers, four samples at most, all of which are trained on.
bool is_truth_table(const LabelledData& data);

/// How long it learns where the setting leaves that open.
int default_epochs(const LabelledData& data);

}  // namespace clockless
