// Painting dead leaves from the front.
#include "apps/data/dead_leaves.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "apps/data/image_formats.hpp"
#include "core/error.hpp"
#include "core/random.hpp"

namespace clockless {
namespace {

/// The first pixel whose centre lies at or after x, kept within 0..size.
std::size_t first_pixel(double x, std::size_t size) {
  return static_cast<std::size_t>(std::clamp(std::ceil(x - .5), 0.0, static_cast<double>(size)));
}

}  // namespace

Image dead_leaves(const DeadLeaves& leaves, std::uint64_t seed, std::uint64_t number) {
  if (!(leaves.r_min >= .1 && leaves.r_max >= leaves.r_min && leaves.r_max <= 1e6))
    throw Error(
        fmt::format("dead-leaves: radii from {} to {} pixels; choose .1 <= r_min <= r_max "
                    "<= 1e6",
                    leaves.r_min, leaves.r_max));
  const std::size_t pixels =
      checked_pixels(leaves.width, leaves.height, std::size_t{1} << 28, "dead-leaves");
  constexpr float bare = -1;
  Image image{leaves.width, leaves.height, std::vector<float>(pixels, bare)};
  // The distribution function of r^-3 inverts to r^-2 being uniform between its ends.
  const double narrow = 1 / (leaves.r_min * leaves.r_min);
  const double wide = 1 / (leaves.r_max * leaves.r_max);
  const double reach = 2 * leaves.r_max;  // centres may lie outside by the greatest radius
  RandomStream random{seed, number};
  for (std::size_t left = pixels; left > 0;) {
    const double r = 1 / std::sqrt(wide + random.uniform() * (narrow - wide));
    const double x = random.uniform() * (static_cast<double>(leaves.width) + reach) - leaves.r_max;
    const double y = random.uniform() * (static_cast<double>(leaves.height) + reach) - leaves.r_max;
    const auto grey = static_cast<float>(random.uniform());
    const std::size_t bottom = first_pixel(y + r, leaves.height);
    for (std::size_t row = first_pixel(y - r, leaves.height); row < bottom; ++row) {
      const double dy = static_cast<double>(row) + .5 - y;
      const double half = std::sqrt(std::max(0.0, r * r - dy * dy));
      const std::size_t end = first_pixel(x + half, leaves.width);
      for (std::size_t column = first_pixel(x - half, leaves.width); column < end; ++column) {
        float& pixel = image.pixels[row * leaves.width + column];
        if (pixel != bare) continue;
        pixel = grey;
        --left;
      }
    }
  }
  return image;
}

}  // namespace clockless
