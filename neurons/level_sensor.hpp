// A sensor that tells a value by levels: all changes since it was last read, at once.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/neuron.hpp"

namespace clockless {

/// Holds `value`, which whatever it senses sets. Each input makes it tell the difference to the
/// level that it has told before, rounded to spikes of ±θ, which leave back to back.
struct LevelSensor {
  static constexpr std::string_view name = "level_sensor";
  struct Params {
    double threshold = 1.0 / 16;  ///< θ; in use it is the nearest number of single precision
  };
  struct State {
    double value = 0;
    double told = 0;
    std::uint64_t asked = 0;
  };

  static void check(const Params& p) {
    if (!(p.threshold > 0 && std::isfinite(p.threshold)))
      throw Error("level_sensor: threshold is " + std::to_string(p.threshold) +
                  ", must be above 0 and finite");
  }
  static double quantum(const Params& p) {
    return static_cast<double>(static_cast<float>(p.threshold));
  }
  static void advance(const Params&, State&, Duration) {}
  static void receive(const Params& p, State& s, Input) { s.asked = spikes(p, s) != 0 ? 1 : 0; }
  static Duration until_fire(const Params&, const State& s) {
    return s.asked ? Duration::zero() : forever;
  }
  static Emission fire(const Params& p, State& s) {
    const double n = spikes(p, s);
    s.asked = 0;
    s.told += n * quantum(p);
    return {.sent = n != 0,
            .payload = static_cast<float>(n * quantum(p)),
            .spikes = static_cast<std::uint16_t>(std::abs(n))};
  }

 private:
  static double spikes(const Params& p, const State& s) {
    const double n = std::nearbyint((s.value - s.told) / quantum(p));
    constexpr double most = std::numeric_limits<std::uint16_t>::max();
    return std::abs(n) <= most ? n : std::copysign(most, n);
  }
};

static_assert(NeuronModel<LevelSensor> && ChecksParams<LevelSensor>);

}  // namespace clockless
