// How the phases of a contrastive learner go: rigid, or relaxed as hardware without a phase clock
// would have it (Williams, Bredenberg & Lajoie 2023).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clockless {

/// As it begins: rigid, the textbook's two phases. Each relaxation changes some of it.
struct PhasePlan {
  /// Learns from the state at hand, each phase by itself; not: both phases' states are stored, and
  /// one update is made of the two.
  bool in_place = false;
  /// Types of phases are drawn, not taken in turn: the next is positive (data, nudge) with
  /// probability positive_share. Updates are weighted by its inverse, so that they stay unbiased.
  bool random_order = false;
  double positive_share = 0.5;
  /// Lengths are drawn: geometric (rates, Gibbs steps) or ½ + ½ Exp(1) (spikes) of
  /// the same mean.
  bool random_lengths = false;
  /// A phase ends when the outputs are quiet, whenever that is; only models of spikes know it.
  bool quiet_outputs = false;
  /// Data that pass in one phase.
  int data_per_phase = 1;
  /// Updates from the beginning of a phase, not only at its end.
  bool through_transient = false;
  /// Phases begin at each neuron in its own time.
  bool staggered = false;
  /// Subtracts a slow trace of what is learned from (paper B's baseline, theory T4).
  bool baseline = false;

  // What hardware adds; only models of spikes know it.
  double jitter = 0;           ///< spread of axonal delays, share of their mean
  double lost_modulators = 0;  ///< share
  double lost_spikes = 0;      ///< share
  bool retold = true;          ///< where spikes are lost, levels are told anew now and then
  double mismatch = 0;         ///< spread of time constants and thresholds, of their logarithms

  // What breaks learning.
  bool onset = true;       ///< cells stop to learn while data change
  bool settled = true;     ///< false: nudged before the free phase has settled
  double rate_factor = 1;  ///< on all learning rates
};

/// A plan by name, with what it is in words.
struct NamedPlan {
  std::string_view name, summary;
  PhasePlan plan;
  bool breaks = false;  ///< shown to break learning
};

/// All of them, `rigid` first.
const std::vector<NamedPlan>& phase_plans();
/// Throws Error for a name that is none, naming those that are.
const NamedPlan& phase_plan(std::string_view name);

}  // namespace clockless
