// Linear integrate-and-fire: constant drift, delta synapses, soft reset; alone or as the ± pair of
// signed spiking sparse coding.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/neuron.hpp"

namespace clockless {

/// v̇ = (drive − λ)/τ, an input adds to v; at v ≥ θ it fires and θ is taken from v (soft reset), as
/// often as v holds θ. As a signed pair one neuron carries two such accumulators: the negative one
/// sees drive and inputs with the opposite sign; each that fires (payload +1 or −1) gives θ to its
/// partner. λ is the dead zone of the soft threshold. (Spiking LCA with delta synapses.)
struct LinearIf {
  static constexpr std::string_view name = "linear_if";
  struct Params {
    double tau_s = 1.0;        ///< the time in which v gains drive − λ, seconds
    double lambda = 0.0;       ///< λ
    bool signed_pair = false;  ///< two accumulators, λ ≥ 0
  };
  struct State {
    double voltage = 0;    ///< v, of a pair v₊
    double negative = 0;   ///< v₋ of a pair; v₊ + v₋ stays below θ
    double drive = 0;      ///< b
    double threshold = 1;  ///< θ > 0
  };

  static void check(const Params& p) {
    if (!(p.tau_s > 0 && std::isfinite(p.tau_s)))
      throw Error("linear_if: tau_s is " + std::to_string(p.tau_s) + ", must be > 0 and finite");
    if (!std::isfinite(p.lambda) || (p.signed_pair && p.lambda < 0))
      throw Error("linear_if: lambda is " + std::to_string(p.lambda) +
                  ", must be finite, and ≥ 0 for a signed pair");
  }

  static void advance(const Params& p, State& s, Duration dt) {
    if (dt == Duration::zero()) return;
    const double x = seconds(dt) / p.tau_s;
    s.voltage += (s.drive - p.lambda) * x;
    if (p.signed_pair) s.negative += (-s.drive - p.lambda) * x;
  }

  static void receive(const Params& p, State& s, Input in) {
    s.voltage += in.amount;
    if (p.signed_pair) s.negative -= in.amount;
  }

  static Duration until_fire(const Params& p, const State& s) {
    double x = climb(s.threshold - s.voltage, s.drive - p.lambda);
    if (p.signed_pair) x = std::min(x, climb(s.threshold - s.negative, -s.drive - p.lambda));
    return round_up(p.tau_s * x);
  }

  /// The flow does not depend on v: the soft reset loses nothing of what came after the crossing.
  static Emission fire(const Params& p, State& s) {
    if (!p.signed_pair || s.voltage >= s.negative) {
      s.voltage -= s.threshold;
      if (p.signed_pair) s.negative += s.threshold;
      return {};
    }
    s.negative -= s.threshold;
    s.voltage += s.threshold;
    return {.sent = true, .payload = -1};
  }

 private:
  static double climb(double rest, double slope) {
    if (rest <= 0) return 0;
    return slope > 0 ? rest / slope : std::numeric_limits<double>::infinity();
  }
};

static_assert(NeuronModel<LinearIf> && ChecksParams<LinearIf>);
static_assert(sizeof(LinearIf::State) == 32);

}  // namespace clockless
