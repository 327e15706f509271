// Hebbian learning in place, its sign and weight given by a modulator: contrastive learning of
// binary neurons without stored phases (Williams, Bredenberg & Lajoie 2023).
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/plasticity.hpp"

namespace clockless {

/// For source i and target j of states 0 and 1, and the target's own modulator m,
///   ΔW_ij = η ∫ m (s_i s_j − c_ij) dt,
/// where m is 1/b while data hold the network, −1/(1 − b) while it runs freely, b the share of such
/// phases: ⟨ΔW⟩ is then the likelihood's gradient, in whatever order phases come and however long
/// they are, if both kinds are as long on average. c_ij is 0, or a slow trace of s_i s_j that takes
/// most of the variance away.
///
/// An arrival is a change of s_i, first to 1. The target keeps ∫ m s_j dt, so nothing is done
/// between arrivals; what is learned while s_i = 1 is applied when it is next so, and the target's
/// input stays exactly what the weights say.
struct ModulatedHebbian {
  static constexpr std::string_view name = "modulated_hebbian";
  struct Params {
    double rate = 0.01;      ///< η ≥ 0, a second
    double trace_tau_s = 0;  ///< of c_ij, seconds; 0: there is none
    double w_max = 1e3;      ///< |W| never exceeds
    double w_min = -1e3;
  };
  struct Synapse {
    double weight;
    double pending = 0;                              // to be applied
    double gathered = 0, modulated = 0, active = 0;  // the target's, at the last arrival
    double trace = 0;
    Time last{};
  };
  struct Pre {
    bool on = false;
    void spike(const Params&, Time) { on = !on; }
  };
  struct Post {
    void spike(const Params&, Time) {}
  };

  static void check(const Params& p) {
    const auto need = [](bool good, const char* what) {
      if (!good) throw Error(std::string("modulated_hebbian: ") + what);
    };
    need(p.rate >= 0 && std::isfinite(p.rate), "rate must be at least 0");
    need(p.trace_tau_s >= 0 && std::isfinite(p.trace_tau_s),
         "trace_tau_s must be at least 0 seconds");
    need(p.w_min < p.w_max && std::isfinite(p.w_max - p.w_min),
         "w_min must be below w_max, both finite");
  }

  /// Throws Error when w lies outside w_min to w_max.
  static Synapse synapse(const Params& p, double w) {
    if (!(w >= p.w_min && w <= p.w_max))
      throw Error("modulated_hebbian: the initial weight " + std::to_string(w) +
                  " lies outside w_min to w_max: change it or them");
    return {.weight = w};
  }
  static double weight(const Params&, const Synapse& y) { return y.weight; }

  template <class Neuron>
  requires requires(const Neuron& n) { n.gathered, n.modulated, n.active; }
  static void on_pre(const Params& p, Synapse& y, const Pre& pre, const Post&, const Neuron& neuron,
                     Time t) {
    double learned = pre.on ? neuron.gathered - y.gathered : 0.0;
    if (p.trace_tau_s > 0) {
      learned -= y.trace * (neuron.modulated - y.modulated);
      const double dt = seconds(t - y.last);
      const double together = pre.on ? neuron.active - y.active : 0.0;
      if (dt > 0) y.trace += (together / dt - y.trace) * -std::expm1(-dt / p.trace_tau_s);
    }
    y.pending += p.rate * learned;
    if (!pre.on) {
      y.weight = std::clamp(y.weight + y.pending, p.w_min, p.w_max);
      y.pending = 0;
    }
    y.gathered = neuron.gathered;
    y.modulated = neuron.modulated;
    y.active = neuron.active;
    y.last = t;
  }
};

}  // namespace clockless
