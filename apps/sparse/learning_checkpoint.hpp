// A learning run on disk: what it takes to go on as if nothing had happened.
#pragma once

#include <filesystem>
#include <optional>

#include <nlohmann/json.hpp>

#include "apps/sparse/feedback_learner.hpp"

namespace clockless {

struct LearningCheckpoint {
  FeedbackState state;
  nlohmann::json run;     ///< what has to be the same for the run to go on: settings, sizes
  nlohmann::json course;  ///< what the run has noted so far, e.g. its curves
};

/// Writes it whole or not at all (an earlier one stays until then), to survive kill -9 at any
/// moment. Throws Error where the disk does not take it.
void write_checkpoint(const std::filesystem::path& path, const LearningCheckpoint& checkpoint);

/// Nothing if there is no such file. Throws Error for a file that is no checkpoint, is damaged (its
/// checksum tells) or is of another version.
std::optional<LearningCheckpoint> read_checkpoint(const std::filesystem::path& path);

}  // namespace clockless
