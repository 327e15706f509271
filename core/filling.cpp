#include "core/filling.hpp"

#include <numeric>

#include "core/mapping.hpp"
#include "core/network.hpp"

namespace clockless {

Units::Units(const Network& network, bool split) : of_(network.neurons()) {
  std::vector<std::uint32_t> cluster(of_.size());
  std::iota(cluster.begin(), cluster.end(), 0U);
  if (!split) cluster = zero_delay_clusters(network);
  for (std::uint32_t i = 0; i < of_.size(); ++i) {
    if (cluster[i] == i) {
      of_[i] = size();
      first_.push_back(i);
      neurons_.push_back(0);
    }
    of_[i] = of_[cluster[i]];
    ++neurons_[of_[i]];
  }
  synapses_.resize(size(), 0);
  const auto each = [&](auto visit) {
    for (const auto& projection : network.projections())
      projection->each([&](std::uint32_t pre, std::uint32_t post, Duration) {
        visit(projection->pre.first + pre, of_[projection->post.first + post]);
      });
  };
  each([&](std::uint32_t, std::uint32_t unit) { ++synapses_[unit]; });
  std::vector<std::uint64_t> next(size(), 0);
  for (std::uint32_t u = 1; u < size(); ++u) next[u] = next[u - 1] + synapses_[u - 1];
  const std::vector<std::uint64_t> from = next;
  sources_.resize(std::accumulate(synapses_.begin(), synapses_.end(), std::uint64_t{0}));
  each([&](std::uint32_t source, std::uint32_t unit) { sources_[next[unit]++] = source; });
  std::uint64_t kept = 0;
  for (std::uint32_t u = 0; u < size(); ++u) {
    begin_.push_back(kept);
    const auto first = sources_.begin() + static_cast<std::ptrdiff_t>(from[u]);
    const auto last = sources_.begin() + static_cast<std::ptrdiff_t>(next[u]);
    std::sort(first, last);
    kept = static_cast<std::uint64_t>(
        std::unique_copy(first, last, sources_.begin() + static_cast<std::ptrdiff_t>(kept)) -
        sources_.begin());
  }
  begin_.push_back(kept);
  sources_.resize(kept);
}

}  // namespace clockless
