// Training the cells of a grid.
#include "apps/contrastive/phase_grid.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <memory>
#include <mutex>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/data/checkpoint_file.hpp"
#include "apps/interrupt.hpp"
#include "core/error.hpp"

namespace clockless {

using nlohmann::json;

namespace {

constexpr std::string_view magic = "clockless phase grid 1\n";

/// False where Ctrl-C came before its end.
bool train(GridCell& cell, const LabelledData& data, double length, Progress& progress) {
  const ContrastiveContext context{data, cell.plan->plan, cell.seed, length};
  std::uint64_t step = 0;
  try {
    const auto model = cell.kind->make(context);
    const auto count = std::max<std::uint64_t>(
        1, static_cast<std::uint64_t>(
               std::llround(length * static_cast<double>(cell.kind->length(context)))));
    for (; step < grid_steps; progress.advance(), ++step) {
      model->learn(count * (step + 1) / grid_steps - count * step / grid_steps);
      if (interrupted()) return false;
    }
    cell.figure = model->figure();
    if (!std::isfinite(cell.figure)) cell.failure = fmt::format("no {}", cell.kind->figure);
  } catch (const Error& e) {
    cell.failure = e.what();
  }
  progress.advance(grid_steps - step);
  return cell.done = !interrupted();
}

void write(const std::vector<GridCell>& cells, const GridOptions& options, const json& identity) {
  if (options.file.empty()) return;
  json finished = json::array();
  for (const GridCell& c : cells)
    if (c.done) finished.push_back({c.kind->name, c.plan->name, c.seed, c.figure, c.failure});
  CheckpointWriter out(magic);
  out.text(json{{"run", identity}, {"cells", std::move(finished)}}.dump());
  try {
    out.write(options.file);
  } catch (const Error& e) {
    fmt::print(stderr, "clockless: {}; learning goes on, and this checkpoint is missing\n",
               e.what());
  }
}

}  // namespace

void train_cells(std::vector<GridCell>& cells, const LabelledData& data, const GridOptions& options,
                 const json& identity, Parallel& parallel, Progress& progress) {
  // Others may look at `cells` only while none of them changes: each is trained aside.
  std::mutex mutex;
  parallel.for_each(cells.size(), [&](std::size_t i) {
    GridCell cell = [&] {
      const std::lock_guard lock(mutex);
      return cells[i];
    }();
    if (cell.done) return progress.advance(grid_steps);
    if (options.before_each) options.before_each();
    if (interrupted() || !train(cell, data, options.length, progress)) return;
    const std::lock_guard lock(mutex);
    cells[i] = std::move(cell);
    write(cells, options, identity);
    if (options.after_each) options.after_each(cells);
  });
}

void take_finished(std::vector<GridCell>& cells, const std::filesystem::path& file,
                   const json& identity) {
  auto in = CheckpointReader::open(file, magic);
  if (!in) return;
  try {
    const json all = json::parse(in->text());
    require_same_run(file, all.at("run"), identity);
    for (const json& finished : all.at("cells"))
      for (GridCell& c : cells) {
        if (finished.at(0) != c.kind->name || finished.at(1) != c.plan->name ||
            finished.at(2) != c.seed)
          continue;
        if (!finished.at(3).is_null()) c.figure = finished.at(3).get<double>();
        c.failure = finished.at(4).get<std::string>();
        c.done = true;
      }
  } catch (const json::exception&) {
    in->fail();
  }
  in->finish();
}

}  // namespace clockless
