// Lists and ranges of values, and their combinations.
#include "apps/sweep/grid.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "apps/parse_number.hpp"
#include "apps/text.hpp"

namespace clockless {

namespace {

constexpr const char* origin = "command line";

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

[[noreturn]] void fail(std::string_view key, std::string_view text, std::string_view why) {
  throw Error(fmt::format("{}: '{}' = {}: {}", origin, key, printable(text.substr(0, 64)), why));
}

// a..b, a..b:n or a..b:n:log.
std::vector<std::string> range_values(const Setting& setting, std::string_view text) {
  constexpr const char* forms = "expected a range as a..b:n, a..b:n:log, or of whole numbers a..b";
  const std::vector<std::string_view> parts = split(text, ':');
  const std::size_t dots = parts[0].find("..");
  const auto first = parse_number<double>(parts[0].substr(0, dots));
  const auto last = parse_number<double>(parts[0].substr(dots + 2));
  const bool whole = setting.kind == Setting::Kind::integer;
  const bool log = parts.size() == 3 && parts[2] == "log";
  if (!first || !last || !std::isfinite(*first) || !std::isfinite(*last) || parts.size() > 3 ||
      (parts.size() == 3 && !log) || (parts.size() == 1 && !whole))
    fail(setting.key, text, forms);
  if (whole && (*first != std::floor(*first) || *last != std::floor(*last)))
    fail(setting.key, text, "expected whole numbers at both ends");
  if (!(*first < *last)) fail(setting.key, text, "expected a < b in a range a..b");
  if (log && *first <= 0)
    fail(setting.key, text, "even ratios need a > 0; leave out ':log' or begin above 0");
  const double all = *last - *first + 1;
  const std::size_t n = parts.size() > 1 ? parse_number<std::size_t>(parts[1]).value_or(0)
                                         : static_cast<std::size_t>(std::min(all, 1e9));
  if (n < 2 || n > most_points)
    fail(setting.key, text, fmt::format("expected 2 to {} values in a range", most_points));
  std::vector<std::string> values;
  for (std::size_t i = 0; i < n; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(n - 1);
    double x = log ? *first * std::pow(*last / *first, share) : *first + (*last - *first) * share;
    if (i == n - 1) x = *last;
    // Twelve digits: 10, not 9.999999999999998.
    values.push_back(whole ? fmt::format("{:.0f}", x) : fmt::format("{:.12g}", x));
  }
  return values;
}

}  // namespace

std::size_t Grid::size() const {
  std::size_t n = 1;
  for (const GridAxis& axis : axes) n *= axis.values.size();
  return n;
}

const std::string& Grid::value(std::size_t point, std::size_t axis) const {
  for (std::size_t later = axes.size(); --later > axis;) point /= axes[later].values.size();
  return axes[axis].values[point % axes[axis].values.size()];
}

GridAxis parse_axis(const Settings& declared, std::string_view assignment) {
  const std::size_t equals = std::min(assignment.find('='), assignment.size());
  const std::string_view key = assignment.substr(0, equals);
  const std::string_view list = equals < assignment.size() ? assignment.substr(equals + 1) : "";
  Settings probe = declared;  // takes each value in turn, or says why it does not
  if (!declared.declared(key)) probe.set(key, list, origin);
  const auto& all = probe.all();
  const Setting& setting =
      *std::find_if(all.begin(), all.end(), [&](const Setting& s) { return s.key == key; });

  GridAxis axis{setting.key,
                setting.kind == Setting::Kind::integer || setting.kind == Setting::Kind::real,
                {}};
  for (const std::string_view item : split(list, list.find(';') < list.size() ? ';' : ',')) {
    if (item.empty()) fail(key, list, "an empty value; give a list as 1,2,4, or a single value");
    std::vector<std::string> written{std::string(item)};
    if (axis.numeric && item.find("..") < item.size()) written = range_values(setting, item);
    for (const std::string& text : written) {
      probe.set(key, text, origin);
      std::string value = Settings::written(setting.value);
      if (std::find(axis.values.begin(), axis.values.end(), value) != axis.values.end())
        fail(key, list, fmt::format("{} comes twice; keep one", value));
      axis.values.push_back(std::move(value));
    }
  }
  return axis;
}

Grid parse_grid(const Settings& declared, const std::vector<std::string>& assignments) {
  Grid grid;
  double points = 1;
  for (std::string assignment : assignments) {
    if (assignment.starts_with("seeds=") && !declared.declared("seeds")) {
      const std::string count = assignment.substr(6);
      if (parse_number<std::size_t>(count).value_or(0) < 1)
        fail("seeds", count, "expected how many, a whole number >= 1");
      assignment = count == "1" ? "seed=1" : "seed=1.." + count;
    }
    GridAxis axis = parse_axis(declared, assignment);
    for (const GridAxis& earlier : grid.axes)
      if (earlier.key == axis.key)
        throw Error(fmt::format("{}: '{}' is given twice; give all its values in one list", origin,
                                axis.key));
    points *= static_cast<double>(axis.values.size());
    grid.axes.push_back(std::move(axis));
  }
  if (points > static_cast<double>(most_points))
    throw Error(fmt::format("{}: {:.0f} points, more than {}; give fewer values, or sweep in parts",
                            origin, points, most_points));
  return grid;
}

}  // namespace clockless
