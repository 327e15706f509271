// No global phase: with modulators that reach every neuron in its own time a network learns as
// well.
#include <cstdint>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "apps/solvers/dictionary_objective.hpp"
#include "apps/sparse/dictionary_task.hpp"
#include "apps/sparse/feedback_learner.hpp"
#include "core/parallel.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;

namespace {

/// On held-out samples, coded by coordinate descent.
double objective_after(const std::string& data, std::uint64_t samples, double jitter,
                       std::uint64_t seed) {
  Settings settings;
  declare_dictionary(settings);
  settings.assign("data=" + data, "test");
  if (data != "synthetic") settings.assign("atoms=128", "test");
  settings.assign(fmt::format("jitter={}", jitter), "test");
  Run run(settings);
  run.seed = seed;
  const DictionaryTask task = prepare_dictionary(run);
  const FeedbackNetwork network(task.weights, task.options);
  FeedbackLearner learner(network);
  for (std::uint64_t k = 0; k < samples; ++k) learner.present(task.data.sample(k));
  Parallel parallel;
  return task.relative(dictionary_objective(learner.weights().feedback, task.data.test,
                                            task.options.lambda1, parallel)
                           .objective);
}

}  // namespace

TEST_CASE("late modulators: within 2 % of the objective learned without", "[app][slow]") {
  // Known atoms need all their samples to be found.
  for (const auto& [data, samples] : {std::pair{"dead-leaves", 4000}, {"synthetic", 12000}}) {
    const auto all = static_cast<std::uint64_t>(samples);
    double objective[2][2];
    Parallel(4).for_each(4, [&, name = std::string(data)](std::size_t i) {
      objective[i / 2][i % 2] = objective_after(name, all, i % 2 == 0 ? 0 : 0.2, 1 + i / 2);
    });
    const double before = objective_after(data, 0, 0, 1);
    for (const auto& [in_time, late] : objective) {
      fmt::print("{}: objective {:.4f}; with modulators late by up to 20 % of a phase {:.4f}\n",
                 data, in_time, late);
      CHECK(in_time < 0.8 * before);
      CHECK(late / in_time < 1.02);
    }
  }
}
