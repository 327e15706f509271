// What the arrival of a packet costs a neurocore, learning apart.
#pragma once

#include <cstdint>

namespace clockless {

struct Load {
  std::uint64_t packets = 1;  ///< spikes that it stands for
  std::uint64_t synaptic_events = 0;
  std::uint64_t neuron_updates = 0;
};

}  // namespace clockless
