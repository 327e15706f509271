// Samples made of known atoms, which a learner should find again.
#pragma once

#include <cstdint>

#include <Eigen/Core>

namespace clockless {

struct SyntheticOptions {
  Eigen::Index features = 32;
  Eigen::Index atoms = 24;
  Eigen::Index sparsity = 3;  ///< atoms in a sample, 1 to atoms
  double noise = 0.01;        ///< deviation of the noise on each value
  std::uint64_t seed = 0;
};

/// Atoms with the positive half of Gaussian entries, the others 0, scaled to unit norm; samples
/// that add `sparsity` distinct ones of them with coefficients uniform in 0.5 to 1.5, and Gaussian
/// noise, clipped at 0.
class SyntheticData {
 public:
  explicit SyntheticData(const SyntheticOptions& options);

  const Eigen::MatrixXd& truth() const { return truth_; }  ///< features x atoms
  /// Sample k, a function of (options, k) alone; held_out ones are others. Thread-safe.
  Eigen::VectorXd sample(std::uint64_t k) const;
  Eigen::VectorXd held_out(std::uint64_t k) const;

 private:
  Eigen::VectorXd draw(std::uint64_t key, std::uint64_t k) const;

  SyntheticOptions options_;
  Eigen::MatrixXd truth_;
};

}  // namespace clockless
