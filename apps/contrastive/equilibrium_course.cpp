// The course of equilibrium propagation as a table.
#include "apps/contrastive/equilibrium_course.hpp"

#include <algorithm>

#include "apps/data/atomic_file.hpp"

namespace clockless {

void write_curves(const std::filesystem::path& path, const std::vector<EquilibriumPoint>& points) {
  AtomicFile file(path);
  file.write(
      "epoch,train_accuracy,test_accuracy,spikes_per_sample,synaptic_events_per_sample,"
      "plasticity_updates_per_sample,energy_per_sample_j,test_spikes_per_sample,"
      "test_synaptic_events_per_sample,test_energy_per_sample_j,synapses,synapse_bytes,"
      "contraction_margin,unsettled,settlings,lyapunov_bound,lyapunov_steps,lyapunov_increases,"
      "asymmetry,copy_error\n");
  for (const EquilibriumPoint& p : points)
    file.print("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", p.epoch,
               p.train_accuracy, p.test_accuracy, p.spikes, p.synaptic_events, p.plasticity_updates,
               p.energy_j, p.test_spikes, p.test_synaptic_events, p.test_energy_j, p.synapses,
               p.synapse_bytes, p.contraction_margin, p.unsettled, p.settlings, p.lyapunov_bound,
               p.lyapunov_steps, p.lyapunov_increases, p.asymmetry, p.copy_error);
  file.commit();
}

nlohmann::json to_results(const std::vector<EquilibriumPoint>& points) {
  using nlohmann::json;
  const EquilibriumPoint& last = points.back();
  std::uint64_t increases = 0, steps = 0;
  int watched = 0;
  double largest = 0, held = 0, copied = 0;
  for (const EquilibriumPoint& p : points) {
    increases += p.lyapunov_increases;
    steps += p.lyapunov_steps;
    largest = std::max(largest, p.lyapunov_largest);
    held = std::max(held, p.held_error);
    copied = std::max(copied, p.copy_error);
    watched += p.lyapunov_steps > 0 ? 1 : 0;
  }
  return {{"epochs", last.epoch},
          {"test_accuracy", last.test_accuracy},
          {"train_accuracy", last.train_accuracy},
          {"synapses_left", last.synapses},
          {"synapse_bytes", last.synapse_bytes},
          {"spikes_per_sample", last.spikes},
          {"synaptic_events_per_sample", last.synaptic_events},
          {"plasticity_updates_per_sample", last.plasticity_updates},
          {"energy_per_sample_j", last.energy_j},
          {"inference",
           {{"spikes_per_sample", last.test_spikes},
            {"synaptic_events_per_sample", last.test_synaptic_events},
            {"energy_per_sample_j", last.test_energy_j}}},
          {"contraction_margin", last.contraction_margin},
          {"unsettled", last.settlings > 0 ? json(last.unsettled) : json()},
          {"lyapunov_bound", last.lyapunov_steps > 0 ? json(last.lyapunov_bound) : json()},
          {"lyapunov_increases", steps > 0 ? json(increases) : json()},
          {"lyapunov_steps", steps},
          {"lyapunov_largest", steps > 0 ? json(largest) : json()},
          {"lyapunov_epochs", watched},
          {"lyapunov_unwatched", static_cast<int>(points.size()) - watched},
          {"held_error", held},
          {"asymmetry", last.asymmetry},
          {"copy_error", copied}};
}

}  // namespace clockless
