// How a dictionary came to be, as a table.
#include "apps/sparse/learning_course.hpp"

#include <string>

#include "apps/data/atomic_file.hpp"
#include "core/meter.hpp"

namespace clockless {

void to_json(nlohmann::json& j, const Counts& counts) {
  for (const CountTerm& term : count_terms) j[std::string(term.name)] = counts.*term.count;
}
void from_json(const nlohmann::json& j, Counts& counts) {
  for (const CountTerm& term : count_terms)
    counts.*term.count = j.at(std::string(term.name)).get<std::uint64_t>();
}

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
