// Conservative windows: neurocores run freely up to a time before which no spike can cross.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/barrier.hpp"
#include "core/neurocore.hpp"
#include "core/noc.hpp"
#include "core/parallel.hpp"

namespace clockless {

/// The determinism contract. For one network and seed the spikes are the same bits whatever the
/// mapping (of an ideal machine; others have delays of their own, see machine.hpp) and the number
/// of threads, because
///  1. time is an integer, and predicted firings are rounded up to it;
///  2. each neuron sees its inputs in the order (time, source, projection, delay);
///  3. at one tick all due inputs arrive before any threshold is looked at, then neurons fire one
///     at a time, lowest number first, each followed by its zero-delay consequences;
///  4. neurons joined by zero delay are never on different cores, unless the machine adds one;
///  5. reading never changes a state: traces move with their own neuron's spikes only, probes
///     advance a copy;
///  6. random draws are functions of (seed, neuron, number);
///  7. counts are integers, and are priced once at the end;
///  8. no contraction or reassociation of floating-point operations by the compiler.
class Scheduler {
 public:
  /// `lookahead`: the least time between what happens on one core and what another sees of it, or
  /// between a router and a core; `forever` if there is none. `noc`, `barrier`: null without.
  Scheduler(std::span<const std::unique_ptr<Neurocore>> cores, Noc* noc, Barrier* barrier,
            Duration lookahead, Parallel& parallel);

  /// Does everything strictly before `end`. The window is a device of execution: idle time is
  /// skipped, no model sees it, and there is no clock that neurons share.
  void run(Time end) { run_windows(end, forever); }
  /// The same, but no later than `after` the first spike that a core awaits; returns how far it
  /// came.
  Time run_awaiting(Time end, Duration after) { return run_windows(end, after); }
  /// Hands over what cores sent by time t outside windows.
  void hand_over(Time t);

 private:
  Time run_windows(Time end, Duration after);
  void deliver(std::uint32_t core, const Packet& packet);
  void empty_outbox(Neurocore& core);
  void cross(Time until);

  std::span<const std::unique_ptr<Neurocore>> cores_;
  Noc* noc_;
  Barrier* barrier_;
  Duration lookahead_;
  Parallel& parallel_;
  std::vector<Time> next_;                  // of each core
  std::vector<std::uint32_t> active_;       // cores with something to do in the window
  std::vector<std::uint32_t> reached_;      // cores with something in their inbox
  std::vector<std::vector<Packet>> inbox_;  // by core
  std::vector<Sent> deliveries_;
};

}  // namespace clockless
