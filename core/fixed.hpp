// Synapses that do not learn, in the widths that machines store: double, float, scaled int8.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>

#include "core/error.hpp"
#include "core/plasticity.hpp"

namespace clockless {

/// A constant weight in double precision (8 bytes).
struct Fixed {
  static constexpr std::string_view name = "fixed";
  struct Params {};
  struct Synapse {
    double weight;
  };
  static Synapse synapse(const Params&, double w) { return {w}; }
  static double weight(const Params&, const Synapse& y) { return y.weight; }
};

/// A constant weight in single precision (4 bytes).
struct FixedFloat {
  static constexpr std::string_view name = "fixed_float";
  struct Params {};
  struct Synapse {
    float weight;
  };
  static Synapse synapse(const Params&, double w) { return {static_cast<float>(w)}; }
  static double weight(const Params&, const Synapse& y) { return static_cast<double>(y.weight); }
};

/// A constant weight as chips store it: `scale` × an 8-bit integer (1 byte), rounded to nearest.
struct FixedInt8 {
  static constexpr std::string_view name = "fixed_int8";
  struct Params {
    double scale = 1.0;  ///< weight of one unit
  };
  struct Synapse {
    std::int8_t weight;
  };
  /// Throws Error when w / scale is beyond ±127.
  static Synapse synapse(const Params& p, double w) {
    const double units = std::nearbyint(w / p.scale);
    if (!(std::abs(units) <= 127.0))
      throw Error("weight " + std::to_string(w) + " does not fit 8 bits at scale " +
                  std::to_string(p.scale) + ": choose a scale of at least |weight| / 127");
    return {static_cast<std::int8_t>(units)};
  }
  static double weight(const Params& p, const Synapse& y) {
    return p.scale * static_cast<double>(y.weight);
  }
};

static_assert(SynapseRule<Fixed> && SynapseRule<FixedFloat> && SynapseRule<FixedInt8>);

}  // namespace clockless
