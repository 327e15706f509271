// Forward-forward learning: goodness, gradients against finite differences, the estimator of single
// phases, and that it learns.
#include <cmath>
#include <utility>
#include <vector>

#include "apps/contrastive/forward_forward.hpp"
#include "core/error.hpp"
#include "core/random.hpp"
#include "tests/apps/contrastive/nets.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

GoodnessLayer layer(Index cells, Index inputs, std::uint64_t seed) {
  return {2 * uniform_draws(cells, inputs + 1, seed).array() - 1};
}

/// Two classes that differ in where they are bright.
LabelledData stripes(Index samples) {
  LabelledData data;
  data.classes = 2;
  for (MatrixXd* part : {&data.train, &data.test}) {
    *part = 0.3 * uniform_draws(6, samples, part == &data.train ? 1 : 2);
    auto& labels = part == &data.train ? data.train_labels : data.test_labels;
    for (Index k = 0; k < samples; ++k) {
      labels.push_back(static_cast<int>(k % 2));
      part->col(k).segment(3 * (k % 2), 3).array() += 0.5;
    }
  }
  return data;
}

}  // namespace

TEST_CASE("goodness is the mean square of rectified activity, whatever the length of the input",
          "[app][forward-forward]") {
  const GoodnessLayer l = layer(7, 4, 3);
  const MatrixXd x = uniform_draws(4, 5, 4);
  const MatrixXd h = l.activity(x);
  for (Index k = 0; k < 5; ++k) {
    double sum = 0;
    for (Index j = 0; j < 7; ++j) {
      double drive = l.weights(j, 4);
      for (Index i = 0; i < 4; ++i) drive += l.weights(j, i) * x(i, k) / x.col(k).norm();
      CHECK(h(j, k) == Approx(std::max(0.0, drive)).margin(1e-14));
      sum += h(j, k) * h(j, k);
    }
    CHECK(goodness(h)[k] == Approx(sum / 7));
  }
  CHECK((l.activity(3 * x) - h).cwiseAbs().maxCoeff() < 1e-14);
  CHECK(l.activity(MatrixXd::Zero(4, 1)).allFinite());
}

TEST_CASE("a layer's lesson is the gradient of its loss", "[app][forward-forward]") {
  GoodnessLayer l = layer(6, 4, 5);
  const MatrixXd x = uniform_draws(4, 8, 6);
  VectorXd factors(8);
  factors << 1, -1, 0.5, -2, 3, -0.1, 1, -1;
  const auto lesson = [&] { return layer_lesson(x, l.activity(x), factors, 0.3); };
  const MatrixXd descent = lesson().descent;
  constexpr double step = 1e-6;
  double worst = 0;
  for (double& w : l.weights.reshaped()) {
    const double before = w;
    w = before + step;
    const double above = lesson().loss;
    w = before - step;
    const double below = lesson().loss;
    w = before;
    const auto at = &w - l.weights.data();
    worst = std::max(worst, std::abs((above - below) / (2 * step) + descent.data()[at]));
  }
  CHECK(worst < 1e-8 * std::max(1.0, descent.cwiseAbs().maxCoeff()));
  CHECK(descent.norm() > 0.1);

  // Far from the threshold nothing overflows: log(1 + e^m) is m.
  l.weights *= 1e3;
  CHECK(layer_lesson(x, l.activity(x), VectorXd::Constant(8, -1), 0).descent.allFinite());
  const double all = goodness(l.activity(x)).sum();
  CHECK(layer_lesson(x, l.activity(x), VectorXd::Constant(8, -1), 0).loss == Approx(all));
}

TEST_CASE("lessons of single phases, drawn and weighted, have the mean of both phases' contrast",
          "[app][forward-forward]") {
  const GoodnessLayer l = layer(6, 4, 7);
  const MatrixXd real = uniform_draws(4, 1, 8), fake = uniform_draws(4, 1, 9);
  const auto of = [&](const MatrixXd& x, double factor) {
    return layer_lesson(x, l.activity(x), VectorXd::Constant(1, factor), 0.3).descent;
  };
  const MatrixXd positive = of(real, 1), negative = of(fake, -1), contrast = positive + negative;
  for (const double b : {0.3, 0.5, 0.8}) {
    RandomStream random{11, 0};
    PhasePlan plan = phase_plan("random_order").plan;
    plan.positive_share = b;
    constexpr int draws = 40000;
    MatrixXd sum = MatrixXd::Zero(6, 5);
    double square = 0;
    for (int n = 0; n < draws; ++n) {
      const bool is_real = random.uniform() <= b;
      const MatrixXd lesson = of(is_real ? real : fake, phase_factor(plan, is_real));
      sum += lesson;
      square += (lesson - contrast).squaredNorm();
    }
    // Theory T2: tr Var = E|φ₊|²/b + E|φ₋|²/(1 − b) − |∇|².
    const double variance =
        positive.squaredNorm() / b + negative.squaredNorm() / (1 - b) - contrast.squaredNorm();
    CHECK(square / draws == Approx(variance).epsilon(0.05));
    // Four standard errors of the mean, as a vector.
    CHECK((sum / draws - contrast).norm() < 4 * std::sqrt(variance / draws));
  }
}

TEST_CASE("forward-forward learns two classes by any plan it knows, the same from the same seed",
          "[app][forward-forward]") {
  const LabelledData data = stripes(60);
  ForwardForwardOptions o;
  o.layers = {20, 20};
  o.batch = 4;
  const auto learned = [&](const PhasePlan& plan, std::uint64_t seed) {
    ForwardForward model({data, plan, seed}, o);
    model.learn(1500);
    model.learn(1500);
    return std::pair(model.figure(), model.layers()[1].weights);
  };
  for (const char* plan :
       {"rigid", "in_place", "random_order", "uneven", "random_lengths", "several_data"}) {
    INFO(plan);
    CHECK(learned(phase_plan(plan).plan, 1).first > 95);
  }
  const PhasePlan uneven = phase_plan("uneven").plan;
  CHECK(learned(uneven, 1).second == learned(uneven, 1).second);
  CHECK(learned(uneven, 1).second != learned(uneven, 2).second);
  o.threshold = 0;
  CHECK_THROWS_AS(learned({}, 1), Error);
}
