// Declares, checks and writes settings. The TOML side is in settings_toml.cpp.
#include "apps/settings.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/parse_number.hpp"
#include "apps/text.hpp"

namespace clockless {

using Kind = Setting::Kind;
using Value = Setting::Value;

namespace {

std::optional<Value> whole(double x) {
  if (std::floor(x) != x || std::fabs(x) > 9007199254740992.0) return std::nullopt;  // 2^53
  return Value{static_cast<std::int64_t>(x)};
}

// The value as the kind wants it: 3 is also a real, 1e6 also an integer, 3 also a text.
std::optional<Value> converted(Kind kind, const Value& value) {
  const auto* integer = std::get_if<std::int64_t>(&value);
  const auto* real = std::get_if<double>(&value);
  switch (kind) {
    case Kind::flag:
      if (std::holds_alternative<bool>(value)) return value;
      break;
    case Kind::integer:
      if (integer != nullptr) return value;
      if (real != nullptr) return whole(*real);
      break;
    case Kind::real:
      if (integer != nullptr) return Value{static_cast<double>(*integer)};
      if (real != nullptr) return value;
      break;
    case Kind::text:
      if (integer != nullptr || real != nullptr) return Value{Settings::written(value)};
      if (std::holds_alternative<std::string>(value)) return value;
      break;
  }
  return std::nullopt;
}

std::optional<Value> from_text(Kind kind, std::string_view text) {
  if (kind == Kind::text) return Value{std::string(text)};
  if (kind == Kind::flag) {
    for (const std::string_view yes : {"true", "yes", "on", "1"})
      if (text == yes) return Value{true};
    for (const std::string_view no : {"false", "no", "off", "0"})
      if (text == no) return Value{false};
    return std::nullopt;
  }
  if (const auto integer = parse_number<std::int64_t>(text))
    return converted(kind, Value{*integer});
  if (const auto real = parse_number<double>(text)) return converted(kind, Value{*real});
  return std::nullopt;
}

bool in_range(const Setting& s, double x) {
  return std::isfinite(x) && (s.low_open ? x > s.low : x >= s.low) && x <= s.high;
}

bool acceptable(const Setting& s, const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value))
    return in_range(s, static_cast<double>(*integer));
  if (const auto* real = std::get_if<double>(&value)) return in_range(s, *real);
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (text->empty() || printable(*text) != *text) return false;
    if (s.choices.empty()) return true;
    return std::find(s.choices.begin(), s.choices.end(), *text) != s.choices.end();
  }
  return true;
}

}  // namespace

Setting& Setting::unit(std::string name) {
  unit_name = std::move(name);
  return *this;
}
Setting& Setting::range(double least, double most) {
  low = least;
  high = most;
  return *this;
}
Setting& Setting::at_least(double least) {
  low = least;
  return *this;
}
Setting& Setting::above(double bound) {
  low = bound;
  low_open = true;
  return *this;
}
Setting& Setting::one_of(std::vector<std::string> names) {
  choices = std::move(names);
  return *this;
}
Setting& Setting::quick(Value smaller) {
  quick_value = converted(kind, smaller);
  if (!quick_value) throw std::logic_error("setting '" + key + "': quick value of another kind");
  return *this;
}

Setting& Settings::declare(std::string key, Kind kind, Value value, std::string help) {
  if (find(key) != nullptr) throw std::logic_error("setting '" + key + "' is declared twice");
  Setting& setting = settings_.emplace_back();
  setting.key = std::move(key);
  setting.kind = kind;
  setting.value = std::move(value);
  setting.help = std::move(help);
  return setting;
}
Setting& Settings::flag(std::string key, bool value, std::string help) {
  return declare(std::move(key), Kind::flag, value, std::move(help));
}
Setting& Settings::integer(std::string key, std::optional<std::int64_t> value, std::string help) {
  return declare(std::move(key), Kind::integer, value ? Value{*value} : Value{}, std::move(help));
}
Setting& Settings::real(std::string key, std::optional<double> value, std::string help) {
  return declare(std::move(key), Kind::real, value ? Value{*value} : Value{}, std::move(help));
}
Setting& Settings::text(std::string key, std::optional<std::string> value, std::string help) {
  return declare(std::move(key), Kind::text, value ? Value{*value} : Value{}, std::move(help));
}

const Setting* Settings::find(std::string_view key) const {
  for (const Setting& setting : settings_)
    if (setting.key == key) return &setting;
  return nullptr;
}
const Setting& Settings::known(std::string_view key) const {
  const Setting* setting = find(key);
  if (setting == nullptr) throw std::logic_error(fmt::format("no setting '{}' is declared", key));
  return *setting;
}
void Settings::no_value(std::string_view key) {
  throw std::logic_error(fmt::format("setting '{}' has no value, or not one of that type", key));
}
Setting& Settings::named(std::string_view key, const std::string& origin) {
  if (const Setting* setting = find(key)) return const_cast<Setting&>(*setting);
  std::vector<std::string> names;
  for (const Setting& setting : settings_) names.push_back(setting.key);
  const std::string hint = did_you_mean(key, names);
  throw Error(fmt::format("{}: unknown setting '{}'{}", origin, printable(key.substr(0, 64)),
                          hint.empty() ? "; 'clockless list NAME' shows all settings" : hint));
}

void Settings::fail(std::string_view key, std::string_view why) const {
  const Setting& setting = known(key);
  throw Error(fmt::format("{}: '{}' = {}: {}", setting.origin.empty() ? "default" : setting.origin,
                          key, written(setting.value), why));
}

void Settings::set(std::string_view key, std::string_view value, std::string origin) {
  Setting& setting = named(key, origin);
  put(setting, from_text(setting.kind, value), value, std::move(origin));
}

void Settings::assign(std::string_view assignment, std::string origin) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0)
    throw Error(fmt::format("{}: expected key=value, not '{}'", origin,
                            printable(assignment.substr(0, 64))));
  set(assignment.substr(0, equals), assignment.substr(equals + 1), std::move(origin));
}

void Settings::put(std::string_view key, const Value& value, std::string origin) {
  Setting& setting = named(key, origin);
  put(setting, converted(setting.kind, value), written(value), std::move(origin));
}

void Settings::put(Setting& setting, std::optional<Value> value, std::string_view shown,
                   std::string origin) {
  if (!value || !acceptable(setting, *value)) {
    const std::string hint = did_you_mean(shown, setting.choices);
    throw Error(fmt::format("{}: '{}' = {}: expected {}{}", origin, setting.key,
                            shown.empty() ? "(empty)" : printable(shown.substr(0, 64)),
                            allowed(setting), hint));
  }
  setting.value = std::move(*value);
  setting.origin = std::move(origin);
}

void Settings::unset(std::string_view key) {
  Setting& setting = named(key, "");
  setting.value = {};
  setting.origin.clear();
}

void Settings::use_quick_defaults() {
  for (Setting& setting : settings_)
    if (setting.origin.empty() && setting.quick_value) setting.value = *setting.quick_value;
}

std::string Settings::allowed(const Setting& s) {
  if (s.kind == Kind::flag) return "true or false";
  if (s.kind == Kind::text)
    return s.choices.empty() ? "a text (one line, not empty)"
                             : fmt::format("one of {}", fmt::join(s.choices, ", "));
  std::string out = s.kind == Kind::integer ? "a whole number" : "a finite number";
  if (std::isfinite(s.low) && std::isfinite(s.high) && !s.low_open)
    return out + fmt::format(" from {} to {}", s.low, s.high);
  if (std::isfinite(s.low)) out += fmt::format(" {} {}", s.low_open ? ">" : ">=", s.low);
  if (std::isfinite(s.high))
    out += fmt::format("{} <= {}", std::isfinite(s.low) ? " and" : "", s.high);
  return out;
}

std::string Settings::written(const Value& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *integer);
  if (const auto* real = std::get_if<double>(&value)) return fmt::format("{}", *real);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return "";
}

nlohmann::json Settings::to_json() const {
  nlohmann::json json = nlohmann::json::object();
  for (const Setting& s : settings_) {
    if (const auto* flag = std::get_if<bool>(&s.value)) json[s.key] = *flag;
    if (const auto* integer = std::get_if<std::int64_t>(&s.value)) json[s.key] = *integer;
    if (const auto* real = std::get_if<double>(&s.value)) json[s.key] = *real;
    if (const auto* text = std::get_if<std::string>(&s.value)) json[s.key] = *text;
  }
  return json;
}

}  // namespace clockless
