// Directed equilibrium propagation as its authors ran it (Farinha et al. 2020, their published
// program): Euler steps, a full batch, and weights that change by what passes along the trajectory.
#pragma once

#include <cstdint>

#include "apps/contrastive/contrast.hpp"
#include "apps/contrastive/epochs.hpp"
#include "apps/contrastive/graph.hpp"
#include "apps/contrastive/labelled_data.hpp"

namespace clockless {

/// Defaults are the authors', for logic tasks; their graph is complete with direct edges, 5 hidden
/// cells and one output, weights of N(0, 0.05), and leaks by Σ_k W_jk alone.
struct DirectedOptions {
  ContrastRule rule = ContrastRule::one_sided;
  double dt = 0.05;         ///< of the Euler steps
  int free_steps = 1000;    ///< T₁
  int nudged_steps = 1000;  ///< T₂
  double beta = 10;
  double learning_rate = 100;  ///< η
  double l1 = 0;               ///< W −= l1 · sgn(W) after each epoch
  double first_state = 0.1;    ///< each epoch begins with s ~ U(0, this)
  int epochs = 200;
  std::uint64_t seed = 0;  ///< of the first states
};

/// After each epoch ΔW_ij = η/(B T₂) Σ_t s_i(t) (s_j(t) − s_j(t−1)) over the nudged phase and all B
/// samples, for the one-sided rule; for the others likewise with their terms, see ContrastRule.
/// Accuracies are of the free phase; the cost is the mean ½‖y − s‖² at its end. unsettled counts
/// samples that were still moving then by more than 1e-3 a unit of time. Throws Error for
/// impossible options and where weights are no longer finite.
LearningCurve train_directed(ContrastiveGraph& graph, const LabelledData& data,
                             const DirectedOptions& options, const AfterEpoch& after_epoch = {});

/// The authors' graph: complete, with direct edges and `hidden` cells.
ContrastiveGraph directed_graph(const LabelledData& data, Eigen::Index hidden, Eigen::Index outputs,
                                Leak leak, double base_leak, std::uint64_t seed);

}  // namespace clockless
