// Learning without phases: minimum probability flow (Sohl-Dickstein, Battaglino & DeWeese 2011),
// the flow out of the data that a network would have were it left alone for a moment.
#pragma once

#include <cstdint>

#include <Eigen/Core>

#include "apps/contrastive/boltzmann_exact.hpp"

namespace clockless {

/// K = mean over states x of Σ_i e^{(E(x) − E(xⁱ)) / 2}, xⁱ being x with unit i flipped, and dK/dW.
/// K is least where the machine's distribution is that of the data, if it can be. Neighbours that
/// are data, too, are not left out.
struct ProbabilityFlow {
  double objective = 0;
  Eigen::MatrixXd gradient;
};

/// Of a restricted machine's visible states, hidden ones summed over: free energies for E, flips of
/// visible units. Patterns are visible x states; the gradient is like W, its corner 0.
ProbabilityFlow probability_flow(const RestrictedBoltzmann& machine,
                                 const Eigen::MatrixXd& patterns);

struct ProbabilityFlowOptions {
  double rate = 0.5;           ///< η ≥ 0
  double weight_decay = 1e-2;  ///< ≥ 0, times η, not of biases
};

/// Descends the flow out of all patterns. Nothing is drawn, and the machine never runs freely.
class ProbabilityFlowLearner {
 public:
  /// Patterns of 0s and 1s, visible x patterns. Throws Error for options out of range.
  ProbabilityFlowLearner(RestrictedBoltzmann initial, const Eigen::MatrixXd& patterns,
                         const ProbabilityFlowOptions& options);
  /// Throws Error where weights run away.
  void learn(std::uint64_t steps);
  const RestrictedBoltzmann& machine() const { return machine_; }

 private:
  Eigen::MatrixXd patterns_;
  ProbabilityFlowOptions options_;
  RestrictedBoltzmann machine_;
};

}  // namespace clockless
