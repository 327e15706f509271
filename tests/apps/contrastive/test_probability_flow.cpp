// Probability flows against plain sums and finite differences, and what descending them learns.
#include <cmath>
#include <cstdint>

#include "apps/contrastive/probability_flow.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinAbs;
using Eigen::Index;
using Eigen::MatrixXd;

namespace {

constexpr double step = 1e-5;

RestrictedBoltzmann machine(std::uint64_t seed) {
  RestrictedBoltzmann m{RestrictedBoltzmann::random(6, 5, .6, seed).weights.topLeftCorner(6, 5)};
  m.weights(5, 4) = 0;
  return m;
}

}  // namespace

TEST_CASE("the flow has the gradient of what it measures", "[app][contrastive]") {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    RestrictedBoltzmann m = machine(seed);
    const MatrixXd patterns = visible_states(5, 9, 7);
    const MatrixXd gradient = probability_flow(m, patterns).gradient;
    for (Index i = 0; i <= 5; ++i)
      for (Index j = 0; j <= 4; ++j) {
        if (i == 5 && j == 4) continue;  // the corner
        const double w = m.weights(i, j);
        m.weights(i, j) = w + step;
        const double above = probability_flow(m, patterns).objective;
        m.weights(i, j) = w - step;
        const double below = probability_flow(m, patterns).objective;
        m.weights(i, j) = w;
        CHECK_THAT(gradient(i, j), WithinAbs((above - below) / (2 * step), 1e-8));
      }
    CHECK(gradient(5, 4) == 0);
  }
}

TEST_CASE("the flow is what probabilities say", "[app][contrastive]") {
  const RestrictedBoltzmann m = machine(7);
  const auto p = exact_distribution(m).probabilities;
  double sum = 0;
  for (const Index k : {13, 20})
    for (Index i = 0; i < 5; ++i) sum += std::sqrt(p(k ^ Index{1} << i) / p(k)) / 2;
  MatrixXd patterns(5, 2);
  patterns << visible_states(5, 13, 1), visible_states(5, 20, 1);
  CHECK_THAT(probability_flow(m, patterns).objective, WithinAbs(sum, 1e-12));
}

TEST_CASE("a flow is least for the machine that made the data", "[app][contrastive]") {
  // As if of infinitely many data: all states, each as often as the machine shows it.
  const RestrictedBoltzmann m = machine(2);
  const auto p = exact_distribution(m).probabilities;
  MatrixXd gradient = MatrixXd::Zero(6, 5);
  double size = 0;
  for (Index k = 0; k < p.size(); ++k) {
    const MatrixXd one = p(k) * probability_flow(m, visible_states(5, k, 1)).gradient;
    gradient += one;
    size += one.norm();
  }
  CHECK(gradient.norm() < 1e-12 * size);
}

TEST_CASE("descending the flow learns bars and stripes without a free phase",
          "[app][contrastive]") {
  const MatrixXd data = bars_and_stripes(3);
  ProbabilityFlowLearner learner(RestrictedBoltzmann::random(9, 8, .01, 1), data, {});
  const double before = probability_flow(learner.machine(), data).objective;
  CHECK_THAT(negative_log_likelihood(learner.machine(), data), WithinAbs(9 * std::log(2), .05));
  learner.learn(1500);
  CHECK(probability_flow(learner.machine(), data).objective < before / 2);
  CHECK(negative_log_likelihood(learner.machine(), data) < pattern_entropy(data) + 1);
}

TEST_CASE("impossible flows are refused", "[app][contrastive]") {
  const MatrixXd patterns = visible_states(5, 0, 4);
  CHECK_THAT(error_of([&] { ProbabilityFlowLearner(machine(1), patterns, {.rate = -1}); }),
             Contains("rate must be at least 0"));
  CHECK_THAT(error_of([&] { ProbabilityFlowLearner(machine(1), patterns.topRows(3), {}); }),
             Contains("3 values for 5 visible units"));
  CHECK_THAT(
      error_of([&] { ProbabilityFlowLearner(machine(1), patterns, {.rate = 1e9}).learn(50); }),
      Contains("lower the learning rate"));
}
