// What a run leaves behind.
#include "apps/summary.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <sys/resource.h>

#include "apps/attribution.hpp"
#include "apps/data/atomic_file.hpp"
#include "apps/format.hpp"
#include "apps/placement.hpp"
#include "apps/price.hpp"
#include "apps/report/mesh_map.hpp"
#include "apps/report/plot.hpp"
#include "apps/run_folder.hpp"
#include "apps/trace/trace_report.hpp"
#include "apps/version.hpp"
#include "core/congestion.hpp"
#include "core/noc.hpp"

namespace clockless {

namespace {

rusage used() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage;
}

double in_seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
}

double cpu_seconds(const rusage& usage) {
  return in_seconds(usage.ru_utime) + in_seconds(usage.ru_stime);
}

Consumption consumption(const Run& run) {
  const auto asked = static_cast<std::uint64_t>(std::max(1, run.cores));
  return {run.counts, run.chip_s(), std::max<std::uint64_t>(1, run.executions),
          run.cores_used > 0 ? run.cores_used : asked};
}

/// Seconds of the chip.
double mean_s(const Run& run, TickSum sum, std::uint64_t n) {
  return n == 0 ? 0 : run.chip_s(sum) / static_cast<double>(n);
}

nlohmann::ordered_json waits_of(const Run& run, const Waits& w) {
  return {{"sent", w.sent},
          {"mean_to_leave_s", mean_s(run, w.held, w.sent)},
          {"served", w.served},
          {"unserved", w.unserved()},
          {"mean_s", mean_s(run, w.waited, w.served)},
          {"longest_s", run.chip_s(w.longest.count())},
          {"peak", w.peak},
          {"stalls", w.stalls},
          {"stalled_s", run.chip_s(w.stalled)},
          {"busy_s", run.chip_s(w.busy)}};
}

nlohmann::ordered_json use_of(const Run& run, const LinkUse& u) {
  return {{"packets", u.packets},
          {"mean_s", mean_s(run, u.waited, u.messages)},
          {"longest_s", run.chip_s(u.longest.count())},
          {"peak", u.peak},
          {"stalls", u.stalls},
          {"busy_s", run.chip_s(u.busy)}};
}

nlohmann::ordered_json waits_json(const Run& run) {
  nlohmann::ordered_json json = waits_of(run, run.congestion.all_cores());
  for (const Waits& w : run.congestion.cores) json["cores"].push_back(waits_of(run, w));
  if (run.congestion.links.empty()) return json;
  json["links"] = use_of(run, run.congestion.all_links());
  for (std::size_t k = 0; k < run.congestion.links.size(); ++k) {
    const LinkUse& use = run.congestion.links[k];
    if (use.packets == 0) continue;
    nlohmann::ordered_json link{{"tile", k / Noc::directions},
                                {"to", Noc::direction_names[k % Noc::directions]}};
    link.update(use_of(run, use));
    json["links"]["each"].push_back(link);
  }
  return json;
}

void add_bill(Report& page, const Run& run) {
  const Energy energy = price(consumption(run), run.hardware);
  std::vector<std::vector<std::string>> rows;
  for (const EnergyPart& part : energy.parts)
    if (part.quantity > 0)
      rows.push_back({part.title, with_prefix(part.joules.nominal, "J"),
                      with_prefix(part.joules.min, "J"), with_prefix(part.joules.max, "J")});
  std::vector<std::pair<std::string, double>> bars;
  for (const EnergyPart& part : energy.parts)
    if (part.joules.nominal > 0) bars.push_back({part.title, 1e6 * part.joules.nominal});
  if (bars.size() > 1) page.figure(svg_bars(bars, {"energy, µJ"}), "What the joules are for.");
  page.table(
      {"part", "nominal", "min", "max"}, rows,
      fmt::format("On {}. Other devices: clockless price RUN --hardware a,b,c. Not contained: "
                  "{}.",
                  run.hardware.title, fmt::join(energy.unpriced, "; ")));
}

// Where time goes on the mesh.
void add_mesh(Report& page, const Run& run) {
  const double followed_s = run.simulated_s - run.resumed_s;
  if (run.machine.fidelity < Fidelity::queued || run.congestion.cores.empty() || followed_s <= 0)
    return;
  const Mesh& mesh = run.machine.mesh;
  constexpr std::uint64_t most_drawn = 4096;  // cores of more would be dots in a heavy page
  if (mesh.cores() > most_drawn) return;
  MeshMap map{mesh.columns, mesh.rows, mesh.cores_per_tile, {}, {}};
  const auto share = [&](TickSum busy) {
    return static_cast<double>(busy) / ticks_per_second / followed_s;
  };
  std::size_t busiest = 0;
  for (const Waits& w : run.congestion.cores) {
    map.cores.push_back(share(w.busy));
    if (map.cores.back() > map.cores[busiest]) busiest = map.cores.size() - 1;
  }
  for (const LinkUse& use : run.congestion.links) map.links.push_back(share(use.busy));
  const std::string links = map.links.empty()
                                ? ""
                                : fmt::format(
                                      " Lines are links between tiles; the busiest carries packets "
                                      "{:.3g} % of the time.",
                                      100 * *std::max_element(map.links.begin(), map.links.end()));
  page.figure(svg_mesh(map),
              fmt::format("Neurocores of {}, the darker the busier: core {} is at work {:.3g} % of "
                          "the time.{}",
                          run.hardware.title, busiest, 100 * map.cores[busiest], links));
}

void add_barrier(Report& page, const Run& run) {
  if (!run.without_barriers.is_object()) return;
  const nlohmann::ordered_json with = toll(run);
  const auto shown = [](const std::string& key, const nlohmann::json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_number_integer()) return grouped(value.get<std::uint64_t>());
    return with_prefix(value.get<double>(), key.ends_with("_j") ? "J" : "s");
  };
  std::vector<std::vector<std::string>> rows;
  for (const auto& [key, value] : with.items())
    rows.push_back(
        {key, shown(key, value),
         run.without_barriers.contains(key) ? shown(key, run.without_barriers.at(key)) : "-"});
  page.table({"", "with barriers", "without"}, rows,
             fmt::format("A barrier each {} of simulated time: what is sent in between arrives "
                         "there, every neuron is visited, and a step lasts until the slowest "
                         "neurocore is done. Without barriers packets wait for each other "
                         "instead (fidelity = queued), at the same speed-up: simulated over the "
                         "chip's time. Joules of a barrier itself are nowhere published.",
                         with_prefix(seconds(run.machine.step), "s")));
}

}  // namespace

nlohmann::ordered_json toll(const Run& run) {
  const Energy energy = price(consumption(run), run.hardware);
  const auto& numbers = run.report.numbers();
  const std::string first =
      numbers.empty() ? "" : fmt::format("{} {}", numbers.front().label, numbers.front().value);
  return {{"result", first},
          {"spikes", run.counts.spikes},
          {"synaptic_events", run.counts.synaptic_events},
          {"idle_updates", run.counts.idle_updates},
          {"barriers", run.counts.barriers},
          {"unserved", run.congestion.all_cores().unserved()},
          {"simulated_s", run.simulated_s},
          {"chip_s", run.chip_s()},
          {"dynamic_j", energy.dynamic_j.nominal},
          {"static_j", energy.static_j.nominal}};
}

UsageMeter::UsageMeter() : start_(std::chrono::steady_clock::now()), cpu_s_(cpu_seconds(used())) {}

Usage UsageMeter::read() const {
  const rusage now = used();
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start_;
  return {wall.count(), cpu_seconds(now) - cpu_s_,
          static_cast<std::uint64_t>(now.ru_maxrss) * 1024};  // Linux counts kilobytes
}

nlohmann::ordered_json summary_json(const Run& run, const Outcome& outcome) {
  nlohmann::ordered_json json;
  json["scenario"] = outcome.scenario;
  json["version"] = version();
  json["seed"] = run.seed;
  json["configuration"] = run.resolved.to_json();
  if (outcome.interrupted) json["interrupted"] = true;
  json["wall_s"] = outcome.usage.wall_s;
  json["cpu_s"] = outcome.usage.cpu_s;
  json["simulated_s"] = run.simulated_s;
  json["chip_s"] = run.chip_s();
  json["samples"] = run.executions;
  json["cores_used"] = consumption(run).cores;
  json["peak_rss_bytes"] = outcome.usage.peak_rss_bytes;
  for (const CountTerm& term : count_terms)
    json["counts"][std::string(term.name)] = run.counts.*term.count;
  json["fidelity"] = fidelity_names[static_cast<std::size_t>(run.machine.fidelity)];
  if (!run.decisions.samples.empty()) {
    const double chip_s = run.chip_s_per_simulated_s();
    json["latency"] = latency_json(run.decisions, chip_s);
    if (!run.lessons.samples.empty())
      json["latency"]["lessons"] = latency_json(run.lessons, chip_s);
  }
  json["hops"] = {{"east_west", run.counts.hops_east_west},
                  {"north_south", run.counts.hops_north_south}};
  if (run.placed) json["placement"] = placement_json(run);
  if (run.machine.fidelity >= Fidelity::queued) json["waits"] = waits_json(run);
  if (run.machine.step > Duration{})
    json["barrier"] = {{"step_s", seconds(run.machine.step)},
                       {"with", toll(run)},
                       {"without", run.without_barriers}};
  json["spike_hash"] = fmt::format("{:016x}", run.spike_hash);
  json["energy"] = {{run.hardware.name, energy_json(consumption(run), run.hardware)}};
  json["attribution"] = attribution_json(run);
  if (run.traced) {
    json["trace"] = trace_json(*run.traced);
    json["causal_path"] = causal_path_json(*run.traced);
  }
  if (!run.report.numbers().empty()) json["headline"] = run.report.numbers().front().label;
  json["results"] = run.results;
  if (!run.times.empty()) json["times"] = run.times;
  json["synaptic_operations"] = {{"Effective_MACs", 0},
                                 {"Effective_ACs", static_cast<double>(run.counts.synaptic_events) /
                                                       static_cast<double>(run.executions)}};
  for (const auto& [name, value] : run.metrics.items()) json[name] = value;
  return json;
}

void add_numbers(Report& report, const Run& run, const Outcome& outcome) {
  const Energy energy = price(consumption(run), run.hardware);
  const Joules& joules = energy.dynamic_j;
  report.number("spikes", grouped(run.counts.spikes));
  report.number("synaptic events", grouped(run.counts.synaptic_events));
  report.number("energy on " + run.hardware.name, with_prefix(joules.nominal, "J"),
                fmt::format("{} to {} of events, {} costs unpriced", with_prefix(joules.min, "J"),
                            with_prefix(joules.max, "J"), energy.unpriced.size()));
  if (energy.static_j.nominal > 0)
    report.number("switched on", with_prefix(energy.static_j.nominal, "J"),
                  "of static power over the chip's time");
  if (run.machine.fidelity >= Fidelity::queued) {
    const Waits all = run.congestion.all_cores();
    const double mean = mean_s(run, all.waited, all.served);
    report.number(
        "wait of a message", with_prefix(mean, "s"),
        fmt::format("of those served; longest {}, at most {} at a neurocore; {} to leave "
                    "its own{}",
                    with_prefix(run.chip_s(all.longest.count()), "s"), all.peak,
                    with_prefix(mean_s(run, all.held, all.sent), "s"),
                    all.stalls > 0 ? fmt::format(", {} stalls", grouped(all.stalls)) : ""));
    if (all.unserved() > all.sent / 20)
      report.number("never served", grouped(all.unserved()),
                    fmt::format("of {} messages were under way when their sample ended: neurocores "
                                "do not keep up; lower the speed-up, or take more of them or of "
                                "their places",
                                grouped(all.sent)));
  }
  warn_of_limits(report, run);
  if (!run.decisions.samples.empty()) {
    const auto took = seconds_of(run.decisions, run.chip_s_per_simulated_s());
    const auto at = [&](double share) { return with_prefix(quantile(took, share), "s"); };
    report.number(
        "latency a sample", at(0.5),
        fmt::format("99 % within {}, all within {}: {}", at(0.99), at(1), run.decisions.of));
  }
  if (run.without_barriers.is_object()) {
    const auto& without = run.without_barriers;
    std::string note;
    if (without.contains("dynamic_j"))
      note = fmt::format("{} of events in {}, {} messages unserved; with: {} in {}",
                         with_prefix(without.at("dynamic_j").get<double>(), "J"),
                         with_prefix(without.at("chip_s").get<double>(), "s"),
                         grouped(without.at("unserved").get<std::uint64_t>()),
                         with_prefix(joules.nominal, "J"), with_prefix(run.chip_s(), "s"));
    report.number("without barriers", without.at("result").get<std::string>(), note);
  }
  report.number("simulated time", with_prefix(run.simulated_s, "s"));
  report.number("wall time", with_prefix(outcome.usage.wall_s, "s"),
                fmt::format("{} of processor time", with_prefix(outcome.usage.cpu_s, "s")));
  if (outcome.usage.wall_s > 0)
    report.number("simulated per second", with_prefix(run.simulated_s / outcome.usage.wall_s, "s"));
}

void write_outcome(const Run& run, const Outcome& outcome, const std::string& summary) {
  Report page = run.report;
  page.heading("What it costs");
  std::vector<std::vector<std::string>> rows;
  for (const CountTerm& term : count_terms)
    rows.push_back({std::string(term.name), grouped(run.counts.*term.count)});
  page.table({"event", "count"}, rows,
             "Exact counts of the run; the price is their product with "
             "the cost table of " +
                 run.hardware.name + ", taken once.");
  add_bill(page, run);
  add_attribution(page, run);
  add_mesh(page, run);
  add_trace(page, run);
  add_barrier(page, run);
  add_placement(page, run);
  rows.clear();
  for (const Setting& setting : run.resolved.all())
    if (setting.set())
      rows.push_back(
          {setting.key, Settings::written(setting.value), setting.unit_name, setting.help});
  page.heading("Settings");
  page.table({"setting", "value", "unit", "meaning"}, rows,
             "Run again with: clockless run configuration.toml");
  const std::string title = outcome.scenario + (outcome.interrupted ? " (interrupted)" : "");
  const std::string footer =
      fmt::format("clockless {}, seed {}, spike hash {:016x}", version(), run.seed, run.spike_hash);
  write_trace_files(run);
  write_file_atomically(run.folder / "report.html", page.html(title, summary, footer));
  write_file_atomically(run.folder / "configuration.toml", run.resolved.to_toml(outcome.scenario));
  nlohmann::ordered_json json = summary_json(run, outcome);
  std::vector<std::string> files = entries_of(run.folder);
  files.emplace_back("summary.json");
  json["files"] = files;
  write_file_atomically(run.folder / "summary.json", json.dump(2) + "\n");
}

std::string terminal_table(const Report& report) {
  std::size_t wide = 0;
  for (const Report::Number& n : report.numbers()) wide = std::max(wide, n.label.size());
  std::string out;
  for (const Report::Number& n : report.numbers())
    out += fmt::format("  {:{}}  {}{}\n", n.label, wide, n.value,
                       n.note.empty() ? "" : "  (" + n.note + ")");
  return out;
}

}  // namespace clockless
