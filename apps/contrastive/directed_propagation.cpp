// Learning along trajectories.
#include "apps/contrastive/directed_propagation.hpp"

#include <cmath>

#include <fmt/format.h>

#include "apps/contrastive/output_code.hpp"
#include "apps/contrastive/rate_dynamics.hpp"
#include "core/error.hpp"
#include "core/random.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// Σ_t of the rule along a nudged phase of `steps` Euler steps from s, which ends at its end.
WeightChange along(const ContrastiveGraph& graph, const RateDynamics& dynamics, const MatrixXd& x,
                   const DirectedOptions& o, MatrixXd& s) {
  const MatrixXd start = s;
  MatrixXd products = MatrixXd::Zero(graph.cells(), graph.cells());  // Σ_t s (Δs)ᵀ
  MatrixXd before = s;
  for (int t = 0; t < o.nudged_steps; ++t) {
    dynamics.step(s, o.dt, Stepping::euler);
    products.noalias() += s * (s - before).transpose();
    before = s;
  }
  // Inputs are constant: what passes them adds up to the difference of the ends.
  WeightChange change = outer(graph, x, s, s - start);
  const VectorXd own = products.diagonal();
  if (o.rule == ContrastRule::product) products = (products + products.transpose()).eval();
  change.recurrent = products.cwiseProduct(graph.recurrent_mask);
  if (o.rule == ContrastRule::vector_field)
    subtract_leak_part(graph, own, VectorXd::Ones(own.size()), change);
  return change;
}

}  // namespace

ContrastiveGraph directed_graph(const LabelledData& data, Index hidden, Index outputs, Leak leak,
                                double base_leak, std::uint64_t seed) {
  GraphOptions options;
  options.kind = GraphKind::complete;
  options.inputs = data.train.rows();
  options.hidden = {hidden};
  options.outputs = outputs;
  options.direct_edges = true;
  options.leak = leak;
  options.base_leak = base_leak;
  options.deviation = 0.05;
  options.seed = seed;
  ContrastiveGraph graph = make_graph(options);
  const std::uint64_t key = random_bits(seed, 0x62696173, 0);  // a stream of its own: 'bias'
  RandomStream biases{key, 0};                                 // theirs is a weight like others
  for (double& b : graph.input_weights.row(graph.inputs())) b = 0.05 * biases.normal();
  return graph;
}

LearningCurve train_directed(ContrastiveGraph& graph, const LabelledData& data,
                             const DirectedOptions& o, const AfterEpoch& after_epoch) {
  if (!(o.dt > 0) || o.free_steps < 0 || o.nudged_steps < 1 || !std::isfinite(o.beta) ||
      !std::isfinite(o.learning_rate) || !(o.l1 >= 0) || !(o.first_state >= 0) ||
      !(o.first_state <= 1))
    throw Error(fmt::format(
        "directed propagation: dt {}, {} and {} steps, beta {}, learning rate {}, l1 {}, "
        "first_state "
        "{}; give dt > 0, a nudged step, l1 at least 0, first_state in 0..1, all finite",
        o.dt, o.free_steps, o.nudged_steps, o.beta, o.learning_rate, o.l1, o.first_state));
  constexpr double still_moving = 1e-3;
  const std::uint64_t key = random_bits(o.seed, 0x7374617465, 0);  // streams of its own: 'state'
  const auto free_states = [&](const MatrixXd& x, std::uint64_t epoch) {
    RandomStream random{key, epoch};
    MatrixXd s(graph.cells(), x.cols());
    for (double& value : s.reshaped()) value = o.first_state * random.uniform();
    const RateDynamics dynamics(graph, x);
    for (int t = 0; t < o.free_steps; ++t) dynamics.step(s, o.dt, Stepping::euler);
    return s;
  };
  const auto learn = [&](const Batch& batch) {
    MatrixXd s = free_states(batch.x, static_cast<std::uint64_t>(batch.epoch));
    BatchResult result;
    const MatrixXd outputs = s.bottomRows(graph.outputs());
    result.cost = 0.5 * (batch.targets - outputs).squaredNorm();
    result.decided = decide(outputs);
    const RateDynamics free(graph, batch.x);
    MatrixXd onward = s;
    free.step(onward, o.dt, Stepping::euler);
    result.unsettled =
        ((onward - s).cwiseAbs().colwise().maxCoeff().array() > still_moving * o.dt).count();
    const RateDynamics nudged =
        free.nudged(VectorXd::Constant(graph.outputs(), o.beta), batch.targets);
    const WeightChange change = along(graph, nudged, batch.x, o, s);
    const double rate = o.learning_rate / (static_cast<double>(batch.x.cols()) * o.nudged_steps);
    apply(graph, change, rate, rate);
    graph.input_weights -= o.l1 * graph.input_weights.cwiseSign();
    graph.recurrent -= o.l1 * graph.recurrent.cwiseSign();
    return result;
  };
  const auto test = [&] {
    const MatrixXd s = free_states(data.test, ~std::uint64_t{0});
    return accuracy(decide(s.bottomRows(graph.outputs())), data.test_labels);
  };
  return run_epochs("directed propagation", graph, data, {o.epochs, data.train.cols(), o.seed},
                    learn, test, after_epoch);
}

}  // namespace clockless
