// Denoising a picture with a dictionary.
#pragma once

#include <cstddef>
#include <cstdint>

#include <Eigen/Core>

#include "apps/data/image.hpp"

namespace clockless {

struct DenoiseOptions {
  std::size_t stride = 1;  ///< pixels from patch to patch
  double lambda = 75;      ///< price of a coefficient of unit-norm atoms, grey levels of 255:
                           ///< about 2.8 times the noise, 5 times with refit
  /// Then fits the coefficients of the atoms chosen by least squares, which undoes their shrinkage
  /// by lambda (and goes beyond the paper; they may become negative).
  bool refit = false;
  unsigned threads = 1;  ///< the result does not depend on it
};

struct Denoised {
  Image image;          ///< not clipped to 0..1
  double nonzeros = 0;  ///< coefficients per patch
};

/// The picture with Gaussian noise of deviation `sigma` grey levels (of 255), not clipped; the same
/// (seed, pixel) gives the same noise.
Image add_noise(const Image& image, double sigma, std::uint64_t seed);

/// Peak signal-to-noise ratio in dB, the peak being white (255 grey levels).
double grey_psnr_db(const Image& original, const Image& other);

/// As in Lin & Tang 2019, appendix D: overlapping square patches less their means, in ± channels,
/// coded by non-negative LASSO; sums of atoms plus means, averaged where patches overlap.
/// `dictionary` is 2 side² x atoms (± channels) or side² x atoms; norms do not matter. Nor does the
/// amplitude it was learned at, since codes and lambda scale with the samples. Not whole after
/// Ctrl-C. Throws Error for a dictionary of no square patches or not finite, patches or stride that
/// do not fit, and lambda not positive.
Denoised denoise(const Image& noisy, const Eigen::MatrixXd& dictionary,
                 const DenoiseOptions& options = {});

}  // namespace clockless
