// Checkpoints of equilibrium propagation by spikes, between two epochs.
#pragma once

#include <filesystem>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "apps/contrastive/equilibrium_course.hpp"
#include "apps/contrastive/equilibrium_learner.hpp"

namespace clockless {

struct EquilibriumCheckpoint {
  int epoch = 0;  ///< whole ones
  std::vector<EquilibriumPoint> points;
  Eigen::MatrixXd input_mask, recurrent_mask;  ///< of the graph, see there
  EquilibriumState state;
};

/// Throws Error where the disk does not take it. `run` tells runs apart that differ in what is
/// learned.
void write_equilibrium(const std::filesystem::path& path, const nlohmann::json& run,
                       const EquilibriumCheckpoint& checkpoint);

/// Fills the checkpoint from the file, whose masks are to have the shapes of those in it; false
/// where there is no such file. Throws Error for one that is no such checkpoint, is damaged, or is
/// of a run unlike `run`.
bool read_equilibrium(const std::filesystem::path& path, const nlohmann::json& run,
                      std::size_t parts, EquilibriumCheckpoint& checkpoint);

}  // namespace clockless
