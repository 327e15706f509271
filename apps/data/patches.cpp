// Cutting and joining patches.
#include "apps/data/patches.hpp"

#include <fmt/format.h>

#include "core/error.hpp"

namespace clockless {
namespace {

std::vector<std::size_t> starts(std::size_t image, std::size_t patch, std::size_t stride) {
  std::vector<std::size_t> out;
  for (std::size_t at = 0; at + patch < image; at += stride) out.push_back(at);
  out.push_back(image - patch);
  return out;
}

/// Calls visit(patch, feature, pixel) for every pixel of every patch.
template <class Visit>
void for_each_pixel(const PatchGrid& grid, Visit visit) {
  Eigen::Index patch = 0;
  for (const std::size_t top : grid.tops)
    for (const std::size_t left : grid.lefts) {
      Eigen::Index feature = 0;
      for (std::size_t y = top; y < top + grid.patch_height; ++y)
        for (std::size_t x = left; x < left + grid.patch_width; ++x)
          visit(patch, feature++, static_cast<Eigen::Index>(y * grid.image_width + x));
      ++patch;
    }
}

void check_size(const char* what, Eigen::Index is, std::size_t wanted) {
  if (is != static_cast<Eigen::Index>(wanted))
    throw Error(fmt::format("patches: {} {}, where the grid has {}; use the grid they were cut by",
                            is, what, wanted));
}

}  // namespace

PatchGrid patch_grid(std::size_t image_width, std::size_t image_height, std::size_t patch_width,
                     std::size_t patch_height, std::size_t stride) {
  if (patch_width == 0 || patch_height == 0 || patch_width > image_width ||
      patch_height > image_height)
    throw Error(
        fmt::format("patches of {} x {} pixels do not fit an image of {} x {}; choose 1 to "
                    "the image's size",
                    patch_width, patch_height, image_width, image_height));
  if (stride == 0 || stride > patch_width || stride > patch_height)
    throw Error(
        fmt::format("a stride of {} does not cover the image by patches of {} x {}; choose "
                    "1 to the patch's size",
                    stride, patch_width, patch_height));
  return {image_width,
          image_height,
          patch_width,
          patch_height,
          starts(image_width, patch_width, stride),
          starts(image_height, patch_height, stride)};
}

Eigen::MatrixXd cut_patches(const PatchGrid& grid,
                            const Eigen::Ref<const Eigen::VectorXd>& pixels) {
  check_size("pixels", pixels.size(), grid.image_width * grid.image_height);
  Eigen::MatrixXd patches(static_cast<Eigen::Index>(grid.features()),
                          static_cast<Eigen::Index>(grid.count()));
  for_each_pixel(
      grid, [&](auto patch, auto feature, auto pixel) { patches(feature, patch) = pixels[pixel]; });
  return patches;
}

Eigen::VectorXd remove_means(Eigen::MatrixXd& patches) {
  const Eigen::VectorXd means = patches.colwise().mean().transpose();
  patches.rowwise() -= means.transpose();
  return means;
}

Eigen::VectorXd join_patches(const PatchGrid& grid, const Eigen::MatrixXd& patches) {
  check_size("patches", patches.cols(), grid.count());
  check_size("features", patches.rows(), grid.features());
  const auto size = static_cast<Eigen::Index>(grid.image_width * grid.image_height);
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(size), cover = Eigen::VectorXd::Zero(size);
  for_each_pixel(grid, [&](auto patch, auto feature, auto pixel) {
    sum[pixel] += patches(feature, patch);
    cover[pixel] += 1;
  });
  return sum.cwiseQuotient(cover);
}

}  // namespace clockless
