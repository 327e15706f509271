// Probability flow on bars and stripes as a contrastive model: the one that has no phases.
#include <memory>

#include "apps/contrastive/contrastive_model.hpp"
#include "apps/contrastive/probability_flow.hpp"

namespace clockless {
namespace {

class ProbabilityFlowModel final : public ContrastiveModel {
 public:
  explicit ProbabilityFlowModel(const ContrastiveContext& context)
      : data_(bars_and_stripes(4)),
        learner_(RestrictedBoltzmann::random(16, 16, 0.01, context.seed), data_, {}) {}
  void learn(std::uint64_t count) override { learner_.learn(count); }
  double figure() override { return negative_log_likelihood(learner_.machine(), data_); }
  std::uint32_t checksum() const override { return weights_checksum(learner_.machine().weights); }

 private:
  Eigen::MatrixXd data_;
  ProbabilityFlowLearner learner_;
};

CLOCKLESS_CONTRASTIVE_MODEL({
    .name = "probability-flow",
    .summary =
        "the same machine by probability flow: data hold it all the time, there are no phases",
    .figure = "negative log-likelihood",
    .unit = "nat",
    .larger_is_better = false,
    .plans = {"rigid"},
    .counted = "steps",
    .own_data = true,
    .length = [](const ContrastiveContext&) { return std::uint64_t{2000}; },
    .make = [](const ContrastiveContext& context) -> std::unique_ptr<ContrastiveModel> {
      return std::make_unique<ProbabilityFlowModel>(context);
    },
});

}  // namespace
}  // namespace clockless
