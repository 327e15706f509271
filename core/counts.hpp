// What happened, in exact integers. Prices are applied once, at the end (see meter.hpp).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace clockless {

/// Tallies of one run. Sums of tallies are tallies: replicas and neurocores simply add up.
struct Counts {
  std::uint64_t spikes = 0;              ///< emissions by neurons
  std::uint64_t synaptic_events = 0;     ///< one weight applied to one target
  std::uint64_t neuron_updates = 0;      ///< a neuron's state moved by an input or a firing
  std::uint64_t packets = 0;             ///< one of either sent to one neurocore with one delay
  std::uint64_t plasticity_updates = 0;  ///< one synapse changed, or visited to be changed
  std::uint64_t signals = 0;             ///< graded messages by neurons, which are no spikes
  std::uint64_t hops_east_west = 0;      ///< a packet carried from one tile of a mesh to the next
  std::uint64_t hops_north_south = 0;
  std::uint64_t idle_updates = 0;  ///< a neuron visited in vain, because a clock said so
  std::uint64_t barriers = 0;      ///< all neurocores waited for each other

  constexpr Counts& operator+=(const Counts& o);
  constexpr Counts& operator-=(const Counts& o);  ///< what was counted since `o`
  friend constexpr Counts operator+(Counts a, const Counts& b) { return a += b; }
  friend constexpr Counts operator-(Counts a, const Counts& b) { return a -= b; }
  friend constexpr bool operator==(const Counts&, const Counts&) = default;
};

/// The countable terms by name, in the order of Counts.
struct CountTerm {
  std::string_view name;
  std::uint64_t Counts::*count;
};
inline constexpr std::array<CountTerm, 10> count_terms{{
    {"spikes", &Counts::spikes},
    {"synaptic_events", &Counts::synaptic_events},
    {"neuron_updates", &Counts::neuron_updates},
    {"packets", &Counts::packets},
    {"plasticity_updates", &Counts::plasticity_updates},
    {"signals", &Counts::signals},
    {"hops_east_west", &Counts::hops_east_west},
    {"hops_north_south", &Counts::hops_north_south},
    {"idle_updates", &Counts::idle_updates},
    {"barriers", &Counts::barriers},
}};
static_assert(sizeof(Counts) == count_terms.size() * sizeof(std::uint64_t));

constexpr Counts& Counts::operator+=(const Counts& o) {
  for (const CountTerm& term : count_terms) this->*term.count += o.*term.count;
  return *this;
}

constexpr Counts& Counts::operator-=(const Counts& o) {
  for (const CountTerm& term : count_terms) this->*term.count -= o.*term.count;
  return *this;
}

}  // namespace clockless
