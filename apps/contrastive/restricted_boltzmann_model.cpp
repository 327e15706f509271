// A restricted Boltzmann machine on bars and stripes as a contrastive model.
#include <memory>

#include "apps/contrastive/contrastive_model.hpp"
#include "apps/contrastive/restricted_boltzmann.hpp"

namespace clockless {
namespace {

constexpr std::uint64_t phases = 40'000;

/// Phases whose types are drawn teach with about three times the variance.
RestrictedBoltzmannOptions options(const ContrastiveContext& context) {
  return {.rate = context.plan.random_order ? 0.1 : 0.2,
          .fall = context.length * static_cast<double>(phases)};
}

class RestrictedBoltzmannModel final : public ContrastiveModel {
 public:
  explicit RestrictedBoltzmannModel(const ContrastiveContext& context)
      : data_(bars_and_stripes(4)),
        learner_(RestrictedBoltzmann::random(16, 16, 0.01, context.seed), data_, options(context),
                 context.plan, context.seed) {}
  void learn(std::uint64_t count) override { learner_.learn(count); }
  double figure() override { return negative_log_likelihood(learner_.machine(), data_); }
  std::uint32_t checksum() const override { return weights_checksum(learner_.machine().weights); }

 private:
  Eigen::MatrixXd data_;
  RestrictedBoltzmannLearner learner_;
};

CLOCKLESS_CONTRASTIVE_MODEL({
    .name = "rbm",
    .summary = "a restricted Boltzmann machine, 16 + 16 units, on bars and stripes, 64 copies",
    .figure = "negative log-likelihood",
    .unit = "nat",
    .larger_is_better = false,
    .plans = {"rigid", "in_place", "random_order", "uneven", "random_lengths", "several_data",
              "transient", "baseline", "together"},
    .counted = "phases of each copy",
    .own_data = true,
    .length = [](const ContrastiveContext&) { return phases; },
    .make = [](const ContrastiveContext& context) -> std::unique_ptr<ContrastiveModel> {
      return std::make_unique<RestrictedBoltzmannModel>(context);
    },
});

}  // namespace
}  // namespace clockless
