// Equilibrium propagation by spikes as a contrastive model: phases are events, by any plan.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <Eigen/Core>

#include "apps/contrastive/contrastive_model.hpp"
#include "apps/contrastive/equilibrium_learner.hpp"
#include "apps/contrastive/equilibrium_task.hpp"

namespace clockless {

/// The scenario equilibrium-propagation with its defaults for the data, on a graph of that kind
/// ("layered", "complete"), with rigid phases where the plan says nothing else:
/// - random_lengths: U · 20 τ and U · 12 τ, U = ½ + ½ Exp(1); quiet_outputs: 5 τ of silence;
/// - random_order: three in ten samples are nudged from the beginning; with another share of
///   positive phases than half a fifth of the samples is not nudged, and others 1.5 times;
/// - staggered: modulators reach each cell up to 0.3 τ late, each in its own time.
/// The rule ∫ m d(s_i s_j) learns in place, all through the transient, whatever the plan.
class SpikingEquilibrium final : public ContrastiveModel {
 public:
  /// Throws Error for data that it has no graph for.
  SpikingEquilibrium(std::string_view graph, const ContrastiveContext& context);

  /// So many samples, in shuffled order. Ctrl-C leaves out the rest.
  void learn(std::uint64_t count) override;
  /// Accuracy on the test samples, %, told by the outputs after a free phase of the plan's: of
  /// another network with these weights, so that this one lives on as if nobody had asked.
  double figure() override;
  std::optional<EngineTally> tally() const override;
  std::uint32_t checksum() const override;

  const EquilibriumTask& task() const { return task_; }
  const EquilibriumLearner& learner() const { return learner_; }

 private:
  std::uint64_t seed_;
  EquilibriumTask task_;
  EquilibriumNetwork network_;
  std::size_t cores_;
  EquilibriumLearner learner_;
  Eigen::MatrixXd targets_;  // outputs x samples
  std::uint64_t learned_ = 0;
};

/// Name and summary apart, a kind of this model.
ContrastiveKind spiking_equilibrium_kind(std::string_view graph);

}  // namespace clockless
