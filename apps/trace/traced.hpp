// One sample of a run, looked at closely: what every neurocore and link did, and why the last
// output spike came when it did.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/causal_path.hpp"
#include "core/machine.hpp"
#include "core/trace.hpp"

namespace clockless {

struct TraceRequest {
  std::size_t events = 0;  ///< to note of one sample; 0: none is traced
  bool vcd = false;        ///< write it as VCD, too
  std::string neuron;      ///< whose last spike is to be explained; empty: the last output's
};

struct Traced {
  std::string sample;  ///< which, in words
  std::string asked;   ///< the neuron, if one was
  Machine machine;
  Trace trace;
  std::vector<CausalStep> path;
  std::vector<std::pair<std::uint32_t, std::string>> populations;  ///< first neuron, name

  /// "name[place]"
  std::string describe(NeuronId neuron) const;
};

/// Takes what a simulation noted of a sample, with the path to the last spike of `outputs`, or of
/// the neuron that was asked for. Throws Error where there is no such neuron.
Traced traced_sample(Simulation& simulation, AnyPopulation outputs, std::string sample,
                     const TraceRequest& request);

}  // namespace clockless
