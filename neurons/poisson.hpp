// A source of Poisson spikes with a rate of its own, drawn by counter: no order of execution can
// change them.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/neuron.hpp"
#include "core/random.hpp"

namespace clockless {

/// Fires whenever the integral of its rate has grown by another exponential draw of mean 1, so a
/// rate that is set takes effect at once, and exactly. Rate 0: never. Inputs have no effect: a
/// source has no synapses.
struct Poisson {
  static constexpr std::string_view name = "poisson";
  struct Params {
    double rate_hz = 10;  ///< that every neuron starts with
  };
  struct State {
    double rate_hz = 0;
    double rest = 0;  ///< what the integral of the rate still has to grow to the next spike
    std::uint64_t seed = 0;
    std::uint32_t stream = 0;
    std::uint32_t draw = 0;
  };

  static void check(const Params& p) {
    if (!(p.rate_hz >= 0 && p.rate_hz <= 1e9))
      throw Error("poisson: rate_hz is " + std::to_string(p.rate_hz) + ", must be 0 to 1e9");
  }

  static void start(const Params& p, State& s, Birth birth) {
    s.rate_hz = p.rate_hz;
    s.seed = birth.seed;
    s.stream = index(birth.id);
    s.draw = 0;
    s.rest = exponential(s);
  }

  static void advance(const Params&, State& s, Duration dt) {
    if (dt != Duration::zero()) s.rest -= s.rate_hz * seconds(dt);
  }
  static void receive(const Params&, State&, Input) {}
  static Duration until_fire(const Params&, const State& s) {
    return s.rate_hz > 0 ? round_up(s.rest / s.rate_hz) : forever;
  }
  /// What is left below zero is the time since the true spike: the next interval counts from there.
  static Emission fire(const Params&, State& s) {
    s.rest += exponential(s);
    return {};
  }

 private:
  static double exponential(State& s) {
    return RandomStream{s.seed, s.stream, s.draw++}.exponential();
  }
};

static_assert(NeuronModel<Poisson> && StartsItself<Poisson> && ChecksParams<Poisson>);
static_assert(sizeof(Poisson::State) == 32);

}  // namespace clockless
