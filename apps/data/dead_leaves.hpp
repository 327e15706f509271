// Dead-leaves images: occluding discs, a model of natural images that needs no data.
#pragma once

#include <cstddef>
#include <cstdint>

#include "apps/data/image.hpp"

namespace clockless {

struct DeadLeaves {
  std::size_t width = 128;   // pixels
  std::size_t height = 128;  // pixels
  double r_min = 1;          // least radius, pixels, at least 0.1
  double r_max = 64;         // greatest radius, pixels
};

/// One image: discs with uniform centres and greys and radii of density ~ r^-3 between r_min and
/// r_max, the law that makes the image scale-invariant between them (Lee, Mumford & Huang, IJCV
/// 2001). It is painted front to back until every pixel is covered, which samples the model's
/// stationary distribution exactly. The same (seed, number) gives the same pixels everywhere.
Image dead_leaves(const DeadLeaves& leaves, std::uint64_t seed, std::uint64_t number = 0);

}  // namespace clockless
