// Where packets waited and what neurocores counted, in exact integers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/counts.hpp"
#include "core/time.hpp"

namespace clockless {

/// Sums of times, which may be far beyond what a time can be.
__extension__ using TickSum = __int128;

/// How long messages waited in one core, in exact integers. A message is a packet, or several that
/// one firing sends along one axon.
struct Waits {
  std::uint64_t sent = 0;       ///< by this core
  TickSum held = 0;             ///< ticks between what caused them and their leaving, over all
  std::uint64_t served = 0;     ///< worked off here
  TickSum waited = 0;           ///< ticks between arrival and service, over all that were begun
  TickSum busy = 0;             ///< ticks in service, learning included, of what was begun
  Duration longest{};           ///< wait
  std::uint64_t peak = 0;       ///< waiting or in service at once
  std::uint64_t dropped = 0;    ///< that were on their way here or waiting when time began anew
  std::uint64_t in_flight = 0;  ///< that are now; over all cores sent = served + unserved()
  std::uint64_t arrived = 0;    ///< packets of the messages that came
  std::uint64_t fired = 0;      ///< firings, each of which took its axons' time
  std::uint64_t left = 0;       ///< packets sent to other cores
  std::uint64_t stalls = 0;     ///< messages that waited to leave until there was a place for them
  TickSum stalled = 0;          ///< ticks that the link was free meanwhile

  std::uint64_t unserved() const { return dropped + in_flight; }

  Waits& operator+=(const Waits& o) {
    sent += o.sent;
    held += o.held;
    served += o.served;
    waited += o.waited;
    busy += o.busy;
    longest = std::max(longest, o.longest);
    peak = std::max(peak, o.peak);
    dropped += o.dropped;
    in_flight += o.in_flight;
    arrived += o.arrived;
    fired += o.fired;
    left += o.left;
    stalls += o.stalls;
    stalled += o.stalled;
    return *this;
  }
  friend bool operator==(const Waits&, const Waits&) = default;
};

/// What went over one link, in exact integers.
struct LinkUse {
  std::uint64_t packets = 0;
  std::uint64_t messages = 0;  ///< a message is a packet, or several of one firing
  TickSum busy = 0;            ///< ticks
  TickSum waited = 0;          ///< ticks at the router before it, over all messages
  Duration longest{};          ///< wait
  std::uint64_t peak = 0;      ///< messages at once that want to go this way
  std::uint64_t stalls = 0;    ///< times that the link was free but no place behind it

  LinkUse& operator+=(const LinkUse& o) {
    packets += o.packets;
    messages += o.messages;
    busy += o.busy;
    waited += o.waited;
    longest = std::max(longest, o.longest);
    peak = std::max(peak, o.peak);
    stalls += o.stalls;
    return *this;
  }
  friend bool operator==(const LinkUse&, const LinkUse&) = default;
};

/// What the neurons of one population on one core did: their packets and hops are those they sent,
/// synaptic events those that reached them.
struct Share {
  std::uint32_t core = 0, population = 0;
  Counts counts;

  Share& operator+=(const Share& o) {
    core = o.core;
    population = o.population;
    counts += o.counts;
    return *this;
  }
  friend bool operator==(const Share&, const Share&) = default;
};

/// What reached neurons by one projection.
struct ProjectionUse {
  std::uint32_t pre = 0, post = 0;  ///< populations
  std::uint64_t messages = 0, synaptic_events = 0;

  ProjectionUse& operator+=(const ProjectionUse& o) {
    pre = o.pre;
    post = o.post;
    messages += o.messages;
    synaptic_events += o.synaptic_events;
    return *this;
  }
  friend bool operator==(const ProjectionUse&, const ProjectionUse&) = default;
};

/// All of a machine, since it was built; sums of several runs add up place by place.
struct Congestion {
  std::vector<Waits> cores;    ///< all zero below Fidelity::queued
  std::vector<LinkUse> links;  ///< of Noc::links(); none below Fidelity::routed
  std::vector<Share> shares;   ///< by population, then core; together all that cores counted
  std::vector<ProjectionUse> projections;
  TickSum steps = 0;  ///< ticks of the chip that its steps took, where it has barriers

  Congestion& operator+=(const Congestion& o) {
    add(cores, o.cores);
    add(links, o.links);
    add(shares, o.shares);
    add(projections, o.projections);
    steps += o.steps;
    return *this;
  }
  Waits all_cores() const { return sum(cores); }
  LinkUse all_links() const { return sum(links); }
  friend bool operator==(const Congestion&, const Congestion&) = default;

 private:
  template <class T>
  static void add(std::vector<T>& to, const std::vector<T>& from) {
    to.resize(std::max(to.size(), from.size()));
    for (std::size_t k = 0; k < from.size(); ++k) to[k] += from[k];
  }
  template <class T>
  static T sum(const std::vector<T>& parts) {
    T all;
    for (const T& part : parts) all += part;
    return all;
  }
};

}  // namespace clockless
