// What a placement moves as one, and neurocores as they fill with it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/core_use.hpp"

namespace clockless {

/// What must stay whole: a cluster, or where these may be split a neuron. In the order of their
/// lowest neurons.
class Units {
 public:
  Units(const Network& network, bool split);

  std::uint32_t size() const { return static_cast<std::uint32_t>(neurons_.size()); }
  std::uint32_t of(std::uint32_t neuron) const { return of_[neuron]; }
  std::uint32_t first(std::uint32_t unit) const { return first_[unit]; }
  std::uint64_t neurons(std::uint32_t unit) const { return neurons_[unit]; }
  std::uint64_t synapses(std::uint32_t unit) const { return synapses_[unit]; }
  std::uint64_t work(std::uint32_t unit) const { return neurons_[unit] + synapses_[unit]; }
  /// Distinct neurons that reach it.
  std::span<const std::uint32_t> sources(std::uint32_t unit) const {
    return std::span(sources_).subspan(begin_[unit], begin_[unit + 1] - begin_[unit]);
  }

 private:
  std::vector<std::uint32_t> of_, first_;
  std::vector<std::uint64_t> neurons_, synapses_, begin_;
  std::vector<std::uint32_t> sources_;
};

/// Neurocores as they fill, but for outgoing axons, which depend on where all others are.
class Filling {
 public:
  Filling(const Units& units, const CoreUse& limits, std::size_t cores)
      : units_(units), limits_(limits) {
    while (uses_.size() < cores) open();
  }

  std::size_t cores() const { return uses_.size(); }
  const CoreUse& use(std::size_t core) const { return uses_[core]; }
  void open() {
    uses_.emplace_back();
    reached_.emplace_back();
  }
  bool takes(std::size_t core, std::uint32_t unit) const {
    const auto within = [](std::uint64_t amount, std::uint64_t limit) {
      return limit == 0 || amount <= limit;
    };
    const CoreUse& use = uses_[core];
    return within(use.neurons + units_.neurons(unit), limits_.neurons) &&
           within(use.synapses + units_.synapses(unit), limits_.synapses) &&
           within(use.in_axons + new_sources(core, unit), limits_.in_axons);
  }
  void put(std::size_t core, std::uint32_t unit) {
    CoreUse& use = uses_[core];
    use.neurons += units_.neurons(unit);
    use.synapses += units_.synapses(unit);
    use.in_axons += new_sources(core, unit);
    if (limits_.in_axons == 0) return;
    for (const std::uint32_t source : units_.sources(unit)) {
      if (reached_[core].size() <= source) reached_[core].resize(source + 1, false);
      reached_[core][source] = true;
    }
  }

 private:
  std::uint64_t new_sources(std::size_t core, std::uint32_t unit) const {
    if (limits_.in_axons == 0) return 0;
    const auto known = [&](std::uint32_t s) {
      return s < reached_[core].size() && reached_[core][s];
    };
    const auto sources = units_.sources(unit);
    return static_cast<std::uint64_t>(
        std::count_if(sources.begin(), sources.end(), [&](std::uint32_t s) { return !known(s); }));
  }

  const Units& units_;
  const CoreUse& limits_;
  std::vector<CoreUse> uses_;
  std::vector<std::vector<bool>> reached_;  // by source, where incoming axons are limited
};

}  // namespace clockless
