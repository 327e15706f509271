// The sigma-delta neuron of equilibrium propagation by spikes: its state relaxes to what held
// inputs and a nudge ask of it, and it tells others each time that has moved by a threshold.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/neuron.hpp"
#include "core/random.hpp"
#include "core/relaxation.hpp"

namespace clockless {

/// τ ds/dt = (L + G) (a − s),  a = clip((I + G y) / (L + G), 0, 1),  I = Σ W_ij ŝ_i,
/// with leak L, nudging conductance G towards the label y, and ŝ_i the levels that others have
/// told. It tells its own level ŝ, a multiple of θ, by signed spikes of payload ±θ when |s − ŝ|
/// reaches (½ + h) θ: send-on-delta with hysteresis h (O'Connor et al. 2019, whose coder with k_p →
/// 0 it is). For learning it gathers what a modulator m makes of its own spikes and level,
///   gathered = ∫ m dŝ,  own = ∫ m ŝ dŝ,
/// until `consolidate`, when m becomes 0 and its synapses take what there is.
struct SigmaDelta {
  static constexpr std::string_view name = "sigma_delta";

  // -- ports
  static constexpr std::uint8_t held = 0;         ///< changes of level, weighted
  static constexpr std::uint8_t modulate = 1;     ///< m becomes the amount
  static constexpr std::uint8_t nudge = 2;        ///< G becomes the amount
  static constexpr std::uint8_t consolidate = 3;  ///< modulator: hand over what was gathered
  static constexpr std::uint8_t leak = 4;         ///< L grows by the amount

  struct Params {
    double tau_s = 1.0;           ///< seconds
    double threshold = 1.0 / 16;  ///< θ; in use it is the nearest number of single precision
    double hysteresis = 0.05;     ///< h > 0
    double initial_leak = 1;
    /// L + G is never below: a neuron whose leak has become negative has no equilibrium inside.
    double least_conductance = 0.05;
    bool relative_nudge = false;  ///< G is the amount times L
    // What hardware does, to each neuron and event by itself:
    double mismatch = 0;         ///< spread (of the logarithm) of time constants and thresholds
    double lost_spikes = 0;      ///< share of spikes that never leave
    double lost_modulators = 0;  ///< share of modulator events that never arrive
    /// Share of consolidations with which it tells its level itself, by a signal: changes that were
    /// lost would be missed for ever.
    double retold = 0;
  };

  struct Record {
    double level = 0;        ///< ŝ
    double conductance = 1;  ///< L
    double nudged = 0;       ///< G
    double label = 0;        ///< y
    double modulator = 0;    ///< m
    double gathered = 0, own = 0;
    double rest = 0;            ///< ŝ when m last left 0
    std::uint64_t open = 0;     ///< m has left 0, and nothing is handed over since
    double pace = 1, band = 1;  ///< mismatch: of 1/τ and of the threshold
    RandomStream random{};
    std::uint64_t consolidates = 0;  ///< 1: at once
  };
  struct State : Record, Relaxed {};

  /// Throws Error for parameters out of range.
  static void check(const Params& p) {
    const auto need = [](bool good, const char* what) {
      if (!good) throw Error(std::string("sigma_delta: ") + what);
    };
    const auto share = [](double x) { return x >= 0 && x <= 1; };
    need(p.tau_s > 0 && std::isfinite(p.tau_s), "tau_s must be above 0");
    need(p.threshold > 0 && p.threshold <= 1, "threshold must be above 0, at most 1");
    need(p.hysteresis > 0 && p.hysteresis < 0.5, "hysteresis must be above 0, below 0.5");
    need(std::isfinite(p.initial_leak), "initial_leak must be finite");
    need(p.least_conductance > 0 && std::isfinite(p.least_conductance),
         "least_conductance must be above 0");
    need(p.mismatch >= 0 && std::isfinite(p.mismatch), "mismatch must be at least 0");
    need(share(p.lost_spikes), "lost_spikes must lie within 0 to 1");
    need(share(p.lost_modulators), "lost_modulators must lie within 0 to 1");
    need(share(p.retold), "retold must lie within 0 to 1");
  }

  static void start(const Params& p, State& s, Birth birth) {
    s.conductance = p.initial_leak;
    s.random = {birth.seed, index(birth.id)};
    if (p.mismatch > 0) {
      s.pace = std::exp(p.mismatch * s.random.normal());
      s.band = std::exp(p.mismatch * s.random.normal());
    }
  }

  /// By how much a spike changes the level.
  static double quantum(const Params& p) {
    return static_cast<double>(static_cast<float>(p.threshold));
  }

  static Relaxation relaxation(const Params& p, const Record& r) {
    const double conductance = std::max(r.conductance + r.nudged, p.least_conductance);
    // Below ½ a spike would take the level so far that the opposite one were due, and so for ever:
    // a comparator is built not to.
    const double band = std::max((0.5 + p.hysteresis) * r.band, 0.5 + 0.1 * p.hysteresis);
    const double half = band * quantum(p);
    return {.rate = r.pace * conductance / p.tau_s,
            .gain = 1 / conductance,
            .offset = r.nudged * r.label,
            .low = 0,
            .high = 1,
            .up = r.level + half,
            .down = r.level - half};
  }

  static void advance(const Params& p, State& s, Duration dt) { relax(relaxation(p, s), s, dt); }

  static void receive(const Params& p, State& s, Input in) {
    if (in.port == held) {
      s.input += in.amount;
      return;
    }
    if (in.port == leak) {
      s.conductance += in.amount;
      return;
    }
    if (p.lost_modulators > 0 && s.random.uniform() <= p.lost_modulators) return;
    switch (in.port) {
      case modulate:
        if (in.amount != 0 && !s.open) {
          s.rest = s.level;
          s.open = 1;
        }
        s.modulator = in.amount;
        break;
      case nudge:
        s.nudged = in.amount * (p.relative_nudge ? s.conductance : 1.0);
        break;
      case consolidate:
        // Also who stayed silent: synapses may have learned something of what came to it.
        s.consolidates = shows(s) ? 1 : 0;
        s.modulator = 0;
        break;
      default:
        break;
    }
  }

  static constexpr bool only_noted(std::uint8_t port) {
    return port == modulate || port == consolidate;
  }

  static bool due(const Params&, const Record& r) { return r.consolidates != 0; }
  static Duration until_fire(const Params& p, const State& s) {
    return due(p, s) ? Duration::zero() : round_up(seconds_to_crossing(relaxation(p, s), s));
  }
  static Duration fire_bound(const Params& p, const State& s) {
    return due(p, s) ? Duration::zero() : round_up(crossing_bound(relaxation(p, s), s));
  }

  static Emission fire(const Params& p, State& s) {
    if (s.consolidates) {
      s.consolidates = 0;
      const bool told = p.retold > 0 && s.random.uniform() <= p.retold && !loses(p, s);
      return {.sent = told,
              .payload = static_cast<float>(s.level),
              .signal = true,
              .consolidates = true};
    }
    const double change = s.value >= s.level ? quantum(p) : -quantum(p);
    s.own += s.modulator * (s.level + 0.5 * change) * change;
    s.level += change;
    s.gathered += s.modulator * change;
    return {.sent = !loses(p, s), .payload = static_cast<float>(change)};
  }

  static bool shows(const Record& r) { return r.open != 0 || r.gathered != 0 || r.own != 0; }
  static void consolidated(const Params&, State& s) {
    s.gathered = s.own = 0;
    s.open = 0;
  }

 private:
  static bool loses(const Params& p, State& s) {
    return p.lost_spikes > 0 && s.random.uniform() <= p.lost_spikes;
  }
};

static_assert(NeuronModel<SigmaDelta> && Relaxes<SigmaDelta> && Consolidates<SigmaDelta> &&
              BoundsFire<SigmaDelta> && NotesInputs<SigmaDelta> && StartsItself<SigmaDelta> &&
              ChecksParams<SigmaDelta>);

}  // namespace clockless
