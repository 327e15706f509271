// How a dictionary came to be, as a table.
#include "apps/sparse/learning_course.hpp"

#include "apps/data/atomic_file.hpp"

namespace clockless {

void write_curves(const std::filesystem::path& path, const std::vector<LearningPoint>& points,
                  const DictionaryReference& reference) {
  AtomicFile file(path);
  file.write(
      "samples,test_objective,reference_test_objective,non_zeros,consistency,symmetry,least_norm,"
      "greatest_norm,activity,lateral_step,greatest_cost,spikes_per_sample,energy_per_sample_j\n");
  for (const LearningPoint& p : points) {
    file.print("{},{},", p.samples, p.objective);
    if (const auto theirs = reference.at(p.samples)) file.print("{}", *theirs);
    file.print(",{},{},{},{},{},{},{},{},{},{}\n", p.non_zeros, p.consistency, p.symmetry,
               p.least_norm, p.greatest_norm, p.activity, p.lateral_step, p.greatest_cost, p.spikes,
               p.energy_j);
  }
  file.commit();
}

}  // namespace clockless
