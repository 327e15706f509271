// Learning by contrast in directed networks: pairs of synapses i → j and j → i, each of which knows
// the other's weight (asymmetric equilibrium propagation).
#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>

#include "core/error.hpp"
#include "core/plasticity.hpp"
#include "plasticity/level_contrast.hpp"

namespace clockless {

/// A nudge that travels along W tells a cell what would move it, not what it moves: for the
/// gradient it must travel along Wᵀ. So while a modulator m says that changes count, those that
/// arrive act by the weight of the reverse synapse, which adds (Jᵀ − J)(s − s⁰) to the dynamics;
/// leaks are the cell's own and the same both ways. With it the vector-field rule is the gradient
/// of any directed network as the nudge gets small (Scurria et al., arXiv:2602.03670). Here, for
/// the time until j consolidates, with what either end did by the same m, C_j = ∫ m dŝ_j and C_i =
/// ∫ m dŝ_i as it arrived,
///   ΔW_ij = η ŝ_i⁰ (C_j − l C_i),   l = 0, 1, sgn(W_ij) for the leaks unit, outgoing, contractive,
/// ŝ⁰ the level as m left 0 (where a nudge comes with the sample that is the nudged one). It asks
/// for what both ends have seen, and for no path between; so the copy that j's side keeps of W_ji
/// learns with i and j exchanged, and stays what it is a copy of as long as nobody moves while
/// modulators are on their way (ours).
struct AsymmetricContrast {
  static constexpr std::string_view name = "asymmetric_contrast";
  using Leak = LevelContrast::Leak;
  struct Params {
    double rate = 0.01;          ///< η ≥ 0
    double reverse_rate = 0.01;  ///< that of the reverse synapse
    Leak leak = Leak::unit;
    double largest = 1e3;  ///< |W| never exceeds
  };

  static void check(const Params& p) {
    for (const double rate : {p.rate, p.reverse_rate})
      if (!(rate >= 0 && std::isfinite(rate)))
        throw Error("asymmetric_contrast: rates must be at least 0");
    if (!(p.largest > 0)) throw Error("asymmetric_contrast: largest must be above 0");
  }
  static Params reversed(const Params& p) { return {p.reverse_rate, p.rate, p.leak, p.largest}; }

  template <class Record>
  static double modulator(const Params&, const Record& r) {
    return r.modulator;
  }
  template <class Record>
  static bool open(const Params&, const Record& r) {
    return r.open != 0;
  }
  template <class Record>
  static double rest(const Params&, const Record& r) {
    return r.rest;
  }
  template <class Record>
  static double gathered(const Params&, const Record& r) {
    return r.gathered;
  }
  static double learned(const Params& p, float w, double rest, double of_source, double of_target) {
    const double slope = p.leak == Leak::unit       ? 0.0
                         : p.leak == Leak::outgoing ? 1.0
                                                    : std::copysign(1.0, static_cast<double>(w));
    return rest * (of_target - slope * of_source);
  }
  static float consolidated(const Params& p, float w, double learned) {
    const double moved = static_cast<double>(w) + p.rate * learned;
    return static_cast<float>(std::clamp(moved, -p.largest, p.largest));
  }
};

}  // namespace clockless
