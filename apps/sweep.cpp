// `clockless sweep`.
#include "apps/sweep.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <thread>

#include <fmt/format.h>
#include <zlib.h>

#include "apps/data/atomic_file.hpp"
#include "apps/hardware_toml.hpp"
#include "apps/interrupt.hpp"
#include "apps/progress.hpp"
#include "apps/report/report.hpp"
#include "apps/run_command.hpp"
#include "apps/sweep/children.hpp"
#include "apps/sweep/figure.hpp"
#include "apps/sweep/grid.hpp"
#include "apps/sweep/sweep_folder.hpp"
#include "apps/sweep/table.hpp"
#include "apps/text.hpp"
#include "apps/version.hpp"

namespace clockless {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace {

using Failures = std::map<std::size_t, std::string>;  // by point

struct Sweep {
  const SweepRequest& request;
  const Scenario& scenario;
  Grid grid;
  PlotChoice plot;

  // What a point's `clockless run` is given.
  std::vector<std::string> assignments(std::size_t point) const {
    std::vector<std::string> all{"threads=1"};  // the points share the machine
    all.insert(all.end(), request.fixed.begin(), request.fixed.end());
    for (std::size_t a = 0; a < grid.axes.size(); ++a)
      all.push_back(grid.axes[a].key + "=" + grid.value(point, a));
    return all;
  }
  // "speedup = 10, seed = 2"
  std::string settings(std::size_t point) const {
    std::string out;
    for (std::size_t a = 0; a < grid.axes.size(); ++a)
      out += fmt::format("{}{} = {}", a == 0 ? "" : ", ", grid.axes[a].key, grid.value(point, a));
    return out;
  }
};

Sweep understood(const SweepRequest& request) {
  const Scenario& scenario = requested_scenario({.target = request.target});
  Sweep sweep{request, scenario, parse_grid(declared_settings(scenario), request.swept), {}};
  if (sweep.grid.axes.empty())
    throw Error("nothing to sweep: give a setting several values, as --seed=1,2,3");
  for (const std::string& assignment : request.fixed)
    for (const GridAxis& axis : sweep.grid.axes)
      if (assignment.starts_with(axis.key + "="))
        throw Error(
            fmt::format("command line: '{}' is given twice, as a list and by --set; keep "
                        "one",
                        axis.key));
  sweep.plot = parse_plot(request.plot, sweep.grid);
  return sweep;
}

std::string checksum(const HardwareProfile& hardware) {
  const std::string text = hardware_toml(hardware, {});
  const auto* bytes = reinterpret_cast<const Bytef*>(text.data());
  return fmt::format("a cost table with the checksum {:08x}",
                     ::crc32(0, bytes, static_cast<uInt>(text.size())));
}

// Checks each point as its run would, and tells what makes this sweep and no other. Threads are
// left out: they never change a result.
ordered_json described(const Sweep& sweep) {
  ordered_json json{{"scenario", sweep.scenario.name}, {"version", version()}};
  for (std::size_t point = 0; point < sweep.grid.size(); ++point) {
    const PreparedRun run =
        prepare_run({.target = sweep.request.target, .assignments = sweep.assignments(point)});
    if (run.settings.declared("checkpoint") && run.settings.has("checkpoint"))
      run.settings.fail("checkpoint", "all points would write to it; leave it out");
    // A table may change under its name.
    json["hardware"][run.settings.get<std::string>("hardware")] = checksum(run.hardware);
    if (point > 0) continue;
    auto& common = json["configuration"] = run.settings.to_json();
    common.erase("threads");
    for (const GridAxis& axis : sweep.grid.axes) common.erase(axis.key);
  }
  for (const GridAxis& axis : sweep.grid.axes) json["swept"][axis.key] = axis.values;
  return json;
}

Failures run_points(const Sweep& sweep, const SweepFolder& folder,
                    const std::vector<std::size_t>& points) {
  const int at_once = sweep.request.at_once > 0
                          ? sweep.request.at_once
                          : static_cast<int>(std::thread::hardware_concurrency());
  Failures failures;
  Progress bar("points", points.size(),
               sweep.request.quiet ? ProgressStyle::none : progress_style());
  run_children(
      sweep.request.program, points.size(), static_cast<std::size_t>(std::max(1, at_once)),
      [&](std::size_t i) {
        std::vector<std::string> words{"run", sweep.request.target, "--quiet", "-o",
                                       folder.folder(points[i]).string()};
        for (std::string& assignment : sweep.assignments(points[i]))
          words.insert(words.end(), {"--set", std::move(assignment)});
        return words;
      },
      [&](std::size_t i, const ChildEnd& end) {
        if (!end.succeeded && interrupted()) return;
        if (!end.succeeded) failures[points[i]] = end.message;
        bar.advance();
      });
  return failures;
}

// Tells on stderr what did not run to its end.
void tell(const Sweep& sweep, const SweepFolder& folder, const Failures& failures,
          std::size_t done) {
  const std::size_t n = sweep.grid.size();
  for (const auto& [point, message] : failures)
    fmt::print(stderr, "clockless: {} ({}): {}\n", folder.name(point), sweep.settings(point),
               printable(message));
  if (interrupted())
    fmt::print(stderr,
               "clockless: interrupted with {} of {} points done; the same command goes on "
               "from there\n",
               done, n);
  else if (!failures.empty())
    fmt::print(stderr, "clockless: {} of {} points failed; the same command tries them again\n",
               failures.size(), n);
}

std::string report_page(const Sweep& sweep, const SweepTable& table, const SweepFigure& figure,
                        const Failures& failures) {
  Report page;
  page.number("points", fmt::format("{} of {}", table.rows.size(), sweep.grid.size()),
              failures.empty() ? "" : fmt::format("{} failed", failures.size()));
  for (const GridAxis& axis : sweep.grid.axes)
    page.number(axis.key,
                axis.values.size() == 1
                    ? axis.values[0]
                    : fmt::format("{} … {}", axis.values.front(), axis.values.back()),
                axis.values.size() == 1 ? "" : fmt::format("{} values", axis.values.size()));
  if (!figure.svg.empty()) page.figure(figure.svg, figure.caption);
  std::vector<std::string> header{"point"};
  header.insert(header.end(), table.keys.begin(), table.keys.end());
  const std::vector<std::string> figures{figure.y, "counts.spikes", "chip_s", "energy.total_j"};
  header.insert(header.end(), figures.begin(), figures.end());
  std::vector<std::vector<std::string>> rows;
  for (const SweepRow& row : table.rows) {
    auto& cells = rows.emplace_back(std::vector<std::string>{row.name});
    cells.insert(cells.end(), row.swept.begin(), row.swept.end());
    for (const std::string& column : figures) {
      const ordered_json& value = cell(row, column);
      cells.push_back(value.is_number_float() ? fmt::format("{:.6g}", value.get<double>())
                                              : value.dump());
    }
  }
  page.heading("Points").table(header, rows, "sweep.csv has all figures of each.");
  if (!failures.empty()) {
    rows.clear();
    for (const auto& [point, message] : failures)
      rows.push_back({fmt::format("{}", point), sweep.settings(point), message});
    page.heading("Failed").table({"point", "settings", "why"}, rows,
                                 "The same command tries these again.");
  }
  return page.html("sweep of " + sweep.scenario.name, sweep.scenario.summary,
                   "clockless " + version());
}

}  // namespace

int run_sweep(const SweepRequest& request) {
  const Sweep sweep = understood(request);
  const ordered_json description = described(sweep);
  const std::size_t n = sweep.grid.size();
  const SweepFolder folder(request.output.empty()
                               ? fs::path("runs") / ("sweep-" + sweep.scenario.name)
                               : fs::path(request.output),
                           description, n, request.renew);
  std::vector<std::size_t> missing;
  for (std::size_t point = 0; point < n; ++point)
    if (!folder.summary(point)) missing.push_back(point);
  if (!request.quiet && missing.size() < n)
    fmt::print(stderr, "clockless: {} of {} points are there\n", n - missing.size(), n);
  const Failures failures = missing.empty() ? Failures{} : run_points(sweep, folder, missing);

  SweepTable table;
  for (const GridAxis& axis : sweep.grid.axes) table.keys.push_back(axis.key);
  for (std::size_t point = 0; point < n; ++point) {
    const auto summary = folder.summary(point);
    if (!summary) continue;
    if (table.rows.empty()) table.headline = summary->value("headline", "");
    SweepRow row{point, folder.name(point), {}, scalars_of(*summary)};
    for (std::size_t a = 0; a < table.keys.size(); ++a)
      row.swept.push_back(sweep.grid.value(point, a));
    table.rows.push_back(std::move(row));
  }
  tell(sweep, folder, failures, table.rows.size());
  write_file_atomically(folder.path() / "sweep.csv", table.csv());
  const SweepFigure figure = draw_sweep(sweep.grid, table, sweep.plot);
  write_file_atomically(folder.path() / "report.html", report_page(sweep, table, figure, failures));

  if (!request.quiet)
    fmt::print("table:  {}\nreport: {}\n", (folder.path() / "sweep.csv").string(),
               (folder.path() / "report.html").string());
  if (interrupted()) return 128 + interrupt_signal();
  return failures.empty() ? 0 : 1;
}

}  // namespace clockless
