// Where neurons live: neuron -> neurocore. Neurons joined by zero delay stay together.
#pragma once

#include <cstddef>
#include <vector>

#include "core/event.hpp"
#include "core/network.hpp"

namespace clockless {

struct Mapping {
  std::vector<CoreId> core_of;            ///< one entry per neuron
  std::vector<std::uint32_t> cluster_of;  ///< lowest neuron of its zero-delay cluster
  std::size_t cores = 1;

  /// Spreads the network over up to `cores` neurocores in the order of neuron numbers, evenly,
  /// without splitting a zero-delay cluster. Throws Error for zero cores.
  static Mapping contiguous(const Network&, std::size_t cores);
};

}  // namespace clockless
