// Contrastive Hebbian learning at equilibria, and its kind of contrastive model.
#include "apps/contrastive/contrastive_hebbian.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "apps/contrastive/phased_rates.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;

Settled settle_clamped(const ContrastiveGraph& graph, const Eigen::Ref<const MatrixXd>& x,
                       const MatrixXd& targets, MatrixXd start, const SettleOptions& o) {
  const RateDynamics dynamics(graph, x);
  Settled out{std::move(start), 0, x.cols()};
  MatrixXd& s = out.states;
  const Index hidden = graph.first_output();
  for (; out.iterations < o.max_iterations; ++out.iterations) {
    s.bottomRows(graph.outputs()) = targets;
    const MatrixXd to = (s + dynamics.velocity(s)).cwiseMax(0.0).cwiseMin(1.0);
    const MatrixXd change = to.topRows(hidden) - s.topRows(hidden);
    out.unsettled = 0;
    for (Index k = 0; k < s.cols(); ++k)
      out.unsettled += change.col(k).cwiseAbs().maxCoeff() <= o.tolerance ? 0 : 1;
    if (out.converged()) break;
    // Half a step: layers that inhibit each other would swing for ever.
    s.topRows(hidden) += 0.5 * change;
  }
  return out;
}

WeightChange contrastive_hebbian(const ContrastiveGraph& graph, const Eigen::Ref<const MatrixXd>& x,
                                 const MatrixXd& targets, double feedback,
                                 const SettleOptions& options) {
  const MatrixXd free = RateDynamics(graph, x).settle(options).states;
  const MatrixXd clamped = settle_clamped(graph, x, targets, free, options).states;
  WeightChange change = contrast(graph, ContrastRule::product, x, free, clamped, 1);
  const WeightChange rates = layer_rates(graph, feedback);
  change.input.array() *= rates.input.array();
  change.recurrent.array() *= rates.recurrent.array();
  return change;
}

namespace {

/// Single lessons are much larger than what two of them differ by: without their pair at hand it
/// takes smaller steps, and more of them.
PhasedRatesOptions hebbian_options(const ContrastiveContext& context) {
  PhasedRatesOptions o;
  o.contrast = RateContrast::clamped;
  o.input_rate = 0.1;
  o.recurrent_rate = 0.05;
  const PhasePlan& p = context.plan;
  const bool paired = !p.random_order && p.data_per_phase == 1;
  if (!paired) {
    o.input_rate *= 0.1;
    o.recurrent_rate *= 0.1;
  }
  o.phases = (paired ? 80U : 400U) * static_cast<std::uint64_t>(context.data.train.cols());
  return o;
}

CLOCKLESS_CONTRASTIVE_MODEL({
    .name = "contrastive-hebbian",
    .summary = "rates in layers with symmetric weights, outputs clamped against free ones",
    .figure = "test accuracy",
    .unit = "%",
    .plans = {"rigid", "in_place", "random_order", "uneven", "random_lengths", "several_data",
              "transient", "staggered", "baseline", "together"},
    .counted = "phases",
    .length = [](const ContrastiveContext& context) { return hebbian_options(context).phases; },
    .make = [](const ContrastiveContext& context) -> std::unique_ptr<ContrastiveModel> {
      return std::make_unique<PhasedRates>(context, hebbian_options(context));
    },
});

}  // namespace

}  // namespace clockless
