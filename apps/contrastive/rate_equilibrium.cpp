// Training by the contrast of equilibria.
#include "apps/contrastive/rate_equilibrium.hpp"

#include <cmath>
#include <cstddef>
#include <utility>

#include <fmt/format.h>

#include "apps/contrastive/output_code.hpp"
#include "core/error.hpp"
#include "core/random.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

Contrasted contrast_phases(const ContrastiveGraph& graph, const Eigen::Ref<const MatrixXd>& x,
                           const MatrixXd& targets, const ContrastOptions& o) {
  const RateDynamics free(graph, x);
  VectorXd conductance = VectorXd::Constant(graph.outputs(), o.beta);
  if (o.relative_nudge) conductance.array() *= free.leak().tail(graph.outputs()).array();
  const VectorXd least_leak = free.leak().tail(graph.outputs()) -
                              (o.centred || o.beta < 0 ? conductance.cwiseAbs().eval()
                                                       : VectorXd::Zero(graph.outputs()).eval());
  if (o.beta == 0 || !std::isfinite(o.beta) ||
      (graph.leak != Leak::outgoing && !(least_leak.minCoeff() > 0)))
    throw Error(fmt::format(
        "equilibrium propagation: β = {}{} leaves an output a leak of {:.4g}; choose |β| above 0 "
        "and below the leak",
        o.beta, o.centred ? " both ways" : "", least_leak.minCoeff()));
  Settled settled = free.settle(o.settle);
  Index unsettled = settled.unsettled;
  const MatrixXd& start = settled.states;
  const auto nudged = [&](double sign) {
    RateDynamics dynamics = free.nudged(sign * conductance, targets);
    if (o.corrected) dynamics = dynamics.corrected(start);
    Settled out = dynamics.settle_from(start, o.settle);
    unsettled += out.unsettled;
    return out.states;
  };
  const MatrixXd to = nudged(1);
  WeightChange change = o.centred ? contrast(graph, o.rule, x, nudged(-1), to, 2 * o.beta)
                                  : contrast(graph, o.rule, x, start, to, o.beta);
  return {std::move(change), std::move(settled.states), unsettled};
}

namespace {

constexpr Index piece_size = 16;  // samples that are settled together

bool is_rate(double rate) { return rate >= 0 && std::isfinite(rate); }

}  // namespace

std::vector<int> classify_at_equilibrium(const ContrastiveGraph& graph, const MatrixXd& x,
                                         const SettleOptions& settle, Parallel& parallel) {
  const std::vector<Piece> parts = pieces(x.cols(), piece_size);
  std::vector<std::vector<int>> decided(parts.size());
  parallel.for_each(parts.size(), [&](std::size_t i) {
    const RateDynamics dynamics(graph, x.middleCols(parts[i].first, parts[i].count));
    decided[i] = decide(dynamics.settle(settle).states.bottomRows(graph.outputs()));
  });
  std::vector<int> all;
  for (const auto& part : decided) all.insert(all.end(), part.begin(), part.end());
  return all;
}

LearningCurve train_rate_equilibrium(ContrastiveGraph& graph, const LabelledData& data,
                                     const EquilibriumOptions& o, const AfterEpoch& after_epoch) {
  if (!is_rate(o.input_rate) || !is_rate(o.recurrent_rate) || !(o.rate_decay > 0))
    throw Error(fmt::format(
        "equilibrium propagation: rates {} and {}, rate_decay {}; rates must be finite and not "
        "negative, rate_decay positive",
        o.input_rate, o.recurrent_rate, o.rate_decay));
  Parallel parallel(o.threads);
  const std::uint64_t signs = random_bits(o.seed, 0x7369676e73, 0);  // a stream of its own: 'signs'
  const auto learn = [&](const Batch& batch) {
    ContrastOptions contrast = o.contrast;
    const std::uint64_t bits = random_bits(signs, static_cast<std::uint64_t>(batch.epoch),
                                           static_cast<std::uint64_t>(batch.first));
    if (o.random_sign && (bits & 1) != 0) contrast.beta = -contrast.beta;
    const std::vector<Piece> parts = pieces(batch.x.cols(), piece_size);
    std::vector<Contrasted> contrasted(parts.size());
    parallel.for_each(parts.size(), [&](std::size_t i) {
      contrasted[i] =
          contrast_phases(graph, batch.x.middleCols(parts[i].first, parts[i].count),
                          batch.targets.middleCols(parts[i].first, parts[i].count), contrast);
    });
    BatchResult result;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const MatrixXd outputs = contrasted[i].free_states.bottomRows(graph.outputs());
      result.cost +=
          0.5 * (batch.targets.middleCols(parts[i].first, parts[i].count) - outputs).squaredNorm();
      const std::vector<int> decided = decide(outputs);
      result.decided.insert(result.decided.end(), decided.begin(), decided.end());
      result.unsettled += contrasted[i].unsettled;
      if (i > 0) contrasted[0].change += contrasted[i].change;
    }
    const double scale = std::pow(o.rate_decay, batch.epoch) / static_cast<double>(batch.x.cols());
    apply(graph, contrasted[0].change, scale * o.input_rate, scale * o.recurrent_rate);
    return result;
  };
  const auto test = [&] {
    return accuracy(classify_at_equilibrium(graph, data.test, o.contrast.settle, parallel),
                    data.test_labels);
  };
  return run_epochs("equilibrium propagation", graph, data, {o.epochs, o.batch, o.seed, o.label},
                    learn, test, after_epoch);
}

}  // namespace clockless
