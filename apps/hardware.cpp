// Reads, checks and shows cost tables.
#include "apps/hardware.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include <fmt/format.h>

#include "apps/data/read_file.hpp"
#include "apps/text.hpp"
#include "apps/toml.hpp"
#include "core/error.hpp"

namespace clockless {

namespace fs = std::filesystem;

namespace {

const fs::path own_folder = fs::path(CLOCKLESS_SOURCE_DIR) / "apps" / "hardware";

struct Unit {
  std::string_view name;
  double joules;
};
constexpr Unit units[] = {{"fJ", 1e-15}, {"pJ", 1e-12}, {"nJ", 1e-9},
                          {"uJ", 1e-6},  {"mJ", 1e-3},  {"J", 1}};

// One table of the file with what messages need to say where they are.
class Reader {
 public:
  Reader(const toml::table& table, std::string path) : table_(table), path_(std::move(path)) {}

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

Figure figure(const Reader& price, std::string_view key, double joules, const Reader& sources) {
  const Reader table = price.table(key);
  table.only({"value", "grade", "source"});
  return {table.number("value") * joules, table.text("grade"), sources.text(table.text("source"))};
}

Price read_price(const Reader& table, const Reader& sources) {
  table.only({"term", "title", "unit", "min", "nominal", "max"});
  Price price;
  price.term = table.text("term");
  std::vector<std::string> terms;
  for (const CountTerm& term : count_terms) terms.emplace_back(term.name);
  if (std::find(terms.begin(), terms.end(), price.term) == terms.end())
    table.fail(table.node("term"),
               fmt::format("unknown term '{}'; terms are {}", price.term, fmt::join(terms, ", ")));
  price.title = table.text("title");
  const std::string unit = table.text("unit");
  const auto* known = std::find_if(std::begin(units), std::end(units),
                                   [&](const Unit& u) { return u.name == unit; });
  if (known == std::end(units))
    table.fail(table.node("unit"), "unknown unit '" + unit + "'; use fJ, pJ, nJ, uJ, mJ or J");
  price.min = figure(table, "min", known->joules, sources);
  price.nominal = figure(table, "nominal", known->joules, sources);
  price.max = figure(table, "max", known->joules, sources);
  if (price.min.joules > price.nominal.joules || price.nominal.joules > price.max.joules)
    table.fail("prices of '" + price.term + "' must be ordered: min <= nominal <= max");
  return price;
}

}  // namespace

HardwareProfile parse_hardware(std::string_view text, const std::string& path) {
  const toml::table parsed = parse_toml(text, path);
  const Reader file(parsed, path);
  file.only({"name", "title", "scope", "unpriced", "sources", "price"});
  HardwareProfile profile{
      file.text("name"), file.text("title"), file.text("scope"), {}, file.texts("unpriced")};
  const Reader sources = file.table("sources");
  for (const Reader& table : file.tables("price")) {
    Price price = read_price(table, sources);
    for (const Price& earlier : profile.prices)
      if (earlier.term == price.term)
        table.fail(table.node("term"), "a second price of '" + price.term + "'; keep one");
    profile.prices.push_back(std::move(price));
  }
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

std::string describe(const HardwareProfile& profile) {
  std::string out = fmt::format("{}: {}\nPrices {}.\n", profile.name, profile.title, profile.scope);
  for (const Price& price : profile.prices) {
    out += fmt::format("\n{} ({})\n", price.term, price.title);
    const auto show = [&](std::string_view which, const Figure& f) {
      out += fmt::format("  {:8}{:>8.4g} pJ  {}\n{:21}{}\n", which, f.joules * 1e12, f.grade, "",
                         f.source);
    };
    show("min", price.min);
    show("nominal", price.nominal);
    show("max", price.max);
  }
  out += "\nWithout a price:\n";
  for (const CountTerm& term : count_terms) {
    const bool priced = std::any_of(profile.prices.begin(), profile.prices.end(),
                                    [&](const Price& p) { return p.term == term.name; });
    if (!priced) out += fmt::format("  {}\n", term.name);
  }
  for (const std::string& text : profile.unpriced) out += "  " + text + "\n";
  return out;
}

}  // namespace clockless
