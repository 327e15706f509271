// Dictionary learning on a live page.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/run.hpp"
#include "apps/sparse/dictionary_reference.hpp"
#include "apps/sparse/dictionary_task.hpp"
#include "apps/sparse/feedback_learner.hpp"
#include "apps/sparse/learning_course.hpp"

namespace clockless {

/// Leaves snapshots on run.live and obeys its pause and speed; without a page it does nothing. It
/// only reads, so the run's bits do not depend on it.
class LearningView {
 public:
  /// Refers to all of these as they go on.
  LearningView(const Run& run, const DictionaryTask& task, FeedbackLearner& learner,
               const std::vector<LearningPoint>& points, const DictionaryReference& reference);

  /// Before the first sample, and after the reference has learned.
  void begin();
  /// After one sample, or some: shows them now and then; waits as viewers ask.
  void after_samples();
  /// When run.results hold all there is to know.
  void finish();

  /// How long viewers had the run wait.
  double waited_s() const { return waited_s_; }

 private:
  using Clock = std::chrono::steady_clock;
  nlohmann::json curve() const;
  nlohmann::json raster() const;
  nlohmann::json atoms(const Eigen::MatrixXd& dictionary) const;
  nlohmann::json snapshot(const std::string& state) const;
  void publish(const std::string& state);

  const Run& run_;
  const DictionaryTask& task_;
  FeedbackLearner& learner_;
  const std::vector<LearningPoint>& points_;
  const DictionaryReference& reference_;
  std::uint64_t seen_ = 0, first_ = 0;  // samples: at the last call, at the beginning
  Clock::time_point began_, due_;       // the next snapshot is due
  double waited_s_ = 0;
};

}  // namespace clockless
