// The leaky integrate-and-fire neuron with delta synapses: each input is a jump of the voltage.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/neuron.hpp"

namespace clockless {

/// τ v̇ = v_rest + drive − v, an input adds to v; at v ≥ v_threshold it fires, and v stays at
/// v_reset for the refractory time, during which inputs are lost (as NEST's iaf_psc_delta does by
/// default). Voltages in any unit, here millivolts.
struct Lif {
  static constexpr std::string_view name = "lif";
  struct Params {
    double tau_m_s = 0.010;  ///< membrane time constant, seconds
    double v_rest = -70;     ///< where v settles without drive
    double v_reset = -70;    ///< < v_threshold
    double v_threshold = -55;
    double refractory_s = 0.002;  ///< seconds, ≥ 0
  };
  struct State {
    double voltage = 0;
    double drive = 0;          ///< constant input, in units of voltage
    double refractory_ps = 0;  ///< refractoriness left, with its fraction of a tick
  };

  static void check(const Params& p) {
    const auto need = [](bool good, const char* key, double value, const char* range) {
      if (!good)
        throw Error("lif: " + std::string(key) + " is " + std::to_string(value) + ", must be " +
                    range);
    };
    need(p.tau_m_s > 0 && std::isfinite(p.tau_m_s), "tau_m_s", p.tau_m_s, "> 0 and finite");
    need(std::isfinite(p.v_rest), "v_rest", p.v_rest, "finite");
    need(std::isfinite(p.v_threshold), "v_threshold", p.v_threshold, "finite");
    need(std::isfinite(p.v_reset) && p.v_reset < p.v_threshold, "v_reset", p.v_reset,
         "finite and below v_threshold");
    need(p.refractory_s >= 0 && p.refractory_s < 1e6, "refractory_s", p.refractory_s,
         "0 to 1e6 seconds");
  }

  static void start(const Params& p, State& s, Birth) { s.voltage = p.v_rest; }

  static void advance(const Params& p, State& s, Duration dt) {
    if (dt == Duration::zero()) return;
    pass(p, s, static_cast<double>(dt.count()));
  }

  static void receive(const Params&, State& s, Input in) {
    if (s.refractory_ps <= 0) s.voltage += in.amount;
  }

  static Duration until_fire(const Params& p, const State& s) {
    const double above = p.v_rest + s.drive - p.v_threshold;
    const double rest = p.v_threshold - s.voltage;
    if (rest <= 0) return round_up(s.refractory_ps / ticks_per_second);
    if (!(above > 0)) return forever;
    return round_up(s.refractory_ps / ticks_per_second + p.tau_m_s * std::log1p(rest / above));
  }

  /// By log(1+x) ≥ x/(1+x). The factor outweighs every rounding in until_fire.
  static Duration fire_bound(const Params& p, const State& s) {
    const double above = p.v_rest + s.drive - p.v_threshold;
    const double rest = p.v_threshold - s.voltage;
    if (rest > 0 && !(above > 0)) return forever;
    const double drift = rest > 0 ? p.tau_m_s * rest / (rest + above) : 0;
    return round_up((1 - 1e-14) * (s.refractory_ps / ticks_per_second + drift));
  }

  /// A drift crossed the threshold up to one tick ago: reset and refractoriness began then, so that
  /// no lateness adds up. A jump crossed it now.
  static Emission fire(const Params& p, State& s) {
    const double over = s.voltage - p.v_threshold;
    const double pull = p.v_rest + s.drive - s.voltage;
    const double late = p.tau_m_s * ticks_per_second * std::log1p(over / pull);
    s.voltage = p.v_reset;
    s.refractory_ps = static_cast<double>(from_seconds(p.refractory_s).count());
    if (pull > 0 && late > 0 && late <= 1.001) pass(p, s, late);
    return {};
  }

 private:
  /// The flow over any real number of ticks.
  static void pass(const Params& p, State& s, double ticks) {
    if (ticks <= s.refractory_ps) {
      s.refractory_ps -= ticks;
      return;
    }
    const double x = (ticks - s.refractory_ps) / (p.tau_m_s * ticks_per_second);
    s.refractory_ps = 0;
    s.voltage += (s.voltage - p.v_rest - s.drive) * std::expm1(-x);
  }
};

static_assert(NeuronModel<Lif> && StartsItself<Lif> && BoundsFire<Lif> && ChecksParams<Lif>);
static_assert(sizeof(Lif::State) <= 32);

}  // namespace clockless
