// Where neurons live: clusters of zero delay stay whole, the rest is spread evenly.
#include <algorithm>
#include <numeric>
#include <vector>

#include "core/mapping.hpp"
#include "core/random.hpp"
#include "core/simulation.hpp"
#include "neurons/if_current.hpp"
#include "neurons/relay.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;
using Catch::Matchers::Contains;

namespace {

constexpr Duration ms{1'000'000'000};

std::vector<std::size_t> loads(const Mapping& mapping) {
  std::vector<std::size_t> load(mapping.cores, 0);
  for (const CoreId core : mapping.core_of) ++load.at(index(core));
  return load;
}

/// Zero-delay clusters by flooding from neighbour to neighbour: the lowest neuron reachable.
std::vector<std::uint32_t> flooded(std::uint32_t n, const Edges& edges) {
  std::vector<std::uint32_t> lowest(n);
  std::iota(lowest.begin(), lowest.end(), 0U);
  for (bool moved = true; moved;) {
    moved = false;
    for (const Edge& e : edges) {
      if (e.delay != Duration{}) continue;
      const auto least = std::min(lowest[e.pre], lowest[e.post]);
      moved |= lowest[e.pre] != least || lowest[e.post] != least;
      lowest[e.pre] = lowest[e.post] = least;
    }
  }
  return lowest;
}

}  // namespace

TEST_CASE("mapping: single neurons are spread evenly, in order", "[unit][mapping]") {
  Network network;
  network.add<IfCurrent>("a", 37);
  network.add<Relay>("b", 63);
  for (const std::size_t cores : {1U, 2U, 3U, 4U, 7U, 16U, 99U, 100U}) {
    const Mapping mapping = Mapping::contiguous(network, cores);
    CHECK(mapping.cores == cores);
    const auto load = loads(mapping);
    const auto [least, most] = std::minmax_element(load.begin(), load.end());
    CHECK(*most - *least <= 1);
    CHECK(std::is_sorted(mapping.core_of.begin(), mapping.core_of.end()));
  }
}

TEST_CASE("mapping: no more cores than neurons, and at least one", "[unit][mapping]") {
  Network network;
  CHECK(Mapping::contiguous(network, 4).cores == 1);
  network.add<Relay>("few", 3);
  const Mapping mapping = Mapping::contiguous(network, 16);
  CHECK(mapping.cores == 3);
  CHECK(loads(mapping) == std::vector<std::size_t>{1, 1, 1});
  CHECK_THAT(error_of([&] { Mapping::contiguous(network, 0); }), Contains("at least one"));
}

TEST_CASE("mapping: zero-delay clusters are found and never split", "[unit][mapping]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    RandomStream random{seed, 8};
    Network network;
    const auto a = network.add<Relay>("a", 60);
    const auto b = network.add<Relay>("b", 90);
    const std::uint32_t few = 10 + 5 * static_cast<std::uint32_t>(seed);
    Edges all;  // by global numbers
    const auto draw = [&](AnyPopulation pre, AnyPopulation post) {
      Edges edges;
      for (std::uint32_t k = 0; k < few; ++k) {
        const Edge e{random.below(pre.size), random.below(post.size), 1, random.below(2) * ms};
        edges.push_back(e);
        all.push_back({pre.first + e.pre, post.first + e.post, e.weight, e.delay});
      }
      return edges;
    };
    network.connect(a, b, draw(a, b));
    network.connect(b, b, draw(b, b));
    network.connect(b, a, draw(b, a));
    const auto truth = flooded(150, all);
    REQUIRE(zero_delay_clusters(network) == truth);
    for (const std::size_t cores : {1U, 4U, 16U}) {
      const Mapping mapping = Mapping::contiguous(network, cores);
      for (std::uint32_t i = 0; i < 150; ++i)
        REQUIRE(mapping.core_of[i] == mapping.core_of[truth[i]]);
    }
  }
}

TEST_CASE("mapping: clusters of uneven size are spread as evenly as they can be",
          "[unit][mapping]") {
  for (const bool large_first : {false, true}) {
    Network network;
    const auto first = network.add<Relay>("first", large_first ? 9 : 1);
    const auto second = network.add<Relay>("second", large_first ? 1 : 9);
    const auto large = large_first ? first : second;
    network.connect(large, large, all_to_all(9, 9, constant(1.0), constant(Duration{})));
    auto load = loads(Mapping::contiguous(network, 2));
    std::sort(load.begin(), load.end());
    CHECK(load == std::vector<std::size_t>{1, 9});
  }
  Network network;  // four layers on four cores
  for (const char* name : {"a", "b", "c", "d"}) {
    const auto layer = network.add<Relay>(name, 25);
    network.connect(layer, layer, all_to_all(25, 25, constant(1.0), constant(Duration{})));
  }
  CHECK(loads(Mapping::contiguous(network, 4)) == std::vector<std::size_t>(4, 25));
}

TEST_CASE("mapping: one made by hand is held to zero delay and to the network", "[unit][mapping]") {
  Network network;
  const auto a = network.add<Relay>("left", 2);
  const auto b = network.add<Relay>("right", 2);
  network.connect(a, a, {{0, 1, 1.0, ms}});
  network.connect(a, b, {{1, 0, 1.0, Duration{}}});
  Mapping mapping = Mapping::contiguous(network, 2);
  CHECK_NOTHROW(Simulation(network, mapping, {}));
  mapping.core_of = {CoreId{0}, CoreId{0}, CoreId{1}, CoreId{1}};
  CHECK_THAT(error_of([&] { Simulation(network, mapping, {}); }),
             Contains("left[1]") && Contains("zero-delay"));
  mapping.core_of = {CoreId{1}, CoreId{0}, CoreId{0}, CoreId{1}};
  CHECK_NOTHROW(Simulation(network, mapping, {}));
  mapping.core_of[3] = CoreId{2};
  CHECK_THAT(error_of([&] { Simulation(network, mapping, {}); }),
             Contains("right[1]") && Contains("neurocore 2"));
  mapping.core_of.pop_back();
  CHECK_THAT(error_of([&] { Simulation(network, mapping, {}); }), Contains("3") && Contains("4"));
}
