// Samples as the columns that are coded.
#include "apps/sparse/patched_samples.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include "core/error.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

void require_images(const Samples& samples) {
  if (samples.width == 0)
    throw Error(samples.origin +
                ": patches were asked for, but its samples are no images; use patch = 0");
}

PatchedSamples::PatchedSamples(const Samples& samples, double scale, double shift,
                               PatchOptions options)
    : values_((samples.values.array() * scale + shift).matrix()),
      width_(samples.width),
      height_(samples.height),
      options_(options) {
  if (options_.patch == 0) {
    columns_ = values_;
  } else {
    require_images(samples);
    grid_ = patch_grid(width_, height_, options_.patch, options_.patch, options_.stride);
    patches_ = static_cast<Index>(grid_.count());
    columns_.resize(static_cast<Index>(grid_.features()), patches_ * values_.cols());
    for (Index i = 0; i < values_.cols(); ++i)
      columns_.middleCols(i * patches_, patches_) = cut_patches(grid_, values_.col(i));
  }
  if (options_.remove_mean) means_ = remove_means(columns_);
}

VectorXd PatchedSamples::restore(Index i, MatrixXd columns) const {
  if (options_.remove_mean) columns.rowwise() += means_.segment(i * patches_, patches_).transpose();
  return options_.patch == 0 ? VectorXd(columns.col(0)) : join_patches(grid_, columns);
}

std::size_t PatchedSamples::column_width() const {
  return options_.patch == 0 ? width_ : options_.patch;
}

std::size_t PatchedSamples::column_height() const {
  return options_.patch == 0 ? height_ : options_.patch;
}

double psnr_db(const VectorXd& original, const VectorXd& restored) {
  const double peak = original.maxCoeff() - original.minCoeff();
  const double mse = (original - restored).squaredNorm() / static_cast<double>(original.size());
  if (mse == 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(peak * peak / mse);
}

}  // namespace clockless
