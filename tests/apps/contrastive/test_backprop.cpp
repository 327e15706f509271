// Back-propagation against finite differences and exact gradients; what it learns; its optimisers.
#include <cmath>
#include <vector>

#include "apps/contrastive/backprop.hpp"
#include "apps/contrastive/output_code.hpp"
#include "apps/contrastive/rate_dynamics.hpp"
#include "tests/apps/contrastive/nets.hpp"
#include "tests/apps/data/files.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinAbs;
using Eigen::Index;
using Eigen::MatrixXd;

namespace {

LabelledData prepared(const std::string& data, const std::string& task = "class") {
  Settings settings;
  declare_labelled_data(settings, data);
  settings.set("task", task, "test");
  Run run(settings);
  return prepare_labelled_data(run);
}

LabelledData toy(Index samples) {
  LabelledData data;
  data.train = uniform_draws(5, samples, 1);
  for (Index i = 0; i < samples; ++i) {
    Index most = 0;
    data.train.col(i).head(3).maxCoeff(&most);
    data.train_labels.push_back(static_cast<int>(most));
  }
  data.test = data.train;
  data.test_labels = data.train_labels;
  data.classes = 3;
  return data;
}

}  // namespace

TEST_CASE("errors passed backwards are the cost's slopes", "[app][contrastive]") {
  for (const GraphKind kind : {GraphKind::layered, GraphKind::skip})
    for (const Loss loss : {Loss::cross_entropy, Loss::squared})
      for (std::uint64_t seed = 0; seed < 5; ++seed) {
        ContrastiveGraph g = small_graph(kind, Leak::unit, seed, 1);
        const MatrixXd x = uniform_draws(5, 4, seed), y = one_hot({0, 1, 2, 1}, 3);
        if (loss == Loss::squared) {  // no clipped outputs, which are drawn back without a slope
          g.input_weights.rightCols(3) *= .3;
          g.input_weights.row(5).tail(3).setConstant(.5);
          g.recurrent.rightCols(3) *= .3;
        }
        const Propagated at = backpropagate(g, x, y, loss);
        const auto check = [&](MatrixXd& weights, const MatrixXd& mask, const MatrixXd& descent,
                               bool upwards_only) {
          for (Index i = 0; i < weights.rows(); ++i)
            for (Index j = 0; j < weights.cols(); ++j) {
              if (mask(i, j) == 0 || (upwards_only && i > j)) {
                CHECK(descent(i, j) == 0);
                continue;
              }
              const double before = weights(i, j), h = 1e-6;
              weights(i, j) = before + h;
              const double above = backpropagate(g, x, y, loss).cost;
              weights(i, j) = before - h;
              const double below = backpropagate(g, x, y, loss).cost;
              weights(i, j) = before;
              CHECK_THAT(descent(i, j), WithinAbs((below - above) / (2 * h), 1e-8));
            }
        };
        check(g.input_weights, g.input_mask, at.descent.input, false);
        check(g.recurrent, g.recurrent_mask, at.descent.recurrent, true);
        CHECK(at.descent.recurrent.norm() > .01);
      }
}

TEST_CASE("one output's cross entropy is that of the logistic function", "[app][contrastive]") {
  GraphOptions o;
  o.inputs = o.outputs = 1;
  o.hidden = {1};
  ContrastiveGraph g = make_graph(o);
  g.input_weights << 0, 0, .5, 1.2;
  g.recurrent << 0, .6, .6, 0;
  const Propagated p = backpropagate(g, MatrixXd{{.3, .3}}, MatrixXd{{1, 0}}, Loss::cross_entropy);
  const double q = 1 / (1 + std::exp(-1.0));  // drive 1.2 + .6 · .5 − ½ = 1
  CHECK_THAT(p.cost, WithinAbs(-std::log(q) - std::log(1 - q), 1e-14));
  CHECK_THAT(p.descent.input(1, 1), WithinAbs(1 - 2 * q, 1e-14));
  CHECK_THAT(p.descent.recurrent(0, 1), WithinAbs((1 - 2 * q) * .5, 1e-14));
  CHECK(p.decided == std::vector{1, 1});
}

TEST_CASE("a clipped output is drawn back, and not pushed further", "[app][contrastive]") {
  GraphOptions o;
  o.inputs = 1;
  o.outputs = 2;
  o.hidden = {1};
  ContrastiveGraph g = make_graph(o);
  g.input_weights << 0, 0, 0, .5, -3, 3;
  const auto bias_descent = [&](const MatrixXd& y) {
    return Eigen::Vector2d(
        backpropagate(g, MatrixXd{{.3}}, y, Loss::squared).descent.input.row(1).tail(2));
  };
  CHECK(bias_descent(MatrixXd{{1}, {0}}) == Eigen::Vector2d(1, -1));
  CHECK(bias_descent(MatrixXd{{0}, {1}}) == Eigen::Vector2d(0, 0));
}

TEST_CASE("through an equilibrium it is the implicit gradient", "[app][contrastive]") {
  int compared = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const ContrastiveGraph g = small_graph(GraphKind::complete, Leak::contractive, seed, 1);
    const MatrixXd x = uniform_draws(5, 3, seed), y = uniform_draws(3, 3, seed + 20);
    const MatrixXd s = RateDynamics(g, x).settle({1e-13, 20000}).states;
    const Propagated p = backpropagate(g, x, y, Loss::squared);
    CHECK(p.unsettled == 0);
    CHECK_THAT(p.cost, WithinAbs(.5 * (y - s.bottomRows(3)).squaredNorm(), 1e-5));
    // Clipped outputs are drawn back here, where the exact gradient gives them up.
    if (s.bottomRows(3).minCoeff() <= 0 || s.bottomRows(3).maxCoeff() >= 1) continue;
    ++compared;
    const WeightChange exact = exact_descent(g, x, s, y);
    CHECK((p.descent.input - exact.input).cwiseAbs().maxCoeff() < 1e-4);
    CHECK((p.descent.recurrent - exact.recurrent).cwiseAbs().maxCoeff() < 1e-4);
    CHECK(exact.recurrent.cwiseAbs().maxCoeff() > .01);
  }
  CHECK(compared >= 4);
  const ContrastiveGraph g = small_graph(GraphKind::complete, Leak::contractive, 1);
  CHECK_THAT(error_of([&] {
               backpropagate(g, MatrixXd::Zero(5, 1), MatrixXd::Zero(3, 1), Loss::cross_entropy);
             }),
             Contains("use the squared loss"));
}

TEST_CASE("the optimisers take the steps of their papers", "[app][contrastive]") {
  GraphOptions o;
  o.inputs = o.outputs = 1;
  o.hidden = {1};
  ContrastiveGraph g = make_graph(o);
  g.input_weights.setOnes();
  g.recurrent << 0, 1, 1, 0;
  WeightChange descent = WeightChange::zero(g);
  descent.input(0, 0) = 2;
  descent.recurrent(0, 1) = -3;
  OptimiserOptions options;
  options.learning_rate = .1;
  ContrastiveGraph adam = g, momentum = g, decayed = g;
  Optimiser by_adam(g, options);
  // Constant gradients: both bias-corrected moments are exact, each step is η g/|g|.
  for (int i = 1; i <= 5; ++i) {
    by_adam.step(adam, descent);
    CHECK_THAT(adam.input_weights(0, 0), WithinAbs(1 + .1 * i, 1e-8));
    CHECK_THAT(adam.recurrent(0, 1), WithinAbs(1 - .1 * i, 1e-8));
  }
  CHECK(adam.recurrent(1, 0) == 1);
  WeightChange other = descent;
  other *= -2;
  by_adam.step(adam, other, .5);  // m = 2(1 − β₁⁵) β₁ − 4(1 − β₁), likewise v, uncorrected
  const double m = 2 * (1 - std::pow(.9, 5)) * .9 - 4 * .1;
  const double v = 4 * (1 - std::pow(.999, 5)) * .999 + 16 * .001;
  CHECK_THAT(adam.input_weights(0, 0), WithinAbs(1.5 + .05 * (m / (1 - std::pow(.9, 6))) /
                                                           std::sqrt(v / (1 - std::pow(.999, 6))),
                                                 1e-8));
  options.rule = StepRule::momentum;
  Optimiser by_momentum(g, options);
  by_momentum.step(momentum, descent);
  by_momentum.step(momentum, descent);
  CHECK_THAT(momentum.input_weights(0, 0), WithinAbs(1 + .1 * 2 + .1 * (2 + .9 * 2), 1e-14));
  options.weight_decay = .2;
  Optimiser by_decay(g, options);
  by_decay.step(decayed, descent);
  CHECK_THAT(decayed.input_weights(1, 0), WithinAbs(.98, 1e-14));
  CHECK_THAT(decayed.input_weights(0, 0), WithinAbs(.98 + .2, 1e-14));
  options.learning_rate = 0;
  CHECK_THAT(error_of([&] { Optimiser(g, options); }), Contains("learning rate 0"));
}

TEST_CASE("back-propagation learns, on threads to the same bit", "[app][contrastive][parallel]") {
  const LabelledData data = toy(400);
  for (const GraphKind kind : {GraphKind::layered, GraphKind::skip, GraphKind::complete}) {
    const bool complete = kind == GraphKind::complete;
    BackpropOptions options;
    options.loss = complete ? Loss::squared : Loss::cross_entropy;
    options.optimiser.learning_rate = .01;
    options.batch = 150;
    options.epochs = 60;
    std::vector<MatrixXd> weights;
    for (const unsigned threads : {1U, 3U}) {
      options.threads = threads;
      ContrastiveGraph g =
          small_graph(kind, complete ? Leak::contractive : Leak::unit, 3, complete ? .5 : 1);
      const LearningCurve curve = train_backprop(g, data, options);
      CHECK(curve.back().test_accuracy > .9);
      CHECK(curve.front().train_accuracy < .7);
      weights.push_back(g.recurrent);
    }
    CHECK(weights[0] == weights[1]);
  }
}

TEST_CASE("digits are learned by back-propagation", "[app][contrastive]") {
  const auto file = shared_file("digits8x8/optdigits.tes");
  if (file.empty()) return;
  const DataFolder folder(file.parent_path().parent_path());
  BackpropOptions options;
  options.optimiser.learning_rate = .01;
  GraphOptions o;
  o.inputs = o.hidden.emplace_back(64);
  o.bias = .5;
  for (const std::string task : {"class", "parity"}) {
    const LabelledData data = prepared("digits8x8", task);
    o.outputs = data.classes;
    ContrastiveGraph g = make_graph(o);
    options.epochs = 15;
    CHECK(train_backprop(g, data, options).back().test_accuracy >= .96);
  }
  const LabelledData data = prepared("digits8x8");
  o.kind = GraphKind::complete;
  o.leak = Leak::contractive;
  o.outputs = 10;
  o.gain = 1;
  o.bias = .3;
  options.loss = Loss::squared;
  options.epochs = 6;
  ContrastiveGraph g = make_graph(o);
  CHECK(train_backprop(g, data, options).back().test_accuracy >= .94);
}
