// expect: no match|no matching|constraints not satisfied
// A rule on signals that asks for the whole State of its neuron connects nothing.
#include "core/simulation.hpp"
#include "neurons/phased_if.hpp"

struct Curious {
  static constexpr std::string_view name = "curious";
  struct Params {};
  struct Synapse {
    double weight;
  };
  struct Row {
    void signal(const Params&, float) {}
  };
  static Synapse synapse(const Params&, double w) { return {w}; }
  static double weight(const Params&, const Synapse& y) { return y.weight; }
#ifdef CONTROL
  static double factor(const Params&, const clockless::PhasedIf::Record& r) { return r.error; }
#else
  static double factor(const Params&, const clockless::PhasedIf::State& s) { return s.error; }
#endif
  static void on_signal(const Params&, Synapse& y, const Row&, double f) { y.weight += f; }
  static double gain(const Params&, const Row&) { return 1; }
  static double carry(const Params&, Row&) { return 1; }
  static void scale(Synapse& y, double f) { y.weight *= f; }
};

void build(clockless::Network& network, clockless::Population<clockless::PhasedIf> cells) {
  network.connect<Curious>(cells, cells, clockless::DenseMatrix<float>{}, {});
}
