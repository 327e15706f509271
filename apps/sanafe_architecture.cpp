// Cost tables from the architectures of SANA-FE.
#include "apps/sanafe_architecture.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "apps/data/atomic_file.hpp"
#include "apps/data/read_file.hpp"
#include "apps/hardware.hpp"
#include "apps/hardware_toml.hpp"
#include "apps/text.hpp"
#include "apps/version.hpp"
#include "apps/yaml.hpp"
#include "core/error.hpp"

namespace clockless {

namespace fs = std::filesystem;

namespace {

constexpr double dearest_j = 1e-3,
                 longest_s = 1;            // what one event may cost: more is in other units
constexpr std::uint64_t most = 1'000'000;  // of what a limit may be

// A figure of each unit of a kind: "energy_X" or "latency_X" in its attributes, and our terms.
struct Charge {
  std::string_view section, name;
  const char* energy;  // our term
  const char* time;
  const char* title;
};
constexpr Charge charges[] = {
    {"axon_in", "message_in", "packets", "arrivals", "message into a core"},
    {"synapse", "process_spike", "synaptic_events", "synaptic_events", "synapse: a spike"},
    {"dendrite", "update", "synaptic_events", "synaptic_events", "dendrite: update by a synapse"},
    {"soma", "access_neuron", "neuron_updates", "neuron_updates", "soma: access to a neuron"},
    {"soma", "access_neuron", "idle_updates", "idle_updates", "soma: access to a neuron in vain"},
    {"soma", "update_neuron", "neuron_updates", "neuron_updates", "soma: its update"},
    {"soma", "spike_out", "spikes", "spikes", "soma: a spike"},
    {"axon_out", "message_out", "packets", "packets", "message out of a core"},
};
constexpr std::string_view sections[] = {"axon_in", "synapse", "dendrite", "soma", "axon_out"};
constexpr std::string_view directions[] = {"north", "east", "south", "west"};

// A value and where in the file it is from.
struct Value {
  double value;
  std::string place;
};

// Reads one file and gathers what all its tiles and cores have.
class Reader {
 public:
  explicit Reader(std::string path) : path_(std::move(path)) {}

  ImportedHardware read(const YamlNode& file);

 private:
  [[noreturn]] void fail(const YamlNode& at, std::string_view what) const {
    throw Error(fmt::format("{}:{}: {}", path_, at.line, what));
  }
  const YamlNode& member(const YamlNode& parent, std::string_view key) const {
    const YamlNode* found = parent.find(key);
    if (found == nullptr) fail(parent, fmt::format("'{}' is missing here", key));
    return *found;
  }
  const YamlNode& map(const YamlNode& parent, std::string_view key) const {
    const YamlNode& node = member(parent, key);
    if (node.kind != YamlNode::Kind::map) fail(node, fmt::format("'{}': expected keys", key));
    return node;
  }
  // One, or a list of several.
  std::vector<const YamlNode*> units(const YamlNode& parent, std::string_view key) const {
    const YamlNode& node = member(parent, key);
    std::vector<const YamlNode*> all;
    if (node.kind == YamlNode::Kind::map) all.push_back(&node);
    for (const YamlNode& item : node.items) all.push_back(&item);
    for (const YamlNode* unit : all)
      if (unit->kind != YamlNode::Kind::map)
        fail(*unit, fmt::format("'{}': expected units with name and attributes", key));
    if (all.empty()) fail(node, fmt::format("'{}': expected at least one unit", key));
    return all;
  }
  std::string text(const YamlNode& parent, std::string_view key) const {
    const YamlNode& node = member(parent, key);
    if (node.kind != YamlNode::Kind::scalar || node.text.empty())
      fail(node, fmt::format("'{}': expected a text", key));
    return printable(node.text.substr(0, 256));
  }
  double number(const YamlNode& node, std::string_view what, std::string_view expected) const {
    std::string_view digits = node.text;
    if (digits.starts_with('+')) digits.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (node.kind != YamlNode::Kind::scalar || error != std::errc{} || digits.empty() ||
        end != digits.data() + digits.size() || !std::isfinite(value) || value < 0)
      fail(node, fmt::format("{}: expected {}{}", what, expected,
                             node.kind == YamlNode::Kind::scalar
                                 ? ", not '" + printable(node.text.substr(0, 64)) + "'"
                                 : ""));
    return value;
  }
  double figure(const YamlNode& node, std::string_view name) const {
    const bool joules = name.starts_with("energy");
    const std::string what = fmt::format("'{}'", name);
    const double value =
        number(node, what,
               joules ? "joules, a number >= 0 as 23.6e-12" : "seconds, a number >= 0 as 3.5e-9");
    if (value > (joules ? dearest_j : longest_s))
      fail(node,
           fmt::format("{}: {} {} for one event; is it in {}?", what, value, joules ? "J" : "s",
                       joules ? "J (23.6e-12, not 23.6)" : "s (3.5e-9, not 3.5)"));
    return value;
  }
  std::uint64_t whole(const YamlNode& parent, std::string_view key) const {
    const YamlNode& node = member(parent, key);
    const std::string expected = fmt::format("a whole number from 1 to {}", most);
    const double value = number(node, fmt::format("'{}'", key), expected);
    if (value < 1 || value > static_cast<double>(most) || value != std::floor(value))
      fail(node, fmt::format("'{}': expected {}", key, expected));
    return static_cast<std::uint64_t>(value);
  }
  // How many "name[0..31]" stands for.
  std::uint64_t instances(const YamlNode& unit) const {
    const std::string name = text(unit, "name");
    const std::size_t open = name.find('['), dots = name.find("..");
    if (open == std::string::npos && dots == std::string::npos) return 1;
    const auto index = [&](std::size_t from, std::size_t to) -> std::optional<std::uint64_t> {
      std::uint64_t value = 0;
      const auto [end, error] = std::from_chars(name.data() + from, name.data() + to, value);
      if (from >= to || error != std::errc{} || end != name.data() + to) return std::nullopt;
      return value;
    };
    if (open != std::string::npos && dots != std::string::npos && dots > open &&
        name.ends_with(']')) {
      const auto first = index(open + 1, dots), last = index(dots + 2, name.size() - 1);
      if (first && last && *first <= *last && *last - *first < most) return *last - *first + 1;
    }
    fail(member(unit, "name"),
         fmt::format("'{}': expected a range as name[0..31], of at most {}", name, most));
  }

  void read_tile(const YamlNode& tile);
  void read_unit(const YamlNode& unit, std::string_view section);
  void read_extras(const YamlNode& attributes, std::string_view section, const std::string& unit);
  void read_barrier(const YamlNode& chip);
  Tariff tariff(const char* term, const std::string& title, const std::vector<Value>& values) const;
  void charge(std::vector<Tariff>& tariffs, const char* term, const std::string& title,
              const std::string& key, const std::vector<Value>& values);
  void unpriced(const std::string& text) {
    auto& all = result_.profile.unpriced;
    if (std::find(all.begin(), all.end(), text) == all.end()) all.push_back(text);
  }

  std::string path_, source_;
  ImportedHardware result_;
  std::map<std::string, std::vector<Value>> values_;  // by section.attribute
  std::vector<std::uint64_t> cores_of_tile_, neurons_of_core_;
  std::uint64_t tiles_ = 0, cores_ = 0;
};

// Costs of this section that have no counterpart are at least named.
void Reader::read_extras(const YamlNode& attributes, std::string_view section,
                         const std::string& unit) {
  for (const auto& [key, value] : attributes.entries) {
    if (!key.starts_with("energy_") && !key.starts_with("latency_")) continue;
    bool known = false;
    for (const Charge& c : charges)
      known = known || (c.section == section && key.ends_with("_" + std::string(c.name)));
    for (const std::string_view d : directions)
      known = known || (section == "tile" && key.ends_with(fmt::format("_{}_hop", d)));
    if (!known) unpriced(fmt::format("{} of {} '{}'", printable(key.substr(0, 64)), section, unit));
  }
}

void Reader::read_unit(const YamlNode& unit, std::string_view section) {
  instances(unit);  // is the range one?
  const std::string name = text(unit, "name"), place = "'" + name + "'";
  const YamlNode& attributes = map(unit, "attributes");
  const YamlNode* model = attributes.find("model");
  if (section == "soma" && model != nullptr && model->text == "input") {
    const std::string comment = "Left out: " + place + ", whose neurons stand for inputs.";
    auto& all = result_.comments;
    if (std::find(all.begin(), all.end(), comment) == all.end()) all.push_back(comment);
    return;
  }
  const YamlNode* always = attributes.find("update_every_timestep");
  if (always != nullptr && always->text == "true")
    unpriced(fmt::format("updates of {} '{}' in time steps without a spike", section, name));
  for (const char* kind : {"energy_", "latency_"})
    for (const Charge& c : charges) {
      if (c.section != section || std::string_view(c.energy) == "idle_updates") continue;
      const std::string key = kind + std::string(c.name);
      values_[std::string(section) + "." + key].push_back(
          {figure(member(attributes, key), key), place});
    }
  read_extras(attributes, section, name);
}

void Reader::read_tile(const YamlNode& tile) {
  const std::string name = text(tile, "name");
  const std::uint64_t n = instances(tile);
  const YamlNode& attributes = map(tile, "attributes");
  for (const char* kind : {"energy_", "latency_"})
    for (const std::string_view direction : directions) {
      const std::string key = fmt::format("{}{}_hop", kind, direction);
      values_["tile." + key].push_back({figure(member(attributes, key), key), "'" + name + "'"});
    }
  read_extras(attributes, "tile", name);
  std::uint64_t cores = 0;
  for (const YamlNode* core : units(tile, "core")) {
    cores += instances(*core);
    neurons_of_core_.push_back(whole(map(*core, "attributes"), "max_neurons_supported"));
    for (const std::string_view section : sections)
      for (const YamlNode* unit : units(*core, section)) read_unit(*unit, section);
  }
  cores_of_tile_.push_back(cores);
  tiles_ += n;
  cores_ += n * cores;
  if (tiles_ > most || cores_ > most)
    fail(tile, fmt::format("more than {} tiles or cores up to here", most));
}

// Of one figure for all numbers of tiles, or a table by their number.
void Reader::read_barrier(const YamlNode& chip) {
  unpriced("joules of a barrier between time steps");
  const YamlNode* sync = chip.find("latency_sync");
  if (sync == nullptr) return;
  std::map<double, double> table;  // by tiles
  if (sync->kind == YamlNode::Kind::scalar) table[0] = figure(*sync, "latency_sync");
  for (std::size_t i = 0; i < sync->items.size(); ++i)
    table[static_cast<double>(i)] = figure(sync->items[i], "latency_sync");
  for (const auto& [tiles, value] : sync->entries) {
    YamlNode key{YamlNode::Kind::scalar, value.line, tiles};
    table[number(key, "'latency_sync'", "numbers of tiles")] = figure(value, "latency_sync");
  }
  if (table.empty()) fail(*sync, "'latency_sync': expected seconds, or a table of them by tiles");
  std::vector<Value> values{{table.rbegin()->second, "of most tiles"}};
  for (const auto& [tiles, value] : table)
    values.push_back({value, fmt::format("from {} tiles on", tiles)});
  charge(result_.profile.times, "barriers", "barrier between time steps, on all tiles",
         "latency_sync", values);
}

Tariff Reader::tariff(const char* term, const std::string& title,
                      const std::vector<Value>& values) const {
  const auto [least, greatest] =
      std::minmax_element(values.begin(), values.end(),
                          [](const Value& a, const Value& b) { return a.value < b.value; });
  const auto made = [&](const Value& v) {
    return Figure{v.value, "imported, " + v.place, source_};
  };
  return {term, title, "", made(*least), made(values.front()), made(*greatest), {}};
}

// A price of 0 is none: the file has no figure then. A time of 0 is what it says.
void Reader::charge(std::vector<Tariff>& tariffs, const char* term, const std::string& title,
                    const std::string& key, const std::vector<Value>& values) {
  if (values.empty() ||
      std::all_of(values.begin(), values.end(), [](const Value& v) { return v.value == 0; })) {
    if (&tariffs == &result_.profile.energies)
      unpriced(fmt::format("{} ({} is 0 in the file)", title, key));
    return;
  }
  tariffs.push_back(tariff(term, title, values));
}

ImportedHardware Reader::read(const YamlNode& file) {
  if (file.find("architecture") == nullptr)
    fail(file, "no 'architecture' on top: give an architecture of SANA-FE, as its arch/loihi.yaml");
  const YamlNode& architecture = map(file, "architecture");
  HardwareProfile& profile = result_.profile;
  profile.name = text(architecture, "name");
  profile.title = profile.name + ", imported from an architecture of SANA-FE";
  profile.voltage = "not told";
  source_ = "architecture '" + profile.name + "' in " + fs::path(path_).filename().string();
  const YamlNode& chip = map(architecture, "attributes");
  const std::uint64_t columns = whole(chip, "width"), rows = whole(chip, "height");
  if (columns * rows > most_tiles)
    fail(chip, fmt::format("a mesh of {} x {} tiles; at most {} are followed", columns, rows,
                           most_tiles));
  for (const YamlNode* tile : units(architecture, "tile")) read_tile(*tile);
  if (tiles_ > columns * rows)
    fail(architecture, fmt::format("{} tiles are {} more than the {} x {} of the mesh", tiles_,
                                   tiles_ - columns * rows, columns, rows));

  for (const Charge& c : charges) {
    const std::string base = std::string(c.section) + ".", name(c.name);
    charge(profile.energies, c.energy, c.title, "energy_" + name, values_[base + "energy_" + name]);
    charge(profile.times, c.time, c.title, "latency_" + name, values_[base + "latency_" + name]);
  }
  struct Hop {
    const char* term;
    const char *one, *other;
  };
  for (const Hop& hop :
       {Hop{"hops_east_west", "east", "west"}, Hop{"hops_north_south", "north", "south"}})
    for (const char* kind : {"energy", "latency"}) {
      const auto values = [&](const char* way) {
        return values_[fmt::format("tile.{}_{}_hop", kind, way)];
      };
      // Nominal is the mean of both ways.
      std::vector<Value> both = values(hop.one), others = values(hop.other);
      const double mean = (both.front().value + others.front().value) / 2;
      const bool same = both.front().value == others.front().value;
      both.insert(both.end(), others.begin(), others.end());
      both.insert(both.begin(), {mean, same ? both.front().place : "mean of both ways"});
      charge(std::string_view(kind) == "energy" ? profile.energies : profile.times, hop.term,
             fmt::format("hop between tiles, {} or {}", hop.one, hop.other),
             fmt::format("{}_{}_hop", kind, hop.one), both);
    }
  read_barrier(chip);
  if (profile.energies.empty())
    fail(architecture, "every energy in the file is 0: there is nothing to price with");
  for (const char* text : {"learning", "static power", "host, input and output"}) unpriced(text);

  const auto limit = [&](const char* term, std::uint64_t value) {
    profile.limits.push_back({term, {static_cast<double>(value), "imported", source_}});
  };
  limit("cores_per_chip", cores_);
  limit("mesh_columns", columns);
  limit("mesh_rows", rows);
  // Of tiles and cores that differ, what all have.
  limit("cores_per_tile", *std::min_element(cores_of_tile_.begin(), cores_of_tile_.end()));
  limit("neurons_per_core", *std::min_element(neurons_of_core_.begin(), neurons_of_core_.end()));
  result_.comments.push_back(
      "Buffers and their place in a core have no counterpart here and were left out.");
  return std::move(result_);
}

}  // namespace

ImportedHardware parse_sanafe(std::string_view text, const std::string& path) {
  return Reader(path).read(parse_yaml(text, path));
}

void import_hardware(const std::string& architecture, const std::string& output) {
  const fs::path place = output;
  if (!output.empty() && place.extension() != ".toml")
    throw Error("-o " + printable(output) + ": the name of a cost table ends in .toml");
  if (std::error_code none; !output.empty() && fs::exists(place, none))
    throw Error(output + ": is there already; remove it or choose another name with -o");
  const auto bytes = read_file(architecture, std::size_t{1} << 20);
  const ImportedHardware imported =
      parse_sanafe({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, architecture);
  std::vector<std::string> comments{fmt::format(
      "Imported from {} by clockless {}.", fs::path(architecture).filename().string(), version())};
  comments.insert(comments.end(), imported.comments.begin(), imported.comments.end());
  const std::string toml = hardware_toml(imported.profile, comments);
  parse_hardware(toml, architecture);  // what is written can be read
  if (output.empty())
    fmt::print("{}", toml);
  else
    write_file_atomically(place, toml);
}

}  // namespace clockless
