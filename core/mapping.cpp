#include "core/mapping.hpp"

#include <algorithm>
#include <numeric>

namespace clockless {

namespace {

// Union-find whose representative is the lowest member.
class Clusters {
 public:
  explicit Clusters(std::uint32_t n) : parent_(n) { std::iota(parent_.begin(), parent_.end(), 0U); }
  std::uint32_t find(std::uint32_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void unite(std::uint32_t a, std::uint32_t b) {
    a = find(a);
    b = find(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::uint32_t> parent_;
};

}  // namespace

std::vector<std::uint32_t> zero_delay_clusters(const Network& network) {
  Clusters clusters(network.neurons());
  for (const auto& projection : network.projections())
    projection->each([&](std::uint32_t pre, std::uint32_t post, Duration delay) {
      if (delay == Duration{})
        clusters.unite(projection->pre.first + pre, projection->post.first + post);
    });
  std::vector<std::uint32_t> lowest(network.neurons());
  for (std::uint32_t i = 0; i < network.neurons(); ++i) lowest[i] = clusters.find(i);
  return lowest;
}

Mapping Mapping::contiguous(const Network& network, std::size_t cores, bool split_clusters) {
  if (cores == 0) throw Error("a mapping needs at least one neurocore, not 0");
  const std::uint32_t n = network.neurons();
  Mapping mapping;
  mapping.cores = std::min<std::size_t>(cores, std::max<std::uint32_t>(n, 1));
  mapping.core_of.resize(n);
  if (mapping.cores == 1) return mapping;
  std::vector<std::uint32_t> cluster(n);
  std::iota(cluster.begin(), cluster.end(), 0U);
  if (!split_clusters) cluster = zero_delay_clusters(network);
  std::vector<std::uint32_t> size(n, 0);
  for (const std::uint32_t lowest : cluster) ++size[lowest];
  std::uint64_t placed = 0;
  for (std::uint32_t i = 0; i < n; ++i) {
    if (cluster[i] != i) {
      mapping.core_of[i] = mapping.core_of[cluster[i]];
      continue;
    }
    // A cluster goes where its middle falls when all neurons are laid out evenly.
    const std::uint64_t middle = 2 * placed + size[i];
    mapping.core_of[i] = CoreId{static_cast<std::uint32_t>(middle * mapping.cores / (2ULL * n))};
    placed += size[i];
  }
  return mapping;
}

}  // namespace clockless
