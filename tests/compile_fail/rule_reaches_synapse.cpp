// expect: R::on_pre\(p, y, cpre, cpost, neuron, t\)
// A rule that wants a second synapse is no rule.
#include "core/plasticity.hpp"

struct Greedy {
  static constexpr std::string_view name = "greedy";
  struct Params {};
  struct Synapse {
    double weight;
  };
  struct Pre {
    void spike(const Params&, clockless::Time) {}
  };
  using Post = Pre;
  using Neuron = clockless::AnyState;
  static Synapse synapse(const Params&, double w) { return {w}; }
  static double weight(const Params&, const Synapse& y) { return y.weight; }
#ifdef CONTROL
  static void on_pre(const Params&, Synapse& y, const Pre&, const Post&, const Neuron&,
                     clockless::Time) {
    y.weight += 1;
  }
#else
  static void on_pre(const Params&, Synapse&, Synapse& neighbour, const Pre&, const Post&,
                     const Neuron&, clockless::Time);
#endif
};

static_assert(clockless::PlasticityRule<Greedy>);
