// Outcomes of a grid, and their report.
#include "apps/contrastive/phase_report.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/data/atomic_file.hpp"
#include "apps/format.hpp"
#include "apps/report/plot.hpp"
#include "apps/sparse/replicas.hpp"

namespace clockless {

using nlohmann::json;

namespace {

std::vector<double> mean_course(const std::vector<GridCell>& cells, const PlanOutcome& of) {
  std::vector<double> means;
  for (std::size_t k = 0; k <= grid_looks; ++k) {
    std::vector<double> figures;
    for (const GridCell& c : cells)
      if (c.kind == of.kind && c.plan == of.plan && k < c.course.size())
        figures.push_back(c.course[k]);
    means.push_back(seed_statistics(figures).mean);
  }
  return means;
}

}  // namespace

std::vector<PlanOutcome> outcomes(const std::vector<GridCell>& cells) {
  std::vector<PlanOutcome> all;
  for (const GridCell& c : cells) {
    if (all.empty() || all.back().kind != c.kind || all.back().plan != c.plan) {
      all.emplace_back();
      all.back().kind = c.kind;
      all.back().plan = c.plan;
    }
    PlanOutcome& o = all.back();
    o.figures.push_back(c.figure);
    o.failures += c.failure.empty() ? 0U : 1U;
    o.missing += c.done ? 0U : 1U;
    o.checksums.push_back(c.checksum);
    if (!c.done) continue;
    o.learned += c.learned;
    if (c.tally) o.counts = o.counts.value_or(Counts{}) + c.tally->counts;
  }
  for (PlanOutcome& o : all) {
    o.statistics = seed_statistics(o.figures);
    o.course = mean_course(cells, o);
    const auto rigid = std::find_if(all.begin(), all.end(), [&](const PlanOutcome& r) {
      return r.kind == o.kind && r.plan->name == "rigid";
    });
    if (rigid == all.end()) continue;
    o.gap = o.kind->larger_is_better ? paired_statistics(o.figures, rigid->figures)
                                     : paired_statistics(rigid->figures, o.figures);
  }
  return all;
}

namespace {

std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{:.4g}", value) : "–";
}

/// Of fewer seeds Student's interval is wider than anything it could tell.
constexpr std::size_t least_seeds = 3;

std::string with_width(const SeedStatistics& s, const char* form) {
  if (s.count == 0) return "–";
  const std::string mean = fmt::format(fmt::runtime(form), s.mean);
  if (s.count < least_seeds)
    return fmt::format("{} ({} seed{})", mean, s.count, s.count == 1 ? "" : "s");
  return fmt::format("{} ± {:.2g}", mean, s.half_width);
}

/// The axis of a kind's figure; shares lie within 0 to 100 %.
Axis axis_of(const ContrastiveKind& kind) {
  if (kind.unit.empty()) return {std::string(kind.figure)};
  Axis axis{fmt::format("{} ({})", kind.figure, kind.unit)};
  if (kind.unit == "%") {
    axis.least = 0;
    axis.most = 100;
  }
  return axis;
}

json as_json(const SeedStatistics& s) {
  return {{"seeds", s.count},
          {"mean", s.mean},
          {"deviation", s.deviation},
          {"confidence_95", {s.mean - s.half_width, s.mean + s.half_width}}};
}

void write_csv(const Run& run, const std::vector<GridCell>& cells) {
  std::string csv =
      "model,plan,seed,figure,learned,checksum,spikes,synaptic_events,plasticity_updates,energy_j,"
      "failure\n";
  for (const GridCell& c : cells) {
    if (!c.done) continue;
    std::string why = c.failure;
    std::replace(why.begin(), why.end(), '"', '\'');
    csv += fmt::format("{},{},{},{},{},{:08x},", c.kind->name, c.plan->name, c.seed, c.figure,
                       c.learned, c.checksum);
    if (c.tally) {
      const Counts& n = c.tally->counts;
      csv += fmt::format("{},{},{},{}", n.spikes, n.synaptic_events, n.plasticity_updates,
                         price(n, run.hardware).dynamic_j.nominal);
    } else {
      csv += ",,,";
    }
    csv += fmt::format(",\"{}\"\n", why);
  }
  write_file_atomically(run.folder / "figures.csv", std::string_view(csv));
}

/// By plan, over the share of its learning.
std::string learning_curves(const ContrastiveKind& kind, const Axis& axis,
                            const std::vector<PlanOutcome>& plans) {
  std::vector<Line> lines;
  for (const PlanOutcome& o : plans) {
    Line line{std::string(o.plan->name), {}};
    for (std::size_t k = 0; k < o.course.size(); ++k)
      line.points.emplace_back(100.0 * static_cast<double>(k) / grid_looks, o.course[k]);
    lines.push_back(std::move(line));
  }
  return svg_lines(lines, {fmt::format("{} learned, % of all", kind.counted)}, axis);
}

/// What one of those that a kind counts has cost, as results name it.
struct UnitCost {
  double spikes, synaptic_events, plasticity_updates, energy_j;
};
std::optional<UnitCost> unit_cost(const PlanOutcome& o, const HardwareProfile& hardware) {
  if (!o.counts) return {};
  const auto n = static_cast<double>(std::max<std::uint64_t>(1, o.learned));
  return UnitCost{static_cast<double>(o.counts->spikes) / n,
                  static_cast<double>(o.counts->synaptic_events) / n,
                  static_cast<double>(o.counts->plasticity_updates) / n,
                  price(*o.counts, hardware).dynamic_j.nominal / n};
}

void report_costs(Report& report, const HardwareProfile& hardware, const ContrastiveKind& kind,
                  const std::vector<PlanOutcome>& plans) {
  std::vector<std::vector<std::string>> rows;
  for (const PlanOutcome& o : plans) {
    rows.push_back({std::string(o.plan->name), grouped(o.learned)});
    if (const auto cost = unit_cost(o, hardware))
      rows.back().insert(
          rows.back().end(),
          {fmt::format("{:.4g}", cost->spikes), fmt::format("{:.4g}", cost->synaptic_events),
           fmt::format("{:.4g}", cost->plasticity_updates), with_prefix(cost->energy_j, "J")});
    else
      rows.back().insert(rows.back().end(), 4, "not counted");
  }
  report.table({"plan", fmt::format("{} learned", kind.counted), "spikes", "synaptic events",
                "plasticity updates", "energy"},
               rows,
               fmt::format("What learning costs: over all seeds, then a mean for one of its {}. "
                           "Tests are not contained. Models of rates have no spikes to count.",
                           kind.counted));
}

void report_model(Report& report, const HardwareProfile& hardware, const ContrastiveKind& kind,
                  const std::vector<PlanOutcome>& plans) {
  const Axis axis = axis_of(kind);
  report.heading(std::string(kind.name));
  report.paragraph(std::string(kind.summary));
  std::vector<Interval> intervals;
  std::vector<std::vector<std::string>> rows;
  const PlanOutcome* worst = nullptr;
  for (const PlanOutcome& o : plans) {
    const bool enough = o.statistics.count >= least_seeds;
    intervals.push_back({std::string(o.plan->name), o.statistics.mean,
                         enough ? o.statistics.half_width : NAN, o.figures, o.plan->breaks});
    const bool rigid = o.plan->name == "rigid";
    rows.push_back({std::string(o.plan->name), std::string(o.plan->summary),
                    with_width(o.statistics, "{:.4g}"), number(o.statistics.deviation),
                    rigid ? "" : with_width(o.gap, "{:+.3g}"), std::to_string(o.statistics.count),
                    o.failures > 0 ? std::to_string(o.failures) : ""});
    if (!rigid && !o.plan->breaks && o.gap.count > 0 &&
        (worst == nullptr || o.gap.mean < worst->gap.mean))
      worst = &o;
  }
  report.figure(
      svg_intervals(intervals, axis),
      fmt::format("Mean over seeds (dot), its 95 % confidence interval (whiskers; of three seeds "
                  "or more), and "
                  "each seed. {} is better; dashed: rigid.",
                  kind.larger_is_better ? "More" : "Less"));
  report.table(
      {"plan", "what it is", axis.label, "deviation", "better than rigid by", "seeds", "failed"},
      rows, "± is half the 95 % confidence interval (Student); differences are paired by seed.");
  report.figure(learning_curves(kind, axis, plans),
                "In the course of learning, mean over seeds. Plans may learn longer than rigid "
                "does.");
  report_costs(report, hardware, kind, plans);
  if (worst != nullptr)
    report.number(fmt::format("{}: worst relaxation", kind.name), with_width(worst->gap, "{:+.3g}"),
                  fmt::format("{}, {}, against rigid", worst->plan->name,
                              kind.unit.empty() ? kind.figure : kind.unit));
}

/// What all finished trainings have been on the engine.
void add_tallies(Run& run, const std::vector<GridCell>& cells) {
  std::uint64_t learned = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const GridCell& c = cells[i];
    if (!c.done || !c.tally) continue;
    learned += c.learned;
    run.counts += c.tally->counts;
    run.spike_hash += replica_hash(i, c.tally->spike_hash);
    run.simulated_s += c.tally->simulated_s;
  }
  run.executions = std::max<std::uint64_t>(1, learned);
}

json plan_results(const PlanOutcome& o, const HardwareProfile& hardware) {
  json plan = as_json(o.statistics);
  plan["figures"] = o.figures;
  plan["better_than_rigid"] = as_json(o.gap);
  plan["failures"] = o.failures;
  plan["missing"] = o.missing;
  plan["breaks"] = o.plan->breaks;
  plan["learning_curve"] = o.course;
  json& checksums = plan["checksums"] = json::array();
  for (const std::uint32_t sum : o.checksums) checksums.push_back(sum != 0 ? json(sum) : json());
  plan["learned"] = o.learned;
  const auto cost = unit_cost(o, hardware);
  const auto put = [&](const char* key, double UnitCost::*of) {
    plan[key] = cost ? json((*cost).*of) : json();
  };
  put("spikes_per_sample", &UnitCost::spikes);
  put("synaptic_events_per_sample", &UnitCost::synaptic_events);
  put("plasticity_updates_per_sample", &UnitCost::plasticity_updates);
  put("energy_per_sample_j", &UnitCost::energy_j);
  return plan;
}

}  // namespace

void report_phases(Run& run, const std::vector<GridCell>& cells) {
  add_tallies(run, cells);
  const std::vector<PlanOutcome> all = outcomes(cells);
  write_csv(run, cells);
  for (auto first = all.begin(); first != all.end();) {
    const ContrastiveKind& kind = *first->kind;
    const auto last =
        std::find_if(first, all.end(), [&](const PlanOutcome& o) { return o.kind != &kind; });
    json& model = run.results[std::string(kind.name)];
    model["figure"] = kind.figure;
    model["unit"] = kind.unit;
    model["larger_is_better"] = kind.larger_is_better;
    model["counted"] = kind.counted;
    std::vector<PlanOutcome> plans;
    for (; first != last; ++first) {
      model["plans"][std::string(first->plan->name)] = plan_results(*first, run.hardware);
      if (first->missing < first->figures.size()) plans.push_back(*first);
    }
    if (!plans.empty()) report_model(run.report, run.hardware, kind, plans);
  }
}

}  // namespace clockless
