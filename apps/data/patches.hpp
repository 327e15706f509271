// Overlapping patches of an image, and an image of overlapping patches.
#pragma once

#include <cstddef>
#include <vector>

#include <Eigen/Dense>

namespace clockless {

/// Where the patches lie. Their order is row by row, as is that of the pixels within each.
struct PatchGrid {
  std::size_t image_width = 0, image_height = 0;
  std::size_t patch_width = 0, patch_height = 0;
  std::vector<std::size_t> lefts, tops;  // of the columns and rows of patches

  std::size_t count() const { return lefts.size() * tops.size(); }
  std::size_t features() const { return patch_width * patch_height; }
};

/// Patches every `stride` pixels; the last row and column are moved to the edge, so that every
/// pixel is covered. Throws Error where a patch exceeds the image, or is or strides nothing, or
/// strides over pixels.
PatchGrid patch_grid(std::size_t image_width, std::size_t image_height, std::size_t patch_width,
                     std::size_t patch_height, std::size_t stride);

/// Row-major pixels (width * height) to features x patches.
Eigen::MatrixXd cut_patches(const PatchGrid& grid, const Eigen::Ref<const Eigen::VectorXd>& pixels);

/// Takes its mean from each column and returns the means: restore with
/// `patches.rowwise() += means.transpose()`.
Eigen::VectorXd remove_means(Eigen::MatrixXd& patches);

/// Features x patches to row-major pixels: each the average of the patches that cover it.
Eigen::VectorXd join_patches(const PatchGrid& grid, const Eigen::MatrixXd& patches);

}  // namespace clockless
