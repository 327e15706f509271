// Learning by contrast of levels, as they change: with a modulator that says which way, no phase
// needs to be stored and none needs a certain length (equilibrium propagation; Scellier & Bengio
// 2017; Farinha et al., arXiv:2006.08798).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/plasticity.hpp"

namespace clockless {

/// For source i, target j and the target's own modulator m, which is ±1 times whatever factor of
/// the learning rate a teacher tells with it, over the time until j consolidates,
///   product    ΔW_ij = η ∫ m d(s_i s_j)                 symmetric networks; m is +1 while nudging
///                                                       comes, −1 while it goes: 2 (p^β − p⁰)
///   one_sided  ΔW_ij = η ∫ m s_i ds_j                   Farinha et al.: STDP-like
/// and less η ∫ m s_i ds_i where the leak of i grows with W_ij (leak outgoing), with the sign of
/// W_ij where it grows with its magnitude (contractive): one_sided is then the vector-field rule.
/// In a symmetric network the leak of j grows with W_ji alike, so product is less η ∫ m s_j ds_j,
/// too:
///   ΔW_ij = ∓ η/2 ∫ m d(s_i ∓ s_j)²   for W_ij ≷ 0,
/// which is −∂/∂W of the energy ½ Σ L_i s_i² − ½ Σ W_ij s_i s_j − … for both leaks (ours).
struct LevelContrast {
  static constexpr std::string_view name = "level_contrast";
  enum class Form : std::uint8_t { product, one_sided };
  enum class Leak : std::uint8_t { unit, outgoing, contractive };
  struct Params {
    double rate = 0.01;  ///< η ≥ 0
    Form form = Form::product;
    Leak leak = Leak::unit;
    double largest = 1e3;  ///< |W| never exceeds
  };

  static void check(const Params& p) {
    if (!(p.rate >= 0 && std::isfinite(p.rate)))
      throw Error("level_contrast: rate must be at least 0");
    if (!(p.largest > 0)) throw Error("level_contrast: largest must be above 0");
  }
  template <class Record>
  static double gathered(const Params&, const Record& r) {
    return r.gathered;
  }
  template <class Record>
  static double arriving(const Params& p, const Record& r, double level) {
    return r.modulator *
           ((p.form == Form::product ? r.level : 0.0) - (p.leak == Leak::outgoing ? level : 0.0));
  }
  template <class Record>
  static double opposed(const Params& p, const Record& r, double level) {
    return p.leak == Leak::contractive ? -r.modulator * level : 0.0;
  }
  template <class Record>
  static double ending(const Params& p, const Record& r) {
    return p.form == Form::product && p.leak == Leak::outgoing ? -r.own : 0.0;
  }
  template <class Record>
  static double ending_opposed(const Params& p, const Record& r) {
    return p.form == Form::product && p.leak == Leak::contractive ? -r.own : 0.0;
  }
  static float consolidated(const Params& p, float w, double learned) {
    const double moved = static_cast<double>(w) + p.rate * learned;
    return static_cast<float>(std::clamp(moved, -p.largest, p.largest));
  }
};

}  // namespace clockless
