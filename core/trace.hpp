// What neurocores and links did, event by event: to look at a run, never to make it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "core/event.hpp"
#include "core/machine.hpp"
#include "core/time.hpp"

namespace clockless {

/// Something that a neurocore did. Events are noted in the order in which they had their effect.
///  served   message `row` came at `since`, was in service from start to end, and is applied at
///           `done`, when learning that fell into its service has been done, too
///  learned  work by what a packet or a firing at `since` changed
///  fired    neuron `neuron` at `since`, with `packets` spikes (none: it was no spike); its axons
///           have their turn from `end` on
///  sent     what a neuron, or synapses, had to send to row `row` of core `to` at `since`: on the
///           axon from start to end, out of the core at `done`, there at `due`, of which only
///           routers know where they take it (`never`)
/// Where the machine does not follow service times, they are 0.
struct CoreEvent {
  enum class Kind : std::uint8_t { served, learned, fired, sent };
  Kind kind;
  Time since, start, end, done;
  RowId row{};
  NeuronId neuron{};
  CoreId to{};
  std::uint32_t packets = 1;
  Time due = never;
  Time released{};  ///< of what was held at the link, since when there was a place for it
  /// When it was noted: never before that of an earlier event.
  Time noted() const { return kind == Kind::served ? done : std::max(since, released); }
  /// Of what was sent: how long it was on its core's link, and waited for that.
  Duration on_link(const Timing& timing) const {
    return std::min<Duration>(done - end, std::int64_t{packets} * timing.link);
  }
  Duration at_link(const Timing& timing) const { return done - end - on_link(timing); }
};

/// A message over a link between routers: there at `since`, on the link from start to end.
struct LinkEvent {
  std::uint32_t link;  ///< as in Noc::links()
  CoreId from, to;
  RowId row;
  std::uint32_t packets;
  Time fired;  ///< when its sender sent it
  Time since, start, end;
  Time due;  ///< at its core, of the last hop; else `never`
};

/// The last so many of what is noted.
template <class Event>
class Recorder {
 public:
  struct Record {
    std::deque<Event> events;
    std::uint64_t left_out = 0;  ///< that came before
  };

  explicit Recorder(std::size_t most) : most_(most) {}
  void note(const Event& event) {
    if (record_.events.size() >= most_) {
      record_.events.pop_front();
      ++record_.left_out;
    }
    record_.events.push_back(event);
  }
  void restart() { record_ = {}; }
  Record take() { return std::exchange(record_, {}); }

 private:
  std::size_t most_;
  Record record_;
};

struct Trace {
  /// What a row of a core is told by: a neuron's axon, or synapses that tell their source, which is
  /// then the neuron.
  struct Source {
    NeuronId neuron;
    std::uint32_t projection;
    bool report;
    bool lesson;  ///< it moves weights, not neurons
  };
  struct Core {
    Recorder<CoreEvent>::Record record;
    std::vector<Source> rows;
  };
  std::vector<Core> cores;
  Recorder<LinkEvent>::Record links;
  std::vector<CoreId> core_of;  ///< of each neuron
  Time since{};                 ///< nothing was noted before

  std::uint64_t left_out() const {
    std::uint64_t sum = links.left_out;
    for (const Core& core : cores) sum += core.record.left_out;
    return sum;
  }
};

}  // namespace clockless
