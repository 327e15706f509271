// Which packets made a neuron fire when it did, back to where nothing did.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/event.hpp"
#include "core/time.hpp"

namespace clockless {

class Simulation;
struct AnyPopulation;
struct Trace;

/// A spike and its cause: the last packet applied to the neuron before it fired, through a synapse
/// whose weight is not 0 (as it is now: learning may have moved it since). Since then only the
/// neuron's own dynamics went on: without that packet it would have fired at another time, or not
/// at all. Whether it excited or inhibited is not asked.
struct CausalStep {
  enum class Cause : std::uint8_t {
    packet,  ///< of the neuron of the next step
    drive,   ///< none came since time began: its own input
    report,  ///< its own synapses told it of their weights
    before,  ///< it came before what was noted
    far,     ///< the path is longer than was asked for
  };
  NeuronId neuron;
  Time at;
  Cause cause = Cause::drive;
  // Of that packet, what adds up to the time since the spike that sent it:
  Duration leaving{};  ///< until it was out of its core
  Duration way{};      ///< to this neuron's core, the network's own delay included
  Duration queued{};   ///< there, until its service
  Duration service{};  ///< and its learning
  Duration pending{};  ///< from then to the spike
  /// Of these, behind others: at the axons, at routers, in the neurocore's queue.
  Duration waited{};
  std::uint32_t hops = 0;
};
inline constexpr const char* cause_names[] = {"packet", "drive", "report", "before the trace",
                                              "longer than shown"};

/// From a neuron's last spike in the trace backwards, at most so many steps; empty where it has
/// none. The simulation is that of the trace.
std::vector<CausalStep> causal_path(const Simulation& simulation, const Trace& trace,
                                    NeuronId neuron, std::size_t most);

/// Who of a population fired last in the trace, of several at once the highest; whether one did.
bool last_to_fire(const Trace& trace, AnyPopulation population, NeuronId& neuron);

}  // namespace clockless
