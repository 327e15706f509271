// What travels: spikes (what a neuron sends) and packets (what one neurocore receives of it).
#pragma once

#include <cstdint>

#include "core/time.hpp"

namespace clockless {

/// A neuron's global number: populations in the order they were added, ascending inside each.
enum class NeuronId : std::uint32_t {};
/// A neurocore's number.
enum class CoreId : std::uint32_t {};
/// A synaptic row of one neurocore, numbered by (source neuron, projection, delay).
enum class RowId : std::uint32_t {};

constexpr std::uint32_t index(NeuronId id) { return static_cast<std::uint32_t>(id); }
constexpr std::uint32_t index(CoreId id) { return static_cast<std::uint32_t>(id); }
constexpr std::uint32_t index(RowId id) { return static_cast<std::uint32_t>(id); }

/// Arrival of a spike at one neurocore: every synapse of `row` receives weight × payload.
struct Packet {
  Time at;
  RowId row;
  float payload;
};
static_assert(sizeof(Packet) == 16);

/// A packet for another neurocore.
struct Sent {
  CoreId to;
  Packet packet;
};

/// A packet on its way through a mesh, or several that one firing sends along one axon.
struct Flit {
  Time at;  ///< at a router, from which it goes on
  CoreId from, to;
  RowId row;
  float payload;
  std::uint32_t packets;
  Duration delay;        ///< of the network's own, when it is there
  Time fired{};          ///< when it was sent: for traces
  bool limited = false;  ///< it needs a place at its core
};

/// A place that a message from one core took at another is free again.
struct Room {
  Time at;
  CoreId core, from;
};

/// Firing of a neuron, as probes and files see it.
struct Spike {
  Time at;
  NeuronId source;
  float payload;
  friend bool operator==(const Spike&, const Spike&) = default;
};
static_assert(sizeof(Spike) == 16);

}  // namespace clockless
