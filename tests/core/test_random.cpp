// Random numbers: Philox by its published vectors, the distributions by their laws.
#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

#include "core/random.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;

namespace {

using Block = std::array<std::uint32_t, 4>;

constexpr std::uint32_t ones = 0xffffffffU;

// Known answers of Random123 (kat_vectors, philox4x32 10 rounds).
static_assert(philox({0, 0, 0, 0}, {0, 0}) ==
              Block{0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U});
static_assert(philox({ones, ones, ones, ones}, {ones, ones}) ==
              Block{0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU});
static_assert(philox({0x243f6a88U, 0x85a308d3U, 0x13198a2eU, 0x03707344U},
                     {0xa4093822U, 0x299f31d0U}) ==
              Block{0xd16cfe09U, 0x94fdccebU, 0x5001e420U, 0x24126ea1U});

constexpr int many = 200'000;

/// Pearson's statistic as a standard normal (Wilson & Hilferty), for equally likely bins.
double chi_square_z(const std::vector<int>& bins) {
  double total = 0;
  for (const int b : bins) total += b;
  const double expected = total / static_cast<double>(bins.size());
  double chi2 = 0;
  for (const int b : bins) chi2 += (b - expected) * (b - expected) / expected;
  const double k = static_cast<double>(bins.size() - 1);
  return (std::cbrt(chi2 / k) - (1 - 2 / (9 * k))) / std::sqrt(2 / (9 * k));
}

/// Kolmogorov's √n · sup |F_n − F|; above 1.95 with probability 0.001.
template <class Cdf>
double kolmogorov(std::vector<double> x, Cdf cdf) {
  std::sort(x.begin(), x.end());
  const auto n = static_cast<double>(x.size());
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double f = cdf(x[i]);
    worst = std::max({worst, f - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - f});
  }
  return worst * std::sqrt(n);
}

}  // namespace

TEST_CASE("random: bits are a block of Philox keyed by the seed", "[unit][random]") {
  // The first two words of the vector of π's digits, low word first.
  static_assert(random_bits(0x299f31d0a4093822U, 0x0370734413198a2eU, 0x85a308d3243f6a88U) ==
                0x94fdccebd16cfe09U);
  static_assert(std::is_trivially_copyable_v<RandomStream>);
  RandomStream stream{12, 34, 5};
  for (std::uint64_t k = 5; k < 100; ++k) CHECK(stream.bits() == random_bits(12, 34, k));
  CHECK(stream.draw == 100);
}

TEST_CASE("random: uniform lies above 0, up to 1, and is flat", "[unit][random]") {
  RandomStream stream{1, 2, 0};
  std::vector<int> bins(256);
  std::vector<double> x(many);
  for (auto& u : x) {
    u = stream.uniform();
    REQUIRE(u > 0);
    REQUIRE(u <= 1);
    ++bins[static_cast<std::size_t>(std::ceil(u * 256)) - 1];
  }
  CHECK(std::abs(chi_square_z(bins)) < 4);
  CHECK(kolmogorov(x, [](double u) { return u; }) < 1.95);
}

TEST_CASE("random: every bit is even", "[unit][random]") {
  std::array<int, 64> set{};
  RandomStream stream{7, 0, 0};
  for (int k = 0; k < many; ++k) {
    const std::uint64_t bits = stream.bits();
    for (std::size_t b = 0; b < 64; ++b) set[b] += static_cast<int>((bits >> b) & 1);
  }
  for (const int count : set) CHECK(std::abs(count - many / 2) < 4.5 * std::sqrt(many / 4.0));
}

TEST_CASE("random: exponential and normal follow their laws", "[unit][random]") {
  RandomStream stream{3, 4, 0};
  std::vector<double> e(many), g(many);
  for (auto& x : e) x = stream.exponential();
  for (auto& x : g) x = stream.normal();
  CHECK(*std::min_element(e.begin(), e.end()) >= 0);
  CHECK(kolmogorov(e, [](double x) { return -std::expm1(-x); }) < 1.95);
  CHECK(kolmogorov(g, [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }) < 1.95);
  const auto moment = [](const std::vector<double>& x, int power) {
    double sum = 0;
    for (const double v : x) sum += std::pow(v, power);
    return sum / static_cast<double>(x.size());
  };
  // Four standard errors: Var x^k = E x^2k − (E x^k)².
  const double root = std::sqrt(static_cast<double>(many));
  CHECK(std::abs(moment(e, 1) - 1) < 4 / root);
  CHECK(std::abs(moment(e, 2) - 2) < 4 * std::sqrt(20.0) / root);
  CHECK(std::abs(moment(g, 1)) < 4 / root);
  CHECK(std::abs(moment(g, 2) - 1) < 4 * std::sqrt(2.0) / root);
  CHECK(std::abs(moment(g, 3)) < 4 * std::sqrt(15.0) / root);
  CHECK(std::abs(moment(g, 4) - 3) < 4 * std::sqrt(96.0) / root);
}

TEST_CASE("random: below is in range and without bias", "[unit][random]") {
  RandomStream stream{5, 6, 0};
  for (int k = 0; k < 100; ++k) CHECK(stream.below(1) == 0);
  for (const std::uint32_t n : {2U, 3U, 7U, 1000U}) {
    std::vector<int> bins(n);
    for (int k = 0; k < many; ++k) ++bins.at(stream.below(n));
    CHECK(std::abs(chi_square_z(bins)) < 4);
  }
  // Without rejection every third value of 3 · 2^30 would come twice as often.
  std::vector<int> thirds(3);
  for (int k = 0; k < many; ++k) {
    const std::uint32_t value = stream.below(3U << 30);
    REQUIRE(value < (3U << 30));
    ++thirds[value % 3];
  }
  CHECK(std::abs(chi_square_z(thirds)) < 4);
  for (int k = 0; k < 1000; ++k) CHECK(stream.below(ones) < ones);
}

TEST_CASE("random: neighbouring draws, streams and seeds do not correlate", "[unit][random]") {
  const auto correlation = [](auto first, auto second) {
    double sum = 0;
    for (std::uint64_t k = 0; k < many; ++k) sum += (first(k) - 0.5) * (second(k) - 0.5) * 12;
    return std::abs(sum) / std::sqrt(static_cast<double>(many));
  };
  const auto draw = [](std::uint64_t seed, std::uint64_t stream, std::uint64_t number) {
    return RandomStream{seed, stream, number}.uniform();
  };
  const auto base = [&](std::uint64_t k) { return draw(1, 0, k); };
  CHECK(correlation(base, [&](std::uint64_t k) { return draw(1, 0, k + 1); }) < 4);
  CHECK(correlation(base, [&](std::uint64_t k) { return draw(1, 1, k); }) < 4);
  CHECK(correlation(base, [&](std::uint64_t k) { return draw(2, 0, k); }) < 4);
  CHECK(correlation(base, [&](std::uint64_t k) { return draw(1, k, 0); }) < 4);
  CHECK(correlation(base, [&](std::uint64_t k) { return draw(k, 0, 1); }) < 4);
}
