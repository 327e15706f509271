// Equilibrium propagation at the level of rates (Scellier & Bengio 2017): the reference for spikes.
#pragma once

#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include "apps/contrastive/contrast.hpp"
#include "apps/contrastive/epochs.hpp"
#include "apps/contrastive/graph.hpp"
#include "apps/contrastive/labelled_data.hpp"
#include "apps/contrastive/rate_dynamics.hpp"
#include "core/parallel.hpp"

namespace clockless {

struct ContrastOptions {
  ContrastRule rule = ContrastRule::product;
  bool corrected = false;  ///< nudged dynamics with (Jᵀ − J)(s − s⁰): asymmetric EP
  double beta = 0.5;       ///< nudging conductance, ≠ 0; may be negative
  bool centred = true;  ///< contrast +β with −β (error O(β²)), not β with the free equilibrium
  /// The conductance of an output is β L instead of β. The cost is then Σ ½ L (y − s)².
  bool relative_nudge = false;
  SettleOptions settle = {};
};

struct Contrasted {
  WeightChange change;  ///< sum over samples; tends to −dC/dW as β -> 0 where that rule is exact
  Eigen::MatrixXd free_states;  ///< cells x samples
  Eigen::Index unsettled = 0;   ///< of all equilibria
};

/// The free equilibria of samples x (inputs x samples), the nudged ones towards targets
/// (outputs x samples), and the change of the weights that the rule makes of them.
/// Throws Error for β = 0 and for |β| that takes all of an output's leak.
Contrasted contrast_phases(const ContrastiveGraph& graph,
                           const Eigen::Ref<const Eigen::MatrixXd>& x,
                           const Eigen::MatrixXd& targets, const ContrastOptions& options);

/// Defaults were chosen on a fifth of the training digits, for layered nets of gain 1 with
/// symmetric weights. At twice the rates some lose an output at a bound, where ±β do not reach it
/// any more.
struct EquilibriumOptions {
  ContrastOptions contrast = {.settle = {.tolerance = 1e-5, .max_iterations = 400}};
  bool random_sign = true;  ///< of β, a batch; not where centred
  double input_rate = 0.1;  ///< weights += rate · mean change over the batch
  double recurrent_rate = 0.05;
  double rate_decay = 0.96;  ///< factor on the rates per epoch
  int epochs = 40;
  Eigen::Index batch = 4;
  std::uint64_t seed = 0;  ///< of the order of samples and the signs
  double label = 1;        ///< target of the output that is a sample's class
  unsigned threads = 1;    ///< share a batch, without changing a bit
};

/// Trains the graph's weights. Throws Error for impossible options and where weights run away.
LearningCurve train_rate_equilibrium(ContrastiveGraph& graph, const LabelledData& data,
                                     const EquilibriumOptions& options,
                                     const AfterEpoch& after_epoch = {});

/// What the outputs say at the free equilibria of samples x, one label each.
std::vector<int> classify_at_equilibrium(const ContrastiveGraph& graph, const Eigen::MatrixXd& x,
                                         const SettleOptions& settle, Parallel& parallel);

}  // namespace clockless
