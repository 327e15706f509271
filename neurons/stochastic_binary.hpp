// A stochastic binary neuron: together, at random instants of their own, such neurons sample from a
// Boltzmann machine.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/neuron.hpp"
#include "core/random.hpp"

namespace clockless {

/// At the events of a Poisson process of its own it draws its state anew, s = 1 with probability
///   1 / (1 + e^−I),  I = bias + Σ w_i s_i,
/// and tells it if it has changed, by payload +1 or −1: each is the change of I that others keep.
/// With symmetric weights and no delays this is Glauber's dynamics (J. Math. Phys. 1963) in
/// continuous time; states, as they are at any time, come from P(s) ∝ exp(Σ bias s + Σ_{i<j} w s
/// s). All start with s = 0. For rules that learn by a modulator m of its own it keeps
///   gathered = ∫ m s dt,  modulated = ∫ m dt,  active = ∫ s dt.
struct StochasticBinary {
  static constexpr std::string_view name = "stochastic_binary";

  // -- ports
  static constexpr std::uint8_t changes = 0;   ///< of what it hears: I grows by the amount
  static constexpr std::uint8_t hold = 1;      ///< amount > 0: at 1, < 0: at 0, 0: free again
  static constexpr std::uint8_t modulate = 2;  ///< m becomes the amount

  struct Params {
    double rate_hz = 1000;  ///< of draws, > 0
  };
  struct State {
    double input = 0;  ///< I; set to the bias before anything happens
    double rest = 0;   ///< mean intervals to the next draw
    double modulator = 0;
    double gathered = 0, modulated = 0, active = 0;  ///< seconds
    std::uint64_t seed = 0;
    std::uint32_t stream = 0;
    std::uint32_t draw = 0;
    std::uint32_t on = 0;  ///< s
    enum class Held : std::uint32_t { free, at_0, at_1 };
    Held held = Held::free;
  };

  static void check(const Params& p) {
    if (!(p.rate_hz > 0 && p.rate_hz <= 1e9))
      throw Error("stochastic_binary: rate_hz is " + std::to_string(p.rate_hz) +
                  ", must be above 0, at most 1e9");
  }

  static void start(const Params&, State& s, Birth birth) {
    s.seed = birth.seed;
    s.stream = index(birth.id);
    s.rest = random(s).exponential();
  }

  /// The clock stands while the state is held: the process has no memory.
  static void advance(const Params& p, State& s, Duration dt) {
    if (dt == Duration::zero()) return;
    if (s.held == State::Held::free) s.rest -= p.rate_hz * seconds(dt);
    s.modulated += s.modulator * seconds(dt);
    if (s.on == 0) return;
    s.gathered += s.modulator * seconds(dt);
    s.active += seconds(dt);
  }

  static void receive(const Params&, State& s, Input in) {
    if (in.port == changes) s.input += in.amount;
    if (in.port == hold)
      s.held = in.amount > 0   ? State::Held::at_1
               : in.amount < 0 ? State::Held::at_0
                               : State::Held::free;
    if (in.port == modulate) s.modulator = in.amount;
  }

  static Duration until_fire(const Params& p, const State& s) {
    if (s.held == State::Held::free) return round_up(s.rest / p.rate_hz);
    return s.on == held_at(s) ? forever : Duration::zero();
  }

  /// What is left of rest below zero is the time since the true draw.
  static Emission fire(const Params&, State& s) {
    const std::uint32_t before = s.on;
    if (s.held == State::Held::free) {
      s.rest += random(s).exponential();
      s.on = random(s).uniform() * (1 + std::exp(-s.input)) <= 1 ? 1 : 0;
    } else {
      s.on = held_at(s);
    }
    return {.sent = s.on != before, .payload = s.on == 1 ? 1.0F : -1.0F};
  }

 private:
  static std::uint32_t held_at(const State& s) { return s.held == State::Held::at_1 ? 1 : 0; }
  static RandomStream random(State& s) { return {s.seed, s.stream, s.draw++}; }
};

static_assert(NeuronModel<StochasticBinary> && StartsItself<StochasticBinary> &&
              ChecksParams<StochasticBinary>);

}  // namespace clockless
