// expect: M::receive\(p, s, in\)
// A model that wants the simulation and its scheduler is no model.
#include "core/neuron.hpp"

namespace clockless {
class Simulation;
}

struct Greedy {
  static constexpr std::string_view name = "greedy";
  struct Params {};
  struct State {
    double voltage = 0;
  };
  static void advance(const Params&, State&, clockless::Duration) {}
#ifdef CONTROL
  static void receive(const Params&, State& s, clockless::Input in) { s.voltage += in.amount; }
#else
  static void receive(const Params&, State&, clockless::Input, clockless::Simulation&);
#endif
  static clockless::Duration until_fire(const Params&, const State&) { return clockless::forever; }
  static clockless::Emission fire(const Params&, State&) { return {}; }
};

static_assert(clockless::NeuronModel<Greedy>);
