// Dead leaves: reproducible, fully covered, and correlated as the closed form says.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "apps/data/dead_leaves.hpp"
#include "tests/apps/data/files.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinAbs;

namespace {

/// Expected area that a disc shares with itself shifted by d, radii of density ~ r^-3.
double shared_area(double d, double r_min, double r_max) {
  constexpr int steps = 20000;
  double area = 0, norm = 0;
  for (int i = 0; i < steps; ++i) {
    const double r = r_min + (i + .5) * (r_max - r_min) / steps;
    const double p = std::pow(r, -3);
    norm += p;
    if (d < 2 * r)
      area += p * (2 * r * r * std::acos(d / (2 * r)) - d / 2 * std::sqrt(4 * r * r - d * d));
  }
  return area / norm;
}

}  // namespace

TEST_CASE("the same seed paints the same leaves", "[app][data]") {
  const DeadLeaves leaves{40, 30, 1, 20};
  const Image image = dead_leaves(leaves, 7);
  CHECK(image.width == 40);
  CHECK(image.height == 30);
  REQUIRE(image.pixels.size() == 1200);
  CHECK(std::all_of(image.pixels.begin(), image.pixels.end(),
                    [](float v) { return v >= 0 && v <= 1; }));
  CHECK(dead_leaves(leaves, 7).pixels == image.pixels);
  CHECK(dead_leaves(leaves, 8).pixels != image.pixels);
  CHECK(dead_leaves(leaves, 7, 1).pixels != image.pixels);
  std::uint64_t hash = 14695981039346656037U;  // FNV-1a: one value on every compiler and machine
  for (const float v : image.pixels)
    hash = (hash ^ std::bit_cast<std::uint32_t>(v)) * 1099511628211U;
  CHECK(hash == 0x9832f23ef7de5e46);
}

TEST_CASE("two pixels share a leaf as often as the closed form says", "[app][data]") {
  // Both points seen on one leaf: of the leaves that cover either, the first covers both, which
  // has probability c(d) / (2 c(0) - c(d)) with c the expected shared area. Greys of different
  // leaves are independent, so this is also their correlation.
  const DeadLeaves leaves{32, 32, 2, 16};
  constexpr std::size_t images = 400;
  std::vector<Image> drawn;
  for (std::size_t i = 0; i < images; ++i) drawn.push_back(dead_leaves(leaves, 1, i));
  const double alone = shared_area(0, leaves.r_min, leaves.r_max);
  for (const std::size_t lag : std::vector<std::size_t>{1, 3, 8, 20}) {
    const double shared = shared_area(static_cast<double>(lag), leaves.r_min, leaves.r_max);
    const double expected = shared / (2 * alone - shared);
    for (const bool down : {false, true}) {
      double sum = 0, squares = 0;
      for (const Image& image : drawn) {
        double same = 0, pairs = 0;
        for (std::size_t a = 0; a < 32; ++a)
          for (std::size_t b = 0; b + lag < 32; ++b, ++pairs) {
            const std::size_t from = down ? b * 32 + a : a * 32 + b;
            same += image.pixels[from] == image.pixels[from + (down ? 32 * lag : lag)];
          }
        sum += same / pairs;
        squares += (same / pairs) * (same / pairs);
      }
      const double mean = sum / images;
      const double error = std::sqrt((squares / images - mean * mean) / images);
      CAPTURE(lag, down, expected, mean, error);
      CHECK(std::abs(mean - expected) < 4 * error);
    }
  }
  double mean = 0, square = 0;
  for (const Image& image : drawn)
    for (const float v : image.pixels) {
      mean += v;
      square += v * v;
    }
  mean /= images * 1024;
  square /= images * 1024;
  CHECK_THAT(mean, WithinAbs(.5, .02));
  CHECK_THAT(square, WithinAbs(1. / 3, .02));
}

TEST_CASE("impossible leaves are refused", "[app][data]") {
  CHECK_THAT(error_of([] { dead_leaves({8, 8, 0, 4}, 0); }), Contains("radii from 0 to 4"));
  CHECK_THAT(error_of([] { dead_leaves({8, 8, 5, 4}, 0); }), Contains("radii from 5 to 4"));
  CHECK_THAT(error_of([] { dead_leaves({8, 8, std::nan(""), 4}, 0); }), Contains("radii"));
  CHECK_THAT(error_of([] { dead_leaves({0, 8, 1, 4}, 0); }), Contains("impossible image size"));
}
