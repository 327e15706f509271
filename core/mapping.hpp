// Where neurons live: neuron -> neurocore. Neurons joined by zero delay stay together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/event.hpp"
#include "core/network.hpp"

namespace clockless {

/// For each neuron the lowest neuron of its cluster: those that zero-delay synapses join.
std::vector<std::uint32_t> zero_delay_clusters(const Network&);

struct Mapping {
  std::vector<CoreId> core_of;  ///< one entry per neuron
  std::size_t cores = 1;

  /// Spreads the network over up to `cores` neurocores in the order of neuron numbers, evenly,
  /// without splitting a zero-delay cluster unless told to. Throws Error for zero cores.
  static Mapping contiguous(const Network&, std::size_t cores, bool split_clusters = false);
};

}  // namespace clockless
