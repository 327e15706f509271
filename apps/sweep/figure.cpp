// Groups a sweep's rows into curves.
#include "apps/sweep/figure.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "apps/report/plot.hpp"
#include "apps/text.hpp"

namespace clockless {

namespace {

constexpr const char* seed_key = "seed";

double number(const std::string& text) {
  double value = std::nan("");
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

double number(const nlohmann::ordered_json& cell) {
  if (cell.is_boolean()) return cell.get<bool>() ? 1 : 0;
  return cell.is_number() ? cell.get<double>() : std::nan("");
}

bool varies(const GridAxis& axis) { return axis.values.size() > 1; }

std::string default_x(const Grid& grid) {
  for (const GridAxis& axis : grid.axes)
    if (axis.numeric && varies(axis) && axis.key != seed_key) return axis.key;
  return "";
}

// The column that a name means: by itself, or of the results, where samples' medians count.
std::string column_of(std::string name, const std::vector<std::string>& columns) {
  std::replace(name.begin(), name.end(), ' ', '_');
  for (const std::string& full :
       {name, name + ".median", "results." + name, "results." + name + ".median", "counts." + name})
    if (std::find(columns.begin(), columns.end(), full) != columns.end()) return full;
  return "";
}

std::string y_column(const SweepTable& table, const std::string& asked) {
  const std::vector<std::string> columns = table.columns();
  std::string found = column_of(asked.empty() ? table.headline : asked, columns);
  if (!found.empty()) return found;
  if (asked.empty()) return columns.empty() ? "" : columns.front();
  std::vector<std::string> names = columns;
  for (const std::string& column : columns) {
    std::string name = column.substr(column.starts_with("results.") ? 8 : 0);
    if (name.ends_with(".median")) name.resize(name.size() - 7);
    names.push_back(name);
  }
  const std::string hint = did_you_mean(asked, names);
  throw Error(fmt::format("--plot: the points have no figure '{}'{}", printable(asked),
                          hint.empty() ? "; the head of sweep.csv names all" : hint));
}

// Whether the steps between ascending values are more even as ratios than as differences.
bool grows_by_ratios(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  if (values.size() < 3 || values.front() <= 0) return false;
  const auto unevenness = [&](auto step) {
    double least = step(values[0], values[1]), most = least;
    for (std::size_t i = 2; i < values.size(); ++i) {
      least = std::min(least, step(values[i - 1], values[i]));
      most = std::max(most, step(values[i - 1], values[i]));
    }
    return most / least;
  };
  return unevenness([](double a, double b) { return std::log(b / a); }) <
         unevenness([](double a, double b) { return b - a; });
}

// The values at one place of one curve: those of all seeds.
struct Sample {
  std::vector<double> values;

  double mean() const {
    double sum = 0;
    for (const double v : values) sum += v;
    return sum / static_cast<double>(values.size());
  }
  double deviation() const {  // of one value none is known
    if (values.size() < 2) return std::nan("");
    double sum = 0;
    for (const double v : values) sum += (v - mean()) * (v - mean());
    return std::sqrt(sum / static_cast<double>(values.size() - 1));
  }
};

// The swept settings that tell one curve from another, as "cores = 4, fidelity = queued".
std::string curve_name(const Grid& grid, const SweepRow& row, const std::string& x) {
  std::string name;
  for (std::size_t a = 0; a < grid.axes.size(); ++a) {
    const GridAxis& axis = grid.axes[a];
    if (!varies(axis) || axis.key == x || axis.key == seed_key) continue;
    name += fmt::format("{}{} = {}", name.empty() ? "" : ", ", axis.key, row.swept[a]);
  }
  return name;
}

}  // namespace

PlotChoice parse_plot(const std::string& text, const Grid& grid) {
  PlotChoice choice{default_x(grid), ""};
  if (text.empty()) return choice;
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos)
    throw Error("--plot '" + printable(text) + "': expected x:y, a swept setting and a figure");
  choice = {text.substr(0, colon), text.substr(colon + 1)};
  std::vector<std::string> numbers;
  for (const GridAxis& axis : grid.axes)
    if (axis.numeric) numbers.push_back(axis.key);
  if (std::find(numbers.begin(), numbers.end(), choice.x) == numbers.end())
    throw Error(fmt::format(
        "--plot: '{}' is no number that is swept; {}", printable(choice.x),
        numbers.empty() ? "none is" : fmt::format("these are: {}", fmt::join(numbers, ", "))));
  return choice;
}

SweepFigure draw_sweep(const Grid& grid, const SweepTable& table, const PlotChoice& choice) {
  SweepFigure figure{choice.x, "", "", ""};
  if (table.rows.empty()) return figure;
  figure.y = y_column(table, choice.y);
  std::size_t x_axis = 0;
  while (x_axis < grid.axes.size() && grid.axes[x_axis].key != choice.x) ++x_axis;

  std::vector<std::string> names;  // in the order of the grid
  std::map<std::string, std::map<double, Sample>> curves;
  bool seeds = false;
  for (const SweepRow& row : table.rows) {
    const double y = number(cell(row, figure.y));
    if (!std::isfinite(y)) continue;
    const std::string name = curve_name(grid, row, choice.x);
    if (!curves.contains(name)) names.push_back(name);
    Sample& sample = curves[name][choice.x.empty() ? 0 : number(row.swept[x_axis])];
    sample.values.push_back(y);
    seeds = seeds || sample.values.size() > 1;
  }
  figure.caption = choice.x.empty() ? figure.y : figure.y + " over " + choice.x;
  if (seeds) figure.caption += ": mean over seeds and standard deviation";
  figure.caption += ".";

  if (choice.x.empty()) {
    std::vector<Interval> rows;
    for (const std::string& name : names) {
      const Sample& sample = curves[name].begin()->second;
      rows.push_back(
          {name.empty() ? "all seeds" : name, sample.mean(), sample.deviation(), sample.values});
    }
    figure.svg = svg_intervals(rows, {figure.y});
    return figure;
  }
  std::vector<Line> lines;
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (const std::string& name : names) {
    Line& line = lines.emplace_back();
    line.name = name;
    for (const auto& [x, sample] : curves[name]) {
      line.points.emplace_back(x, sample.mean());
      least = std::min(least, sample.mean());
      most = std::max(most, sample.mean());
      line.spread.push_back(sample.deviation());
    }
  }
  std::vector<double> xs;
  for (const std::string& value : grid.axes[x_axis].values) xs.push_back(number(value));
  const bool wide = least > 0 && most > 100 * least;
  figure.svg = svg_lines(lines, {choice.x, grows_by_ratios(xs)}, {figure.y, wide});
  return figure;
}

}  // namespace clockless
