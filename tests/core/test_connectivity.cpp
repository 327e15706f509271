// Connectivity: degrees and laws of the random patterns, convolution against the direct sum.
#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "core/connectivity.hpp"
#include "core/random.hpp"
#include "core/simulation.hpp"
#include "neurons/lif.hpp"
#include "neurons/poisson.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;
using Catch::Matchers::Contains;

namespace {

const WeightOf unit = constant(1.0);
const DelayOf instant = constant(Duration{0});

double label(std::uint32_t pre, std::uint32_t post) { return 1000.0 * pre + post; }
Duration label_delay(std::uint32_t pre, std::uint32_t post) { return Duration{pre * 7 + post}; }

/// Places inside the populations, and the weight and delay of `label`.
bool well_labelled(const Edges& edges, std::size_t pre, std::size_t post) {
  return std::all_of(edges.begin(), edges.end(), [=](const Edge& e) {
    return e.pre < pre && e.post < post && e.weight == label(e.pre, e.post) &&
           e.delay == label_delay(e.pre, e.post);
  });
}

bool in_order(const Edges& edges) {
  return std::is_sorted(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) {
    return std::pair(a.pre, a.post) < std::pair(b.pre, b.post);
  });
}

bool has_twins(const Edges& edges) {
  return std::adjacent_find(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) {
           return a.pre == b.pre && a.post == b.post;
         }) != edges.end();
}

bool has_autapse(const Edges& edges) {
  return std::any_of(edges.begin(), edges.end(), [](const Edge& e) { return e.pre == e.post; });
}

std::vector<int> in_degrees(const Edges& edges, std::size_t post) {
  std::vector<int> degrees(post);
  for (const Edge& e : edges) ++degrees.at(e.post);
  return degrees;
}

/// Pearson's statistic of equally likely bins, in standard deviations from its mean.
double chi_square_z(const std::vector<int>& bins, double expected) {
  double chi2 = 0;
  for (const int b : bins) chi2 += (b - expected) * (b - expected) / expected;
  const double k = static_cast<double>(bins.size());
  return (chi2 - k) / std::sqrt(2 * k);
}

}  // namespace

TEST_CASE("connectivity: all to all, with and without itself", "[unit][connectivity]") {
  const Edges all = all_to_all(2, 3, label, label_delay);
  REQUIRE(all.size() == 6);
  CHECK(all[0] == Edge{0, 0, 0.0, Duration{0}});
  CHECK(all[5] == Edge{1, 2, 1002.0, Duration{9}});
  CHECK(in_order(all));
  const Edges others = all_to_all(4, 4, unit, instant, false);
  CHECK(others.size() == 12);
  CHECK(in_order(others));
  CHECK_FALSE(has_autapse(others));
  CHECK(all_to_all(0, 5, unit, instant).empty());
}

TEST_CASE("connectivity: one to one", "[unit][connectivity]") {
  const Edges edges = one_to_one(3, 3, label, label_delay);
  CHECK(edges ==
        Edges{{0, 0, 0.0, Duration{0}}, {1, 1, 1001.0, Duration{8}}, {2, 2, 2002.0, Duration{16}}});
  CHECK(error_of([] { one_to_one(3, 4, unit, instant); }).find("one size") != std::string::npos);
}

TEST_CASE("connectivity: a fixed in-degree is exact", "[unit][connectivity]") {
  for (const bool self : {false, true})
    for (const bool multapses : {false, true}) {
      const Edges edges = fixed_in_degree(300, 400, 60, 9, label, label_delay, self, multapses);
      CHECK(in_degrees(edges, 400) == std::vector<int>(400, 60));
      CHECK(in_order(edges));
      CHECK(has_autapse(edges) == self);
      CHECK(has_twins(edges) == multapses);
      CHECK(well_labelled(edges, 300, 400));
    }
  // As many as there are: everybody.
  CHECK(fixed_in_degree(20, 30, 20, 1, label, instant) == all_to_all(20, 30, label, instant));
  CHECK(fixed_in_degree(20, 20, 19, 1, label, instant, false) ==
        all_to_all(20, 20, label, instant, false));
  CHECK(fixed_in_degree(5, 5, 0, 1, unit, instant).empty());
}

TEST_CASE("connectivity: every set of sources is equally likely", "[unit][connectivity]") {
  constexpr std::size_t posts = 60'000;
  const auto count_sets = [](const Edges& edges) {
    std::vector<std::vector<std::uint32_t>> sources(posts);
    for (const Edge& e : edges) sources[e.post].push_back(e.pre);
    std::map<std::vector<std::uint32_t>, int> counts;
    for (const auto& set : sources) ++counts[set];
    return counts;
  };
  std::vector<int> bins;
  for (const auto& entry : count_sets(fixed_in_degree(6, posts, 3, 4, unit, instant)))
    bins.push_back(entry.second);
  CHECK(bins.size() == 20);  // 6 choose 3
  CHECK(std::abs(chi_square_z(bins, posts / 20.0)) < 4);

  // With replacement two draws of four agree in one case of four, so a pair {a, b} is twice as
  // likely as {a, a}.
  std::vector<int> halves;
  for (const auto& [set, count] :
       count_sets(fixed_in_degree(4, posts, 2, 4, unit, instant, true, true)))
    if (set[0] == set[1]) {
      halves.push_back(count);
    } else {
      CHECK(std::abs(count - posts / 8.0) < 4 * std::sqrt(posts / 8.0));
    }
  CHECK(halves.size() == 4);
  CHECK(std::abs(chi_square_z(halves, posts / 16.0)) < 4);

  // Without itself: each of the others equally often.
  const Edges edges = fixed_in_degree(40, 40, 13, 0, unit, instant, false);
  std::vector<int> out(40);
  for (const Edge& e : edges) ++out[e.pre];
  for (const int degree : out) CHECK(std::abs(degree - 13.0) < 5 * std::sqrt(13.0 * 26 / 39));
}

TEST_CASE("connectivity: random patterns follow the seed and nothing else",
          "[unit][connectivity]") {
  const auto degree = [](std::size_t post, std::uint64_t seed) {
    return fixed_in_degree(200, post, 20, seed, unit, instant);
  };
  CHECK(degree(100, 1) == degree(100, 1));
  CHECK(degree(100, 1) != degree(100, 2));
  Edges part = degree(100, 1);
  part.erase(std::remove_if(part.begin(), part.end(), [](const Edge& e) { return e.post >= 50; }),
             part.end());
  CHECK(part == degree(50, 1));

  const auto chance = [](std::size_t pre, std::uint64_t seed) {
    return fixed_probability(pre, 200, 0.1, seed, unit, instant);
  };
  CHECK(chance(100, 1) == chance(100, 1));
  CHECK(chance(100, 1) != chance(100, 2));
  part = chance(100, 1);
  part.erase(std::remove_if(part.begin(), part.end(), [](const Edge& e) { return e.pre >= 50; }),
             part.end());
  CHECK(part == chance(50, 1));
}

TEST_CASE("connectivity: a fixed probability is binomial", "[unit][connectivity]") {
  for (const double p : {1e-5, 1e-3, 0.02, 0.5, 0.9, 0.999})
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      const Edges edges = fixed_probability(500, 800, p, seed, label, label_delay);
      const double pairs = 500.0 * 800.0;
      INFO("p = " << p << ", seed = " << seed);
      CHECK(std::abs(static_cast<double>(edges.size()) - pairs * p) <
            4 * std::sqrt(pairs * p * (1 - p)) + 1);
      CHECK(in_order(edges));
      CHECK_FALSE(has_twins(edges));
      CHECK(well_labelled(edges, 500, 800));
    }
  CHECK(fixed_probability(30, 40, 0.0, 1, unit, instant).empty());
  CHECK(fixed_probability(30, 40, 5e-324, 1, unit, instant).empty());
  CHECK(fixed_probability(30, 40, 1.0, 1, label, instant) == all_to_all(30, 40, label, instant));
  CHECK(fixed_probability(40, 40, 1.0, 1, label, instant, false) ==
        all_to_all(40, 40, label, instant, false));
}

TEST_CASE("connectivity: pairs are chosen independently of place, neighbour and seed",
          "[unit][connectivity]") {
  constexpr double p = 0.3;
  constexpr int seeds = 2000;
  std::vector<int> chosen(12 * 12), before(12 * 12);
  double neighbours = 0, same_under_next_seed = 0;
  for (int seed = 0; seed < seeds; ++seed) {
    std::vector<int> now(12 * 12);
    for (const Edge& e :
         fixed_probability(12, 12, p, static_cast<std::uint64_t>(seed), unit, instant))
      ++now[e.pre * 12 + e.post];
    for (std::size_t k = 0; k < now.size(); ++k) {
      chosen[k] += now[k];
      if (k % 12 > 0) neighbours += (now[k] - p) * (now[k - 1] - p);
      if (seed > 0) same_under_next_seed += (now[k] - p) * (before[k] - p);
    }
    before = now;
  }
  for (const int count : chosen)
    CHECK(std::abs(count - seeds * p) < 4.5 * std::sqrt(seeds * p * (1 - p)));
  const double deviation = p * (1 - p) * std::sqrt(seeds * 144.0);
  CHECK(std::abs(neighbours) < 4 * deviation);
  CHECK(std::abs(same_under_next_seed) < 4 * deviation);
}

TEST_CASE("connectivity: the non-zero entries of a matrix", "[unit][connectivity]") {
  const std::vector<double> w{0, 1.5, -2, 0, 0, 3};
  CHECK(from_matrix(2, 3, w, Duration{4}) ==
        Edges{{0, 1, 1.5, Duration{4}}, {0, 2, -2.0, Duration{4}}, {1, 2, 3.0, Duration{4}}});
  CHECK(error_of([&] { from_matrix(3, 3, w); }).find("give 9") != std::string::npos);
  const std::vector<double> bad{1, std::nan("")};
  CHECK(error_of([&] { from_matrix(1, 2, bad); }).find("0 -> 1 is nan") != std::string::npos);
}

TEST_CASE("connectivity: a convolution is the direct cross-correlation", "[unit][connectivity]") {
  RandomStream random{2, 2, 0};
  for (int trial = 0; trial < 60; ++trial) {
    Convolution c;
    c.in_channels = 1 + random.below(3);
    c.out_channels = 1 + random.below(3);
    c.kernel_height = 1 + random.below(5);
    c.kernel_width = 1 + random.below(4);
    c.in_height = c.kernel_height + random.below(8);
    c.in_width = c.kernel_width + random.below(9);
    c.stride_y = 1 + random.below(4);
    c.stride_x = 1 + random.below(3);
    c.padding_y = random.below(static_cast<std::uint32_t>(c.kernel_height));
    c.padding_x = random.below(static_cast<std::uint32_t>(c.kernel_width));

    std::vector<double> kernel(c.out_channels * c.in_channels * c.kernel_height * c.kernel_width);
    for (auto& w : kernel) w = random.below(5) == 0 ? 0.0 : random.normal();
    std::vector<double> image(c.in_channels * c.in_height * c.in_width);
    for (auto& x : image) x = random.normal();

    // Outputs by definition: as many kernels as fit into the padded image.
    std::size_t height = 0, width = 0;
    while (height * c.stride_y + c.kernel_height <= c.in_height + 2 * c.padding_y) ++height;
    while (width * c.stride_x + c.kernel_width <= c.in_width + 2 * c.padding_x) ++width;
    REQUIRE(c.out_height() == height);
    REQUIRE(c.out_width() == width);

    std::vector<double> expected(c.out_channels * height * width), got(expected.size());
    std::size_t synapses = 0;
    for (std::size_t o = 0; o < c.out_channels; ++o)
      for (std::size_t oy = 0; oy < height; ++oy)
        for (std::size_t ox = 0; ox < width; ++ox)
          for (std::size_t i = 0; i < c.in_channels; ++i)
            for (std::size_t ky = 0; ky < c.kernel_height; ++ky)
              for (std::size_t kx = 0; kx < c.kernel_width; ++kx) {
                const auto y =
                    static_cast<long>(oy * c.stride_y + ky) - static_cast<long>(c.padding_y);
                const auto x =
                    static_cast<long>(ox * c.stride_x + kx) - static_cast<long>(c.padding_x);
                if (y < 0 || x < 0 || y >= static_cast<long>(c.in_height) ||
                    x >= static_cast<long>(c.in_width))
                  continue;
                const double w =
                    kernel[((o * c.in_channels + i) * c.kernel_height + ky) * c.kernel_width + kx];
                const double value =
                    image[(i * c.in_height + static_cast<std::size_t>(y)) * c.in_width +
                          static_cast<std::size_t>(x)];
                expected[(o * height + oy) * width + ox] += w * value;
                synapses += w != 0;
              }

    const Edges edges = convolution(c, kernel, Duration{3});
    CHECK(edges.size() == synapses);
    CHECK(in_order(edges));
    CHECK_FALSE(has_twins(edges));
    for (const Edge& e : edges) {
      got.at(e.post) += e.weight * image.at(e.pre);
      REQUIRE(e.delay == Duration{3});
    }
    for (std::size_t k = 0; k < got.size(); ++k)
      REQUIRE_THAT(got[k], Catch::Matchers::WithinAbs(expected[k], 1e-12));
  }
}

TEST_CASE("connectivity: impossible patterns are refused by name", "[unit][connectivity]") {
  const auto says = [](auto f, const std::string& words) {
    const std::string message = error_of(f);
    INFO(message);
    CHECK(message.find(words) != std::string::npos);
    CHECK(message.find('\n') == std::string::npos);
  };
  const std::size_t most = 0xffffffffU;
  const double nan = std::nan("");
  says([&] { all_to_all(most + 1, 1, unit, instant); }, "too large");
  says([&] { one_to_one(most + 1, most + 1, unit, instant); }, "too large");
  says([&] { fixed_in_degree(1, most + 1, 1, 0, unit, instant); }, "too large");
  says([&] { fixed_probability(most + 1, 0, 0.5, 0, unit, instant); }, "too large");
  says([&] { from_matrix(most + 1, 0, {}); }, "too large");
  says([&] { all_to_all(most, most, unit, instant); }, "memory");
  says([&] { fixed_in_degree(9, most, most, 0, unit, instant, true, true); }, "memory");
  says([&] { fixed_probability(most, most, 0.5, 0, unit, instant); }, "memory");

  says([&] { fixed_in_degree(5, 5, 6, 0, unit, instant); }, "lower in_degree to 5");
  says([&] { fixed_in_degree(5, 5, 5, 0, unit, instant, false); }, "lower in_degree to 4");
  says([&] { fixed_in_degree(0, 5, 1, 0, unit, instant, true, true); }, "0 to draw from");
  says([&] { fixed_in_degree(1, 5, 1, 0, unit, instant, false, true); }, "0 to draw from");
  for (const double p : {-0.1, 1.0001, nan})
    says([&] { fixed_probability(5, 5, p, 0, unit, instant); }, "no probability");
  says([&] { all_to_all(2, 2, constant(nan), instant); }, "the weight of synapse 0 -> 0");
  says([&] { one_to_one(2, 2, unit, constant(Duration{-1})); }, "the delay of synapse 0 -> 0");

  const std::vector<double> kernel(9, 1.0);
  Convolution good;
  good.in_height = good.in_width = 5;
  good.kernel_height = good.kernel_width = 3;
  CHECK(convolution(good, kernel).size() == 81);
  const auto refused = [&](std::size_t Convolution::*size, std::size_t value,
                           const std::string& words) {
    Convolution bad = good;
    bad.*size = value;
    says([&] { convolution(bad, kernel); }, words);
  };
  refused(&Convolution::stride_y, 0, "along y: a stride of 0");
  refused(&Convolution::stride_x, 0, "along x: a stride of 0");
  refused(&Convolution::padding_y, 3, "along y: padding 3");
  refused(&Convolution::padding_x, most + 1, "above 4294967295");
  refused(&Convolution::kernel_width, 6, "along x: a kernel of 6 does not fit");
  refused(&Convolution::kernel_height, 0, "at least 1");
  refused(&Convolution::in_width, 0, "at least 1");
  refused(&Convolution::in_height, most, "impossible");
  refused(&Convolution::in_channels, 0, "impossible");
  refused(&Convolution::out_channels, most, "impossible");
  refused(&Convolution::in_channels, 2, "give 18");
}

TEST_CASE("connectivity: a random pattern is the same on every machine", "[unit][connectivity]") {
  // Worked out apart from this code, from the definitions (Philox, Floyd, geometric skips).
  const auto pairs = [](const Edges& edges) {
    std::vector<std::pair<int, int>> list;
    for (const Edge& e : edges)
      list.emplace_back(static_cast<int>(e.pre), static_cast<int>(e.post));
    return list;
  };
  using Pairs = std::vector<std::pair<int, int>>;
  CHECK(pairs(fixed_in_degree(10, 2, 3, 1, unit, instant)) ==
        Pairs{{1, 0}, {1, 1}, {2, 1}, {3, 0}, {7, 0}, {9, 1}});
  CHECK(pairs(fixed_probability(2, 10, 0.3, 1, unit, instant)) ==
        Pairs{{0, 6}, {1, 2}, {1, 4}, {1, 7}, {1, 8}});
}

TEST_CASE("connectivity: drawn edges make the network that their list makes", "[unit]") {
  const auto weight = [](std::uint32_t i, std::uint32_t j) {
    return 0.5 + 0.25 * ((i * 7 + j) % 5);
  };
  const auto delay = [](std::uint32_t i, std::uint32_t j) {
    return Duration{1000 * (1 + (i + j) % 3)};
  };
  const auto make = [&](bool drawn) {
    Network network;
    const auto input = network.add<Poisson>("input", 40, {.rate_hz = 200});
    const auto cells = network.add<Lif>("cells", 60);
    network.connect(input, cells,
                    fixed_probability(40, 60, 0.2, 3, constant(8.0), constant(Duration{500})));
    if (drawn)
      network.connect<FixedFloat>(cells, cells,
                                  drawn_with_probability(60, 60, 0.3, 9, weight, delay, false));
    else
      network.connect<FixedFloat>(cells, cells,
                                  fixed_probability(60, 60, 0.3, 9, weight, delay, false));
    return network;
  };
  for (const std::size_t cores : {1U, 7U}) {
    Simulation list(make(false), {.cores = cores}), drawn(make(true), {.cores = cores});
    const AnyProjection second{1};
    CHECK(list.synapses(second) == drawn.synapses(second));
    CHECK(list.synapses(second).size() > 900);
    list.run_until(at_seconds(0.2));
    drawn.run_until(at_seconds(0.2));
    CHECK(list.counts().spikes > 1000);
    CHECK(list.spike_hash() == drawn.spike_hash());
    CHECK(list.counts() == drawn.counts());
  }
  Network network = make(false);
  const auto more = network.add<Lif>("more", 50);
  CHECK_THAT(error_of([&] {
               network.connect(more, more, drawn_with_probability(60, 60, 0.3, 9, weight, delay));
             }),
             Contains("edges drawn for 60 x 60"));
  CHECK_THAT(error_of([&] {
               network.connect(more, more, DrawnEdges{50, 50, [](std::uint32_t, Edges& edges) {
                                                        edges.push_back({3, 50, 1, {}});
                                                      }});
             }),
             Contains("outside the populations"));
}
