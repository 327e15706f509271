// Samples as the columns that are coded: scaled, whole or cut into patches; and pictures of them.
#pragma once

#include <cstddef>

#include <Eigen/Core>

#include "apps/data/patches.hpp"
#include "apps/data/samples.hpp"

namespace clockless {

struct PatchOptions {
  std::size_t patch = 0;     ///< side in pixels; 0: each sample whole
  std::size_t stride = 1;    ///< pixels from patch to patch
  bool remove_mean = false;  ///< code each patch without its mean, which restore() puts back
};

/// Throws Error unless the samples are images, of which patches can be cut.
void require_images(const Samples& samples);

/// Samples cut into the columns of one matrix, sample by sample, and joined again.
class PatchedSamples {
 public:
  /// Codes samples·scale + shift. Throws Error for patches of samples that are no images, or that
  /// do not fit.
  PatchedSamples(const Samples& samples, double scale, double shift, PatchOptions options);

  const Eigen::MatrixXd& columns() const { return columns_; }  ///< features x samples·patches
  Eigen::Index samples() const { return values_.cols(); }
  Eigen::Index patches() const { return patches_; }       ///< per sample
  Eigen::Index values() const { return values_.rows(); }  ///< of a sample
  /// One sample as it was given, scaled and shifted.
  Eigen::VectorXd sample(Eigen::Index i) const { return values_.col(i); }
  /// Sample i from its coded columns (features x patches): means restored, patches averaged.
  Eigen::VectorXd restore(Eigen::Index i, Eigen::MatrixXd columns) const;

  bool image() const { return width_ > 0; }
  std::size_t width() const { return width_; }    ///< of a sample
  std::size_t height() const { return height_; }  ///< of a sample
  std::size_t column_width() const;               ///< of a column as a picture; 0 for no image
  std::size_t column_height() const;

 private:
  Eigen::MatrixXd values_;  // features x samples
  std::size_t width_, height_;
  PatchOptions options_;
  PatchGrid grid_;
  Eigen::Index patches_ = 1;
  Eigen::MatrixXd columns_;
  Eigen::VectorXd means_;  // of each column; empty where they stay in
};

/// Peak signal-to-noise ratio in dB, the peak being the range of `original`; infinite if equal.
double psnr_db(const Eigen::VectorXd& original, const Eigen::VectorXd& restored);

}  // namespace clockless
