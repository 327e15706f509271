// What the points of a sweep came to: a row each, for sweep.csv and the figure.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace clockless {

/// A cell of a row by the name of its column. Cells hold numbers, texts, true, false or null.
using Cell = std::pair<std::string, nlohmann::ordered_json>;

/// The scalars of a summary.json, named by their path in it: results first, then counts, times,
/// joules by the run's own profile (nominal), waits of all neurocores together, and what a run with
/// barriers came to without them. Nothing that measures the machine on which it ran, so that the
/// same run gives the same cells.
std::vector<Cell> scalars_of(const nlohmann::ordered_json& summary);

struct SweepRow {
  std::size_t point = 0;           ///< in the grid
  std::string name;                ///< of its folder
  std::vector<std::string> swept;  ///< the value of each swept setting
  std::vector<Cell> cells;
};

struct SweepTable {
  std::vector<std::string> keys;  ///< the swept settings
  std::vector<SweepRow> rows;
  std::string headline;  ///< what the scenario calls its first number

  /// The names of all cells, in the order in which the rows bring them.
  std::vector<std::string> columns() const;
  /// A header line, then a line a row, quoted as RFC 4180 has it.
  std::string csv() const;
};

/// The cell of that name; null where the row has none.
const nlohmann::ordered_json& cell(const SweepRow& row, const std::string& column);

}  // namespace clockless
