// expect: R::factor\(p, record\)
// A rule on signals that wants the simulation is no rule: nobody would hand it one.
#include "core/plasticity.hpp"

namespace clockless {
class Simulation;
}

struct Greedy {
  static constexpr std::string_view name = "greedy";
  struct Params {};
  struct Synapse {
    double weight;
  };
  struct Row {
    double scale = 1;
    void signal(const Params&, float) {}
  };
  static Synapse synapse(const Params&, double w) { return {w}; }
  static double weight(const Params&, const Synapse& y) { return y.weight; }
#ifdef CONTROL
  static double factor(const Params&, const clockless::AnyState&) { return 1; }
#else
  static double factor(const Params&, const clockless::AnyState&, const clockless::Simulation&);
#endif
  static void on_signal(const Params&, Synapse& y, const Row&, double f) { y.weight += f; }
  static double gain(const Params&, const Row&) { return 1; }
  static double carry(const Params&, Row&) { return 1; }
  static void scale(Synapse& y, double f) { y.weight *= f; }
};

static_assert(clockless::LearnsOnSignal<Greedy>);
