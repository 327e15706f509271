// Settings from and to TOML.
#include <algorithm>

#include <fmt/format.h>

#include "apps/settings.hpp"
#include "apps/text.hpp"
#include "apps/toml.hpp"

namespace clockless {

namespace {

Setting::Value typed(const std::string& key, const toml::node& node, const std::string& where) {
  if (const auto flag = node.value_exact<bool>()) return *flag;
  if (const auto integer = node.value_exact<std::int64_t>()) return *integer;
  if (const auto real = node.value_exact<double>()) return *real;
  if (auto text = node.value_exact<std::string>()) return std::move(*text);
  throw Error(fmt::format("{}: '{}': expected a number, a text, true or false", where,
                          printable(key.substr(0, 64))));
}

// Says so, with the whole key of the first value inside: its name is the best hint.
void unknown(Settings& settings, std::string key, const toml::node& first,
             const std::string& path) {
  const toml::node* node = &first;
  while (node->is_table() && !node->as_table()->empty() && key.size() < 64) {
    const auto inner = node->as_table()->begin();
    key += "." + std::string(inner->first.str());
    node = &inner->second;
  }
  settings.put(key, {}, place_of(*node, path));
}

bool begins_setting(const Settings& settings, const std::string& prefix) {
  return std::any_of(settings.all().begin(), settings.all().end(),
                     [&](const Setting& s) { return s.key.starts_with(prefix); });
}

void read_table(Settings& settings, const toml::table& table, const std::string& prefix,
                const std::string& path) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix + std::string(name.str());
    if (key == "scenario") continue;
    const toml::table* inner = node.as_table();
    if (inner != nullptr && begins_setting(settings, key + ".")) {
      if (inner->empty()) unknown(settings, key, node, path);
      read_table(settings, *inner, key + ".", path);
    } else {
      if (!settings.declared(key)) unknown(settings, key, node, path);
      const std::string where = place_of(node, path);
      settings.put(key, typed(key, node, where), where);
    }
  }
}

}  // namespace

void Settings::read_toml(std::string_view text, const std::string& path) {
  read_table(*this, parse_toml(text, path), "", path);
}

std::string Settings::to_toml(std::string_view scenario) const {
  std::string out = fmt::format("# Run again: clockless run configuration.toml\nscenario = {}\n",
                                quoted_toml(scenario));
  for (const Setting& s : settings_) {
    if (!s.set()) continue;
    const bool text = std::holds_alternative<std::string>(s.value);
    out += fmt::format("{} = {}", s.key, text ? quoted_toml(written(s.value)) : written(s.value));
    out += s.unit_name.empty() ? "\n" : fmt::format("  # {}\n", s.unit_name);
  }
  return out;
}

std::string scenario_of_toml(std::string_view text, const std::string& path) {
  const toml::table table = parse_toml(text, path);
  const toml::node* node = table.get("scenario");
  if (node == nullptr)
    throw Error(path + ": no scenario; add a line such as: scenario = \"sparse-coding\"");
  if (const auto name = node->value_exact<std::string>()) return *name;
  throw Error(place_of(*node, path) + ": 'scenario': expected the name of a scenario in quotes");
}

}  // namespace clockless
