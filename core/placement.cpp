#include "core/placement.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "core/filling.hpp"
#include "core/layout.hpp"
#include "core/mapping.hpp"
#include "core/network.hpp"
#include "core/partition.hpp"

namespace clockless {

namespace {

using Parts = std::vector<std::uint32_t>;  // of each unit

class Placer {
 public:
  Placer(const Network& network, Placement method, const Site& site)
      : network_(network), method_(method), site_(site), units_(network, site.split_clusters) {
    cores_ = Mapping::contiguous(network, site.cores, true).cores;
  }
  Mapping place();

 private:
  /// Units of more weight than a neurocore holds have no place at all.
  void check_units() const;
  Parts evenly() const;
  std::pair<Parts, std::size_t> in_order() const;
  std::optional<Parts> naive() const;
  std::optional<Parts> balanced(const CoreUse& limits) const;
  bool spread(std::span<const std::uint32_t> units, Filling& filling, Parts& parts) const;
  std::optional<Parts> cut() const;
  std::optional<Parts> kept_within_limits(const Parts&) const;
  std::optional<Parts> least_travel(const std::vector<std::optional<Parts>>&) const;
  bool fits(const Parts&) const;

  struct Traffic {
    Flows flows;
    std::vector<std::uint64_t> out_axons;  // of each part
  };
  Traffic traffic(const Parts&) const;
  bool sends_within_limits(const Traffic&) const;
  void check_out_axons(const Parts&) const;

  std::string where() const {
    return "placement = " + std::string(placement_names[static_cast<std::size_t>(method_)]) + ": ";
  }
  [[noreturn]] void refuse() const;

  const Network& network_;
  Placement method_;
  const Site& site_;
  Units units_;
  std::size_t cores_;
};

std::string neurocores(std::uint64_t n) {
  return std::to_string(n) + (n == 1 ? " neurocore" : " neurocores");
}

std::string more(std::uint64_t there, std::uint64_t limit) {
  return std::to_string(there - limit) + " more than the " + std::to_string(limit);
}

void Placer::check_units() const {
  for (std::uint32_t u = 0; u < units_.size(); ++u) {
    const CoreUse own{units_.neurons(u), units_.synapses(u), units_.sources(u).size(), 0};
    for (const CoreTerm& term : core_terms) {
      const std::uint64_t there = own.*term.amount, limit = site_.limits.*term.amount;
      if (limit == 0 || there <= limit) continue;
      const bool alone = own.neurons == 1;
      throw Error(where() + network_.describe(NeuronId{units_.first(u)}) +
                  (alone ? " by itself needs "
                         : " and the " + std::to_string(own.neurons - 1) +
                               " neurons that zero delay joins to it need ") +
                  std::to_string(there) + " " + std::string(term.title) + ", " +
                  more(there, limit) + " of a neurocore of " + site_.device + ": " +
                  (alone ? "" : "give them a delay or ") +
                  "connect fewer, or take a device of larger neurocores");
    }
  }
}

Parts Placer::evenly() const {
  const Mapping even = Mapping::contiguous(network_, site_.cores, site_.split_clusters);
  Parts parts;
  for (std::uint32_t u = 0; u < units_.size(); ++u)
    parts.push_back(index(even.core_of[units_.first(u)]));
  return parts;
}

// Each neurocore full before the next, on as many as that takes.
std::pair<Parts, std::size_t> Placer::in_order() const {
  Filling filling(units_, site_.limits, 1);
  Parts parts;
  for (std::uint32_t u = 0; u < units_.size(); ++u) {
    if (!filling.takes(filling.cores() - 1, u)) filling.open();
    filling.put(filling.cores() - 1, u);
    parts.push_back(static_cast<std::uint32_t>(filling.cores() - 1));
  }
  return {std::move(parts), filling.cores()};
}

bool Placer::fits(const Parts& parts) const {
  Filling filling(units_, site_.limits, cores_);
  for (std::uint32_t u = 0; u < units_.size(); ++u) {
    if (!filling.takes(parts[u], u)) return false;
    filling.put(parts[u], u);
  }
  return true;
}

std::optional<Parts> Placer::naive() const {
  if (Parts even = evenly(); fits(even)) return even;
  auto [parts, needed] = in_order();
  if (needed > cores_) return {};
  return std::move(parts);
}

std::optional<Parts> Placer::balanced(const CoreUse& limits) const {
  std::vector<std::uint32_t> order(units_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return units_.work(a) > units_.work(b);
  });
  Filling filling(units_, limits, cores_);
  Parts parts(units_.size());
  if (!spread(order, filling, parts)) return {};
  return parts;
}

// Each to the neurocore with least work of those that take it; false where none does.
bool Placer::spread(std::span<const std::uint32_t> units, Filling& filling, Parts& parts) const {
  std::set<std::pair<std::uint64_t, std::uint32_t>> cores;  // by work
  const auto work = [&](std::uint32_t c) {
    return filling.use(c).neurons + filling.use(c).synapses;
  };
  for (std::uint32_t c = 0; c < cores_; ++c) cores.insert({work(c), c});
  for (const std::uint32_t u : units) {
    const auto found = std::find_if(cores.begin(), cores.end(), [&](const auto& core) {
      return filling.takes(core.second, u);
    });
    if (found == cores.end()) return false;
    const std::uint32_t core = found->second;
    cores.erase(found);
    filling.put(core, u);
    parts[u] = core;
    cores.insert({work(core), core});
  }
  return true;
}

// A unit that weighs as much as a part should gets one of its own; METIS cuts the rest, where that
// leaves it anything to choose.
std::optional<Parts> Placer::cut() const {
  using Weight = std::array<std::uint64_t, 2>;
  const auto weight = [&](std::uint32_t u) { return Weight{units_.neurons(u), units_.work(u)}; };
  constexpr std::uint32_t none = ~std::uint32_t{0};
  Parts parts(units_.size(), none);
  Weight rest{};
  for (std::uint32_t u = 0; u < units_.size(); ++u)
    for (const std::size_t k : {0U, 1U}) rest[k] += weight(u)[k];
  auto left = static_cast<std::uint32_t>(cores_);
  std::uint32_t light = units_.size();
  for (bool found = true; found && left > 1;) {
    found = false;
    for (std::uint32_t u = 0; u < units_.size() && left > 1; ++u) {
      const Weight own = weight(u);
      if (parts[u] != none || (own[0] * left < rest[0] && own[1] * left < rest[1])) continue;
      parts[u] = static_cast<std::uint32_t>(cores_) - left--;
      for (const std::size_t k : {0U, 1U}) rest[k] -= own[k];
      --light;
      found = true;
    }
  }
  if (light / left < 2) return {};
  std::vector<std::uint32_t> vertex(units_.size(), none);
  std::vector<Weight> weights;
  for (std::uint32_t u = 0; u < units_.size(); ++u) {
    if (parts[u] != none) continue;
    vertex[u] = static_cast<std::uint32_t>(weights.size());
    weights.push_back(weight(u));
  }
  const EachArc arcs = [&](const auto& visit) {
    for (std::uint32_t u = 0; u < units_.size(); ++u)
      for (const std::uint32_t source : units_.sources(u))
        if (const std::uint32_t from = vertex[units_.of(source)]; from != none && vertex[u] != none)
          visit(from, vertex[u]);
  };
  const Parts found = partition(weights, arcs, left);
  for (std::uint32_t u = 0; u < units_.size(); ++u)
    if (vertex[u] != none) parts[u] = static_cast<std::uint32_t>(cores_) - left + found[vertex[u]];
  return parts;
}

// METIS balances, but knows no limits: what a neurocore does not take goes where there is most
// room.
std::optional<Parts> Placer::kept_within_limits(const Parts& wanted) const {
  Filling filling(units_, site_.limits, cores_);
  Parts parts = wanted;
  std::vector<std::uint32_t> homeless;
  for (std::uint32_t u = 0; u < units_.size(); ++u)
    if (filling.takes(parts[u], u))
      filling.put(parts[u], u);
    else
      homeless.push_back(u);
  if (!spread(homeless, filling, parts)) return {};
  return parts;
}

Placer::Traffic Placer::traffic(const Parts& parts) const {
  std::vector<std::vector<std::uint32_t>> units(cores_);
  for (std::uint32_t u = 0; u < units_.size(); ++u) units[parts[u]].push_back(u);
  Traffic traffic{Flows(cores_), std::vector<std::uint64_t>(cores_, 0)};
  std::vector<std::uint32_t> counted(network_.neurons(), static_cast<std::uint32_t>(cores_));
  for (std::uint32_t to = 0; to < cores_; ++to) {
    std::vector<std::uint32_t> senders;  // the part of each distinct source
    for (const std::uint32_t u : units[to])
      for (const std::uint32_t source : units_.sources(u)) {
        if (counted[source] == to) continue;
        counted[source] = to;
        senders.push_back(parts[units_.of(source)]);
      }
    std::sort(senders.begin(), senders.end());
    for (auto same = senders.begin(); same != senders.end();) {
      const std::uint32_t from = *same;
      const auto other = std::upper_bound(same, senders.end(), from);
      const auto packets = static_cast<std::uint64_t>(other - same);
      traffic.out_axons[from] += packets;
      if (from != to) {
        traffic.flows[from].push_back({to, packets});
        traffic.flows[to].push_back({from, packets});
      }
      same = other;
    }
  }
  for (auto& of_part : traffic.flows) {  // both ways become one
    std::sort(of_part.begin(), of_part.end());
    std::size_t kept = 0;
    for (const auto& flow : of_part)
      if (kept > 0 && of_part[kept - 1].first == flow.first)
        of_part[kept - 1].second += flow.second;
      else
        of_part[kept++] = flow;
    of_part.resize(kept);
  }
  return traffic;
}

bool Placer::sends_within_limits(const Traffic& traffic) const {
  return site_.limits.out_axons == 0 ||
         std::all_of(traffic.out_axons.begin(), traffic.out_axons.end(),
                     [&](std::uint64_t axons) { return axons <= site_.limits.out_axons; });
}

// Of the candidates that fit, each laid out; where all send too much the best of these, which is
// refused with its figures.
std::optional<Parts> Placer::least_travel(
    const std::vector<std::optional<Parts>>& candidates) const {
  std::optional<Parts> best;
  std::pair<bool, std::uint64_t> least;
  for (const auto& candidate : candidates) {
    if (!candidate) continue;
    const Traffic of_it = traffic(*candidate);
    const std::vector<std::uint32_t> places = lay_out(of_it.flows, site_.mesh);
    const std::pair cost{!sends_within_limits(of_it), travel(of_it.flows, places, site_.mesh)};
    if (best && cost >= least) continue;
    least = cost;
    best = candidate;
    for (std::uint32_t& part : *best) part = places[part];
  }
  return best;
}

void Placer::check_out_axons(const Parts& parts) const {
  if (site_.limits.out_axons == 0) return;
  const std::vector<std::uint64_t> axons = traffic(parts).out_axons;
  const auto most = std::max_element(axons.begin(), axons.end());
  if (*most <= site_.limits.out_axons) return;
  throw Error(where() + "neurocore " + std::to_string(most - axons.begin()) + " has " +
              std::to_string(*most) +
              " outgoing axons, one for each neuron and neurocore that it "
              "reaches, " +
              more(*most, site_.limits.out_axons) + " of a neurocore of " + site_.device + ": " +
              (method_ == Placement::traffic ? "" : "try placement = traffic, ") +
              "spread the network over more neurocores, or connect fewer");
}

void Placer::refuse() const {
  const Parts parts = method_ == Placement::balanced ? *balanced({}) : evenly();
  Filling filling(units_, site_.limits, cores_);
  for (std::uint32_t u = 0; u < units_.size(); ++u) filling.put(parts[u], u);
  double worst = 0;
  std::string fullest;
  for (std::size_t c = 0; c < cores_; ++c)
    for (const CoreTerm& term : core_terms) {
      const std::uint64_t there = filling.use(c).*term.amount, limit = site_.limits.*term.amount;
      if (limit == 0 || there <= limit) continue;
      const double share = static_cast<double>(there) / static_cast<double>(limit);
      if (share <= worst) continue;
      worst = share;
      fullest = std::to_string(there) + " " + std::string(term.title) + ", " + more(there, limit);
    }
  const std::size_t needed = in_order().second, there = site_.chip_cores;
  throw Error(where() + "the network does not fit on " + neurocores(cores_) + " of " +
              site_.device + ": the fullest would have " + fullest + " that one holds; " +
              (needed <= cores_ ? "placement = naive finds room"
               : there == 0 || needed <= there
                   ? "it fits on " + std::to_string(needed) + ": ask for so many"
                   : "it takes " + std::to_string(needed) + ", " + more(needed, there) +
                         " of the chip: take a larger device, or fewer neurons and synapses"));
}

Mapping Placer::place() {
  if (site_.cores > site_.mesh.cores())
    throw Error(where() + std::to_string(site_.cores) + " neurocores are " +
                more(site_.cores, site_.mesh.cores()) + " of " + site_.device + " (" +
                std::to_string(site_.mesh.columns) + " x " + std::to_string(site_.mesh.rows) +
                " tiles of " + std::to_string(site_.mesh.cores_per_tile) +
                "): ask for fewer, or a larger device");
  check_units();
  std::optional<Parts> parts;
  switch (method_) {
    case Placement::naive:
      parts = naive();
      break;
    case Placement::balanced:
      parts = balanced(site_.limits);
      break;
    case Placement::traffic: {
      auto by_metis = cut();
      if (by_metis) by_metis = kept_within_limits(*by_metis);
      parts = least_travel({naive(), balanced(site_.limits), std::move(by_metis)});
      break;
    }
  }
  if (!parts) refuse();
  check_out_axons(*parts);
  Mapping mapping;
  mapping.cores = cores_;
  for (std::uint32_t i = 0; i < network_.neurons(); ++i)
    mapping.core_of.push_back(CoreId{(*parts)[units_.of(i)]});
  return mapping;
}

}  // namespace

Mapping place(const Network& network, Placement method, const Site& site) {
  return Placer(network, method, site).place();
}

}  // namespace clockless
