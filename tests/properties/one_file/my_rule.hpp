// A rule that a newcomer might write: every arrival wears the synapse out.
#pragma once

#include "core/plasticity.hpp"

namespace clockless {

/// Each arrival takes the fraction `wear` off the weight.
struct MyRule {
  static constexpr std::string_view name = "my_rule";
  struct Params {
    double wear = 0.01;
  };
  struct Synapse {
    double weight;
  };
  struct Pre {
    void spike(const Params&, Time) {}
  };
  using Post = Pre;
  static Synapse synapse(const Params&, double w) { return {w}; }
  static double weight(const Params&, const Synapse& y) { return y.weight; }
  template <class Neuron>
  static void on_pre(const Params& p, Synapse& y, const Pre&, const Post&, const Neuron&, Time) {
    y.weight *= 1 - p.wear;
  }
};

static_assert(PlasticityRule<MyRule>);

}  // namespace clockless
