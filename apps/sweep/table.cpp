// From summaries to a tidy table.
#include "apps/sweep/table.hpp"

#include <algorithm>
#include <unordered_set>

namespace clockless {

using nlohmann::ordered_json;

namespace {

const ordered_json& member(const ordered_json& object, const std::string& key) {
  static const ordered_json none;
  if (!object.is_object()) return none;
  const auto found = object.find(key);
  return found == object.end() ? none : *found;
}

void flatten(const std::string& path, const ordered_json& value, std::vector<Cell>& cells) {
  if (value.is_object())
    for (const auto& [key, inner] : value.items()) flatten(path + "." + key, inner, cells);
  else if (!value.is_array())
    cells.emplace_back(path, value);
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + '"';
}

std::string written(const ordered_json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? quoted(value.get<std::string>()) : value.dump();
}

}  // namespace

std::vector<Cell> scalars_of(const ordered_json& summary) {
  std::vector<Cell> cells;
  for (const auto& [key, value] : member(summary, "results").items())
    if (!member(summary, "times").contains(key)) flatten("results." + key, value, cells);
  for (const char* key : {"samples", "cores_used", "simulated_s", "chip_s", "spike_hash"})
    if (summary.contains(key)) cells.emplace_back(key, summary[key]);
  for (const char* key : {"counts", "latency", "waits"})
    for (const auto& [name, value] : member(summary, key).items())
      if (!value.is_structured()) cells.emplace_back(std::string(key) + "." + name, value);
  for (const auto& [name, value] : member(member(summary, "barrier"), "without").items())
    cells.emplace_back("barrier.without." + name, value);
  for (const auto& [profile, energy] : member(summary, "energy").items()) {
    cells.emplace_back("energy.hardware", profile);
    for (const char* key : {"dynamic_j", "static_j", "total_j"})
      cells.emplace_back(std::string("energy.") + key, member(member(energy, key), "nominal"));
    for (const auto& [name, value] : member(energy, "per_sample").items())
      cells.emplace_back("energy.per_sample." + name, value);
  }
  return cells;
}

std::vector<std::string> SweepTable::columns() const {
  std::vector<std::string> names;
  std::unordered_set<std::string> known;
  for (const SweepRow& row : rows)
    for (const auto& [name, value] : row.cells)
      if (known.insert(name).second) names.push_back(name);
  return names;
}

std::string SweepTable::csv() const {
  const std::vector<std::string> names = columns();
  std::string out = "point";
  for (const std::string& key : keys) out += "," + quoted(key);
  for (const std::string& name : names) out += "," + quoted(name);
  out += "\n";
  for (const SweepRow& row : rows) {
    out += row.name;
    for (const std::string& value : row.swept) out += "," + quoted(value);
    for (const std::string& name : names) out += "," + written(cell(row, name));
    out += "\n";
  }
  return out;
}

const ordered_json& cell(const SweepRow& row, const std::string& column) {
  static const ordered_json none;
  const auto found = std::find_if(row.cells.begin(), row.cells.end(),
                                  [&](const Cell& c) { return c.first == column; });
  return found == row.cells.end() ? none : found->second;
}

}  // namespace clockless
