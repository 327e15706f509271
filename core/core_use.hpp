// What a placement puts on each neurocore, and how far its packets travel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/hardware_profile.hpp"
#include "core/machine.hpp"

namespace clockless {

class Network;
struct Mapping;

/// What one neurocore holds, or at most can; of limits 0 is none.
struct CoreUse {
  std::uint64_t neurons = 0;
  std::uint64_t synapses = 0;   ///< that reach its neurons
  std::uint64_t in_axons = 0;   ///< distinct neurons that reach it
  std::uint64_t out_axons = 0;  ///< neurocores that its neurons reach, added over neurons
  friend bool operator==(const CoreUse&, const CoreUse&) = default;
};

struct CoreTerm {
  std::string_view name;   ///< in summary.json
  std::string_view title;  ///< for people
  std::uint64_t CoreUse::*amount;
  std::string_view limit;  ///< in limit_terms
};
inline constexpr CoreTerm core_terms[] = {
    {"neurons", "neurons", &CoreUse::neurons, "neurons_per_core"},
    {"synapses", "synapses", &CoreUse::synapses, "synapses_per_core"},
    {"in_axons", "incoming axons", &CoreUse::in_axons, "in_axons_per_core"},
    {"out_axons", "outgoing axons", &CoreUse::out_axons, "out_axons_per_core"}};

CoreUse core_limits(const HardwareProfile& profile);

struct PlacementSummary {
  std::vector<CoreUse> cores;  ///< by neurocore
  /// When every neuron fires once: a packet to each neurocore that it reaches, its own included,
  /// and the hops that all these take.
  std::uint64_t packets = 0, hops = 0;

  std::size_t cores_used() const;  ///< that hold neurons
  CoreUse largest() const;         ///< of each term, wherever that is
};

/// Of a network under a mapping; without hops where the mesh does not hold its neurocores.
PlacementSummary summarise(const Network&, const Mapping&, const Mesh&);

}  // namespace clockless
