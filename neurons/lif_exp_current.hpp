// The leaky integrate-and-fire neuron with exponential synaptic currents, and its exact first
// crossing: no step, no missed double crossing.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/neuron.hpp"
#include "neurons/crossing.hpp"

namespace clockless {

/// τ_m v̇ = v_rest + drive + I₀ + I₁ − v, τ_k İ_k = −I_k; an input of port k adds to I_k (inhibitory
/// weights are negative). At v ≥ v_threshold it fires, and v stays at v_reset for the refractory
/// time, while the currents run on. Voltages and currents in one unit, here millivolts. The time
/// constants may be equal: the solution passes through that limit.
struct LifExpCurrent {
  static constexpr std::string_view name = "lif_exp_current";
  struct Params {
    double tau_m_s = 0.010;           ///< membrane time constant, seconds
    double tau_excitatory_s = 0.002;  ///< of the current of port 0
    double tau_inhibitory_s = 0.005;  ///< of the current of port 1 (and above)
    double v_rest = -70;              ///< where v settles without drive
    double v_reset = -70;             ///< < v_threshold
    double v_threshold = -55;
    double refractory_s = 0.002;  ///< seconds, ≥ 0
  };
  struct State {
    double voltage = 0;
    double excitation = 0;     ///< I₀
    double inhibition = 0;     ///< I₁, negative where it inhibits
    double drive = 0;          ///< constant input, in units of voltage
    double refractory_ps = 0;  ///< refractoriness left, with its fraction of a tick
  };

  static void check(const Params& p) {
    const auto need = [](bool good, const char* key, double value, const char* range) {
      if (!good)
        throw Error("lif_exp_current: " + std::string(key) + " is " + std::to_string(value) +
                    ", must be " + range);
    };
    const auto positive = [&](const char* key, double tau) {
      need(tau > 0 && std::isfinite(tau), key, tau, "> 0 and finite");
    };
    positive("tau_m_s", p.tau_m_s);
    positive("tau_excitatory_s", p.tau_excitatory_s);
    positive("tau_inhibitory_s", p.tau_inhibitory_s);
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
    const auto ticks = static_cast<double>(dt.count());
    const double held = std::min(ticks, s.refractory_ps);
    if (held > 0) {
      decay(p, s, held / ticks_per_second);
      s.refractory_ps -= held;
    }
    if (ticks > held) flow(p, s, (ticks - held) / ticks_per_second);
  }

  static void receive(const Params&, State& s, Input in) {
    (in.port == 0 ? s.excitation : s.inhibition) += in.amount;
  }

  static Duration until_fire(const Params& p, const State& s) {
    if (s.refractory_ps <= 0) return round_up(Path(p, s).first_crossing());
    State then = s;
    const double held = s.refractory_ps / ticks_per_second;
    decay(p, then, held);
    return round_up(held + Path(p, then).first_crossing());
  }

  /// v rises no faster than towards its drive plus the positive currents of now; log(1+x) ≥
  /// x/(1+x). The factor outweighs every rounding in until_fire.
  static Duration fire_bound(const Params& p, const State& s) {
    const double highest = p.v_rest + s.drive - p.v_threshold + std::max(s.excitation, 0.0) +
                           std::max(s.inhibition, 0.0);
    const double rest = p.v_threshold - s.voltage;
    if (rest > 0 && !(highest > 0)) return forever;
    const double climb = rest > 0 ? p.tau_m_s * rest / (rest + highest) : 0;
    return round_up((1 - 1e-13) * (s.refractory_ps / ticks_per_second + climb));
  }

  /// The crossing was up to one tick ago: reset and refractoriness began then (to first order, the
  /// next being 1 ps²), so that no lateness adds up.
  static Emission fire(const Params& p, State& s) {
    const double target = p.v_rest + s.drive + s.excitation + s.inhibition;
    const double slope = (target - s.voltage) / (p.tau_m_s * ticks_per_second);  // per tick
    const double late = (s.voltage - p.v_threshold) / slope;
    s.voltage = p.v_reset;
    s.refractory_ps = static_cast<double>(from_seconds(p.refractory_s).count());
    if (!(slope > 0 && late > 0 && late <= 1.001)) return {};  // set above threshold, not drifted
    if (s.refractory_ps > 0)
      s.refractory_ps = std::max(s.refractory_ps - late, 0.0);
    else
      s.voltage += late * (target - p.v_reset) / (p.tau_m_s * ticks_per_second);
    return {};
  }

 private:
  static void decay(const Params& p, State& s, double t) {
    s.excitation *= std::exp(-t / p.tau_excitatory_s);
    s.inhibition *= std::exp(-t / p.tau_inhibitory_s);
  }

  /// Voltage at t of a current that starts at 1 and decays with tau. The slower of the two
  /// exponentials is taken out, so nothing cancels or overflows, and tau = tau_m is no exception.
  static double response(double t, double tau, double tau_m) {
    const double y = t * std::abs(tau - tau_m) / (tau * tau_m);
    const double mean = y > 0 ? -std::expm1(-y) / y : 1;
    return std::exp(-t / std::max(tau, tau_m)) * (t / tau_m) * mean;
  }

  static void flow(const Params& p, State& s, double t) {
    const double from_rest = s.voltage - p.v_rest - s.drive;
    s.voltage += from_rest * std::expm1(-t / p.tau_m_s) +
                 s.excitation * response(t, p.tau_excitatory_s, p.tau_m_s) +
                 s.inhibition * response(t, p.tau_inhibitory_s, p.tau_m_s);
    decay(p, s, t);
  }

  /// The voltage above threshold, u, and what pulls it, w = v_rest + drive + I₀ + I₁ − v_threshold.
  /// Since (e^{t/τ_m} u)˙ = e^{t/τ_m} w/τ_m, u has at most one zero between two zeros of w; and w,
  /// a constant and two exponentials, has at most one zero on each side of its one extremum.
  struct Path {
    const Params& p;
    double excitation, inhibition, settled, start;

    Path(const Params& params, const State& s)
        : p(params),
          excitation(s.excitation),
          inhibition(s.inhibition),
          settled(p.v_rest + s.drive - p.v_threshold),
          start(s.voltage - p.v_threshold) {}

    double pull(double t) const {
      return settled + excitation * std::exp(-t / p.tau_excitatory_s) +
             inhibition * std::exp(-t / p.tau_inhibitory_s);
    }
    double voltage(double t) const {
      return settled + (start - settled) * std::exp(-t / p.tau_m_s) +
             excitation * response(t, p.tau_excitatory_s, p.tau_m_s) +
             inhibition * response(t, p.tau_inhibitory_s, p.tau_m_s);
    }
    /// Where the pull has its extremum; 0 if it has none later.
    double extremum() const {
      const double ratio = -(excitation / p.tau_excitatory_s) / (inhibition / p.tau_inhibitory_s);
      const double rates = 1 / p.tau_excitatory_s - 1 / p.tau_inhibitory_s;
      const double t = std::log(ratio) / rates;
      return std::isfinite(t) && t > 0 ? t : 0;
    }
    /// The only zero of the voltage while the pull is positive, in [low, high].
    double crossing(double low, double high) const {
      return bracketed_root(low, high, [&](double t) {
        const double u = voltage(t), w = pull(t);
        // As if the pull stayed: exact for a constant drive, Newton's step at the root.
        return Climb{u, p.tau_m_s * std::log1p(-u / w)};
      });
    }
    /// The only zero of the pull in [low, high].
    double balance(double low, double high) const {
      const double sign = pull(low) < 0 ? 1 : -1;
      return bracketed_root(low, high, [&](double t) {
        const double e = excitation * std::exp(-t / p.tau_excitatory_s);
        const double i = inhibition * std::exp(-t / p.tau_inhibitory_s);
        const double w = settled + e + i;
        return Climb{sign * w, w / (e / p.tau_excitatory_s + i / p.tau_inhibitory_s)};
      });
    }
    double first_crossing() const {
      constexpr double inf = std::numeric_limits<double>::infinity();
      if (start >= 0) return 0;
      if (!(settled + std::max(excitation, 0.0) + std::max(inhibition, 0.0) > 0)) return inf;
      // All exponentials have died where there is a constant pull that may win at last.
      const double slowest = std::max({p.tau_m_s, p.tau_excitatory_s, p.tau_inhibitory_s});
      const double end = (settled > 0 ? 750 : 36) * slowest;
      const double marks[] = {0, std::min(extremum(), end), end};
      for (int piece = 0; piece < 2; ++piece) {
        double low = marks[piece], high = marks[piece + 1];
        const bool rises_at_low = pull(low) > 0, rises_at_high = pull(high) > 0;
        if (low == high || !(rises_at_low || rises_at_high)) continue;
        if (!rises_at_low) low = balance(low, high);
        if (!rises_at_high) high = balance(low, high);
        if (voltage(high) >= 0) return crossing(low, high);
      }
      return inf;
    }
  };
};

static_assert(NeuronModel<LifExpCurrent> && StartsItself<LifExpCurrent> &&
              BoundsFire<LifExpCurrent> && ChecksParams<LifExpCurrent>);

}  // namespace clockless
