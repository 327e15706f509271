// A model that a newcomer might write: it counts to a threshold.
#pragma once

#include "core/neuron.hpp"

namespace clockless {

/// An input adds to the sum; at sum ≥ threshold it fires, and the threshold is taken off.
struct MyModel {
  static constexpr std::string_view name = "my_model";
  struct Params {
    double threshold = 1;
  };
  struct State {
    double sum = 0;
  };
  static void advance(const Params&, State&, Duration) {}
  static void receive(const Params&, State& s, Input in) { s.sum += in.amount; }
  static Duration until_fire(const Params& p, const State& s) {
    return s.sum >= p.threshold ? Duration::zero() : forever;
  }
  static Emission fire(const Params& p, State& s) {
    s.sum -= p.threshold;
    return {};
  }
};

static_assert(NeuronModel<MyModel>);

}  // namespace clockless
