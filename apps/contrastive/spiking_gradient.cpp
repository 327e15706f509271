// Weight changes of the spiking network beside the exact gradient.
#include "apps/contrastive/spiking_gradient.hpp"

#include <utility>

#include "apps/contrastive/contrast.hpp"
#include "apps/contrastive/equilibrium_learner.hpp"
#include "apps/contrastive/labelled_data.hpp"
#include "apps/contrastive/rate_dynamics.hpp"
#include "neurons/level_sensor.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

double spiking_gradient_cosine(const ContrastiveGraph& graph, const SpikingOptions& options,
                               const MatrixXd& x, const MatrixXd& targets, int contexts,
                               std::uint64_t seed) {
  constexpr double rate = 1e-5;  // of which all changes together are nothing to a weight
  SpikingOptions o = options;
  o.input_rate = o.forward_rate = o.feedback_rate = o.lateral_rate = rate;
  const EquilibriumNetwork network(graph, o);
  EquilibriumLearner learner(network, graph, {.seed = seed});
  // From the same weights at each sample: only what it learns is to add up.
  WeightChange learned = WeightChange::zero(graph);
  ContrastiveGraph before = graph, after = graph;
  learner.give_weights(before);  // in single precision
  for (int context = 0; context < contexts; ++context)
    for (const Index k : epoch_order(seed, static_cast<std::uint64_t>(context), x.cols())) {
      learner.learn(x.col(k), targets.col(k));
      learner.give_weights(after);
      learned += {after.input_weights - before.input_weights, after.recurrent - before.recurrent};
      std::swap(before, after);
    }
  const double quantum = LevelSensor::quantum({o.input_threshold});
  const MatrixXd told = (x / quantum).array().round() * quantum;
  const MatrixXd free = RateDynamics(graph, told).settle().states;
  const VectorXd weights = o.relative_nudge ? VectorXd(graph.leaks().tail(graph.outputs()))
                                            : VectorXd::Ones(graph.outputs());
  const WeightChange exact = exact_descent(graph, told, free, targets, weights);
  // A weight that two directions share has the gradient of both.
  const bool shared = o.rule == SpikingOptions::Rule::product &&
                      graph.recurrent.isApprox(graph.recurrent.transpose());
  return gradient_cosine(learned, shared ? symmetrised(exact) : exact);
}

}  // namespace clockless
