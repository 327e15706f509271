// `clockless price`.
#include "apps/price.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "apps/data/read_file.hpp"
#include "apps/format.hpp"
#include "apps/hardware.hpp"
#include "apps/text.hpp"
#include "core/error.hpp"
#include "core/machine.hpp"

namespace clockless {

namespace fs = std::filesystem;
using nlohmann::json;
using nlohmann::ordered_json;

namespace {

ordered_json range(const Joules& j) {
  return {{"min", j.min}, {"nominal", j.nominal}, {"max", j.max}};
}

json parse_summary(const fs::path& file) {
  const auto bytes = read_file(file, std::size_t{1} << 28);
  json parsed = json::parse(bytes.begin(), bytes.end(), nullptr, false);
  if (!parsed.is_object())
    throw Error(file.string() + ": not the JSON of a run: give the folder of `clockless run`");
  return parsed;
}

// A member of an object: a whole number >= 0.
std::uint64_t whole(const json& object, std::string_view key, const std::string& file) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned())
    throw Error(
        fmt::format("{}: '{}' is no whole number >= 0: the file was changed, or is of "
                    "another version; run the scenario again",
                    file, key));
  return found->get<std::uint64_t>();
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> names;
  std::size_t from = 0;
  for (;;) {
    const std::size_t comma = list.find(',', from);
    names.push_back(list.substr(from, comma - from));
    if (names.back().empty())
      throw Error("--hardware '" + printable(list) + "': an empty name; give names as a,b,c");
    if (comma == std::string::npos) return names;
    from = comma + 1;
  }
}

std::string between(const Joules& j) {
  const std::string nominal = with_prefix(j.nominal, "J");
  if (j.min == j.max) return nominal;
  return fmt::format("{} ({} to {})", nominal, with_prefix(j.min, "J"), with_prefix(j.max, "J"));
}

std::string table(const Consumption& used, const std::vector<HardwareProfile>& profiles) {
  const auto samples = static_cast<double>(std::max<std::uint64_t>(1, used.samples));
  std::string out =
      fmt::format("{} sample{}, {} each, on {} neurocore{}, as in the run\n", used.samples,
                  used.samples == 1 ? "" : "s", with_prefix(used.chip_s / samples, "s"), used.cores,
                  used.cores == 1 ? "" : "s");
  for (const HardwareProfile& profile : profiles) {
    const Energy energy = price(used, profile);
    Joules each = energy.total_j();
    each = {each.min / samples, each.nominal / samples, each.max / samples};
    out += fmt::format("\n{}: {}\n", profile.name, profile.title);
    out += fmt::format("  {:18}{}\n", "events", between(energy.dynamic_j));
    out += fmt::format("  {:18}{}\n", "switched on", between(energy.static_j));
    out += fmt::format("  {:18}{}\n", "a sample", between(each));
    out += fmt::format("  {:18}{}\n", "energy x delay",
                       with_prefix(each.nominal * used.chip_s / samples, "J s"));
    for (const EnergyPart& part : energy.parts)
      if (part.quantity > 0)
        out += fmt::format("    {:18}{:>12}  {}\n", part.term,
                           with_prefix(part.joules.nominal, "J"), part.title);
    out += fmt::format(
        "  {:18}{}\n", "unpriced",
        energy.unpriced.empty() ? "nothing" : fmt::format("{}", fmt::join(energy.unpriced, "; ")));
  }
  return out;
}

}  // namespace

std::uint64_t chips_for(std::uint64_t cores, const HardwareProfile& profile) {
  const std::uint64_t of_chip = cores_of_chip(profile);
  return of_chip == 0 ? 1 : std::max<std::uint64_t>(1, cores / of_chip + (cores % of_chip != 0));
}

Energy price(const Consumption& used, const HardwareProfile& profile) {
  return price(used.counts, profile, {used.chip_s, chips_for(used.cores, profile), used.cores});
}

ordered_json energy_json(const Consumption& used, const HardwareProfile& profile) {
  const Energy energy = price(used, profile);
  const auto samples = static_cast<double>(std::max<std::uint64_t>(1, used.samples));
  const double joules = energy.total_j().nominal / samples, seconds = used.chip_s / samples;
  ordered_json parts = ordered_json::array();
  for (const EnergyPart& part : energy.parts)
    parts.push_back({{"term", part.term},
                     {"title", part.title},
                     {"quantity", part.quantity},
                     {"min_j", part.joules.min},
                     {"nominal_j", part.joules.nominal},
                     {"max_j", part.joules.max}});
  return {{"title", profile.title},
          {"scope", profile.scope == Scope::all_in ? "all-in" : "per-term"},
          {"voltage", profile.voltage},
          {"dynamic_j", range(energy.dynamic_j)},
          {"static_j", range(energy.static_j)},
          {"total_j", range(energy.total_j())},
          {"per_sample",
           {{"joules", joules}, {"seconds", seconds}, {"energy_delay_js", joules * seconds}}},
          {"parts", parts},
          {"unpriced", energy.unpriced}};
}

Consumption read_consumption(const std::string& run) {
  fs::path file = run;
  std::error_code none;
  if (fs::is_directory(file, none)) file /= "summary.json";
  const json summary = parse_summary(file);
  const auto counts = summary.find("counts");
  if (counts == summary.end() || !counts->is_object())
    throw Error(file.string() + ": no 'counts': give the folder of `clockless run`");
  Consumption used;
  for (const CountTerm& term : count_terms)
    if (counts->contains(term.name) || term.count == &Counts::spikes)  // others came later
      used.counts.*term.count = whole(*counts, term.name, file.string());
  if (summary.contains("samples")) used.samples = whole(summary, "samples", file.string());
  if (summary.contains("cores_used")) used.cores = whole(summary, "cores_used", file.string());
  if (used.samples == 0 || used.cores == 0)
    throw Error(file.string() + ": 'samples' or 'cores_used' is 0: run the scenario again");
  const char* key = summary.contains("chip_s") ? "chip_s" : "simulated_s";
  const auto seconds = summary.find(key);
  if (seconds == summary.end() || !seconds->is_number() ||
      !(seconds->get<double>() >= 0 && seconds->get<double>() < 1e15))
    throw Error(
        fmt::format("{}: '{}' is no number of seconds from 0 to 1e15: run the scenario again",
                    file.string(), key));
  used.chip_s = seconds->get<double>();
  return used;
}

std::string price_run(const std::string& run, const std::string& hardware, bool as_json) {
  std::vector<HardwareProfile> profiles;
  for (const std::string& name : split(hardware)) {
    HardwareProfile profile = load_hardware(name);
    for (const HardwareProfile& earlier : profiles)
      if (earlier.name == profile.name)
        throw Error("--hardware: two profiles call themselves '" + profile.name +
                    "'; name each once");
    profiles.push_back(std::move(profile));
  }
  const Consumption used = read_consumption(run);
  if (!as_json) return table(used, profiles);
  ordered_json out = ordered_json::object();
  for (const HardwareProfile& profile : profiles) out[profile.name] = energy_json(used, profile);
  return out.dump(2) + "\n";
}

}  // namespace clockless
