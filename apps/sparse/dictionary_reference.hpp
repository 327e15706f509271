// What a dictionary learner without spikes makes of the same samples.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/Core>

#include "apps/run.hpp"
#include "apps/sparse/dictionary_task.hpp"

namespace clockless {

struct DictionaryReference {
  std::string name;          ///< sgd or online; empty: none
  double learning_rate = 0;  ///< of sgd, for samples of norm 1: as given, or the best of a grid
  std::vector<std::pair<double, double>> grid;              ///< (rate, test objective at the end)
  std::vector<std::pair<std::uint64_t, double>> objective;  ///< (samples, test objective)
  Eigen::MatrixXd dictionary;                               ///< at the end; features x atoms

  /// The test objective after so many samples, if it was looked at then.
  std::optional<double> at(std::uint64_t samples) const;
  /// Whether a rate beyond the grid might be better still.
  bool best_at_edge() const;
};

/// Declares reference and reference_rate.
void declare_reference(Settings& settings);

/// Learns from the same samples in the same order, from the same initial dictionary, and looks at
/// the test objective at the given numbers of samples, the last of them the end. Without a rate sgd
/// takes the best of a grid of factors of two, widened until the best is not at its edge.
DictionaryReference learn_reference(Run& run, const DictionaryTask& task,
                                    const std::vector<std::uint64_t>& looks);

}  // namespace clockless
