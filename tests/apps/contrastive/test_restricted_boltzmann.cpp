// What a restricted Boltzmann machine learns in a phase, against the exact gradient and the
// variance that theory gives; and that flexible phases reach what rigid ones do.
#include <cmath>
#include <cstdint>
#include <utility>

#include "apps/contrastive/restricted_boltzmann.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr Index visible = 5, hidden = 3;

/// Rather silent, while the patterns are not: phases differ in the size of what they teach.
RestrictedBoltzmann silent_machine() {
  RestrictedBoltzmann machine = RestrictedBoltzmann::random(visible, hidden, .4, 5);
  machine.weights.col(hidden).head(visible).setConstant(-1.2);
  machine.weights.row(visible).head(hidden).setConstant(-.7);
  return machine;
}

MatrixXd busy_patterns() {
  MatrixXd patterns = MatrixXd::Ones(visible, 4);
  for (Index k = 0; k < 3; ++k) patterns(k, k) = 0;
  return patterns;
}

/// E‖v hᵀ‖² with h drawn given v: (1 + Σ v)(1 + Σ h) less the corner's 1.
VectorXd powers(const RestrictedBoltzmann& machine, const MatrixXd& states) {
  const VectorXd h = hidden_probabilities(machine, states).colwise().sum().transpose();
  const VectorXd v = states.colwise().sum().transpose();
  return (1 + v.array()) * (1 + h.array()) - 1;
}

struct Taught {
  MatrixXd mean, square;  ///< of the changes over η, elementwise
  double count = 0;
  double power() const { return square.sum(); }
  double variance() const { return square.sum() - mean.squaredNorm(); }
  /// Largest |z| of the mean against `truth`.
  double worst_z(const MatrixXd& truth) const {
    const auto error = ((square.array() - mean.array().square()) / count).sqrt();
    return ((mean - truth).array().abs() / (error + 1e-12)).maxCoeff();
  }
};

/// What one network is taught by phases at rates so small that its weights stay; `at_once`: phases
/// that are looked at together.
Taught teach(const PhasePlan& plan, int count, int at_once = 1, double weight_decay = 0) {
  constexpr double rate = 1e-9;
  RestrictedBoltzmannLearner learner(
      silent_machine(), busy_patterns(),
      {.copies = 1, .phase_steps = 12, .rate = rate, .weight_decay = weight_decay}, plan, 9);
  Taught taught{MatrixXd::Zero(visible + 1, hidden + 1), MatrixXd::Zero(visible + 1, hidden + 1)};
  learner.learn(30);
  for (; taught.count < count; ++taught.count) {
    const MatrixXd before = learner.machine().weights;
    learner.learn(static_cast<std::uint64_t>(at_once));
    const MatrixXd change = (learner.machine().weights - before) / (rate * at_once);
    taught.mean += change / count;
    taught.square += change.cwiseAbs2() / count;
  }
  return taught;
}

PhasePlan drawn(double share) {
  PhasePlan plan;
  plan.in_place = plan.random_order = true;
  plan.positive_share = share;
  return plan;
}

}  // namespace

TEST_CASE("in place a phase teaches the gradient on average, by any plan", "[app][contrastive]") {
  const MatrixXd gradient = exact_gradient(silent_machine(), busy_patterns());
  REQUIRE(gradient.norm() > 1);
  constexpr int count = 8000;
  CHECK(teach(phase_plan("rigid").plan, count, 2).worst_z(gradient) < 4);
  CHECK(teach(phase_plan("in_place").plan, count, 2).worst_z(gradient) < 4);
  CHECK(teach(phase_plan("several_data").plan, count, 6).worst_z(gradient) < 4);
  CHECK(teach(drawn(.5), count).worst_z(gradient) < 4);
  CHECK(teach(drawn(.25), count).worst_z(gradient) < 4);
  PhasePlan based = drawn(.6);
  based.baseline = true;
  CHECK(teach(based, count).worst_z(gradient) < 4);
  // It would be seen if a phase were weighted wrongly.
  PhasePlan uneven = drawn(.5);
  CHECK(teach(uneven, count).worst_z(-gradient) > 20);
  CHECK(teach(uneven, count).worst_z(1.1 * gradient) > 4);
}

TEST_CASE("the variance of a phase drawn is as in theory, and least where that puts it",
          "[app][contrastive]") {
  const RestrictedBoltzmann machine = silent_machine();
  const double positive = powers(machine, busy_patterns()).mean();
  const MatrixXd states = visible_states(visible, 0, Index{1} << visible);
  const double negative = powers(machine, states).dot(exact_distribution(machine).probabilities);
  const double gradient = exact_gradient(machine, busy_patterns()).squaredNorm();
  const double best = std::sqrt(positive) / (std::sqrt(positive) + std::sqrt(negative));
  REQUIRE(best > .6);
  double least = 0;
  for (const double b : {best, best - .25, best + .2}) {
    const double variance = teach(drawn(b), 60000).variance();
    INFO("b = " << b << ", best " << best);
    CHECK_THAT(variance, WithinRel(positive / b + negative / (1 - b) - gradient, .02));
    if (b == best)
      least = variance;
    else
      CHECK(variance > 1.1 * least);
  }
  PhasePlan based = drawn(best);
  based.baseline = true;
  CHECK(teach(based, 20000).variance() < .75 * least);
}

TEST_CASE("weights decay at the pace of phases, biases do not", "[app][contrastive]") {
  PhasePlan plan = drawn(.5);
  const MatrixXd without = teach(plan, 200).mean, with = teach(plan, 200, 1, .3).mean;
  MatrixXd decay = -.3 * silent_machine().weights;
  decay.row(visible).setZero();
  decay.col(hidden).setZero();
  CHECK((with - without - decay).cwiseAbs().maxCoeff() < 1e-5);
}

TEST_CASE("rates fall, and the same seed gives the same bits", "[app][contrastive]") {
  const auto learned = [](double fall, std::uint64_t seed, std::uint64_t phases) {
    RestrictedBoltzmannLearner learner(silent_machine(), busy_patterns(),
                                       {.copies = 8, .phase_steps = 5, .rate = .01, .fall = fall},
                                       phase_plan("together").plan, seed);
    learner.learn(phases);
    return learner.machine().weights;
  };
  CHECK(learned(100, 1, 40) == learned(100, 1, 40));
  CHECK(learned(100, 1, 40) != learned(100, 2, 40));
  CHECK(learned(40, 1, 40) == learned(40, 1, 50));
  CHECK(learned(0, 1, 40) != learned(0, 1, 50));
}

TEST_CASE("flexible phases learn bars and stripes as rigid ones do", "[app][contrastive][slow]") {
  const MatrixXd data = bars_and_stripes(3);
  const double floor = pattern_entropy(data);
  const auto reached = [&](const char* plan) {
    double mean = 0;
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      RestrictedBoltzmannLearner learner(RestrictedBoltzmann::random(9, 8, .01, seed), data,
                                         {.phase_steps = 10, .rate = .4, .fall = 6000},
                                         phase_plan(plan).plan, seed);
      learner.learn(6000);
      mean += negative_log_likelihood(learner.machine(), data) / 3;
    }
    return mean;
  };
  const double rigid = reached("rigid");
  CHECK(rigid > floor);
  CHECK(rigid < floor + .3);
  for (const char* plan : {"in_place", "random_order", "random_lengths", "baseline", "together"}) {
    const double flexible = reached(plan);
    INFO(plan << " " << flexible << ", rigid " << rigid << ", floor " << floor);
    CHECK(flexible < rigid + .08);
  }
}

TEST_CASE("plans that contradict themselves are refused", "[app][contrastive]") {
  const auto failure = [](auto change) {
    RestrictedBoltzmannOptions options;
    PhasePlan plan;
    MatrixXd patterns = busy_patterns();
    change(options, plan, patterns);
    return error_of(
        [&] { RestrictedBoltzmannLearner(silent_machine(), patterns, options, plan, 1); });
  };
  CHECK(failure([](auto&, auto&, auto&) {}) == "no error");
  CHECK_THAT(failure([](auto&, auto& p, auto&) { p.random_order = true; }), Contains("in_place"));
  CHECK_THAT(failure([](auto&, auto& p, auto&) { p.positive_share = .3; }),
             Contains("random_order"));
  CHECK_THAT(failure([](auto& o, auto&, auto&) { o.copies = 0; }), Contains("copies"));
  CHECK_THAT(failure([](auto& o, auto&, auto&) { o.rate = -1; }), Contains("rate"));
  CHECK_THAT(failure([](auto&, auto&, auto& x) { x(0, 0) = .5; }), Contains("0s and 1s"));
  CHECK_THAT(failure([](auto&, auto&, auto& x) { x = MatrixXd::Zero(2, 2); }),
             Contains("5 visible units"));
}
