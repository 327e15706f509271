// Back-propagation on the graph of a contrastive network: what the same edges can learn when errors
// are computed, not inferred.
#pragma once

#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include "apps/contrastive/contrast.hpp"
#include "apps/contrastive/epochs.hpp"
#include "apps/contrastive/graph.hpp"
#include "apps/contrastive/labelled_data.hpp"
#include "apps/contrastive/optimiser.hpp"
#include "core/parallel.hpp"

namespace clockless {

/// Layered and skip graphs are multilayer perceptrons: edges away from the inputs, cells
/// s = clip(drive, 0, 1). Complete graphs are recurrent: s is the free equilibrium, errors pass
/// backwards along its linearisation (Almeida 1987; Pineda 1987).
enum class Loss {
  /// −log softmax(drive of the outputs)[label]; of one output −log of the logistic function of
  /// ±(drive − ½). For perceptrons, where it is the stronger.
  cross_entropy,
  /// ½‖y − s‖². The slope of an output that is clipped counts as 1 where that lessens its error, so
  /// that none is lost for ever.
  squared,
};

struct Propagated {
  WeightChange descent;      ///< −dC/dW, summed over samples
  double cost = 0;           ///< summed over samples
  std::vector<int> decided;  ///< a label a sample, before any change
  Eigen::Index unsettled = 0;
};

/// One pass forwards and backwards for samples x (inputs x samples) and targets (outputs x
/// samples). Complete graphs take the squared loss only (Error).
Propagated backpropagate(const ContrastiveGraph& graph, const Eigen::Ref<const Eigen::MatrixXd>& x,
                         const Eigen::MatrixXd& targets, Loss loss);

/// What the outputs say for samples x, a label each.
std::vector<int> classify_forward(const ContrastiveGraph& graph, const Eigen::MatrixXd& x,
                                  Parallel& parallel);

struct BackpropOptions {
  Loss loss = Loss::cross_entropy;  ///< complete graphs: squared
  OptimiserOptions optimiser = {};  ///< the rate falls linearly to 0 over the training
  int epochs = 30;
  Eigen::Index batch = 32;
  std::uint64_t seed = 0;  ///< of the order of samples
  double label = 1;        ///< target of the output that is a sample's class; squared loss only
  unsigned threads = 1;    ///< share a batch, without changing a bit
};

/// Trains the graph's weights from where they are; feedback edges of perceptrons stay as they are.
/// Throws Error for impossible options and where weights run away.
LearningCurve train_backprop(ContrastiveGraph& graph, const LabelledData& data,
                             const BackpropOptions& options, const AfterEpoch& after_epoch = {});

}  // namespace clockless
