// Simulated time: integer picoseconds, so that equal times are equal and order never depends on
// rounding. 64 bits reach 106 days.
#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>

namespace clockless {

/// The simulated clock. It is advanced by events only; there is no now().
struct SimClock {
  using rep = std::int64_t;
  using period = std::pico;
  using duration = std::chrono::duration<rep, period>;
  using time_point = std::chrono::time_point<SimClock>;
  static constexpr bool is_steady = true;
};

using Duration = SimClock::duration;
using Time = SimClock::time_point;

/// Later than everything that happens: "never" for predictions, "no limit" for windows.
inline constexpr Duration forever = Duration::max();
inline constexpr Time never = Time::max();
inline constexpr double ticks_per_second = 1e12;

constexpr double seconds(Duration d) { return static_cast<double>(d.count()) / ticks_per_second; }
constexpr double seconds(Time t) { return seconds(t.time_since_epoch()); }

/// The first tick at or after `s` seconds; `forever` beyond the range or for infinity.
/// Predictions are rounded up, so that at its tick a neuron has reached threshold.
inline Duration round_up(double s) {
  const double ticks = std::ceil(s * ticks_per_second);
  if (!(ticks < 9.2e18)) return forever;
  return Duration{ticks > 0 ? static_cast<std::int64_t>(ticks) : 0};
}

/// The tick nearest to `s` seconds, for times that people write down.
inline Duration from_seconds(double s) {
  return Duration{static_cast<std::int64_t>(std::llround(s * ticks_per_second))};
}
inline Time at_seconds(double s) { return Time{from_seconds(s)}; }

/// t + d that stays at `never` instead of overflowing.
constexpr Time later(Time t, Duration d) { return d >= never - t ? never : t + d; }

}  // namespace clockless
