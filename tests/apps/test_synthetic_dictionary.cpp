// The network finds known atoms again, more of them than gradient descent does from the same
// samples at the same step (Lin & Tang, arXiv:1805.08952, on a problem whose answer is known).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "apps/solvers/dictionary_objective.hpp"
#include "apps/solvers/sgd_dictionary.hpp"
#include "apps/sparse/dictionary_task.hpp"
#include "apps/sparse/feedback_learner.hpp"
#include "core/parallel.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;

namespace {

struct Learned {
  std::uint64_t seed = 0;
  Eigen::Index by_spikes = 0, by_descent = 0;  // true atoms found
  double consistency = 0;
  double activity = 0;  // of the last 2000 samples, over λ₂/λ₁
  double least_norm = 0, greatest_norm = 0;
};

/// The scenario's own task and defaults of data = synthetic.
Learned learn(std::uint64_t seed) {
  constexpr std::uint64_t last = 2000;
  Settings settings;
  declare_dictionary(settings);
  settings.assign("data=synthetic", "test");
  Run run(settings);
  run.seed = seed;
  const DictionaryTask task = prepare_dictionary(run);
  const FeedbackOptions& o = task.options;
  const FeedbackNetwork network(task.weights, o);
  FeedbackLearner learner(network);
  SgdDictionary sgd({task.weights.feedback, 0}, {o.lambda1, o.learning_rate, o.halving});
  Learned out;
  for (std::uint64_t k = 0; k < task.samples; ++k) {
    const Eigen::VectorXd x = task.data.sample(k);
    learner.present(x);
    sgd.learn(x);
    if (k + last >= task.samples) out.activity += learner.last()[0].activity;
  }
  const FeedbackWeights w = learner.weights();
  const Eigen::VectorXd norms = w.feedback.colwise().norm();
  out.seed = seed;
  out.by_spikes = recovered_atoms(task.data.truth, w.feedback);
  out.by_descent = recovered_atoms(task.data.truth, sgd.dictionary());
  out.consistency = consistency(w).consistency;
  out.activity /= static_cast<double>(last) * o.lambda2 / o.lambda1;
  out.least_norm = norms.minCoeff();
  out.greatest_norm = norms.maxCoeff();
  return out;
}

}  // namespace

TEST_CASE("known atoms are found again by spikes, more than by gradient descent", "[app][slow]") {
  std::vector<Learned> all(10);
  Parallel(std::max(1U, std::thread::hardware_concurrency())).for_each(all.size(), [&](auto i) {
    all[i] = learn(i + 1);
  });
  const auto total = [&](auto what) {
    return std::accumulate(all.begin(), all.end(), Eigen::Index{0},
                           [&](Eigen::Index sum, const Learned& l) { return sum + what(l); });
  };
  for (const Learned& l : all) {
    fmt::print(
        "seed {}: {} of 24 atoms by spikes, {} by descent; consistency {:.3f}, activity {:.3f} "
        "of lambda2/lambda1, norms {:.2f} to {:.2f}\n",
        l.seed, l.by_spikes, l.by_descent, l.consistency, l.activity, l.least_norm,
        l.greatest_norm);
    CAPTURE(l.seed);
    CHECK(l.by_spikes >= 22);
    CHECK(l.consistency >= 0.96);
    CHECK(l.activity > 0.9);
    CHECK(l.activity < 1.1);
  }
  const auto complete = [](Eigen::Index found) { return static_cast<Eigen::Index>(found == 24); };
  const auto by_spikes = [](const Learned& l) { return l.by_spikes; };
  const auto by_descent = [](const Learned& l) { return l.by_descent; };
  const auto whole = total([&](const Learned& l) { return complete(l.by_spikes); });
  CHECK(whole >= 8);
  CHECK(whole > total([&](const Learned& l) { return complete(l.by_descent); }));
  CHECK(total(by_spikes) > total(by_descent));
}
