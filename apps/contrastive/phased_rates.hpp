// Rate networks that learn by contrast in the course of their own dynamics, by any plan of phases.
#pragma once

#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include "apps/contrastive/contrast.hpp"
#include "apps/contrastive/contrastive_model.hpp"
#include "apps/contrastive/graph.hpp"
#include "core/random.hpp"

namespace clockless {

/// What is contrasted.
enum class RateContrast {
  /// Outputs at their targets with free ones (Movellan 1991): Δ s_i s_j.
  clamped,
  /// Outputs nudged towards their targets with such nudged away from them (Scellier & Bengio 2017;
  /// centred, Laborieux et al. 2021): Δ s_i s_j / 2β.
  nudged,
};

struct PhasedRatesOptions {
  RateContrast contrast = RateContrast::nudged;
  std::vector<Eigen::Index> hidden = {64};
  double beta = 0.5;  ///< conductance of the nudge, 0 to 1 both excluded
  /// Weights back are γ times those forward, and those into layer l of L learn 1/γ^(L−l) times as
  /// fast (Xie & Seung 2003); 0 < γ ≤ 1.
  double feedback = 1;
  double step_tau = 1.0;                           ///< of the integration, exponential steps
  int steps = 24;                                  ///< of a phase; random lengths: as a mean
  double input_rate = 0.1, recurrent_rate = 0.05;  ///< of the mean over the networks
  double last_rate = 0.2;  ///< rates fall exponentially to this factor over `phases`
  std::uint64_t phases = 1;
  Eigen::Index networks = 4;  ///< with the same weights, each with a sample of its own
};

/// Per weight, the factors on learning rates that weak feedback γ needs; shapes of WeightChange.
WeightChange layer_rates(const ContrastiveGraph& graph, double feedback);

/// ds/dt = −s + clip(drive) on a layered graph, never reset. Each phase ends with a lesson
/// ± s_i s_j, which is learned at once (in_place) or with that of the next phase, of the same
/// sample. A synapse hears of its own cells' states and of the sign that its post cell was told:
/// - random_order: signs are drawn, lessons weighted by the inverse of their probability, and every
///   phase has another sample (ISD of Williams et al. 2023);
/// - random_lengths: a geometric number of steps; several_data: samples pass within a phase;
/// - through_transient: a share of the lesson at each step, not all at the end;
/// - staggered: a phase begins at each pixel and cell up to 0.3 of a phase late, in its own time;
/// - baseline: lessons less the mean of s_i s_j over some 2000 phases, a trace of the synapse.
class PhasedRates : public ContrastiveModel {
 public:
  PhasedRates(const ContrastiveContext& context, const PhasedRatesOptions& options);

  /// So many phases of one sample. Ctrl-C leaves out the rest.
  void learn(std::uint64_t count) override;
  /// Accuracy on the test samples at the free equilibria, %.
  double figure() override;
  std::uint32_t checksum() const override;

  const ContrastiveGraph& graph() const { return graph_; }

 private:
  struct Network {
    Eigen::Index sample = 0, last_sample = 0;
    double sign = 0, last_sign = 0;  // of this phase and the one before
    int age = 0, length = 0;         // of this sample in this phase, steps
    int samples_left = 0;            // of this phase
    RandomStream random{};
  };

  Eigen::Index next_sample();
  void begin(Network& network);
  void show(Eigen::Index k);
  void relax();
  void learn_now();
  void apply_change(const WeightChange& change);

  const LabelledData& data_;
  PhasePlan plan_;
  PhasedRatesOptions options_;
  double length_;
  std::uint64_t seed_;
  ContrastiveGraph graph_;
  WeightChange rates_;       // by weight
  Eigen::MatrixXd targets_;  // outputs x samples
  std::vector<Network> networks_;
  std::vector<int> input_delays_, cell_delays_;  // steps
  int latest_ = 0;                               // the largest of them
  Eigen::MatrixXd x_, drive_, s_;                // inputs, cells, cells x networks
  Eigen::MatrixXd told_;  // cells x networks: what a lesson counts now, by post cell
  bool changed_ = false;  // weights, since drive_ was computed
  WeightChange pending_, trace_;
  std::vector<Eigen::Index> order_;
  std::uint64_t drawn_ = 0, ended_ = 0, wanted_ = 0;
};

}  // namespace clockless
