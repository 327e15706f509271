// Steps along gradients: momentum, or Adam.
#pragma once

#include <cstdint>

#include "apps/contrastive/contrast.hpp"
#include "apps/contrastive/graph.hpp"

namespace clockless {

enum class StepRule {
  momentum,  ///< v ← μ v + (descent), W += η v (Polyak 1964), with the first moment's decay as μ
  adam,      ///< Kingma & Ba 2015, Algorithm 1
};

struct OptimiserOptions {
  StepRule rule = StepRule::adam;
  double learning_rate = 1e-3;  ///< η > 0
  double first_decay = 0.9;     ///< β₁, or the momentum μ, in [0, 1)
  double second_decay = 0.999;  ///< β₂ of Adam, in (0, 1)
  double weight_decay = 0;      ///< W −= η · this · W at each step, biases too (decoupled)
};

/// One step of Adam on any block of weights, its moments being of the same shape; the powers are
/// β₁ᵗ and β₂ᵗ of this step t.
template <class Weights, class Gradient, class First, class Second>
void adam_step(const OptimiserOptions& o, double rate, double first_power, double second_power,
               Weights&& weights, const Gradient& descent, First&& first, Second&& second) {
  constexpr double least = 1e-8;  // ε
  first *= o.first_decay;
  first += (1 - o.first_decay) * descent;
  second.array() =
      o.second_decay * second.array() + (1 - o.second_decay) * descent.array().square();
  weights.array() += rate / (1 - first_power) * first.array() /
                     ((second.array() / (1 - second_power)).sqrt() + least);
}

class Optimiser {
 public:
  /// Throws Error for options out of range.
  Optimiser(const ContrastiveGraph& graph, const OptimiserOptions& options);

  /// One step along −dC/dW, times `rate_scale` ≥ 0 on the learning rate.
  void step(ContrastiveGraph& graph, const WeightChange& descent, double rate_scale = 1);

 private:
  OptimiserOptions options_;
  WeightChange first_, second_;
  double first_power_ = 1, second_power_ = 1;  // β₁ᵗ, β₂ᵗ
};

}  // namespace clockless
