#include "apps/attribution.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "apps/format.hpp"
#include "core/meter.hpp"
#include "core/noc.hpp"

namespace clockless {

namespace {

using nlohmann::ordered_json;

constexpr std::size_t most_rows = 10;

double joules(const Counts& counts, const HardwareProfile& hardware) {
  return price(counts, hardware).dynamic_j.nominal;
}

bool follows_service(const Run& run) { return run.machine.fidelity >= Fidelity::queued; }

TickSum times(std::uint64_t n, Duration d) { return TickSum{n} * d.count(); }

/// Ticks that each kind of work took.
struct Work {
  TickSum synaptic_events = 0, neuron_updates = 0, plasticity_updates = 0, spikes = 0, packets = 0,
          arrivals = 0, link = 0;
  TickSum memory() const { return synaptic_events + plasticity_updates; }
  TickSum compute() const { return neuron_updates + spikes; }
  TickSum traffic() const { return arrivals + packets + link; }
  TickSum all() const { return memory() + compute() + traffic(); }
  Work& operator+=(const Work& o) {
    for (const auto part :
         {&Work::synaptic_events, &Work::neuron_updates, &Work::plasticity_updates, &Work::spikes,
          &Work::packets, &Work::arrivals, &Work::link})
      this->*part += o.*part;
    return *this;
  }
};

Work work_of(const Counts& counts, const Waits& waits, const Timing& t) {
  return {times(counts.synaptic_events, t.synaptic_event),
          times(counts.neuron_updates, t.neuron_update),
          times(counts.plasticity_updates, t.plasticity_update),
          times(waits.fired, t.spike),
          times(counts.packets, t.packet),
          times(waits.arrived, t.arrival),
          times(waits.left, t.link)};
}

std::string_view bound_by(const Work& work) {
  if (work.all() == 0) return "nothing";
  if (work.memory() >= work.compute() && work.memory() >= work.traffic()) return "memory";
  return work.compute() >= work.traffic() ? "compute" : "traffic";
}

/// What shares of the same core, or population, counted together.
std::map<std::uint32_t, Counts> counts_by(std::uint32_t Share::*key, const Run& run) {
  std::map<std::uint32_t, Counts> counts;
  for (const Share& share : run.congestion.shares) counts[share.*key] += share.counts;
  return counts;
}

struct CorePart {
  std::size_t core;
  Counts counts;
  Work work;
  double joules;
};

std::vector<CorePart> core_parts(const Run& run) {
  std::vector<CorePart> cores;
  for (const auto& [core, counted] : counts_by(&Share::core, run)) {
    const Waits waits = core < run.congestion.cores.size() ? run.congestion.cores[core] : Waits{};
    cores.push_back({core, counted, work_of(counted, waits, run.machine.timing),
                     joules(counted, run.hardware)});
  }
  std::stable_sort(cores.begin(), cores.end(), [](const CorePart& a, const CorePart& b) {
    return std::pair(a.work.all(), a.joules) > std::pair(b.work.all(), b.joules);
  });
  return cores;
}

struct PopulationPart {
  std::string name;
  Counts counts;
  double joules;
};

std::string population_name(const Run& run, std::uint32_t number) {
  return number < run.populations.size() ? run.populations[number]
                                         : fmt::format("population {}", number);
}

std::vector<PopulationPart> population_parts(const Run& run) {
  std::vector<PopulationPart> populations;
  for (const auto& [number, counted] : counts_by(&Share::population, run))
    populations.push_back({population_name(run, number), counted, joules(counted, run.hardware)});
  std::stable_sort(
      populations.begin(), populations.end(),
      [](const PopulationPart& a, const PopulationPart& b) { return a.joules > b.joules; });
  return populations;
}

struct LinkPart {
  std::size_t link;
  LinkUse use;
  double joules;
};

std::vector<LinkPart> link_parts(const Run& run) {
  std::vector<LinkPart> links;
  for (std::size_t k = 0; k < run.congestion.links.size(); ++k) {
    const LinkUse& use = run.congestion.links[k];
    if (use.packets == 0) continue;
    const auto way = static_cast<Noc::Direction>(k % Noc::directions);
    Counts hops;
    (way == Noc::east || way == Noc::west ? hops.hops_east_west : hops.hops_north_south) =
        use.packets;
    links.push_back({k, use, joules(hops, run.hardware)});
  }
  std::stable_sort(links.begin(), links.end(),
                   [](const LinkPart& a, const LinkPart& b) { return a.use.busy > b.use.busy; });
  return links;
}

/// What no neurocore counted; nothing where cores did more than the run tells of (an interrupted
/// sample).
Counts elsewhere(const Run& run) {
  Counts of_cores, rest;
  for (const Share& share : run.congestion.shares) of_cores += share.counts;
  for (const CountTerm& term : count_terms)
    rest.*term.count =
        run.counts.*term.count - std::min(run.counts.*term.count, of_cores.*term.count);
  return rest;
}

void add_counts(ordered_json& json, const Counts& counts) {
  for (const CountTerm& term : count_terms) json[std::string(term.name)] = counts.*term.count;
}

ordered_json terms_json(const Run& run) {
  Work all;
  TickSum hops[2] = {0, 0};
  for (const CorePart& core : core_parts(run)) all += core.work;
  for (const LinkPart& link : link_parts(run))
    hops[link.link % Noc::directions < Noc::north ? 0 : 1] += link.use.busy;
  const std::pair<std::string_view, TickSum> busy[] = {
      {"spikes", all.spikes},
      {"synaptic_events", all.synaptic_events},
      {"neuron_updates", all.neuron_updates},
      {"packets", all.packets + all.link},
      {"plasticity_updates", all.plasticity_updates},
      {"hops_east_west", hops[0]},
      {"hops_north_south", hops[1]},
      {"arrivals", all.arrivals}};
  std::map<std::string, double, std::less<>> joules_of;
  for (const EnergyPart& part : price(run.counts, run.hardware).parts)
    joules_of[part.term] += part.joules.nominal;
  ordered_json terms = ordered_json::array();
  const auto add = [&](std::string_view term, const ordered_json& count) {
    ordered_json entry{{"term", term}, {"count", count}, {"joules", nullptr}};
    if (const auto found = joules_of.find(term); found != joules_of.end())
      entry["joules"] = found->second;
    for (const auto& [name, ticks] : busy)
      if (name == term && follows_service(run)) entry["busy_s"] = run.chip_s(ticks);
    terms.push_back(entry);
  };
  for (const CountTerm& term : count_terms) add(term.name, run.counts.*term.count);
  if (follows_service(run)) add("arrivals", run.congestion.all_cores().arrived);
  return terms;
}

std::string percent(double part, double whole) {
  return fmt::format("{:.1f} %", whole > 0 ? 100 * part / whole : 0);
}
std::string percent(TickSum part, TickSum whole) {
  return percent(static_cast<double>(part), static_cast<double>(whole));
}

std::string first_of(std::size_t shown, std::size_t all, const char* what) {
  return all > shown
             ? fmt::format(" The first {} of {} {}; summary.json has all.", shown, all, what)
             : "";
}

}  // namespace

ordered_json attribution_json(const Run& run) {
  ordered_json json{{"terms", terms_json(run)},
                    {"populations", ordered_json::array()},
                    {"projections", ordered_json::array()},
                    {"cores", ordered_json::array()}};
  for (const ProjectionUse& p : run.congestion.projections)
    json["projections"].push_back({{"from", population_name(run, p.pre)},
                                   {"to", population_name(run, p.post)},
                                   {"messages", p.messages},
                                   {"synaptic_events", p.synaptic_events}});
  for (const PopulationPart& p : population_parts(run)) {
    ordered_json entry{{"population", p.name}, {"joules", p.joules}};
    add_counts(entry, p.counts);
    json["populations"].push_back(entry);
  }
  for (const CorePart& c : core_parts(run)) {
    ordered_json entry{{"core", c.core}, {"joules", c.joules}};
    add_counts(entry, c.counts);
    if (follows_service(run)) {
      const auto share = [&](TickSum part) {
        return c.work.all() == 0 ? 0
                                 : static_cast<double>(part) / static_cast<double>(c.work.all());
      };
      entry["busy_s"] = run.chip_s(c.work.all());
      entry["memory"] = share(c.work.memory());
      entry["compute"] = share(c.work.compute());
      entry["traffic"] = share(c.work.traffic());
      entry["bound_by"] = bound_by(c.work);
    }
    json["cores"].push_back(entry);
  }
  const double chip_s_each = run.chip_s_per_simulated_s();
  if (!run.decisions.samples.empty())
    json["decisions"] = decisions_json(run.decisions, run.hardware, chip_s_each);
  if (!run.lessons.samples.empty())
    json["decisions"]["lessons"] = decisions_json(run.lessons, run.hardware, chip_s_each);
  if (!run.congestion.links.empty()) json["links"] = ordered_json::array();
  for (const LinkPart& l : link_parts(run))
    json["links"].push_back({{"tile", l.link / Noc::directions},
                             {"to", Noc::direction_names[l.link % Noc::directions]},
                             {"packets", l.use.packets},
                             {"joules", l.joules},
                             {"busy_s", run.chip_s(l.use.busy)},
                             {"waited_s", run.chip_s(l.use.waited)}});
  const Counts rest = elsewhere(run);
  json["elsewhere"] = {{"joules", joules(rest, run.hardware)}};
  add_counts(json["elsewhere"], rest);
  return json;
}

void add_attribution(Report& page, const Run& run) {
  const double all = joules(run.counts, run.hardware);
  std::vector<std::vector<std::string>> rows;
  for (const PopulationPart& p : population_parts(run))
    rows.push_back({p.name, with_prefix(p.joules, "J"), percent(p.joules, all),
                    grouped(p.counts.spikes), grouped(p.counts.synaptic_events),
                    grouped(p.counts.packets), grouped(p.counts.plasticity_updates)});
  if (const Counts rest = elsewhere(run); rest != Counts{})
    rows.push_back({"elsewhere", with_prefix(joules(rest, run.hardware), "J"),
                    percent(joules(rest, run.hardware), all), grouped(rest.spikes),
                    grouped(rest.synaptic_events), grouped(rest.packets),
                    grouped(rest.plasticity_updates)});
  if (rows.empty()) return;
  page.heading("Where joules and seconds went");
  page.table({"population", "energy", "share", "spikes", "synaptic events", "packets",
              "plasticity updates"},
             rows,
             "Spikes and packets are those that a population sent, synaptic events and plasticity "
             "updates those at its neurons. Elsewhere: what no neurocore counts, as idle updates, "
             "lessons that replicas tell each other, and what was before a checkpoint.");
  const std::vector<CorePart> cores = core_parts(run);
  rows.clear();
  for (const CorePart& c : cores) {
    if (rows.size() == most_rows) break;
    rows.push_back({fmt::format("{}", c.core), with_prefix(c.joules, "J"), percent(c.joules, all)});
    if (!follows_service(run)) continue;
    const Work& w = c.work;
    for (const std::string& text :
         {with_prefix(run.chip_s(w.all()), "s"), percent(w.memory(), w.all()),
          percent(w.compute(), w.all()), percent(w.traffic(), w.all()), std::string(bound_by(w))})
      rows.back().push_back(text);
  }
  if (follows_service(run))
    page.table(
        {"core", "energy", "share", "busy", "memory", "compute", "traffic", "bound by"}, rows,
        "Memory: synaptic events and plasticity updates; compute: neuron updates and spikes; "
        "traffic: packets in and out. Seconds are the chip's, of its input, axons and link "
        "together; a core is bound by what takes most of them." +
            first_of(rows.size(), cores.size(), "cores"));
  else if (cores.size() > 1)
    page.table({"core", "energy", "share"}, rows,
               "What each core is busy with is known from --fidelity=queued on." +
                   first_of(rows.size(), cores.size(), "cores"));
  const std::vector<LinkPart> links = link_parts(run);
  if (links.empty()) return;
  rows.clear();
  for (const LinkPart& l : links) {
    if (rows.size() == most_rows) break;
    rows.push_back({fmt::format("{} {}", l.link / Noc::directions,
                                Noc::direction_names[l.link % Noc::directions]),
                    grouped(l.use.packets), with_prefix(l.joules, "J"),
                    with_prefix(run.chip_s(l.use.busy), "s"),
                    with_prefix(run.chip_s(l.use.waited), "s")});
  }
  page.table({"link from tile", "packets", "energy", "busy", "waits for it"}, rows,
             "Waits are the sum over all messages." + first_of(rows.size(), links.size(), "links"));
}

}  // namespace clockless
