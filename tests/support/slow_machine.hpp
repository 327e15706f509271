// A machine whose times are all different, so that sums of them tell what they are of.
#pragma once

#include "core/machine.hpp"

namespace clockless {

inline constexpr Duration ns{1000};

inline Machine slow_machine(Fidelity fidelity, Mesh mesh = {4, 4, 1}) {
  Machine m{fidelity, {}, mesh};
  m.timing = {.synaptic_event = 3 * ns,
              .neuron_update = 5 * ns,
              .plasticity_update = 7 * ns,
              .spike = 11 * ns,
              .packet = 13 * ns,
              .arrival = 17 * ns,
              .hop_east_west = 19 * ns,
              .hop_north_south = 23 * ns,
              .link = 29 * ns};
  return m;
}

}  // namespace clockless
