// Equilibrium propagation by rates as a contrastive model.
#include <memory>

#include "apps/contrastive/phased_rates.hpp"

namespace clockless {
namespace {

PhasedRatesOptions equilibrium_options(const ContrastiveContext& context) {
  PhasedRatesOptions o;
  const PhasePlan& p = context.plan;
  const bool paired = !p.random_order && p.data_per_phase == 1;
  if (!paired) {  // see contrastive_hebbian.cpp
    o.input_rate *= 0.1;
    o.recurrent_rate *= 0.1;
  }
  o.phases = (paired ? 80U : 400U) * static_cast<std::uint64_t>(context.data.train.cols());
  return o;
}

CLOCKLESS_CONTRASTIVE_MODEL({
    .name = "rate-equilibrium",
    .summary = "rates in layers with symmetric weights, nudged towards labels and away from them",
    .figure = "test accuracy",
    .unit = "%",
    .plans = {"rigid", "in_place", "random_order", "uneven", "random_lengths", "several_data",
              "transient", "staggered", "baseline", "together"},
    .counted = "phases",
    .length = [](const ContrastiveContext& context) { return equilibrium_options(context).phases; },
    .make = [](const ContrastiveContext& context) -> std::unique_ptr<ContrastiveModel> {
      return std::make_unique<PhasedRates>(context, equilibrium_options(context));
    },
});

}  // namespace
}  // namespace clockless
