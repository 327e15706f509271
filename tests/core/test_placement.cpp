// Which neurocore each neuron lives on: within limits, even, near whom it talks to; or a refusal.
#include <algorithm>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

#include "core/layout.hpp"
#include "core/mapping.hpp"
#include "core/network.hpp"
#include "core/placement.hpp"
#include "core/random.hpp"
#include "neurons/relay.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;
using Catch::Matchers::Contains;

namespace {

constexpr Duration ms{1'000'000'000};
constexpr Placement methods[] = {Placement::naive, Placement::balanced, Placement::traffic};

/// Two populations, some synapses without delay; and all edges by global numbers.
struct Drawn {
  Network network;
  Edges edges;
};

Drawn random_network(std::uint64_t seed, std::uint32_t size, std::uint32_t synapses,
                     std::uint32_t instant) {
  RandomStream random{seed, 21};
  Drawn drawn;
  const auto a = drawn.network.add<Relay>("a", size / 3);
  const auto b = drawn.network.add<Relay>("b", size - size / 3);
  const std::pair<Population<Relay>, Population<Relay>> pairs[] = {{a, b}, {b, b}, {b, a}};
  for (const auto& [pre, post] : pairs) {
    Edges edges;
    for (std::uint32_t k = 0; k < synapses / 3; ++k) {
      // Some reach much more often than others, so that even numbers are no even work.
      const std::uint32_t to = std::min(random.below(post.size), random.below(post.size));
      const Duration delay = random.below(synapses) < instant ? Duration{} : ms;
      edges.push_back({random.below(pre.size), to, 1, delay});
      drawn.edges.push_back({pre.first + edges.back().pre, post.first + to, 1, delay});
    }
    drawn.network.connect(pre, post, edges);
  }
  return drawn;
}

/// By sets, one core after the other.
std::vector<CoreUse> counted(const Edges& edges, const Mapping& mapping) {
  std::vector<CoreUse> uses(mapping.cores);
  std::vector<std::set<std::uint32_t>> in(mapping.cores);
  std::vector<std::set<std::pair<std::uint32_t, std::uint32_t>>> out(mapping.cores);
  for (const CoreId core : mapping.core_of) ++uses[index(core)].neurons;
  for (const Edge& e : edges) {
    const std::uint32_t from = index(mapping.core_of[e.pre]), to = index(mapping.core_of[e.post]);
    ++uses[to].synapses;
    in[to].insert(e.pre);
    out[from].insert({e.pre, to});
  }
  for (std::size_t c = 0; c < mapping.cores; ++c) {
    uses[c].in_axons = in[c].size();
    uses[c].out_axons = out[c].size();
  }
  return uses;
}

bool within(const CoreUse& use, const CoreUse& limits) {
  return std::all_of(std::begin(core_terms), std::end(core_terms), [&](const CoreTerm& term) {
    return limits.*term.amount == 0 || use.*term.amount <= limits.*term.amount;
  });
}

std::uint64_t largest_work(const std::vector<CoreUse>& uses) {
  std::uint64_t most = 0;
  for (const CoreUse& use : uses) most = std::max(most, use.neurons + use.synapses);
  return most;
}

Mesh row_of(std::uint32_t cores) { return {.columns = cores, .rows = 1, .cores_per_tile = 1}; }

/// The error of placing all of `network` on some cores of a row of eight.
std::string refusal(const Network& network, Placement method, std::size_t cores,
                    const CoreUse& limits) {
  return error_of([&] {
    place(network, method,
          {.cores = cores, .limits = limits, .mesh = row_of(8), .chip_cores = 8, .device = "chip"});
  });
}

}  // namespace

TEST_CASE("placement: what a summary counts is what there is", "[unit][placement]") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const Drawn drawn = random_network(seed, 60, 300, 20);
    const Mesh mesh{.columns = 3, .rows = 2, .cores_per_tile = 2};
    for (const Placement method : methods) {
      const Mapping mapping = place(drawn.network, method, {.cores = 11, .mesh = mesh});
      const PlacementSummary summary = summarise(drawn.network, mapping, mesh);
      const auto truth = counted(drawn.edges, mapping);
      REQUIRE(summary.cores == truth);
      std::set<std::pair<std::uint32_t, std::uint32_t>> packets;
      for (const Edge& e : drawn.edges) packets.insert({e.pre, index(mapping.core_of[e.post])});
      CHECK(summary.packets == packets.size());
      std::uint64_t hops = 0;
      for (const auto& [source, to] : packets) {
        const auto from = static_cast<int>(index(mapping.core_of[source])) / 2,
                   at = static_cast<int>(to) / 2;
        hops +=
            static_cast<std::uint64_t>(std::abs(from % 3 - at % 3) + std::abs(from / 3 - at / 3));
      }
      CHECK(summary.hops == hops);
    }
  }
}

TEST_CASE("placement: no neurocore holds more than its limits, clusters stay whole",
          "[unit][placement]") {
  int placed = 0, refused = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    RandomStream random{seed, 22};
    const Drawn drawn = random_network(seed, 90, 600, 25);
    const std::size_t cores = 2 + random.below(9);
    const auto limit = [&](std::uint64_t total) {
      return random.below(4) == 0 ? 0 : total / cores * (90 + random.below(120)) / 100 + 12;
    };
    const CoreUse limits{limit(90), limit(600), limit(220), limit(350)};
    for (const bool split : {false, true})
      for (const Placement method : methods) {
        const Site site{
            .cores = cores, .split_clusters = split, .limits = limits, .mesh = row_of(16)};
        Mapping mapping;
        const std::string error = error_of([&] { mapping = place(drawn.network, method, site); });
        if (error != "no error") {
          ++refused;
          CHECK_THAT(error, Contains(" more than the "));
          continue;
        }
        ++placed;
        REQUIRE(mapping.core_of.size() == 90);
        for (const CoreUse& use : counted(drawn.edges, mapping)) REQUIRE(within(use, limits));
        if (split) continue;
        for (const Edge& e : drawn.edges)
          if (e.delay == Duration{}) REQUIRE(mapping.core_of[e.pre] == mapping.core_of[e.post]);
      }
  }
  CHECK(placed > 50);
  CHECK(refused > 20);
}

TEST_CASE("placement: naive without limits is the order of numbers, evenly", "[unit][placement]") {
  for (const std::size_t cores : {1U, 3U, 8U, 200U}) {
    const Drawn drawn = random_network(cores, 90, 300, 15);
    for (const bool split : {false, true}) {
      const Mapping mapping = place(drawn.network, Placement::naive,
                                    {.cores = cores, .split_clusters = split, .mesh = row_of(200)});
      const Mapping plain = Mapping::contiguous(drawn.network, cores, split);
      CHECK(mapping.cores == plain.cores);
      CHECK(mapping.core_of == plain.core_of);
    }
  }
}

TEST_CASE("placement: balanced keeps the bound of LPT", "[unit][placement]") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {  // against the best of all placements
    constexpr std::uint32_t neurons = 8, cores = 3;
    const Drawn drawn = random_network(seed, neurons, 40, 0);
    std::uint64_t best = ~std::uint64_t{0};
    Mapping any{std::vector<CoreId>(neurons, CoreId{0}), cores};
    for (std::uint32_t code = 0; code < 6561; ++code) {
      for (std::uint32_t i = 0, rest = code; i < neurons; ++i, rest /= cores)
        any.core_of[i] = CoreId{rest % cores};
      best = std::min(best, largest_work(counted(drawn.edges, any)));
    }
    const Mapping mapping =
        place(drawn.network, Placement::balanced, {.cores = cores, .mesh = row_of(cores)});
    const std::uint64_t most = largest_work(counted(drawn.edges, mapping));
    CHECK(most >= best);
    CHECK(9 * most <= 11 * best);  // 4/3 - 1/(3 · 3)
  }
  const Drawn drawn = random_network(99, 2000, 20000, 0);  // many small ones: all but even
  const Mapping mapping =
      place(drawn.network, Placement::balanced, {.cores = 16, .mesh = row_of(16)});
  CHECK(largest_work(counted(drawn.edges, mapping)) <= 22000 / 16 + 10);
}

namespace {

/// Communities in a ring, each connected in itself and a little to the next, numbers shuffled.
struct Planted {
  Network network;
  Mapping truth;  // each on the core of its number in the ring, along which all hops are one
};

Planted planted(std::uint64_t seed) {
  constexpr std::uint32_t communities = 8, each = 40, all = communities * each;
  RandomStream random{seed, 23};
  std::vector<std::uint32_t> number(all);
  std::iota(number.begin(), number.end(), 0U);
  for (std::uint32_t i = all; i > 1; --i) std::swap(number[i - 1], number[random.below(i)]);
  // A mesh of 4 x 2 whose ring is 0 1 2 3 7 6 5 4.
  constexpr std::uint32_t ring[] = {0, 1, 2, 3, 7, 6, 5, 4};
  Planted p;
  p.truth = {std::vector<CoreId>(all), communities};
  const auto cells = p.network.add<Relay>("cells", all);
  Edges edges;
  for (std::uint32_t i = 0; i < all; ++i) {
    const std::uint32_t own = i / each, next = (own + 1) % communities;
    p.truth.core_of[number[i]] = CoreId{ring[own]};
    for (int k = 0; k < 10; ++k)
      edges.push_back({number[i], number[own * each + random.below(each)], 1, ms});
    if (i % 4 == 0) edges.push_back({number[i], number[next * each + random.below(each)], 1, ms});
  }
  p.network.connect(cells, cells, edges);
  return p;
}

}  // namespace

TEST_CASE("placement: traffic finds communities, and their neighbourhood", "[unit][placement]") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Planted p = planted(seed);
    const Mesh mesh{.columns = 4, .rows = 2, .cores_per_tile = 1};
    const Site site{.cores = 8, .mesh = mesh};
    const auto of = [&](const Mapping& m) { return summarise(p.network, m, mesh); };
    const PlacementSummary truth = of(p.truth);
    REQUIRE(truth.hops == 80);  // a quarter of all neurons, one hop each
    const PlacementSummary found = of(place(p.network, Placement::traffic, site));
    CHECK(found.hops <= 100);
    CHECK(found.packets <= truth.packets + 20);
    CHECK(found.largest().neurons <= 42);
    CHECK(of(place(p.network, Placement::naive, site)).hops > 1000);
  }
}

TEST_CASE("placement: traffic is never more than that of the others", "[unit][placement]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Drawn drawn = random_network(seed, 90, 400, 20);
    const Mesh mesh{.columns = 3, .rows = 2, .cores_per_tile = 2};
    std::vector<std::uint64_t> hops;
    for (const Placement method : methods)
      hops.push_back(
          summarise(drawn.network, place(drawn.network, method, {.cores = 10, .mesh = mesh}), mesh)
              .hops);
    CHECK(hops[2] <= hops[0]);
    CHECK(hops[2] <= hops[1]);
  }
}

TEST_CASE("placement: a heavy cluster beside single neurons", "[unit][placement]") {
  Network network;  // METIS has no parts for so few, which it would say on the terminal
  const auto heavy = network.add<Relay>("heavy", 200);
  const auto light = network.add<Relay>("light", 14);
  network.connect(heavy, heavy, all_to_all(200, 200, constant(1), constant(Duration{})));
  network.connect(light, heavy, all_to_all(14, 200, constant(1), constant(ms)));
  for (const std::size_t cores : {1U, 2U, 4U, 8U, 15U, 20U})
    for (const Placement method : methods) {
      const Mapping mapping = place(network, method, {.cores = cores, .mesh = row_of(20)});
      for (std::uint32_t i = 1; i < 200; ++i) REQUIRE(mapping.core_of[i] == mapping.core_of[0]);
    }
}

TEST_CASE("placement: the same for the same arguments", "[unit][placement]") {
  const Drawn drawn = random_network(5, 900, 9000, 60);
  for (const Placement method : methods) {
    const Site site{.cores = 13, .mesh = row_of(16)};
    const Mapping once = place(drawn.network, method, site);
    CHECK(place(drawn.network, method, site).core_of == once.core_of);
  }
}

TEST_CASE("placement: refusals say what, by how much and what would mend it", "[unit][placement]") {
  Network network;
  const auto cells = network.add<Relay>("cells", 100);
  network.connect(cells, cells, fixed_in_degree(100, 100, 10, 3, constant(1), constant(ms)));
  for (const Placement method : methods) {
    CHECK_THAT(
        refusal(network, method, 4, {.neurons = 20}),
        Contains("placement = " + std::string(placement_names[static_cast<std::size_t>(method)])) &&
            Contains("does not fit on 4 neurocores of chip") &&
            Contains("25 neurons, 5 more than the 20") && Contains("it fits on 5"));
    CHECK_THAT(refusal(network, method, 8, {.synapses = 90}),
               Contains("synapses") && Contains(" more than the 90") &&
                   Contains("it takes 12, 4 more than the 8 of the chip"));
    CHECK_THAT(refusal(network, method, 9, {}), Contains("9 neurocores are 1 more than the 8"));
    CHECK_THAT(refusal(network, method, 2, {.synapses = 7}),
               Contains("cells[0] by itself needs 10 synapses, 3 more than the 7"));
    CHECK_THAT(refusal(network, method, 2, {.in_axons = 9}), Contains("10 incoming axons"));
    CHECK_THAT(refusal(network, method, 8, {.out_axons = 12}),
               Contains("outgoing axons") && Contains(" more than the 12"));
    CHECK_THAT(refusal(network, method, 0, {}), Contains("at least one neurocore"));
  }
  CHECK(refusal(network, Placement::naive, 5, {.neurons = 20}) == "no error");  // as was promised
  const auto joined = network.add<Relay>("joined", 30);
  network.connect(joined, joined, all_to_all(30, 30, constant(1), constant(Duration{})));
  CHECK_THAT(refusal(network, Placement::balanced, 8, {.synapses = 500}),
             Contains("joined[0] and the 29 neurons that zero delay joins to it need 900 synapses, "
                      "400 more than the 500") &&
                 Contains("give them a delay"));
}

TEST_CASE("placement: what order packs, the largest first may not", "[unit][placement]") {
  Network network;  // 3 3 | 2 2 2 in order; by size 3 2, 3 2, and no place for the last
  Edges edges;
  const std::uint32_t reached_by[] = {3, 3, 2, 2, 2};
  for (std::uint32_t post = 0; post < 5; ++post)
    for (std::uint32_t pre = 0; pre < reached_by[post]; ++pre) edges.push_back({pre, post, 1, ms});
  const auto cells = network.add<Relay>("cells", 5);
  network.connect(cells, cells, edges);
  const CoreUse limits{.synapses = 6};
  CHECK(refusal(network, Placement::naive, 2, limits) == "no error");
  CHECK(refusal(network, Placement::traffic, 2, limits) == "no error");
  CHECK_THAT(refusal(network, Placement::balanced, 2, limits),
             Contains("7 synapses, 1 more than the 6") && Contains("placement = naive finds room"));
}

TEST_CASE("layout: near the best of all orders", "[unit][placement]") {
  const Mesh mesh{.columns = 4, .rows = 2, .cores_per_tile = 1};
  std::uint64_t found = 0, best = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    RandomStream random{seed, 24};
    Flows flows(7);
    for (std::uint32_t p = 0; p < 7; ++p)
      for (std::uint32_t q = p + 1; q < 7; ++q)
        if (const std::uint64_t packets = random.below(3) * random.below(50); packets > 0) {
          flows[p].push_back({q, packets});
          flows[q].push_back({p, packets});
        }
    std::vector<std::uint32_t> order(7);
    std::iota(order.begin(), order.end(), 0U);
    const std::uint64_t numbered = travel(flows, order, mesh);
    std::uint64_t least = numbered;
    while (std::next_permutation(order.begin(), order.end()))
      least = std::min(least, travel(flows, order, mesh));
    auto place = lay_out(flows, mesh);
    const std::uint64_t here = travel(flows, place, mesh);
    CHECK(here <= numbered);
    found += here;
    best += least;
    std::sort(place.begin(), place.end());
    CHECK(place == std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5, 6});
  }
  CHECK(100 * found <= 105 * best);
}
