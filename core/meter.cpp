// Prices what was counted.
#include "core/meter.hpp"

#include <algorithm>

namespace clockless {

namespace {

Joules times(double quantity, const Tariff& tariff) {
  return {quantity * tariff.min.value, quantity * tariff.nominal.value,
          quantity * tariff.max.value};
}

}  // namespace

Energy price(const Counts& counts, const HardwareProfile& profile, const Powered& powered) {
  Energy energy;
  const auto charge = [&](const Tariff& tariff, double quantity, Joules& sum) {
    energy.parts.push_back({tariff.term, tariff.title, quantity, times(quantity, tariff)});
    sum += energy.parts.back().joules;
  };
  for (const CountTerm& term : count_terms) {
    const std::uint64_t count = counts.*term.count;
    bool priced = profile.scope == Scope::all_in;  // its one price is that of all
    for (const Tariff& tariff : profile.energies) {
      const bool covered =
          std::find(tariff.covers.begin(), tariff.covers.end(), term.name) != tariff.covers.end();
      priced = priced || covered || tariff.term == term.name;
      if (tariff.term != term.name) continue;
      charge(tariff, static_cast<double>(count), energy.dynamic_j);
    }
    if (!priced && count > 0) energy.unpriced.emplace_back(term.name);
  }
  for (const Tariff& tariff : profile.powers) {
    const std::uint64_t on = tariff.term == "chip" ? powered.chips : powered.cores;
    charge(tariff, powered.seconds * static_cast<double>(on), energy.static_j);
  }
  energy.unpriced.insert(energy.unpriced.end(), profile.unpriced.begin(), profile.unpriced.end());
  return energy;
}

}  // namespace clockless
