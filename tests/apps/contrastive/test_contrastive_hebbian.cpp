// Contrastive Hebbian learning: its fixed points, the limit of weak feedback, and rate networks
// that learn while they go through phases.
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "apps/contrastive/backprop.hpp"
#include "apps/contrastive/contrastive_hebbian.hpp"
#include "apps/contrastive/output_code.hpp"
#include "apps/contrastive/phased_rates.hpp"
#include "core/error.hpp"
#include "tests/apps/contrastive/nets.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;
using Eigen::Index;
using Eigen::MatrixXd;

namespace {

/// Three layers, feedback γ times the weights forward.
ContrastiveGraph deep_graph(double feedback, std::uint64_t seed) {
  GraphOptions o;
  o.inputs = 5;
  o.hidden = {6, 6};
  o.outputs = 3;
  o.gain = 1;
  o.bias = 0.4;
  o.feedback_gain = feedback;
  o.seed = seed;
  return make_graph(o);
}

/// Back-propagation has no weights back.
WeightChange forward_part(WeightChange change) {
  change.recurrent.triangularView<Eigen::StrictlyLower>().setZero();
  return change;
}

}  // namespace

TEST_CASE("clamped and free states are fixed points", "[app][contrastive-hebbian]") {
  const MatrixXd x = uniform_draws(5, 7, 1), y = uniform_draws(3, 7, 2);
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const ContrastiveGraph graph = deep_graph(1, seed);
    const RateDynamics dynamics(graph, x);
    const Settled clamped = settle_clamped(graph, x, y, MatrixXd::Zero(graph.cells(), 7));
    REQUIRE(clamped.converged());
    const MatrixXd& s = clamped.states;
    CHECK(s.bottomRows(3) == y);
    const MatrixXd to = (s + dynamics.velocity(s)).cwiseMax(0.0).cwiseMin(1.0);
    CHECK((to - s).topRows(12).cwiseAbs().maxCoeff() < 1e-11);
    // A free network whose targets are what it says anyway has nothing to learn.
    const MatrixXd said = dynamics.settle().states.bottomRows(3);
    const WeightChange none = contrastive_hebbian(graph, x, said, 1);
    CHECK(none.input.cwiseAbs().maxCoeff() < 1e-10);
    CHECK(none.recurrent.cwiseAbs().maxCoeff() < 1e-10);
  }
}

TEST_CASE("weak feedback makes contrastive Hebbian learning back-propagation",
          "[app][contrastive-hebbian]") {
  const MatrixXd x = uniform_draws(5, 9, 3);
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    std::vector<double> differences;
    for (const double feedback : {0.1, 0.01, 0.001}) {
      const ContrastiveGraph graph = deep_graph(feedback, seed);
      // Near what it says, so that no slope of an output is that of a bound.
      const MatrixXd y = (RateDynamics(graph, x).settle().states.bottomRows(3) +
                          0.2 * (uniform_draws(3, 9, 4).array() - 0.5).matrix())
                             .cwiseMax(0.01)
                             .cwiseMin(0.99);
      const WeightChange exact = backpropagate(graph, x, y, Loss::squared).descent;
      const WeightChange hebbian = forward_part(contrastive_hebbian(graph, x, y, feedback));
      differences.push_back(1 - gradient_cosine(hebbian, exact));
      if (feedback == 0.001) {
        // Not only the direction.
        CHECK((hebbian.input - exact.input).norm() < 0.02 * exact.input.norm());
      }
    }
    fmt::print("seed {}: 1 - cos = {:.2g}, {:.2g}, {:.2g} for feedback .1, .01, .001\n", seed,
               differences[0], differences[1], differences[2]);
    CHECK(differences[1] < 0.02);
    CHECK(differences[2] < 1e-4);
    // The angle is of the order of the feedback.
    CHECK(std::sqrt(differences[1] / differences[2]) == Approx(10).epsilon(0.2));
  }
}

TEST_CASE("rates that learn all through a phase are driven by the weights of the moment",
          "[app][contrastive-hebbian]") {
  LabelledData data;
  data.classes = 2;
  data.train = data.test = uniform_draws(4, 1, 8);
  data.train_labels = data.test_labels = {1};
  PhasedRatesOptions o;
  o.hidden = {3};
  o.networks = 1;
  o.last_rate = 1;
  o.input_rate = o.recurrent_rate = 0.5;  // so that stale weights would be seen
  PhasedRates model({data, phase_plan("transient").plan, 4}, o);
  MatrixXd input = model.graph().input_weights, recurrent = model.graph().recurrent;
  const MatrixXd input_mask = model.graph().input_mask,
                 recurrent_mask = model.graph().recurrent_mask;
  // The definition, step by step, everything anew at each: a phase away from the label, then one
  // towards it.
  Eigen::VectorXd x(5), s = Eigen::VectorXd::Zero(4);
  x << data.train.col(0), 1;
  constexpr int phases = 6;
  for (int step = 0; step < phases * o.steps; ++step) {
    const double sign = step / o.steps % 2 == 0 ? -1 : 1;
    const Eigen::VectorXd drive = input.transpose() * x + recurrent.transpose() * s;
    for (Index j = 0; j < 4; ++j) {
      const double g = j == 3 ? sign * o.beta : 0;
      const double to = std::min(std::max((drive[j] + g) / (1 + g), 0.0), 1.0);
      s[j] = to + (s[j] - to) * std::exp(-o.step_tau * (1 + g));
    }
    const double lesson = sign / o.steps / (2 * o.beta);
    input += o.input_rate * lesson * (x * s.transpose()).cwiseProduct(input_mask);
    recurrent += o.recurrent_rate * lesson * (s * s.transpose()).cwiseProduct(recurrent_mask);
  }
  const MatrixXd before = model.graph().input_weights;
  model.learn(phases);
  CHECK((model.graph().input_weights - input).cwiseAbs().maxCoeff() < 1e-12);
  CHECK((model.graph().recurrent - recurrent).cwiseAbs().maxCoeff() < 1e-12);
  CHECK((model.graph().input_weights - before).cwiseAbs().maxCoeff() > 1e-3);
}

TEST_CASE("rates that go through phases learn three classes by any plan, the same in parts",
          "[app][contrastive-hebbian]") {
  LabelledData data;
  data.classes = 3;
  data.train = 0.3 * uniform_draws(6, 60, 5);
  for (Index k = 0; k < 60; ++k) {
    data.train_labels.push_back(static_cast<int>(k % 3));
    data.train.col(k).segment(2 * (k % 3), 2).array() += 0.6;
  }
  data.test = data.train;
  data.test_labels = data.train_labels;
  for (const RateContrast contrast : {RateContrast::clamped, RateContrast::nudged})
    for (const char* name : {"rigid", "in_place", "random_order", "uneven", "random_lengths",
                             "several_data", "transient", "staggered", "baseline"}) {
      INFO(name);
      const PhasePlan plan = phase_plan(name).plan;
      PhasedRatesOptions o;
      o.contrast = contrast;
      o.hidden = {10};
      o.phases = 6000;
      // Lessons whose pair is of another sample are mostly noise: smaller steps, and more.
      const bool noisy = plan.random_order || plan.data_per_phase > 1;
      if (noisy) {
        o.phases = 12000;
        o.input_rate *= 0.1;
        o.recurrent_rate *= 0.1;
      }
      PhasedRates model({data, plan, 1}, o);
      model.learn(o.phases);
      CAPTURE(static_cast<int>(contrast));
      CHECK(model.figure() > (noisy ? 60 : 90));  // chance: 33
      // Weights back stay those forward, as each synapse by itself learns the same.
      if (!plan.staggered)
        CHECK((model.graph().recurrent - model.graph().recurrent.transpose()).norm() < 1e-9);
    }
  PhasedRatesOptions o;
  o.hidden = {10};
  const PhasePlan drawn = phase_plan("random_order").plan;
  PhasedRates whole({data, drawn, 1}, o), parts({data, drawn, 1}, o);
  whole.learn(600);
  for (int part = 0; part < 10; ++part) parts.learn(60);
  CHECK(whole.graph().input_weights == parts.graph().input_weights);
  o.beta = 1;
  CHECK_THROWS_AS(PhasedRates({data, {}, 1}, o), Error);
}
