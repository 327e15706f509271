// What was seen of a spiking network that learns by equilibrium propagation, epoch by epoch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include <nlohmann/json.hpp>

namespace clockless {

/// After an epoch; costs are a mean over its samples (training) or the test samples (inference).
struct EquilibriumPoint {
  int epoch = 0;
  double train_accuracy = 0;  ///< of each sample right after it was learned
  double test_accuracy = 0;
  double spikes = 0, synaptic_events = 0, plasticity_updates = 0, energy_j = 0;
  double test_spikes = 0, test_synaptic_events = 0, test_energy_j = 0;
  std::int64_t synapses = 0;
  std::uint64_t synapse_bytes = 0;
  double contraction_margin = 0;
  double unsettled = 0;         ///< share of settlings that patience ended
  std::uint64_t settlings = 0;  ///< those that waited for quiet outputs
  // Of ‖s − s*‖₁ above what spikes leave open; no steps where no leak promises anything.
  double lyapunov_bound = 0;
  std::uint64_t lyapunov_steps = 0, lyapunov_increases = 0;
  double lyapunov_largest = 0;  ///< rise of all, over what spikes leave open
  double held_error = 0;        ///< of what neurons are held at, against its recomputed value
  double asymmetry = 0;         ///< of weights between cells
  double copy_error = 0;  ///< of copies of reverse weights, the largest; see EquilibriumLearner
};

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(EquilibriumPoint, epoch, train_accuracy, test_accuracy, spikes,
                                   synaptic_events, plasticity_updates, energy_j, test_spikes,
                                   test_synaptic_events, test_energy_j, synapses, synapse_bytes,
                                   contraction_margin, unsettled, settlings, lyapunov_bound,
                                   lyapunov_steps, lyapunov_increases, lyapunov_largest, held_error,
                                   asymmetry, copy_error)

/// What they come to, one at least: the last of them, and Lyapunov's function over all.
nlohmann::json to_results(const std::vector<EquilibriumPoint>& points);

/// Writes curves.csv, a row per point.
void write_curves(const std::filesystem::path& path, const std::vector<EquilibriumPoint>& points);

}  // namespace clockless
