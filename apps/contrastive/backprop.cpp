// Errors passed backwards, through layers or through an equilibrium.
#include "apps/contrastive/backprop.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <fmt/format.h>

#include "apps/contrastive/output_code.hpp"
#include "apps/contrastive/rate_dynamics.hpp"
#include "apps/contrastive/rate_equilibrium.hpp"
#include "core/error.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr SettleOptions settle_options{1e-6, 1000};

bool recurrent(const ContrastiveGraph& graph) { return graph.kind == GraphKind::complete; }

/// Drives of all cells; s = clip(drive, 0, 1). Blocks come in the order of the layers they leave.
MatrixXd forward_drive(const ContrastiveGraph& graph, const Eigen::Ref<const MatrixXd>& x) {
  MatrixXd drive = graph.input_drive(x);
  for (const auto& b : graph.blocks)
    if (b.from < b.to)
      drive.middleRows(b.to, b.to_size).noalias() +=
          graph.recurrent.block(b.from, b.to, b.from_size, b.to_size).transpose() *
          drive.middleRows(b.from, b.from_size).cwiseMax(0.0).cwiseMin(1.0);
  return drive;
}

/// 1 where a state is not clipped. At the outputs it may be, if `error` (y − s) draws it inwards.
MatrixXd slopes(const MatrixXd& drive, const MatrixXd& error) {
  MatrixXd slope = (drive.array() > 0 && drive.array() < 1).cast<double>();
  const Index first = drive.rows() - error.rows();
  for (Index k = 0; k < error.cols(); ++k)
    for (Index j = 0; j < error.rows(); ++j)
      if ((drive(first + j, k) <= 0 && error(j, k) > 0) ||
          (drive(first + j, k) >= 1 && error(j, k) < 0))
        slope(first + j, k) = 1;
  return slope;
}

/// y − softmax(outputs), or y − logistic(output − ½); adds the cost of each column.
MatrixXd cross_entropy_error(const MatrixXd& outputs, const MatrixXd& targets, double& cost) {
  MatrixXd error = targets;
  for (Index k = 0; k < outputs.cols(); ++k) {
    if (outputs.rows() == 1) {
      const double z = outputs(0, k) - 0.5;
      cost += std::max(z, 0.0) - z * targets(0, k) + std::log1p(std::exp(-std::abs(z)));
      error(0, k) -= 1 / (1 + std::exp(-z));
      continue;
    }
    const VectorXd raised = (outputs.col(k).array() - outputs.col(k).maxCoeff()).exp();
    const double sum = raised.sum();
    cost += std::log(sum) + outputs.col(k).maxCoeff() - outputs.col(k).dot(targets.col(k));
    error.col(k) -= raised / sum;
  }
  return error;
}

Propagated through_layers(const ContrastiveGraph& graph, const Eigen::Ref<const MatrixXd>& x,
                          const MatrixXd& targets, Loss loss) {
  Propagated out;
  const MatrixXd drive = forward_drive(graph, x);
  const MatrixXd s = drive.cwiseMax(0.0).cwiseMin(1.0);
  const Index outputs = graph.outputs();
  MatrixXd delta = MatrixXd::Zero(s.rows(), s.cols());
  MatrixXd slope;
  if (loss == Loss::cross_entropy) {
    delta.bottomRows(outputs) = cross_entropy_error(drive.bottomRows(outputs), targets, out.cost);
    slope = slopes(drive, MatrixXd(0, s.cols()));
    slope.bottomRows(outputs).setOnes();
  } else {
    const MatrixXd error = targets - s.bottomRows(outputs);
    out.cost = 0.5 * error.squaredNorm();
    delta.bottomRows(outputs) = error;
    slope = slopes(drive, error);
  }
  out.decided = decide(drive.bottomRows(outputs));
  // Backwards through the blocks: a layer's error is whole before it is passed on.
  delta.bottomRows(outputs).array() *= slope.bottomRows(outputs).array();
  for (auto b = graph.blocks.rbegin(); b != graph.blocks.rend(); ++b)
    if (b->from < b->to)
      delta.middleRows(b->from, b->from_size).array() +=
          slope.middleRows(b->from, b->from_size).array() *
          (graph.recurrent.block(b->from, b->to, b->from_size, b->to_size) *
           delta.middleRows(b->to, b->to_size))
              .array();
  out.descent = outer(graph, x, s, delta);
  for (const auto& b : graph.blocks)
    if (b.from > b.to) out.descent.recurrent.block(b.from, b.to, b.from_size, b.to_size).setZero();
  return out;
}

Propagated through_equilibrium(const ContrastiveGraph& graph, const Eigen::Ref<const MatrixXd>& x,
                               const MatrixXd& targets, Loss loss) {
  if (loss != Loss::squared)
    throw Error(
        "back-propagation: a complete graph has no drive of its outputs alone; use the "
        "squared loss");
  Propagated out;
  const RateDynamics dynamics(graph, x);
  Settled settled = dynamics.settle(settle_options);
  out.unsettled = settled.unsettled;
  const MatrixXd& s = settled.states;
  const MatrixXd drive = s + dynamics.velocity(s);  // within 0..1 where not clipped, L > 0
  const MatrixXd error = targets - s.bottomRows(graph.outputs());
  out.cost = 0.5 * error.squaredNorm();
  out.decided = decide(s.bottomRows(graph.outputs()));
  // Jᵀ λ = ∂C/∂s on the free cells, by λ ← (error + W λ)/L: as many steps as settling took.
  const MatrixXd slope = slopes(drive, error);
  const VectorXd leak = dynamics.leak();
  MatrixXd lambda = MatrixXd::Zero(s.rows(), s.cols());
  bool converged = false;
  for (int i = 0; i < settle_options.max_iterations && !converged; ++i) {
    MatrixXd next = MatrixXd::Zero(s.rows(), s.cols());
    next.bottomRows(graph.outputs()) = error;
    graph.add_recurrent_drive(lambda, next, true);
    next = slope.array() * (leak.cwiseInverse().asDiagonal() * next).array();
    converged = (next - lambda).cwiseAbs().maxCoeff() <= settle_options.tolerance;
    lambda.swap(next);
  }
  if (!converged) out.unsettled = s.cols();
  out.descent = outer(graph, x, s, lambda);
  subtract_leak_part(graph, s, lambda, out.descent);
  return out;
}

constexpr Index piece_size = 64;  // samples that are propagated together

}  // namespace

Propagated backpropagate(const ContrastiveGraph& graph, const Eigen::Ref<const MatrixXd>& x,
                         const MatrixXd& targets, Loss loss) {
  return recurrent(graph) ? through_equilibrium(graph, x, targets, loss)
                          : through_layers(graph, x, targets, loss);
}

std::vector<int> classify_forward(const ContrastiveGraph& graph, const MatrixXd& x,
                                  Parallel& parallel) {
  if (recurrent(graph)) return classify_at_equilibrium(graph, x, settle_options, parallel);
  const std::vector<Piece> parts = pieces(x.cols(), piece_size);
  std::vector<std::vector<int>> decided(parts.size());
  parallel.for_each(parts.size(), [&](std::size_t i) {
    const MatrixXd drive = forward_drive(graph, x.middleCols(parts[i].first, parts[i].count));
    decided[i] = decide(drive.bottomRows(graph.outputs()));
  });
  std::vector<int> all;
  for (const auto& part : decided) all.insert(all.end(), part.begin(), part.end());
  return all;
}

LearningCurve train_backprop(ContrastiveGraph& graph, const LabelledData& data,
                             const BackpropOptions& o, const AfterEpoch& after_epoch) {
  Parallel parallel(o.threads);
  Optimiser optimiser(graph, o.optimiser);
  const Index batches = (data.train.cols() + o.batch - 1) / std::max<Index>(o.batch, 1);
  const double steps = static_cast<double>(std::max(o.epochs, 1)) * static_cast<double>(batches);
  double done = 0;
  const auto learn = [&](const Batch& batch) {
    const std::vector<Piece> parts = pieces(batch.x.cols(), piece_size);
    std::vector<Propagated> propagated(parts.size());
    parallel.for_each(parts.size(), [&](std::size_t i) {
      propagated[i] =
          backpropagate(graph, batch.x.middleCols(parts[i].first, parts[i].count),
                        batch.targets.middleCols(parts[i].first, parts[i].count), o.loss);
    });
    BatchResult result;
    for (Propagated& part : propagated) {
      result.cost += part.cost;
      result.unsettled += part.unsettled;
      result.decided.insert(result.decided.end(), part.decided.begin(), part.decided.end());
      if (&part != &propagated.front()) propagated.front().descent += part.descent;
    }
    WeightChange& mean = propagated.front().descent;
    mean *= 1 / static_cast<double>(batch.x.cols());
    optimiser.step(graph, mean, 1 - done++ / steps);
    return result;
  };
  const auto test = [&] {
    return accuracy(classify_forward(graph, data.test, parallel), data.test_labels);
  };
  return run_epochs("back-propagation", graph, data,
                    {o.epochs, o.batch, o.seed, o.loss == Loss::squared ? o.label : 1.0}, learn,
                    test, after_epoch);
}

}  // namespace clockless
