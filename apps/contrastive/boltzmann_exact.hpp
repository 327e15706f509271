// Restricted Boltzmann machines small enough to enumerate: what learners are held against.
#pragma once

#include <cstdint>

#include <Eigen/Core>

namespace clockless {

/// Units are 0 or 1, visible ones v and hidden ones h, E(v, h) = −Σ v_i W_ij h_j over i ≤ visible,
/// j ≤ hidden, where the last v and the last h are always 1: W's last row holds the biases of
/// hidden units, its last column those of visible ones, and its corner is without effect.
struct RestrictedBoltzmann {
  Eigen::MatrixXd weights;  ///< (visible + 1) x (hidden + 1)

  Eigen::Index visible() const { return weights.rows() - 1; }
  Eigen::Index hidden() const { return weights.cols() - 1; }

  /// Weights drawn from N(0, sd), a function of (sizes, seed); biases 0. Throws Error for sizes
  /// below 1.
  static RestrictedBoltzmann random(Eigen::Index visible, Eigen::Index hidden, double sd,
                                    std::uint64_t seed);
};

/// Patterns in columns with the constant unit as last row: (rows + 1) x columns.
Eigen::MatrixXd with_bias(const Eigen::MatrixXd& patterns);

/// −log Σ_h e^{−E(v, h)} of each pattern v (visible x patterns), the corner left out.
Eigen::VectorXd free_energies(const RestrictedBoltzmann& machine, const Eigen::MatrixXd& patterns);

/// P(h_j = 1 | v), hidden x patterns.
Eigen::MatrixXd hidden_probabilities(const RestrictedBoltzmann& machine,
                                     const Eigen::MatrixXd& patterns);

/// The distribution of a machine over its visible states: state k has v_i = bit i of k.
struct ExactDistribution {
  double log_partition = 0;       ///< log Σ_{v,h} e^{−E}
  Eigen::VectorXd probabilities;  ///< 2^visible
};

/// By enumeration. Throws Error for more than 20 visible units.
ExactDistribution exact_distribution(const RestrictedBoltzmann& machine);

/// Columns 0 … count − 1 from `first` on of all visible states, visible x count.
Eigen::MatrixXd visible_states(Eigen::Index visible, Eigen::Index first, Eigen::Index count);

/// Mean of −log P(v) over the patterns (0s and 1s, visible x patterns), nat.
double negative_log_likelihood(const RestrictedBoltzmann& machine, const Eigen::MatrixXd& patterns);

/// −d(negative log-likelihood)/dW = ⟨v hᵀ⟩ of the patterns − ⟨v hᵀ⟩ of the machine, like W; the
/// corner is 0.
Eigen::MatrixXd exact_gradient(const RestrictedBoltzmann& machine, const Eigen::MatrixXd& patterns);

/// ½ Σ_v |P(v) − share of v among the patterns|.
double total_variation(const RestrictedBoltzmann& machine, const Eigen::MatrixXd& patterns);

/// Bars and stripes (MacKay 2003, §43): side² x 2^(side+1); all pictures of full rows, then all of
/// full columns, so the empty and the full one come twice. Throws Error for sides beyond 1 to 8.
Eigen::MatrixXd bars_and_stripes(Eigen::Index side);

/// −Σ p log p of the shares that patterns have among them, nat: the least mean −log P.
double pattern_entropy(const Eigen::MatrixXd& patterns);

}  // namespace clockless
