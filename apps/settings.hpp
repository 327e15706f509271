// Typed settings of a scenario: declared once with default, unit, help and range; read from TOML
// and the command line. Every mistake is an Error that names the key, the value and what is
// allowed.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/error.hpp"

namespace clockless {

/// One setting. `std::monostate` means "not set", which only settings without default can be.
struct Setting {
  using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string>;
  enum class Kind { flag, integer, real, text };

  std::string key;
  Kind kind;
  Value value;
  std::string help;
  std::string unit_name;
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;
  std::vector<std::string> choices;
  std::optional<Value> quick_value;
  std::string origin;  ///< where the value was given ("my.toml:3", "--set"); empty for the default

  Setting& unit(std::string name);                  ///< shown beside the value, e.g. "tau", "s"
  Setting& range(double least, double most);        ///< least <= value <= most
  Setting& at_least(double least);                  ///< value >= least
  Setting& above(double bound);                     ///< value > bound
  Setting& one_of(std::vector<std::string> names);  ///< for texts: nothing else is taken
  Setting& quick(Value smaller);                    ///< the default under --quick
  bool set() const { return value.index() != 0; }
};

/// The settings of one run. Keys may be dotted ("learning.rate"); in TOML these are tables.
class Settings {
 public:
  /// Declarations; `std::nullopt` declares a setting that has no value until the user gives one.
  Setting& flag(std::string key, bool value, std::string help);
  Setting& integer(std::string key, std::optional<std::int64_t> value, std::string help);
  Setting& real(std::string key, std::optional<double> value, std::string help);
  Setting& text(std::string key, std::optional<std::string> value, std::string help);

  /// The value as T: bool, an integer type, double or std::string. Asking for a key that was not
  /// declared, has no value, or is of another kind is a mistake in the program (std::logic_error);
  /// a value that T cannot hold is the user's (Error).
  template <class T>
  T get(std::string_view key) const {
    if constexpr (std::is_same_v<T, bool>) {
      return held<bool>(key);
    } else if constexpr (std::is_integral_v<T>) {
      const std::int64_t value = held<std::int64_t>(key);
      if (!std::in_range<T>(value)) fail(key, "too large or too small");
      return static_cast<T>(value);
    } else if constexpr (std::is_floating_point_v<T>) {
      return static_cast<T>(held<double>(key));
    } else {
      return held<std::string>(key);
    }
  }

  /// Whether the setting has a value, by default or given.
  bool has(std::string_view key) const { return known(key).set(); }
  /// Whether the user gave it, in the file or on the command line.
  bool given(std::string_view key) const { return !known(key).origin.empty(); }
  /// Throws the Error "setting 'key' = value (origin): why" for checks that span settings or data.
  [[noreturn]] void fail(std::string_view key, std::string_view why) const;

  /// Sets one value from its text, as after `--set key=value`; `origin` goes into error messages.
  void set(std::string_view key, std::string_view value, std::string origin);
  /// Sets one value that is typed already, as in TOML.
  void put(std::string_view key, const Setting::Value& value, std::string origin);
  /// Sets from `key=value`.
  void assign(std::string_view assignment, std::string origin);
  /// As if nobody had given it and it had no default.
  void unset(std::string_view key);
  /// Whether there is a setting of that name.
  bool declared(std::string_view key) const { return find(key) != nullptr; }
  /// Sets from the text of a TOML file; `path` is for messages only. `scenario` is skipped.
  void read_toml(std::string_view text, const std::string& path);
  /// Replaces the default by the quick one wherever the user gave nothing.
  void use_quick_defaults();

  /// All values as flat TOML (with `scenario = "..."`), which read_toml takes back; bit-exact.
  std::string to_toml(std::string_view scenario) const;
  /// All values that are set, as {"key": value}.
  nlohmann::json to_json() const;
  /// In order of declaration.
  const std::deque<Setting>& all() const { return settings_; }
  /// What a setting accepts, for people: "number > 0", "one of dct, exemplars".
  static std::string allowed(const Setting& setting);
  /// The value as one writes it; empty if not set.
  static std::string written(const Setting::Value& value);

 private:
  Setting& declare(std::string key, Setting::Kind kind, Setting::Value value, std::string help);
  const Setting* find(std::string_view key) const;
  const Setting& known(std::string_view key) const;
  [[noreturn]] static void no_value(std::string_view key);
  Setting& named(std::string_view key, const std::string& origin);
  void put(Setting& setting, std::optional<Setting::Value> value, std::string_view shown,
           std::string origin);

  template <class T>
  const T& held(std::string_view key) const {
    const T* value = std::get_if<T>(&known(key).value);
    if (value == nullptr) no_value(key);
    return *value;
  }

  std::deque<Setting> settings_;
};

/// The `scenario = "..."` of a TOML file; Error if the file has none.
std::string scenario_of_toml(std::string_view text, const std::string& path);

}  // namespace clockless
