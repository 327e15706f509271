// The current-driven integrate-and-fire neuron of spiking sparse coding: no leak, an exponential
// current, exact crossing (Tang, Lin & Davies, arXiv:1705.05475; Lin & Tang, arXiv:1805.08952).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/frame.hpp"
#include "core/neuron.hpp"
#include "neurons/crossing.hpp"

namespace clockless {

/// μ̇ = (β − μ)/τ, ρ̇ = μ/τ; an input adds to μ; at ρ = θ it fires and θ is taken from ρ.
struct IfCurrent {
  static constexpr std::string_view name = "if_current";
  struct Params {
    double tau_s = 1.0;  ///< time constant of the current, seconds
  };
  struct State {
    double voltage = 0;    ///< ρ
    double current = 0;    ///< μ
    double drive = 0;      ///< β, where the current settles
    double threshold = 1;  ///< θ > 0
  };

  static void check(const Params& p) {
    if (!(p.tau_s > 0 && std::isfinite(p.tau_s)))
      throw Error("if_current: tau_s is " + std::to_string(p.tau_s) + ", must be > 0 and finite");
  }

  static void advance(const Params& p, State& s, Duration dt) {
    if (dt == Duration::zero()) return;
    const double x = seconds(dt) / p.tau_s;
    const double transient = (s.current - s.drive) * std::expm1(-x);
    s.voltage += s.drive * x - transient;
    s.current += transient;
  }

  static void receive(const Params&, State& s, Input in) { s.current += in.amount; }

  static Duration until_fire(const Params& p, const State& s) {
    return round_up(p.tau_s *
                    linear_plus_exponential(s.drive, s.current - s.drive, s.threshold - s.voltage));
  }

  /// The current never exceeds max(β, μ). The factor outweighs every rounding in until_fire.
  static Duration fire_bound(const Params& p, const State& s) {
    const double rest = s.threshold - s.voltage;
    if (rest <= 0) return Duration::zero();
    const double fastest = std::max(s.drive, s.current);
    if (!(fastest > 0)) return forever;
    return round_up((1 - 1e-14) * p.tau_s * rest / fastest);
  }

  /// The tick lies up to 1 ps after the crossing. The flow does not depend on ρ, so taking θ off
  /// now is the reset to 0 at the true crossing plus what was integrated since: nothing is lost.
  static Emission fire(const Params&, State& s) {
    s.voltage -= s.threshold;
    return {};
  }

  /// With t since the origin in units of τ and c = μ − β, neither z = ρ + c − βt nor C = c eᵗ
  /// changes between inputs; an input w at t adds w to z and w eᵗ to C. ρ = z + βt − C e⁻ᵗ.
  struct Frame {
    static constexpr std::size_t coordinates = 2;  // z, C
    static constexpr std::size_t constants = 2;    // β, θ
    using Neuron = FrameNeuron<coordinates, constants>;
    struct Moment {
      double t, grown, decayed, per_second;
      double t_rest;  // what rounding took from t: it would add up over many origins
    };
    /// Short enough that βt costs no digits that a tick would show.
    static double span_s(const Params& p) { return 8 * p.tau_s; }
    static Moment moment(const Params& p, Duration d) {
      const double s = seconds(d);
      const double s_rest = std::fma(-s, ticks_per_second, static_cast<double>(d.count())) * 1e-12;
      const double t = s / p.tau_s;
      const double grown = std::exp(t);
      const double per_second = 1 / p.tau_s;
      return {t, grown, 1 / grown, per_second, (std::fma(-t, p.tau_s, s) + s_rest) * per_second};
    }
    struct Horizon {
      double t, decayed;
    };
    static Horizon horizon(const Params& p, double s) {
      return {s / p.tau_s, std::exp(-s / p.tau_s)};
    }
    /// 1 − e⁻ˢ of an input's charge has arrived after s.
    static double gain(const Params& p, double s) { return std::min(1.0, s / p.tau_s); }
    static std::array<double, coordinates> factors(const Params&, const Moment& m, std::uint8_t) {
      return {1.0, m.grown};
    }
    static Neuron enter(const Params&, const Moment& m, const State& s) {
      const double c = s.current - s.drive;
      return {{std::fma(-s.drive, m.t, s.voltage + c) - s.drive * m.t_rest, c * m.grown},
              {s.drive, s.threshold}};
    }
    static void leave(const Params&, const Moment& m, const Neuron& n, State& s) {
      const double c = n.x[1] * m.decayed;
      s.voltage = std::fma(n.k[0], m.t, n.x[0]) - c + n.k[0] * m.t_rest;
      s.current = n.k[0] + c;
      s.drive = n.k[0];
      s.threshold = n.k[1];
    }
    static Reading read(const Params&, const Moment& m, const Neuron& n) {
      const double c = n.x[1] * m.decayed;
      return {n.k[1] - (n.x[0] + n.k[0] * m.t - c), (n.k[0] + (c > 0 ? c : 0.0)) * m.per_second};
    }
    /// From 1 − e⁻ˢ ≥ s/(1+s) where c < 0 pulls back, from (1 − e⁻ˢ)/s ≤ 2/(2+s) where it drives.
    static double tighten(const Params& p, const Moment& m, const Neuron& n, double bound_s) {
      const double c = n.x[1] * m.decayed;
      const double rest = n.k[1] - (n.x[0] + n.k[0] * m.t - c);
      const double s = bound_s / p.tau_s;
      if (c < 0)
        return n.k[0] > 0 ? (rest - c * s / (1 + s)) / n.k[0] * p.tau_s * (1 - 1e-12) : bound_s;
      const double slope = n.k[0] + c * 2 / (2 + s);
      return slope > 0 ? rest / slope * p.tau_s * (1 - 1e-12) : bound_s;
    }
    /// The current runs monotonically from μ to β + c e⁻ʰ: the larger bounds the rise.
    static double margin(const Params&, const Moment& m, const Horizon& h, const Neuron& n) {
      const double c = n.x[1] * m.decayed;
      const double now = n.k[0] + c;
      const double then = n.k[0] + c * h.decayed;
      const double most = now > then ? now : then;
      return n.k[1] - (n.x[0] + n.k[0] * m.t - c) - h.t * (most > 0 ? most : 0.0);
    }
  };
};

static_assert(NeuronModel<IfCurrent> && Framed<IfCurrent> && BoundsFire<IfCurrent> &&
              ChecksParams<IfCurrent>);
static_assert(sizeof(IfCurrent::State) == 32);

}  // namespace clockless
