// Which neurocore each neuron lives on, within what a neurocore holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/core_use.hpp"
#include "core/machine.hpp"

namespace clockless {

class Network;
struct Mapping;

///  naive     in the order of their numbers, evenly; where a neurocore would not hold its share,
///            each is filled before the next
///  balanced  the largest work first, each to the neurocore with least (LPT, Graham 1969); a
///            neuron's work is 1 + the synapses that reach it
///  traffic   few packets between neurocores, over few hops: METIS cuts the network, the parts are
///            laid on the mesh; never more than the other two
enum class Placement : std::uint8_t { naive, balanced, traffic };
inline constexpr std::string_view placement_names[] = {"naive", "balanced", "traffic"};

/// Where a network is to go.
struct Site {
  std::size_t cores = 1;                ///< neurocores to spread it over
  bool split_clusters = false;          ///< neurons joined by zero delay may be on different ones
  CoreUse limits{};                     ///< of each
  Mesh mesh{};                          ///< that holds the neurocores asked for
  std::uint64_t chip_cores = 0;         ///< neurocores that the device has; 0: not published
  std::string device = "this machine";  ///< for messages
};

/// The same for the same arguments. Throws Error that says which limit is in the way, by how much,
/// and what would mend it, where the network does not fit.
Mapping place(const Network&, Placement, const Site&);

}  // namespace clockless
