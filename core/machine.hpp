// The machine that a network runs on: where its neurocores lie, how long things take there, and how
// much of that a simulation follows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/event.hpp"
#include "core/hardware_profile.hpp"
#include "core/load.hpp"
#include "core/time.hpp"

namespace clockless {

/// From `latency` up the machine's own delays move spikes, whatever the network's delays are.
///  ideal    only the algorithm: nothing takes time but the network's own delays
///  latency  what a packet needs when nothing is in its way is added to its delay
///  queued   each neurocore serves one packet after the other, and its axons send one after the
///           other: packets wait
///  routed   and packets between tiles go from router to router, over links that they share
enum class Fidelity : std::uint8_t { ideal, latency, queued, routed };
inline constexpr std::string_view fidelity_names[] = {"ideal", "latency", "queued", "routed"};

/// How long one of each takes, in simulated time.
struct Timing {
  Duration synaptic_event{};
  Duration neuron_update{};
  Duration plasticity_update{};
  Duration spike{};    ///< beside the neuron's update, once a spike
  Duration packet{};   ///< sent by a core
  Duration arrival{};  ///< read in by a core
  Duration hop_east_west{};
  Duration hop_north_south{};
  Duration link{};         ///< a packet's share of the link that leaves a core
  Duration idle_update{};  ///< of a neuron that a clock has visited in vain
  Duration barrier{};      ///< until all neurocores know that all are there
};

/// Nominal times of a device, each `speedup` times as long: as the network sees them when the chip
/// runs it so many times faster than its own time constants say; `noc_slowdown`: hops and links
/// take so many times longer than that. Throws Error unless both are finite and at least 0, or
/// where one event would take more than 0.1 s; at a speedup of 0 nothing takes time.
Timing timing_of(const HardwareProfile& profile, double speedup, double noc_slowdown = 1);

/// Tiles in a grid, each with some cores; core c is on tile c / cores_per_tile, tiles go by rows.
struct Mesh {
  std::uint32_t columns = 1;
  std::uint32_t rows = 1;
  std::uint32_t cores_per_tile = 1;

  std::uint64_t cores() const { return std::uint64_t{columns} * rows * cores_per_tile; }
  struct Hops {
    std::uint16_t east_west = 0, north_south = 0;
    bool any() const { return east_west + north_south > 0; }
  };
  /// By XY routing, the shortest way.
  Hops hops(CoreId from, CoreId to) const {
    const auto apart = [](std::uint32_t a, std::uint32_t b) {
      return static_cast<std::uint16_t>(a > b ? a - b : b - a);
    };
    const std::uint32_t a = index(from) / cores_per_tile, b = index(to) / cores_per_tile;
    return {apart(a % columns, b % columns), apart(a / columns, b / columns)};
  }
};

/// The device's mesh, or where it is not published the squarest that holds `cores`, one a tile.
/// Throws Error that says by how much where the cores do not fit on one chip.
Mesh mesh_of(const HardwareProfile& profile, std::size_t cores);

/// Cores of one chip; 0 where that is not published.
std::uint64_t cores_of_chip(const HardwareProfile& profile);

/// A profile's limit of a name in limit_terms; 0 where there is none.
std::uint64_t limit_of(const HardwareProfile& profile, std::string_view term);

struct Machine {
  Fidelity fidelity = Fidelity::ideal;
  Timing timing;
  Mesh mesh;
  std::uint32_t buffer = 0;  ///< places in each queue of a router from a neighbour; 0: no end
  /// Places in a neurocore for messages from each core, or through routers from each side, that are
  /// on their way to it or wait there; 0: no end. From Fidelity::queued on.
  std::uint32_t core_buffer = 0;

  Duration step{};  ///< where not 0 there is a barrier for the whole chip each so long

  /// When arrives what is sent at t and would be there at `at`: with barriers at the first of them
  /// after t that is not before `at`.
  Time delivery(Time t, Time at) const {
    if (step == Duration{}) return at;
    const Time least = std::max(at, later(t, Duration{1}));
    const std::int64_t ticks = least.time_since_epoch().count(), n = step.count();
    return ticks > never.time_since_epoch().count() - n ? never
                                                        : Time{Duration{(ticks + n - 1) / n * n}};
  }
  /// Whether spikes between cores take time of their own, so that neurons joined without delay can
  /// be on different cores.
  bool splits_clusters() const {
    return step > Duration{} || (fidelity != Fidelity::ideal && departure(true) > Duration{});
  }

  /// From a spike until its packet has left the core, when nothing else is going on.
  Duration departure(bool leaves_core) const {
    return timing.neuron_update + timing.spike + message(leaves_core);
  }
  /// The same of a message that no spike sent.
  Duration message(bool leaves_core) const {
    return timing.packet + (leaves_core ? timing.link : Duration{});
  }
  /// Whether packets between tiles go through routers. A mesh whose hops take no time needs none.
  bool routes() const {
    return fidelity == Fidelity::routed && (mesh.columns > 1 || mesh.rows > 1) &&
           timing.hop_east_west + timing.hop_north_south > Duration{};
  }
  /// Of the hops that the mesh has; `forever` where it has none.
  Duration least_hop() const {
    Duration least = forever;
    if (mesh.columns > 1) least = std::min(least, timing.hop_east_west);
    if (mesh.rows > 1) least = std::min(least, timing.hop_north_south);
    return least;
  }
  /// How long a packet keeps a link between routers to itself, whose hop takes so long: as long as
  /// that where nothing is published of how much a link carries.
  Duration occupancy(Duration hop) const { return timing.link > Duration{} ? timing.link : hop; }
  Duration travel(Mesh::Hops hops) const {
    return hops.east_west * timing.hop_east_west + hops.north_south * timing.hop_north_south;
  }
  /// Until a core knows that a place in another is free.
  Duration word(Mesh::Hops hops) const { return timing.link + travel(hops); }
  /// Of what a packet does when it comes.
  Duration service(const Load& load) const {
    const auto times = [](std::uint64_t n, Duration d) { return static_cast<std::int64_t>(n) * d; };
    return times(load.packets, timing.arrival) +
           times(load.synaptic_events, timing.synaptic_event) +
           times(load.neuron_updates, timing.neuron_update);
  }
};

}  // namespace clockless
