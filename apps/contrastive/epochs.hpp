// The course of a training: batches in shuffled order, epoch by epoch, and what it reports.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <Eigen/Core>

#include "apps/contrastive/graph.hpp"
#include "apps/contrastive/labelled_data.hpp"

namespace clockless {

struct EpochResult {
  double train_accuracy = 0;   ///< of each sample before it was learned, share
  double train_cost = 0;       ///< likewise, mean of the method's cost
  double test_accuracy = 0;    ///< after the epoch, share
  Eigen::Index unsettled = 0;  ///< equilibria that were not reached (0 for methods without any)
};

/// Epoch by epoch. Ctrl-C ends it early, in a whole epoch.
using LearningCurve = std::vector<EpochResult>;

/// Called after each epoch, to show how far it is.
using AfterEpoch = std::function<void(const EpochResult&)>;

struct Batch {
  Eigen::MatrixXd x;        ///< inputs x samples
  Eigen::MatrixXd targets;  ///< outputs x samples
  std::vector<int> labels;
  int epoch = 0;
  Eigen::Index first = 0;  ///< samples before it in its epoch
};

struct BatchResult {
  std::vector<int> decided;  ///< a label a sample
  double cost = 0;           ///< sum over samples
  Eigen::Index unsettled = 0;
};

struct EpochOptions {
  int epochs = 0;
  Eigen::Index batch = 0;
  std::uint64_t seed = 0;  ///< of the order of samples
  double label = 1;        ///< target of the output that is a sample's class
};

/// Calls learn(batch) for every batch and test() after every epoch. Throws Error, naming `method`,
/// for fewer than 0 epochs, batches below 1, data that does not fit the graph, and where the
/// graph's weights are no longer finite.
LearningCurve run_epochs(const char* method, const ContrastiveGraph& graph,
                         const LabelledData& data, const EpochOptions& options,
                         const std::function<BatchResult(const Batch&)>& learn,
                         const std::function<double()>& test, const AfterEpoch& after_epoch);

/// Some samples of a batch.
struct Piece {
  Eigen::Index first, count;
};

/// n samples in pieces of `size`, for threads to share. They do not depend on the number of
/// threads, so neither do sums over them in their order.
std::vector<Piece> pieces(Eigen::Index n, Eigen::Index size);

}  // namespace clockless
