// One sample of a run, looked at closely: what every neurocore and link did, and why the last
// output spike came when it did.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/causal_path.hpp"
#include "core/machine.hpp"
#include "core/trace.hpp"

namespace clockless {

struct Traced {
  std::string sample;  ///< which, in words
  Machine machine;
  Trace trace;
  std::vector<CausalStep> path;
  std::vector<std::pair<std::uint32_t, std::string>> populations;  ///< first neuron, name

  /// "name[place]"
  std::string describe(NeuronId neuron) const;
};

/// Takes what a simulation noted of a sample, with the path to the last spike of `outputs`.
Traced traced_sample(Simulation& simulation, AnyPopulation outputs, std::string sample);

}  // namespace clockless
