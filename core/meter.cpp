// Prices what was counted.
#include "core/meter.hpp"

#include <algorithm>

namespace clockless {

Energy price(const Counts& counts, const HardwareProfile& profile) {
  Energy energy;
  for (const CountTerm& term : count_terms) {
    const std::uint64_t count = counts.*term.count;
    const auto priced = std::find_if(profile.prices.begin(), profile.prices.end(),
                                     [&](const Price& p) { return p.term == term.name; });
    if (priced == profile.prices.end()) {
      if (count > 0) energy.unpriced.emplace_back(term.name);
      continue;
    }
    const auto times = static_cast<double>(count);
    energy.min_j += times * priced->min.joules;
    energy.nominal_j += times * priced->nominal.joules;
    energy.max_j += times * priced->max.joules;
  }
  energy.unpriced.insert(energy.unpriced.end(), profile.unpriced.begin(), profile.unpriced.end());
  return energy;
}

}  // namespace clockless
