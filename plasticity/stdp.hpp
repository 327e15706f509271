// Pair-based spike-timing-dependent plasticity: every pair of a pre- and a postsynaptic spike
// counts (all-to-all), by exponential windows kept as one trace at each end of the synapse.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/plasticity.hpp"
#include "core/time.hpp"

namespace clockless {

/// STDP of Song, Miller & Abbott (Nat. Neurosci. 2000), its traces as in Morrison, Diesmann &
/// Gerstner (Biol. Cybern. 2008, section 4.1) and its weight dependence of Gütig et al. (J.
/// Neurosci. 2003, eq. 2 and 4). With x = (w − w_min) / (w_max − w_min), a pair Δt = t_post − t_pre
/// moves
///   Δt > 0:  x += a_plus  (1 − x)^mu_plus  exp(−Δt / tau_plus)
///   Δt < 0:  x −= a_minus   x^mu_minus     exp(+Δt / tau_minus)
/// and x is kept within 0 to 1. Times are the arrival at the synapse and the firing of its neuron.
/// A pair at one tick counts once, as what happened: an arrival that came before the firing
/// strengthens, one that came after it (in a cascade of zero delays) weakens.
struct Stdp {
  static constexpr std::string_view name = "stdp";

  struct Params {
    double tau_plus_s = 20e-3;   ///< decay of the strengthening window, seconds
    double tau_minus_s = 20e-3;  ///< decay of the weakening window, seconds
    double a_plus = 0.005;       ///< largest strengthening by a pair, in units of w_max − w_min
    double a_minus = 0.00525;    ///< largest weakening by a pair, in the same units
    double w_min = 0.0;
    double w_max = 1.0;
    double mu_plus = 0.0;   ///< 0: additive … 1: multiplicative
    double mu_minus = 0.0;  ///< 0: additive … 1: multiplicative
  };

  struct Synapse {
    double weight;
  };

  /// The sum of exp(−(t − s) / tau) over the spikes s so far, held as it was at the last of them.
  template <double Params::*tau_s>
  struct Trace {
    double value = 0;
    Time last{};
    double at(const Params& p, Time t) const {
      return value * std::exp(-seconds(t - last) / (p.*tau_s));
    }
    void spike(const Params& p, Time t) {
      value = at(p, t) + 1.0;
      last = t;
    }
  };
  using Pre = Trace<&Params::tau_plus_s>;
  using Post = Trace<&Params::tau_minus_s>;

  /// Throws Error for parameters out of range.
  static void check(const Params& p) {
    const auto need = [](bool good, const char* what) {
      if (!good) throw Error(std::string("stdp: ") + what);
    };
    const auto positive = [](double x) { return x > 0 && std::isfinite(x); };
    const auto fraction = [](double x) { return x >= 0 && x <= 1; };
    need(positive(p.tau_plus_s), "tau_plus_s must be a positive number of seconds");
    need(positive(p.tau_minus_s), "tau_minus_s must be a positive number of seconds");
    need(std::isfinite(p.a_plus), "a_plus must be finite");
    need(std::isfinite(p.a_minus), "a_minus must be finite");
    need(positive(p.w_max - p.w_min), "w_min must be below w_max, both finite");
    need(fraction(p.mu_plus), "mu_plus must lie within 0 (additive) to 1 (multiplicative)");
    need(fraction(p.mu_minus), "mu_minus must lie within 0 (additive) to 1 (multiplicative)");
  }

  /// Throws Error when w lies outside w_min to w_max.
  static Synapse synapse(const Params& p, double w) {
    if (!(w >= p.w_min && w <= p.w_max))
      throw Error("stdp: the initial weight " + std::to_string(w) + " lies outside " +
                  std::to_string(p.w_min) + " to " + std::to_string(p.w_max) +
                  ": change it, w_min or w_max");
    return {w};
  }
  static double weight(const Params&, const Synapse& y) { return y.weight; }

  template <class Neuron>
  static void on_pre(const Params& p, Synapse& y, const Pre&, const Post& post, const Neuron&,
                     Time t) {
    const double room = y.weight - p.w_min;
    move(p, y, -p.a_minus * dependence(room / (p.w_max - p.w_min), p.mu_minus) * post.at(p, t));
  }

  template <class Neuron>
  static void on_post(const Params& p, Synapse& y, const Pre& pre, const Post&, const Neuron&,
                      Time t) {
    const double room = p.w_max - y.weight;
    move(p, y, p.a_plus * dependence(room / (p.w_max - p.w_min), p.mu_plus) * pre.at(p, t));
  }

 private:
  static double dependence(double x, double mu) {
    return mu == 0.0 ? 1.0 : mu == 1.0 ? x : std::pow(x, mu);
  }
  static void move(const Params& p, Synapse& y, double dx) {
    y.weight = std::clamp(y.weight + (p.w_max - p.w_min) * dx, p.w_min, p.w_max);
  }
};

static_assert(PlasticityRule<Stdp> && LearnsOnPost<Stdp>);

}  // namespace clockless
