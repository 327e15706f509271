// A grid of independent trainings: each model by each plan from each seed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "apps/contrastive/contrastive_model.hpp"
#include "apps/progress.hpp"
#include "core/parallel.hpp"

namespace clockless {

/// One training and what became of it.
struct GridCell {
  const ContrastiveKind* kind;
  const NamedPlan* plan;
  std::uint64_t seed;
  bool done = false;
  double figure = std::numeric_limits<double>::quiet_NaN();
  std::string failure = {};  ///< why there is no figure, such as activity that diverged
  std::vector<double> course =
      {};                     ///< the figure before learning and after each of grid_looks parts
  std::uint64_t learned = 0;  ///< of what its kind counts
  std::optional<EngineTally> tally = {};  ///< of learning; none of models of rates
  std::uint32_t checksum = 0;             ///< of the weights that it ended with
};

struct GridOptions {
  double length = 1;                       ///< factor on how long each learns
  std::size_t cores = 1;                   ///< neurocores of each
  std::filesystem::path file = {};         ///< of the finished cells; empty: none
  std::function<void()> before_each = {};  ///< on the cell's thread
  /// One at a time, while no cell changes.
  std::function<void(const std::vector<GridCell>&)> after_each = {};
};

/// Progress is counted in these, so many a cell.
constexpr std::uint64_t grid_steps = 20;
/// Equal parts of a training after which its figure is asked for; they divide grid_steps.
constexpr std::uint64_t grid_looks = 4;

/// Trains all cells that are not done, in any order on the threads of `parallel`; what becomes of
/// each depends on nothing but itself. An Error in a cell becomes its failure, the others go on.
/// Ctrl-C leaves those undone that are not finished. After each cell `options.file` is written
/// anew, of a run like `identity`; where the disk does not take it, the user is told.
void train_cells(std::vector<GridCell>& cells, const LabelledData& data, const GridOptions& options,
                 const nlohmann::json& identity, Parallel& parallel, Progress& progress);

/// Takes from the file, if there is one, the cells that it holds. Throws Error for a file that is
/// no checkpoint of finished cells, is damaged, or is of a run unlike `identity`.
void take_finished(std::vector<GridCell>& cells, const std::filesystem::path& file,
                   const nlohmann::json& identity);

}  // namespace clockless
