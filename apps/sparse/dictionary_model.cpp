// Dictionary learning by spiking feedback as a contrastive model: its two phases differ in the
// strength of the feedback, its modulators may come late to each neuron in its own time.
#include <algorithm>
#include <memory>
#include <optional>

#include "apps/contrastive/contrastive_model.hpp"
#include "apps/interrupt.hpp"
#include "apps/solvers/dictionary_objective.hpp"
#include "apps/sparse/dictionary_task.hpp"
#include "apps/sparse/feedback_learner.hpp"

namespace clockless {
namespace {

constexpr double late = 0.2;  // modulators, up to this share of a phase

/// The scenario dictionary-learning with its defaults, on samples of known atoms.
DictionaryTask prepare(const ContrastiveContext& context) {
  Settings settings;
  declare_dictionary(settings);
  settings.put("data", std::string("synthetic"), "the model");
  settings.put("jitter", context.plan.staggered ? late : 0.0, "the phase plan");
  // Late modulators forbid it; both learn by Algorithm 1.
  settings.put("anticipate", false, "the model");
  Run run(settings);
  run.seed = context.seed;
  DictionaryTask task = prepare_dictionary(run);
  task.options.learning_rate *= context.plan.rate_factor;
  task.options.lateral_rate *= context.plan.rate_factor;
  return task;
}

class DictionaryModel final : public ContrastiveModel {
 public:
  explicit DictionaryModel(const ContrastiveContext& context)
      : task_(prepare(context)), network_(task_.weights, task_.options), learner_(network_) {}

  void learn(std::uint64_t count) override {
    for (; count > 0 && !interrupted(); --count)
      learner_.present(task_.data.sample(learner_.presented()));
  }
  double figure() override {
    Parallel alone;
    return task_.relative(dictionary_objective(learner_.weights().feedback, task_.data.test,
                                               task_.options.lambda1, alone)
                              .objective);
  }
  std::optional<EngineTally> tally() const override {
    return EngineTally{learner_.counts(), learner_.spike_hash(), learner_.simulated_s()};
  }
  std::uint32_t checksum() const override {
    const FeedbackWeights w = learner_.weights();
    return weights_checksum(w.lateral, weights_checksum(w.feedback, weights_checksum(w.forward)));
  }

 private:
  DictionaryTask task_;
  FeedbackNetwork network_;
  FeedbackLearner learner_;
};

CLOCKLESS_CONTRASTIVE_MODEL({
    .name = "dictionary-learning",
    .summary = "spiking feedback network (Lin & Tang 2018) on samples of 24 known atoms",
    .figure = "objective of held-out samples",
    .larger_is_better = false,
    .plans = {"rigid", "staggered", "fast"},
    .counted = "samples",
    .own_data = true,
    .length = [](const ContrastiveContext&) { return std::uint64_t{12000}; },
    .make = [](const ContrastiveContext& context) -> std::unique_ptr<ContrastiveModel> {
      return std::make_unique<DictionaryModel>(context);
    },
});

}  // namespace
}  // namespace clockless
