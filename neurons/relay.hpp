// The relay: passes on what it receives, at once.
#pragma once

#include <string_view>

#include "core/neuron.hpp"

namespace clockless {

/// Fires at the instant of its inputs with their sum as payload; a sum of zero sends nothing.
struct Relay {
  static constexpr std::string_view name = "relay";
  struct Params {};
  struct State {
    double sum = 0;  ///< of this instant
  };

  static void advance(const Params&, State&, Duration) {}
  static void receive(const Params&, State& s, Input in) { s.sum += in.amount; }
  static Duration until_fire(const Params&, const State& s) {
    return s.sum != 0 ? Duration::zero() : forever;
  }
  static Emission fire(const Params&, State& s) {
    const auto payload = static_cast<float>(s.sum);
    s.sum = 0;
    return {.sent = true, .payload = payload};
  }
};

static_assert(NeuronModel<Relay>);

}  // namespace clockless
