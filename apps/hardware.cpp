// Reads, checks and shows cost tables.
#include "apps/hardware.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include <fmt/format.h>

#include "apps/data/read_file.hpp"
#include "apps/format.hpp"
#include "apps/text.hpp"
#include "apps/toml.hpp"
#include "core/counts.hpp"
#include "core/error.hpp"
#include "core/machine.hpp"

namespace clockless {

namespace fs = std::filesystem;

namespace {

constexpr double most = 1e6;  // J, s or W: counts times that are still numbers
const fs::path own_folder = fs::path(CLOCKLESS_SOURCE_DIR) / "apps" / "hardware";

struct Unit {
  std::string_view name;
  double factor;
};

// What the tables of one kind hold.
struct Kind {
  std::string_view name;    // of the table
  std::string_view symbol;  // of the unit without a prefix
  std::vector<Unit> units;
  std::vector<std::string> terms;
};

std::vector<std::string> counted(std::initializer_list<std::string> others) {
  std::vector<std::string> terms;
  for (const CountTerm& term : count_terms) terms.emplace_back(term.name);
  terms.insert(terms.end(), others);
  return terms;
}

const Kind& prices() {
  static const Kind kind{
      "price",
      "J",
      {{"fJ", 1e-15}, {"pJ", 1e-12}, {"nJ", 1e-9}, {"uJ", 1e-6}, {"mJ", 1e-3}, {"J", 1}},
      counted({})};
  return kind;
}
// An arrival is a packet read in by its target core; link: its share of what a tile's link carries.
const Kind& times() {
  static const Kind kind{"time",
                         "s",
                         {{"ps", 1e-12}, {"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}},
                         counted({"arrivals", "link"})};
  return kind;
}
const Kind& powers() {
  static const Kind kind{
      "power", "W", {{"nW", 1e-9}, {"uW", 1e-6}, {"mW", 1e-3}, {"W", 1}}, {"chip", "core"}};
  return kind;
}

// One table of the file with what messages need to say where they are.
class Reader {
 public:
  Reader(const toml::table& table, std::string path) : table_(table), path_(std::move(path)) {}

  bool has(std::string_view key) const { return table_.contains(key); }
  [[noreturn]] void fail(const toml::node& node, std::string_view what) const {
    throw Error(fmt::format("{}: {}", place_of(node, path_), what));
  }
  [[noreturn]] void fail(std::string_view what) const { fail(table_, what); }

  void only(std::initializer_list<std::string_view> keys) const {
    const std::vector<std::string> names(keys.begin(), keys.end());
    for (const auto& [key, node] : table_)
      if (std::find(names.begin(), names.end(), key.str()) == names.end())
        fail(node, fmt::format("unknown key '{}'{}", printable(key.str().substr(0, 64)),
                               did_you_mean(key.str(), names)));
  }
  const toml::node& node(std::string_view key) const {
    const toml::node* found = table_.get(key);
    if (found == nullptr) fail(fmt::format("'{}' is missing", key));
    return *found;
  }
  std::string text(std::string_view key) const {
    const auto value = node(key).value_exact<std::string>();
    if (!value || value->empty()) fail(node(key), fmt::format("'{}': expected a text", key));
    return printable(*value);
  }
  double number(std::string_view key) const {
    const auto value = node(key).value<double>();
    if (!value || !std::isfinite(*value) || *value < 0)
      fail(node(key), fmt::format("'{}': expected a finite number >= 0", key));
    return *value;
  }
  Reader table(std::string_view key) const {
    const toml::table* inner = node(key).as_table();
    if (inner == nullptr) fail(node(key), fmt::format("'{}': expected a table", key));
    return {*inner, path_};
  }
  std::vector<Reader> tables(std::string_view key) const {
    const toml::array* array = node(key).as_array();
    std::vector<Reader> all;
    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i)
      if (const toml::table* inner = array->get(i)->as_table()) all.emplace_back(*inner, path_);
    if (array == nullptr || all.size() != array->size())
      fail(node(key), fmt::format("'{}': expected tables [[{}]]", key, key));
    return all;
  }
  std::vector<std::string> texts(std::string_view key) const {
    const toml::array* array = node(key).as_array();
    std::vector<std::string> all;
    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i)
      if (const auto text = array->get(i)->value_exact<std::string>())
        all.push_back(printable(*text));
    if (array == nullptr || all.size() != array->size())
      fail(node(key), fmt::format("'{}': expected a list of texts", key));
    return all;
  }

 private:
  const toml::table& table_;
  std::string path_;
};

Figure figure(const Reader& table, double unit, const Reader& sources) {
  table.only({"value", "grade", "source"});
  return {table.number("value") * unit, table.text("grade"), sources.text(table.text("source"))};
}

std::string one_of(const Reader& table, std::string_view key, std::string_view what,
                   const std::vector<std::string>& known) {
  std::string given = table.text(key);
  if (std::find(known.begin(), known.end(), given) == known.end())
    table.fail(table.node(key), fmt::format("unknown {} '{}'; {}s are {}", what, given, what,
                                            fmt::join(known, ", ")));
  return given;
}

Tariff read_tariff(const Reader& table, const Kind& kind, const Reader& sources) {
  table.only({"term", "title", "covers", "voltage", "unit", "min", "nominal", "max"});
  Tariff tariff;
  tariff.term = one_of(table, "term", "term", kind.terms);
  tariff.title = table.text("title");
  if (table.has("covers")) tariff.covers = table.texts("covers");
  for (const std::string& other : tariff.covers)
    if (std::find(kind.terms.begin(), kind.terms.end(), other) == kind.terms.end())
      table.fail(table.node("covers"), fmt::format("unknown term '{}'; terms are {}", other,
                                                   fmt::join(kind.terms, ", ")));
  if (table.has("voltage")) tariff.voltage = table.text("voltage");
  std::vector<std::string> units;
  for (const Unit& unit : kind.units) units.emplace_back(unit.name);
  const std::string named = one_of(table, "unit", "unit", units);
  const double unit = std::find_if(kind.units.begin(), kind.units.end(), [&](const Unit& u) {
                        return u.name == named;
                      })->factor;
  tariff.nominal = figure(table.table("nominal"), unit, sources);
  tariff.min = table.has("min") ? figure(table.table("min"), unit, sources) : tariff.nominal;
  tariff.max = table.has("max") ? figure(table.table("max"), unit, sources) : tariff.nominal;
  if (tariff.max.value > most)
    table.fail(fmt::format("figures of '{}': more than a million {}; is the unit right?",
                           tariff.term, kind.symbol));
  if (tariff.min.value > tariff.nominal.value || tariff.nominal.value > tariff.max.value)
    table.fail(fmt::format("figures of '{}' must be ordered: min <= nominal <= max", tariff.term));
  return tariff;
}

std::vector<Tariff> read_tariffs(const Reader& file, const Kind& kind, const Reader& sources) {
  std::vector<Tariff> tariffs;
  if (!file.has(kind.name)) return tariffs;
  for (const Reader& table : file.tables(kind.name)) {
    Tariff tariff = read_tariff(table, kind, sources);
    for (const Tariff& earlier : tariffs)
      if (earlier.term == tariff.term && earlier.title == tariff.title)
        table.fail(table.node("title"), fmt::format("a second {} of '{}' with this title; keep one",
                                                    kind.name, tariff.term));
    tariffs.push_back(std::move(tariff));
  }
  for (std::size_t i = 0; i < tariffs.size(); ++i)
    for (const std::string& covered : tariffs[i].covers)
      if (std::any_of(tariffs.begin(), tariffs.end(),
                      [&](const Tariff& other) { return other.term == covered; })) {
        const Reader table = file.tables(kind.name)[i];
        table.fail(table.node("covers"),
                   fmt::format("'{}' has a {} of its own, which would be added; keep one", covered,
                               kind.name));
      }
  return tariffs;
}

std::vector<Limit> read_limits(const Reader& file, const Reader& sources) {
  std::vector<Limit> limits;
  if (!file.has("limit")) return limits;
  for (const Reader& table : file.tables("limit")) {
    table.only({"term", "figure"});
    Limit limit{one_of(table, "term", "limit", {std::begin(limit_terms), std::end(limit_terms)}),
                figure(table.table("figure"), 1, sources)};
    if (limit.figure.value < 1 || limit.figure.value != std::floor(limit.figure.value) ||
        limit.figure.value > 1e6)
      table.fail(fmt::format("'{}': expected a whole number from 1 to a million", limit.term));
    for (const Limit& earlier : limits)
      if (earlier.term == limit.term)
        table.fail(table.node("term"), "a second limit of '" + limit.term + "'; keep one");
    limits.push_back(std::move(limit));
  }
  return limits;
}

}  // namespace

HardwareProfile parse_hardware(std::string_view text, const std::string& path) {
  const toml::table parsed = parse_toml(text, path);
  const Reader file(parsed, path);
  file.only({"name", "title", "scope", "voltage", "unpriced", "sources", "price", "time", "power",
             "limit"});
  HardwareProfile profile;
  profile.name = file.text("name");
  profile.title = file.text("title");
  profile.voltage = file.text("voltage");
  profile.scope = one_of(file, "scope", "scope", {"per-term", "all-in"}) == "all-in"
                      ? Scope::all_in
                      : Scope::per_term;
  profile.unpriced = file.texts("unpriced");
  const Reader sources = file.table("sources");
  profile.energies = read_tariffs(file, prices(), sources);
  profile.times = read_tariffs(file, times(), sources);
  profile.powers = read_tariffs(file, powers(), sources);
  profile.limits = read_limits(file, sources);
  const std::uint64_t columns = limit_of(profile, "mesh_columns"),
                      rows = limit_of(profile, "mesh_rows");
  if ((columns == 0) != (rows == 0))
    file.fail(file.node("limit"), "of 'mesh_columns' and 'mesh_rows' one is missing: give both");
  if (columns * rows > most_tiles)
    file.fail(file.node("limit"), fmt::format("a mesh of {} x {} tiles; at most {} are followed",
                                              columns, rows, most_tiles));
  if (profile.energies.empty()) file.fail("no [[price]]: a profile needs one");
  if (profile.scope == Scope::all_in && profile.energies.size() + profile.powers.size() > 1)
    file.fail("an all-in price contains everything: no second price or power may be added to it");
  return profile;
}

HardwareProfile load_hardware(const std::string& name_or_file) {
  fs::path path = name_or_file;
  if (path.extension() != ".toml") {
    const std::vector<std::string> names = hardware_names(own_folder);
    if (std::find(names.begin(), names.end(), name_or_file) == names.end()) {
      const std::string hint = did_you_mean(name_or_file, names);
      throw Error("no hardware profile '" + printable(name_or_file) + "'" +
                  (hint.empty() ? fmt::format("; there are: {}, or give a .toml file",
                                              fmt::join(names, ", "))
                                : hint));
    }
    path = own_folder / (name_or_file + ".toml");
  }
  const auto bytes = read_file(path, std::size_t{1} << 20);
  return parse_hardware({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string());
}

std::vector<std::string> hardware_names(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none))
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  if (names.empty())
    throw Error(folder.string() +
                ": no cost tables here; the sources of clockless moved: put them "
                "back or build it anew");
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> hardware_names() { return hardware_names(own_folder); }

namespace {

void describe(std::string& out, const Kind& kind, std::string_view heading,
              const std::vector<Tariff>& tariffs) {
  if (tariffs.empty()) return;
  out += fmt::format("\n{}\n", heading);
  for (const Tariff& tariff : tariffs) {
    out += fmt::format("  {} ({}{})\n", tariff.term, tariff.title,
                       tariff.voltage.empty() ? "" : ", " + tariff.voltage);
    const auto show = [&](std::string_view which, const Figure& f) {
      out += fmt::format("    {:8}{:>12}  {}\n{:26}{}\n", which,
                         with_prefix(f.value, std::string(kind.symbol)), f.grade, "", f.source);
    };
    const auto other = [&](const Figure& f) {
      return f.value != tariff.nominal.value || f.source != tariff.nominal.source;
    };
    if (other(tariff.min)) show("min", tariff.min);
    show("nominal", tariff.nominal);
    if (other(tariff.max)) show("max", tariff.max);
  }
}

}  // namespace

std::string describe(const HardwareProfile& profile) {
  std::string out = fmt::format("{}: {}\nat {}; {}\n", profile.name, profile.title, profile.voltage,
                                profile.scope == Scope::all_in
                                    ? "all-in: nothing may be added to its price"
                                    : "per term: each kind of event is charged by itself");
  describe(out, prices(), "Joules an event", profile.energies);
  describe(out, powers(), "Watts while switched on", profile.powers);
  describe(out, times(), "Seconds an event", profile.times);
  if (!profile.limits.empty()) out += "\nHolds\n";
  for (const Limit& limit : profile.limits)
    out += fmt::format("  {:20}{:>10}  {}\n{:34}{}\n", limit.term, limit.figure.value,
                       limit.figure.grade, "", limit.figure.source);
  out += "\nWithout a price\n";
  for (const CountTerm& term : count_terms) {
    const bool priced =
        profile.scope == Scope::all_in ||
        std::any_of(profile.energies.begin(), profile.energies.end(), [&](const Tariff& t) {
          return t.term == term.name ||
                 std::find(t.covers.begin(), t.covers.end(), term.name) != t.covers.end();
        });
    if (!priced) out += fmt::format("  {}\n", term.name);
  }
  for (const std::string& text : profile.unpriced) out += "  " + text + "\n";
  return out;
}

}  // namespace clockless
