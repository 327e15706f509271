// Prices what was counted: exact integers times a table, once, at the end. What a table has no
// price for is named, never guessed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/counts.hpp"
#include "core/hardware_profile.hpp"

namespace clockless {

/// Joules, between what the cheapest and the dearest source says.
struct Joules {
  double min = 0, nominal = 0, max = 0;
  constexpr Joules& operator+=(const Joules& o) {
    min += o.min;
    nominal += o.nominal;
    max += o.max;
    return *this;
  }
};

/// What was switched on, and how long, on the chip's own clock on the wall.
struct Powered {
  double seconds = 0;
  std::uint64_t chips = 1;
  std::uint64_t cores = 1;  ///< in use, on all chips
};

/// One line of the bill: a tariff applied.
struct EnergyPart {
  std::string term, title;
  double quantity;  ///< events, or seconds × chips or cores
  Joules joules;
};

struct Energy {
  Joules dynamic_j;  ///< of events
  Joules static_j;   ///< of being switched on
  std::vector<EnergyPart> parts;
  /// Terms that were counted but have no price, then the device's.
  std::vector<std::string> unpriced;
  Joules total_j() const { return Joules(dynamic_j) += static_j; }
};

/// Sum over terms of count times price; and of power times time.
Energy price(const Counts& counts, const HardwareProfile& profile, const Powered& powered = {});

}  // namespace clockless
