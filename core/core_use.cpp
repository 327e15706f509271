#include "core/core_use.hpp"

#include <algorithm>

#include "core/mapping.hpp"
#include "core/network.hpp"

namespace clockless {

CoreUse core_limits(const HardwareProfile& profile) {
  CoreUse limits;
  for (const CoreTerm& term : core_terms) limits.*term.amount = limit_of(profile, term.limit);
  return limits;
}

std::size_t PlacementSummary::cores_used() const {
  return static_cast<std::size_t>(std::count_if(
      cores.begin(), cores.end(), [](const CoreUse& use) { return use.neurons > 0; }));
}

CoreUse PlacementSummary::largest() const {
  CoreUse most;
  for (const CoreUse& use : cores)
    for (const CoreTerm& term : core_terms)
      most.*term.amount = std::max(most.*term.amount, use.*term.amount);
  return most;
}

PlacementSummary summarise(const Network& network, const Mapping& mapping, const Mesh& mesh) {
  PlacementSummary summary;
  summary.cores.resize(mapping.cores);
  for (const CoreId core : mapping.core_of) ++summary.cores[index(core)].neurons;
  // (source, core) by source; most repetitions stand side by side and are left out at once.
  std::vector<std::uint64_t> reached;
  for (const auto& projection : network.projections()) {
    std::vector<std::uint32_t> last(mapping.cores, network.neurons());
    projection->each([&](std::uint32_t pre, std::uint32_t post, Duration) {
      const std::uint32_t source = projection->pre.first + pre;
      const std::uint32_t core = index(mapping.core_of[projection->post.first + post]);
      ++summary.cores[core].synapses;
      if (last[core] == source) return;
      last[core] = source;
      reached.push_back(std::uint64_t{source} << 32 | core);
    });
  }
  std::sort(reached.begin(), reached.end());
  reached.erase(std::unique(reached.begin(), reached.end()), reached.end());
  const bool on_mesh = mesh.cores() >= mapping.cores;
  for (const std::uint64_t pair : reached) {
    const CoreId from = mapping.core_of[pair >> 32], to{static_cast<std::uint32_t>(pair)};
    ++summary.cores[index(to)].in_axons;
    ++summary.cores[index(from)].out_axons;
    if (!on_mesh) continue;
    const Mesh::Hops hops = mesh.hops(from, to);
    summary.hops += hops.east_west + std::uint64_t{hops.north_south};
  }
  summary.packets = reached.size();
  return summary;
}

}  // namespace clockless
