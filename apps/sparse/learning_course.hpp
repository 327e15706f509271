// How a dictionary came to be: what was seen on the way, point by point.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/counts_json.hpp"
#include "apps/sparse/dictionary_reference.hpp"
#include "core/counts.hpp"

namespace clockless {

/// The network after so many samples. Rates and costs are of the samples since the point before.
struct LearningPoint {
  std::uint64_t samples = 0;
  double objective = 0;    ///< on the test samples, coded by the solver; of samples of norm 1
  double non_zeros = 0;    ///< median of those codes
  double consistency = 1;  ///< 1 − ‖H − FB‖/‖FB‖
  double symmetry = 1;     ///< cosine between F and Bᵀ
  double least_norm = 1, greatest_norm = 1;  ///< of atoms
  double activity = 0;                       ///< mean of the codes by spikes, for samples of norm 1
  double lateral_step = 0;          ///< greatest η_HΣ‖ã‖² of replicas; must stay below 2
  double greatest_cost = 0;         ///< of a code, see FeedbackLearner::Code; above 1 it ran away
  double spikes = 0, energy_j = 0;  ///< a sample
};

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LearningPoint, samples, objective, non_zeros, consistency,
                                   symmetry, least_norm, greatest_norm, activity, lateral_step,
                                   greatest_cost, spikes, energy_j)

/// What goes into the next point.
struct OpenPoint {
  std::uint64_t since = 0;                     ///< samples at the point before
  Counts before;                               ///< then
  double activity = 0;                         ///< sum over samples
  double lateral_step = 0, greatest_cost = 0;  ///< as LearningPoint's
};

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(OpenPoint, since, before, activity, lateral_step, greatest_cost)

/// Writes curves.csv: a row per point, with the reference's objective where it was looked at.
void write_curves(const std::filesystem::path& path, const std::vector<LearningPoint>& points,
                  const DictionaryReference& reference);

}  // namespace clockless
