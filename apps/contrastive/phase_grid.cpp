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

#include "apps/counts_json.hpp"
#include "apps/data/checkpoint_file.hpp"
#include "apps/interrupt.hpp"
#include "core/error.hpp"

namespace clockless {

using nlohmann::json;

namespace {

constexpr std::string_view magic = "clockless phase grid 3\n";

/// False where Ctrl-C came before its end.
bool train(GridCell& cell, const LabelledData& data, const GridOptions& options,
           Progress& progress) {
  const ContrastiveContext context{data, cell.plan->plan, cell.seed, options.length, options.cores};
  std::uint64_t step = 0;
  try {
    const auto model = cell.kind->make(context);
    const auto count = std::max<std::uint64_t>(
        1, static_cast<std::uint64_t>(
               std::llround(options.length * static_cast<double>(cell.kind->length(context)))));
    cell.course = {model->figure()};
    while (step < grid_steps) {
      ++step;
      const std::uint64_t learned = count * step / grid_steps;
      model->learn(learned - std::exchange(cell.learned, learned));
      if (interrupted()) return false;
      cell.tally = model->tally();
      if (step % (grid_steps / grid_looks) == 0) cell.course.push_back(model->figure());
      progress.advance();
    }
    cell.figure = cell.course.back();
    cell.checksum = model->checksum();
    if (!std::isfinite(cell.figure)) cell.failure = fmt::format("no {}", cell.kind->figure);
  } catch (const Error& e) {
    cell.failure = e.what();
  }
  progress.advance(grid_steps - step);
  return cell.done = !interrupted();
}

json as_json(const GridCell& c) {
  json tally;
  if (c.tally)
    tally = {{"counts", c.tally->counts},
             {"spike_hash", c.tally->spike_hash},
             {"simulated_s", c.tally->simulated_s}};
  return {{"model", c.kind->name}, {"plan", c.plan->name}, {"seed", c.seed},
          {"figure", c.figure},    {"failure", c.failure}, {"course", c.course},
          {"learned", c.learned},  {"tally", tally},       {"checksum", c.checksum}};
}

/// JSON has null for what is not finite.
double finite_or_nan(const json& j) {
  return j.is_null() ? std::numeric_limits<double>::quiet_NaN() : j.get<double>();
}

/// Throws json::exception for what as_json() does not write.
void take(GridCell& c, const json& j) {
  c.figure = finite_or_nan(j.at("figure"));
  c.failure = j.at("failure").get<std::string>();
  c.course.clear();
  for (const json& figure : j.at("course")) c.course.push_back(finite_or_nan(figure));
  c.learned = j.at("learned").get<std::uint64_t>();
  c.checksum = j.at("checksum").get<std::uint32_t>();
  if (const json& tally = j.at("tally"); !tally.is_null())
    c.tally =
        EngineTally{tally.at("counts").get<Counts>(), tally.at("spike_hash").get<std::uint64_t>(),
                    tally.at("simulated_s").get<double>()};
  c.done = true;
}

void write(const std::vector<GridCell>& cells, const GridOptions& options, const json& identity) {
  if (options.file.empty()) return;
  json finished = json::array();
  for (const GridCell& c : cells)
    if (c.done) finished.push_back(as_json(c));
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
    if (interrupted() || !train(cell, data, options, progress)) return;
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
      for (GridCell& c : cells)
        if (finished.at("model") == c.kind->name && finished.at("plan") == c.plan->name &&
            finished.at("seed") == c.seed)
          take(c, finished);
  } catch (const json::exception&) {
    in->fail();
  }
  in->finish();
}

}  // namespace clockless
