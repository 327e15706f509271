// The dynamics of a contrastive network at the level of rates, without spikes, and its equilibria.
#pragma once

#include <cstddef>

#include <Eigen/Core>

#include "apps/contrastive/graph.hpp"

namespace clockless {

struct SettleOptions {
  /// Largest change that a whole step would still make to a state.
  double tolerance = 1e-12;
  int max_iterations = 5000;
};

struct Settled {
  Eigen::MatrixXd states;  ///< cells x samples
  int iterations = 0;
  Eigen::Index unsettled = 0;  ///< samples beyond the tolerance, at a limit cycle or too slow
  bool converged() const { return unsettled == 0; }
};

/// How a step of length dt is taken. The equilibria are the same; on the way a cell that is driven
/// beyond a bound slows down before it only with exponential steps, as spiking ones do.
enum class Stepping {
  euler,        ///< s + dt · f(s), clipped (Farinha et al. 2020); contracts for dt ≤ 1 / max g
  exponential,  ///< a + (s − a) e^{−g dt}, a the clipped target with all others held (needs g > 0)
};

/// ds/dt = f(s) = c + Wᵀ s − g s, each s kept in [0, 1] (see Stepping); time in units of the
/// membrane's, samples in columns, each on its own. Free: c = W_inᵀ x + bias and g = L. Refers to
/// the graph, whose weights must stay as they are meanwhile.
class RateDynamics {
 public:
  /// Throws Error where x is not inputs x samples.
  RateDynamics(const ContrastiveGraph& graph, const Eigen::Ref<const Eigen::MatrixXd>& x);

  /// The same with a conductance towards target on the outputs: f += G (y − s). `conductance` has
  /// an entry an output and may be negative; target is outputs x samples.
  RateDynamics nudged(const Eigen::VectorXd& conductance, const Eigen::MatrixXd& target) const;

  /// The same with the asymmetric correction f += (Jᵀ − J)(s − s⁰), s⁰ the free equilibrium: the
  /// response to a weak nudge is then the adjoint state λ, Jᵀλ = ∂C/∂s, for any directed weights
  /// (asymmetric equilibrium propagation, Scurria et al. 2026). It amounts to edges reversed.
  RateDynamics corrected(const Eigen::MatrixXd& free_states) const;

  /// f(s), nothing clipped.
  Eigen::MatrixXd velocity(const Eigen::MatrixXd& s) const;
  void step(Eigen::MatrixXd& s, double dt, Stepping stepping) const;

  /// The equilibrium from `start` (cells x samples, in [0, 1]), by the projected iteration
  /// s ← clip(s + α f(s)/max(|g|, 1)) with α = 1, halved whenever it stops to make progress. With
  /// α = 1 it contracts in Σ g|s − s*| for contractive graphs, in the maximum norm for those
  /// corrected, so there it always gets there, to max g / λ times the tolerance.
  Settled settle_from(Eigen::MatrixXd start, const SettleOptions& options = {}) const;
  /// From s = 0.
  Settled settle(const SettleOptions& options = {}) const;

  const Eigen::VectorXd& leak() const { return leak_; }
  const Eigen::MatrixXd& current() const { return current_; }

 private:
  const ContrastiveGraph* graph_;
  Eigen::VectorXd leak_;     // g, cells
  Eigen::MatrixXd current_;  // c, cells x samples
  bool reversed_ = false;
};

}  // namespace clockless
