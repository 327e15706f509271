// The course of equilibrium propagation as a table.
#include "apps/contrastive/equilibrium_course.hpp"

#include "apps/data/atomic_file.hpp"

namespace clockless {

void write_curves(const std::filesystem::path& path, const std::vector<EquilibriumPoint>& points) {
  AtomicFile file(path);
  file.write(
      "epoch,train_accuracy,test_accuracy,spikes_per_sample,synaptic_events_per_sample,"
      "plasticity_updates_per_sample,energy_per_sample_j,test_spikes_per_sample,"
      "test_synaptic_events_per_sample,test_energy_per_sample_j,synapses,synapse_bytes,"
      "contraction_margin,unsettled,lyapunov_bound,lyapunov_steps,lyapunov_increases\n");
  for (const EquilibriumPoint& p : points)
    file.print("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", p.epoch, p.train_accuracy,
               p.test_accuracy, p.spikes, p.synaptic_events, p.plasticity_updates, p.energy_j,
               p.test_spikes, p.test_synaptic_events, p.test_energy_j, p.synapses, p.synapse_bytes,
               p.contraction_margin, p.unsettled, p.lyapunov_bound, p.lyapunov_steps,
               p.lyapunov_increases);
  file.commit();
}

}  // namespace clockless
