// Replicas of the feedback network: what a lot of samples teaches, and that threads change nothing.
#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "apps/sparse/feedback_learner.hpp"
#include "core/random.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr Index features = 20, atoms = 30;

MatrixXd some_dictionary() {
  RandomStream random{1, 2};
  MatrixXd d(features, atoms);
  for (auto& v : d.reshaped()) v = random.uniform() < 0.3 ? random.uniform() : 0.0;
  d.row(0).array() += 0.1;
  d.colwise().normalize();
  return d;
}

FeedbackWeights whole(const MatrixXd& d) { return {d.transpose(), d, d.transpose() * d}; }

std::vector<VectorXd> some_samples(std::size_t count) {
  RandomStream random{3, 4};
  std::vector<VectorXd> samples(count, VectorXd(features));
  for (VectorXd& x : samples) {
    for (auto& v : x) v = random.uniform();
    x *= 4 / x.norm();
  }
  return samples;
}

FeedbackOptions learning(std::size_t replicas) {
  FeedbackOptions o;
  o.lambda1 = 0.4;
  o.lambda2 = 0.2;
  o.learning_rate = 0.01;
  o.lateral_rate = 0.05;
  o.replicas = replicas;
  return o;
}

VectorXd column(const std::vector<PhasedIf::State>& states, double PhasedIf::State::*what) {
  VectorXd v(static_cast<Index>(states.size()));
  for (Index i = 0; i < v.size(); ++i) v[i] = states[static_cast<std::size_t>(i)].*what;
  return v;
}

}  // namespace

TEST_CASE("feedback learner: replicas teach each other what Algorithm 1 says of their samples",
          "[app]") {
  const FeedbackWeights first = whole(some_dictionary());
  const auto samples = some_samples(5);
  for (const double halving : {0.0, 2.0})
    for (const Kernel kernel : {Kernel::dense, Kernel::general}) {
      FeedbackOptions o = learning(samples.size());
      o.halving = halving;
      o.kernel = kernel;
      const FeedbackNetwork network(first, o);
      FeedbackLearner learner(network, 2);
      learner.present(samples);
      REQUIRE(learner.presented() == samples.size());
      REQUIRE(learner.last().size() == samples.size());

      FeedbackWeights w = first;
      VectorXd norms = first.lateral.diagonal();
      for (std::size_t r = 0; r < samples.size(); ++r) {
        FeedbackOptions alone = o;  // lives through it without learning
        alone.replicas = 1;
        alone.learning_rate = alone.lateral_rate = 0;
        const FeedbackNetwork still(first, alone);
        FeedbackLearner one(still);
        one.present(samples[r]);
        const VectorXd a = column(one.codes(), &PhasedIf::State::activity),
                       gd = column(one.inputs(), &PhasedIf::State::error),
                       gh = column(one.codes(), &PhasedIf::State::error);
        CHECK(std::abs(learner.last()[r].power - a.squaredNorm()) < 1e-12);
        const double pace = halving > 0 ? 1 / (1 + static_cast<double>(r) / halving) : 1;
        const double eta = pace * o.learning_rate, decay = eta * o.lambda2;
        w.forward = ((1 - decay) * w.forward - eta / o.kappa * a * gd.transpose()).cwiseMax(0.0);
        w.feedback = ((1 - decay) * w.feedback - eta / o.kappa * gd * a.transpose()).cwiseMax(0.0);
        const double lateral = pace * o.lateral_rate / o.kappa;
        w.lateral = ((1 - 2 * decay) * w.lateral - lateral * gh * a.transpose()).cwiseMax(0.0);
        // A threshold is the neuron's own: replicas' changes of it add up.
        norms -= lateral * gh.cwiseProduct(a) + 2 * decay * first.lateral.diagonal();
      }
      w.lateral.diagonal() = norms;
      const FeedbackWeights now = learner.weights();
      CHECK((now.forward - w.forward).cwiseAbs().maxCoeff() < 1e-6);
      CHECK((now.feedback - w.feedback).cwiseAbs().maxCoeff() < 1e-6);
      CHECK((now.lateral - w.lateral).cwiseAbs().maxCoeff() < 1e-6);
      CHECK((w.feedback - first.feedback).norm() > 0.02);
    }
}

TEST_CASE("feedback learner: replicas have the same bits on any number of threads",
          "[app][parallel]") {
  const auto samples = some_samples(30);
  const auto lot = [&](std::size_t from, std::size_t to) {
    return std::span(samples).subspan(from, to - from);
  };
  for (const double jitter : {0.0, 0.2}) {
    FeedbackOptions o = learning(8);
    o.jitter = jitter;
    const FeedbackNetwork network(whole(some_dictionary()), o);
    const auto all_of = [&](FeedbackLearner& learner, std::size_t from) {
      learner.record();
      for (std::size_t at = from; at < samples.size(); at += 8)
        learner.present(lot(at, std::min(at + 8, samples.size())));
    };
    const auto compare = [&](const FeedbackLearner& a, const FeedbackLearner& b) {
      const FeedbackWeights x = a.weights(), y = b.weights();
      CHECK(x.forward == y.forward);
      CHECK(x.feedback == y.feedback);
      CHECK(x.lateral == y.lateral);
      CHECK(a.spike_hash() == b.spike_hash());
      CHECK(a.counts() == b.counts());
      REQUIRE(a.spikes().size() > 50);
      CHECK(a.spikes().size() == b.spikes().size());
      CHECK(a.last().back().power == b.last().back().power);
    };
    FeedbackLearner one(network, 1);
    all_of(one, 0);
    for (const unsigned threads : {2U, 3U, 8U}) {
      FeedbackLearner other(network, threads);
      all_of(other, 0);
      compare(one, other);
    }
    FeedbackLearner begun(network, 2), resumed(network, 3);
    begun.present(lot(0, 8));
    resumed.restore(begun.state());
    all_of(resumed, 8);
    compare(one, resumed);
  }
}

TEST_CASE("feedback learner: more samples than replicas are refused", "[app]") {
  const FeedbackNetwork network(whole(some_dictionary()), learning(4));
  FeedbackLearner learner(network);
  CHECK_THAT(error_of([&] { learner.present(some_samples(5)); }),
             Contains("5 samples at once for 4 replicas"));
  CHECK(learner.presented() == 0);
}
