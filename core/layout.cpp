#include "core/layout.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <numeric>

namespace clockless {

namespace {

constexpr std::uint64_t most_work = 1'000'000'000;  // terms of one round: about a second
constexpr int most_rounds = 20;

class Layout {
 public:
  Layout(const Flows& flows, const Mesh& mesh) : flows_(flows), place_(flows.size()) {
    for (std::uint32_t c = 0; c < flows.size(); ++c) {
      const Mesh::Hops from_corner = mesh.hops(CoreId{0}, CoreId{c});
      tiles_.push_back({from_corner.east_west, from_corner.north_south});
    }
    std::iota(place_.begin(), place_.end(), 0U);
  }

  const std::vector<std::uint32_t>& place() const { return place_; }

  // The part with most packets to those that have a place goes where they travel least.
  void greedy() {
    const auto parts = static_cast<std::uint32_t>(flows_.size());
    constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
    std::vector<std::uint64_t> pull(parts, 0), all(parts, 0);
    for (std::uint32_t p = 0; p < parts; ++p)
      for (const auto& [other, packets] : flows_[p]) all[p] += packets;
    place_.assign(parts, none);
    std::vector<bool> taken(parts, false);
    const auto middle = parts > 0 ? tiles_[parts / 2] : Tile{};
    for (std::uint32_t step = 0; step < parts; ++step) {
      std::uint32_t next = none;
      for (std::uint32_t p = 0; p < parts; ++p)
        if (place_[p] == none &&
            (next == none || std::pair(pull[p], all[p]) > std::pair(pull[next], all[next])))
          next = p;
      std::uint32_t best = none;
      std::pair<std::uint64_t, std::uint64_t> least;
      for (std::uint32_t c = 0; c < parts; ++c) {
        if (taken[c]) continue;
        std::uint64_t hops = 0;
        for (const auto& [other, packets] : flows_[next])
          if (place_[other] != none) hops += packets * apart(tiles_[c], tiles_[place_[other]]);
        const std::pair cost{hops, apart(tiles_[c], middle)};
        if (best == none || cost < least) best = c, least = cost;
      }
      place_[next] = best;
      taken[best] = true;
      for (const auto& [other, packets] : flows_[next]) pull[other] += packets;
    }
  }

  // Whether any pair changed places.
  bool swap_pairs() {
    bool any = false;
    for (std::uint32_t p = 0; p < flows_.size(); ++p)
      for (std::uint32_t q = p + 1; q < flows_.size(); ++q) {
        const std::uint64_t before = cost_at(p, place_[p]) + cost_at(q, place_[q]);
        std::swap(place_[p], place_[q]);
        if (cost_at(p, place_[p]) + cost_at(q, place_[q]) < before)
          any = true;
        else
          std::swap(place_[p], place_[q]);
      }
    return any;
  }

 private:
  struct Tile {
    std::uint32_t x = 0, y = 0;
  };
  static std::uint64_t apart(Tile a, Tile b) {
    return (a.x > b.x ? a.x - b.x : b.x - a.x) + (a.y > b.y ? a.y - b.y : b.y - a.y);
  }
  std::uint64_t cost_at(std::uint32_t part, std::uint32_t place) const {
    std::uint64_t hops = 0;
    for (const auto& [other, packets] : flows_[part])
      hops += packets * apart(tiles_[place], tiles_[place_[other]]);
    return hops;
  }

  const Flows& flows_;
  std::vector<Tile> tiles_;  // of each neurocore
  std::vector<std::uint32_t> place_;
};

}  // namespace

std::uint64_t travel(const Flows& flows, const std::vector<std::uint32_t>& place,
                     const Mesh& mesh) {
  std::uint64_t twice = 0;
  for (std::uint32_t p = 0; p < flows.size(); ++p)
    for (const auto& [other, packets] : flows[p]) {
      const Mesh::Hops hops = mesh.hops(CoreId{place[p]}, CoreId{place[other]});
      twice += packets * (hops.east_west + std::uint64_t{hops.north_south});
    }
  return twice / 2;
}

std::vector<std::uint32_t> lay_out(const Flows& flows, const Mesh& mesh) {
  Layout numbered(flows, mesh);
  std::uint64_t ends = 1;
  for (const auto& of_part : flows) ends += of_part.size();
  if (flows.size() * (flows.size() + ends) > most_work) return numbered.place();
  Layout greedy(flows, mesh);
  greedy.greedy();
  for (Layout* layout : {&numbered, &greedy})
    for (int round = 0; round < most_rounds && layout->swap_pairs(); ++round) {
    }
  const bool better = travel(flows, greedy.place(), mesh) < travel(flows, numbered.place(), mesh);
  return (better ? greedy : numbered).place();
}

}  // namespace clockless
