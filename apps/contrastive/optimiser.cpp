// Momentum and Adam on the weights of a graph.
#include "apps/contrastive/optimiser.hpp"

#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"

namespace clockless {

using Eigen::MatrixXd;

Optimiser::Optimiser(const ContrastiveGraph& graph, const OptimiserOptions& options)
    : options_(options), first_(WeightChange::zero(graph)), second_(first_) {
  const auto& o = options;
  if (!(o.learning_rate > 0) || !std::isfinite(o.learning_rate) || !(o.first_decay >= 0) ||
      !(o.first_decay < 1) || !(o.second_decay > 0) || !(o.second_decay < 1) ||
      !(o.weight_decay >= 0) || !(o.weight_decay * o.learning_rate < 1))
    throw Error(
        fmt::format("optimiser: learning rate {}, decays {} and {}, weight decay {}; the rate must "
                    "be positive, "
                    "decays below 1",
                    o.learning_rate, o.first_decay, o.second_decay, o.weight_decay));
}

void Optimiser::step(ContrastiveGraph& graph, const WeightChange& descent, double rate_scale) {
  const double rate = rate_scale * options_.learning_rate;
  const bool adam = options_.rule == StepRule::adam;
  first_power_ *= options_.first_decay;
  second_power_ *= options_.second_decay;
  const auto part = [&](auto weights, const auto& gradient, auto first, auto second) {
    weights *= 1 - rate * options_.weight_decay;
    if (adam) {
      adam_step(options_, rate, first_power_, second_power_, weights, gradient, first, second);
      return;
    }
    first *= options_.first_decay;
    first += gradient;
    weights += rate * first;
  };
  const auto whole = [](MatrixXd& m) { return m.block(0, 0, m.rows(), m.cols()); };
  part(whole(graph.input_weights), descent.input, whole(first_.input), whole(second_.input));
  for (const auto& b : graph.blocks) {
    const auto block = [&](auto& m) { return m.block(b.from, b.to, b.from_size, b.to_size); };
    part(block(graph.recurrent), block(descent.recurrent), block(first_.recurrent),
         block(second_.recurrent));
  }
}

}  // namespace clockless
