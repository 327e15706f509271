// Plots as inline SVG.
#include "apps/report/plot.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "apps/report/report.hpp"
#include "apps/report/scale.hpp"

namespace clockless {

namespace {

constexpr double width = 960;
constexpr double left = 66, right = 22, top = 38, bottom = 50;

std::string open(double height) {
  return fmt::format(
      "<svg viewBox=\"0 0 {} {}\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\">", width,
      height);
}

std::string text(double x, double y, const char* anchor, const char* kind, const std::string& s) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" class=\"{}\">{}</text>", x,
                     y, anchor, kind, s);
}

std::string segment(const char* kind, double x0, double y0, double x1, double y1) {
  return fmt::format("<path class=\"{}\" d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\"/>", kind, x0, y0, x1,
                     y1);
}

// Axis lines, ticks with grid, and the labels: y on top of its axis, x below.
std::string frame(const Scale& x, const Scale& y, const Axis& x_axis, const Axis& y_axis,
                  double height) {
  std::string out;
  for (const double tick : y.ticks(5)) {
    out += segment("grid", left, y(tick), width - right, y(tick));
    out += text(left - 9, y(tick) + 4, "end", "tick", tick_label(tick));
  }
  for (const double tick : x.ticks(8)) {
    out += segment("axis", x(tick), height - bottom, x(tick), height - bottom + 5);
    out += text(x(tick), height - bottom + 20, "middle", "tick", tick_label(tick));
  }
  out += segment("axis", left, height - bottom, width - right, height - bottom);
  out += text(0, 16, "start", "name", escape_html(y_axis.label));
  out += text(width - right, height - 8, "end", "name", escape_html(x_axis.label));
  return out;
}

bool drawable(double value, bool log) { return std::isfinite(value) && (!log || value > 0); }

const std::string nothing =
    "<svg viewBox=\"0 0 960 60\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\">"
    "<text x=\"0\" y=\"34\" class=\"name\">nothing to draw</text></svg>";

}  // namespace

std::string svg_lines(const std::vector<Line>& lines, const Axis& x_axis, const Axis& y_axis) {
  std::vector<double> xs, ys;
  const auto spread_of = [](const Line& line, std::size_t point) {
    const bool known = point < line.spread.size() && std::isfinite(line.spread[point]);
    return known ? line.spread[point] : 0;
  };
  for (const Line& line : lines) {
    for (std::size_t k = 0; k < line.points.size(); ++k) {
      const auto [x, y] = line.points[k];
      if (!drawable(x, x_axis.log) || !drawable(y, y_axis.log)) continue;
      xs.push_back(x);
      for (const double end : {y - spread_of(line, k), y, y + spread_of(line, k)})
        if (drawable(end, y_axis.log)) ys.push_back(end);
    }
  }
  if (xs.empty()) return nothing;
  constexpr double row = 20;
  double legend_x = 46 + 7.0 * static_cast<double>(y_axis.label.size()), legend_y = 16;
  std::vector<std::pair<double, double>> legend;  // of each line
  for (const Line& line : lines) {
    const double wide = line.name.empty() ? 0 : 66 + 7.0 * static_cast<double>(line.name.size());
    if (legend_x + wide > width && legend_x > left) {
      legend_x = left;
      legend_y += row;
    }
    legend.emplace_back(legend_x, legend_y);
    legend_x += wide;
  }
  const double height = 364 + legend_y;
  const Scale x = Scale::over(xs, x_axis.log, left, width - right, false);
  const Scale y = Scale::over(ys, y_axis.log, height - bottom, top - 16 + legend_y, true);
  std::string out = open(height) + frame(x, y, x_axis, y_axis, height);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const char* stroke = lines[i].dashed || i / 6 == 1 ? " dashed" : i >= 12 ? " dotted" : "";
    const std::string kind = fmt::format("line s{}{}", i % 6, stroke);
    std::string path;
    bool pen_down = false;
    for (const auto& [px, py] : lines[i].points) {
      if (drawable(px, x_axis.log) && drawable(py, y_axis.log)) {
        path += fmt::format("{}{:.1f} {:.1f}", pen_down ? 'L' : 'M', x(px), y(py));
        pen_down = true;
      } else {
        pen_down = false;
      }
    }
    if (!path.empty()) out += fmt::format("<path class=\"{}\" d=\"{}\"/>", kind, path);
    for (std::size_t k = 0; k < lines[i].spread.size() && k < lines[i].points.size(); ++k) {
      const auto [px, py] = lines[i].points[k];
      if (!drawable(px, x_axis.log) || !drawable(py, y_axis.log)) continue;
      const double half = spread_of(lines[i], k);
      if (half > 0 && drawable(py - half, y_axis.log))
        out += segment(fmt::format("line s{}", i % 6).c_str(), x(px), y(py - half), x(px),
                       y(py + half));
      out += fmt::format("<circle class=\"dot s{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\"/>", i % 6,
                         x(px), y(py));
    }
    if (lines[i].name.empty()) continue;
    const auto [at, down] = legend[i];
    out += segment(kind.c_str(), at, down - 4, at + 26, down - 4);
    out += text(at + 34, down, "start", "name", escape_html(lines[i].name));
  }
  return out + "</svg>";
}

std::string svg_bars(const std::vector<std::pair<std::string, double>>& bars, const Axis& axis) {
  std::vector<double> values;
  for (const auto& [name, value] : bars)
    if (drawable(value, axis.log)) values.push_back(value);
  if (values.empty()) return nothing;
  if (!axis.log) values.push_back(0);
  constexpr double row = 34, names = 210;
  const double height = top + row * static_cast<double>(bars.size()) + 8;
  const Scale x = Scale::over(values, axis.log, names, width - 110, true);
  const double zero = axis.log ? names : x(0);
  std::string out = open(height) + text(0, 16, "start", "name", escape_html(axis.label));
  double y = top;
  for (const auto& [name, value] : bars) {
    out += text(names - 14, y + 21, "end", "name", escape_html(name));
    if (drawable(value, axis.log)) {
      const double end = x(value);
      out += fmt::format(
          "<rect class=\"bar\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"22\" rx=\"3\"/>",
          std::min(zero, end), y + 5, std::max(1.0, std::fabs(end - zero)));
      out += text(std::max(zero, end) + 10, y + 21, "start", "tick", fmt::format("{:.4g}", value));
    }
    y += row;
  }
  return out + "</svg>";
}

std::string svg_intervals(const std::vector<Interval>& rows, const Axis& axis) {
  const auto low = [&](const Interval& r) { return std::max(r.mean - r.half_width, axis.least); };
  const auto high = [&](const Interval& r) { return std::min(r.mean + r.half_width, axis.most); };
  std::vector<double> ends;
  for (const Interval& r : rows) {
    const bool whiskers = std::isfinite(r.half_width) && std::isfinite(r.mean);
    for (const double end : {whiskers ? low(r) : r.mean, whiskers ? high(r) : r.mean})
      if (drawable(end, axis.log)) ends.push_back(end);
    for (const double value : r.values)
      if (drawable(value, axis.log)) ends.push_back(value);
  }
  if (ends.empty()) return nothing;
  constexpr double row = 26, names = 150;
  const double end = top + row * static_cast<double>(rows.size());
  const Scale x = Scale::over(ends, axis.log, names, width - right, true);
  std::string out = open(end + bottom) +
                    text(width - right, end + bottom - 8, "end", "name", escape_html(axis.label));
  for (const double tick : x.ticks(8)) {
    out += segment("grid", x(tick), top, x(tick), end);
    out += text(x(tick), end + 20, "middle", "tick", tick_label(tick));
  }
  if (drawable(rows.front().mean, axis.log))
    out += segment("line s5 dashed", x(rows.front().mean), top, x(rows.front().mean), end);
  double y = top + row / 2;
  for (const Interval& r : rows) {
    const char* colour = r.faint ? "s1" : "s0";
    out += text(names - 14, y + 4, "end", "name", escape_html(r.name));
    for (const double value : r.values)
      if (drawable(value, axis.log))
        out += fmt::format("<circle class=\"value\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2\"/>",
                           x(value), y + 8);
    if (drawable(r.mean, axis.log)) {
      const std::string line = fmt::format("line {}", colour);
      if (std::isfinite(r.half_width) && drawable(low(r), axis.log)) {
        out += segment(line.c_str(), x(low(r)), y, x(high(r)), y);
        for (const double whisker : {low(r), high(r)})
          out += segment(line.c_str(), x(whisker), y - 4, x(whisker), y + 4);
      }
      out += fmt::format("<circle class=\"dot {}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\"/>", colour,
                         x(r.mean), y);
    }
    y += row;
  }
  return out + "</svg>";
}

std::string svg_histogram(const std::vector<double>& values, std::size_t bins, const Axis& axis) {
  constexpr double height = 320;
  std::vector<double> good;
  for (const double value : values)
    if (drawable(value, axis.log)) good.push_back(value);
  if (good.empty() || bins == 0) return nothing;
  const Scale x = Scale::over(good, axis.log, left, width - right, false);
  std::vector<double> counts(bins, 0.0);
  const double cell = (width - right - left) / static_cast<double>(bins);
  for (const double value : good) {
    const auto bin = static_cast<std::size_t>(std::max(0.0, (x(value) - left) / cell));
    counts[std::min(bin, bins - 1)] += 1;
  }
  std::vector<double> range = counts;
  range.push_back(0);
  const Scale y = Scale::over(range, false, height - bottom, top, true);
  std::string out = open(height) + frame(x, y, axis, {"count", false}, height);
  for (std::size_t i = 0; i < bins; ++i) {
    if (counts[i] == 0) continue;
    out += fmt::format(
        "<rect class=\"bar\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>",
        left + cell * static_cast<double>(i) + 0.5, y(counts[i]), std::max(1.0, cell - 1),
        height - bottom - y(counts[i]));
  }
  return out + "</svg>";
}

std::string svg_raster(const std::vector<std::pair<double, std::uint32_t>>& spikes,
                       std::uint32_t neurons, double duration_s, std::size_t limit) {
  constexpr double height = 400;
  if (spikes.empty() || neurons == 0 || !(duration_s > 0)) return nothing;
  const Scale x = Scale::exactly(0, duration_s, left, width - right);
  const Scale y = Scale::exactly(0, neurons, height - bottom, top);
  std::string out = open(height) + frame(x, y, {"time (s)"}, {"neuron"}, height);
  const double tall = std::clamp((height - top - bottom) / neurons, 2.0, 9.0);
  const std::size_t step =
      std::max<std::size_t>(1, (spikes.size() + limit - 1) / std::max<std::size_t>(1, limit));
  std::string path;
  for (std::size_t i = 0; i < spikes.size(); i += step) {
    const auto [time, neuron] = spikes[i];
    if (!(time >= 0 && time <= duration_s) || neuron >= neurons) continue;
    path += fmt::format("M{:.1f} {:.1f}v{:.1f}", x(time), y(neuron + 0.5) - tall / 2, tall);
  }
  return out + fmt::format("<path class=\"spikes\" stroke-width=\"1.3\" d=\"{}\"/></svg>", path);
}

}  // namespace clockless
