// The contract of a neuron model: a set of pure functions over one neuron's own small state.
// No function receives the network, another neuron, the scheduler or a global step: a model cannot
// reach what it is not given.
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "core/event.hpp"
#include "core/time.hpp"

namespace clockless {

/// What a synaptic event brings: weight × payload, at one of the model's input ports, and when.
struct Input {
  double amount = 0;
  std::uint8_t port = 0;
  Time at{};
};

/// What a firing sends. `sent == false` is a silent local timer: the state moved, no spike left.
struct Emission {
  bool sent = true;
  float payload = 1;
  std::uint8_t bundles = 1;  ///< bit b: along the axons of projections that are of bundle b
  /// Not a spike but a graded message. Rules that learn on signals take it as theirs; it reaches
  /// the neurons behind all other synapses as weight × payload, like a spike.
  bool signal = false;
  std::uint16_t spikes = 1;   ///< as so many spikes back to back, of payload / spikes each
  bool consolidates = false;  ///< synapses that learn from levels shall take what it has gathered
};

/// All a neuron is told of itself when it starts.
struct Birth {
  std::uint64_t seed = 0;   ///< the run's seed, key of its random draws
  NeuronId id{};            ///< its global number, stream of its random draws
  std::uint32_t index = 0;  ///< its place in its population
};

/// A neuron model: `struct Foo` in `neurons/foo.hpp`, in the sense of DEVS (receive = δext, fire =
/// δint and λ, until_fire = time advance).
///   Params      shared by a population, read-only while running
///   State       one neuron's own, trivially copyable, best ≤ 32 bytes; default = at rest
///   advance     closed-form flow over dt without input; advance(a+b) = advance(b)∘advance(a)
///   receive     the jump an input makes; the state was advanced to the input's time. Modulators
///               are inputs like any other, at ports of their own
///   until_fire  time to the next firing without further input, rounded up to a tick;
///               0 = now, `forever` = never
///   fire        called at that tick with the state advanced to it: reset, and what to send
template <class M>
concept NeuronModel = requires {
  typename M::Params;
  typename M::State;
  { M::name } -> std::convertible_to<std::string_view>;
}
&&std::is_trivially_copyable_v<typename M::State>&& std::default_initializable<typename M::State>&&
    std::copyable<typename M::Params>&& requires(const typename M::Params& p, typename M::State& s,
                                                 const typename M::State& cs, Duration dt,
                                                 Input in) {
  { M::advance(p, s, dt) } -> std::same_as<void>;
  { M::receive(p, s, in) } -> std::same_as<void>;
  { M::until_fire(p, cs) } -> std::same_as<Duration>;
  { M::fire(p, s) } -> std::same_as<Emission>;
};

/// Optional: the state a neuron starts with, from its parameters and its own identity.
template <class M>
concept StartsItself = requires(const typename M::Params& p, typename M::State& s, Birth b) {
  { M::start(p, s, b) } -> std::same_as<void>;
};

struct NoRecord {};

/// Optional: what a State has beside its flow is a base class Record of it, which events change and
/// time does not.
template <class M>
struct RecordOfModel {
  using type = NoRecord;
};
template <class M>
requires std::derived_from<typename M::State, typename M::Record>
struct RecordOfModel<M> {
  using type = typename M::Record;
};
template <class M>
using RecordOf = typename RecordOfModel<M>::type;

/// The Record of a state and nothing else of it.
template <class M>
const RecordOf<M>& record_of(const typename M::State& state) {
  if constexpr (std::is_same_v<RecordOf<M>, NoRecord>) {
    static constexpr NoRecord none{};
    return none;
  } else {
    return state;
  }
}

/// Optional: a cheap lower bound of until_fire. Only neurons at the front are then solved exactly.
template <class M>
concept BoundsFire = requires(const typename M::Params& p, const typename M::State& s) {
  { M::fire_bound(p, s) } -> std::same_as<Duration>;
};

/// Optional: whether until_fire is 0, told more cheaply.
template <class M>
concept TellsDue = requires(const typename M::Params& p, const typename M::State& s) {
  { M::due(p, s) } -> std::same_as<bool>;
};

/// Optional: fire() may be told when it is.
template <class M>
Emission fire_at(const typename M::Params& p, typename M::State& s, [[maybe_unused]] Time t) {
  if constexpr (requires { M::fire(p, s, t); })
    return M::fire(p, s, t);
  else
    return M::fire(p, s);
}

/// Optional: throws Error for parameters that make no sense, naming the parameter and its range.
template <class M>
concept ChecksParams = requires(const typename M::Params& p) {
  { M::check(p) } -> std::same_as<void>;
};

}  // namespace clockless
