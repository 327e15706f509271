// Learning by contrast: a synapse moves against the product of what its two neurons found when they
// compared two phases (Lin & Tang, arXiv:1805.08952, equations 11 and 12, Algorithm 1).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/plasticity.hpp"

namespace clockless {

/// At each signal of payload p from the source, with f what the target shows,
///   w ← max(0, (1 − decay) w − rate · p · f),
/// rate and decay divided by 1 + k / halving at the k-th signal. With rate = η/κ, decay = ηλ₂ these
/// are the rules of the feed-forward (p = g_D, f = ã) and feedback weights (p = ã, f = g_D), with
/// η_H and 2η_Dλ₂ that of the lateral ones (p = ã, f = g_H). Where a lesson takes several signals
/// the first brings the decay, and k counts lessons. The decay is kept once per row: only synapses
/// between neurons that have something to say are touched.
struct Contrast {
  static constexpr std::string_view name = "contrast";

  enum class Shows : std::uint8_t { activity, error };
  struct Params {
    double rate = 0;
    double decay = 0;
    double halving = 0;          ///< lessons after which rate and decay are half; 0: never
    double signals = 1;          ///< a lesson takes
    Shows shows = Shows::error;  ///< what of the target's record is f
    double strength = 1;         ///< what arrives is strength · w: −1 inhibits
    static constexpr double w_min = 0;
  };
  struct Synapse {
    float weight;  ///< times Row::scale
  };
  struct Row {
    double scale = 1;  ///< all decays so far
    double step = 0;   ///< of this signal, in units of the synapses
    double signals = 0;
    void signal(const Params& p, float payload) {
      const double lessons = std::floor(signals / p.signals);
      const double pace = p.halving > 0 ? 1 / (1 + lessons / p.halving) : 1.0;
      if (lessons * p.signals == signals) scale *= 1 - pace * p.decay;
      step = pace * p.rate * static_cast<double>(payload) / scale;
      ++signals;
    }
  };

  static void check(const Params& p) {
    const auto need = [](bool good, const char* what) {
      if (!good) throw Error(std::string("contrast: ") + what);
    };
    need(p.rate >= 0 && std::isfinite(p.rate), "rate must be at least 0");
    need(p.decay >= 0 && p.decay < 1, "decay must be at least 0, below 1");
    need(std::isfinite(p.strength), "strength must be finite");
    need(p.halving >= 0 && std::isfinite(p.halving), "halving must be at least 0 lessons");
    need(p.signals >= 1 && std::floor(p.signals) == p.signals && std::isfinite(p.signals),
         "signals of a lesson must be a whole number from 1 on");
  }

  /// Throws Error for a negative weight.
  static Synapse synapse(const Params&, double w) {
    if (!(w >= 0))
      throw Error("contrast: the initial weight " + std::to_string(w) +
                  " is negative; weights are magnitudes, `strength` gives the sign");
    return {static_cast<float>(w)};
  }
  static double weight(const Params&, const Synapse& y) { return static_cast<double>(y.weight); }
  static double gain(const Params& p, const Row& row) { return p.strength * row.scale; }

  template <class Record>
  static double factor(const Params& p, const Record& r) {
    return p.shows == Shows::activity ? r.activity : r.error;
  }
  static void on_signal(const Params&, Synapse& y, const Row& row, double factor) {
    const auto moved = static_cast<float>(static_cast<double>(y.weight) - row.step * factor);
    y.weight = moved > 0 ? moved : 0.0F;
  }
  /// By a power of two, so that no bit of a weight depends on when.
  static double carry(const Params&, Row& row) {
    constexpr double least = 1.0 / 65536;
    double factor = 1;
    for (; row.scale < least; factor *= least) {
      row.scale /= least;
      row.step *= least;
    }
    return factor;
  }
  static void scale(Synapse& y, double factor) {
    y.weight = static_cast<float>(static_cast<double>(y.weight) * factor);
  }
};

static_assert(SynapseRule<Contrast>);

}  // namespace clockless
