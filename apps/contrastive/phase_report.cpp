// Outcomes of a grid, and their report.
#include "apps/contrastive/phase_report.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/data/atomic_file.hpp"
#include "apps/report/plot.hpp"

namespace clockless {

using nlohmann::json;

std::vector<PlanOutcome> outcomes(const std::vector<GridCell>& cells) {
  std::vector<PlanOutcome> all;
  for (const GridCell& c : cells) {
    if (all.empty() || all.back().kind != c.kind || all.back().plan != c.plan)
      all.push_back({c.kind, c.plan, {}, 0, 0, {}, {}});
    PlanOutcome& o = all.back();
    o.figures.push_back(c.figure);
    o.failures += c.failure.empty() ? 0U : 1U;
    o.missing += c.done ? 0U : 1U;
  }
  for (PlanOutcome& o : all) {
    o.statistics = seed_statistics(o.figures);
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

std::string with_width(const SeedStatistics& s, const char* form) {
  if (s.count == 0) return "–";
  const std::string mean = fmt::format(fmt::runtime(form), s.mean);
  return s.count < 2 ? mean : fmt::format("{} ± {:.2g}", mean, s.half_width);
}

json as_json(const SeedStatistics& s) {
  return {{"seeds", s.count},
          {"mean", s.mean},
          {"deviation", s.deviation},
          {"confidence_95", {s.mean - s.half_width, s.mean + s.half_width}}};
}

void write_csv(const Run& run, const std::vector<GridCell>& cells) {
  std::string csv = "model,plan,seed,figure,failure\n";
  for (const GridCell& c : cells) {
    if (!c.done) continue;
    std::string why = c.failure;
    std::replace(why.begin(), why.end(), '"', '\'');
    csv += fmt::format("{},{},{},{},\"{}\"\n", c.kind->name, c.plan->name, c.seed, c.figure, why);
  }
  write_file_atomically(run.folder / "figures.csv", std::string_view(csv));
}

void report_model(Report& report, const ContrastiveKind& kind,
                  const std::vector<PlanOutcome>& plans) {
  const std::string unit = kind.unit.empty() ? "" : fmt::format(" ({})", kind.unit);
  report.heading(std::string(kind.name));
  report.paragraph(std::string(kind.summary));
  std::vector<Interval> intervals;
  std::vector<std::vector<std::string>> rows;
  const PlanOutcome* worst = nullptr;
  for (const PlanOutcome& o : plans) {
    intervals.push_back({std::string(o.plan->name), o.statistics.mean, o.statistics.half_width,
                         o.figures, o.plan->breaks});
    const bool rigid = o.plan->name == "rigid";
    rows.push_back({std::string(o.plan->name), std::string(o.plan->summary),
                    with_width(o.statistics, "{:.4g}"), number(o.statistics.deviation),
                    rigid ? "" : with_width(o.gap, "{:+.3g}"), std::to_string(o.statistics.count),
                    o.failures > 0 ? std::to_string(o.failures) : ""});
    if (!rigid && !o.plan->breaks && o.gap.count > 0 &&
        (worst == nullptr || o.gap.mean < worst->gap.mean))
      worst = &o;
  }
  report.figure(svg_intervals(intervals, {std::string(kind.figure) + unit, false}),
                fmt::format("Mean over seeds (dot), its 95 % confidence interval (whiskers), and "
                            "each seed. {} is better; dashed: rigid.",
                            kind.larger_is_better ? "More" : "Less"));
  report.table({"plan", "what it is", std::string(kind.figure) + unit, "deviation",
                "better than rigid by", "seeds", "failed"},
               rows,
               "± is half the 95 % confidence interval (Student); differences are paired by seed.");
  if (worst != nullptr)
    report.number(fmt::format("{}: worst relaxation", kind.name), with_width(worst->gap, "{:+.3g}"),
                  fmt::format("{}, {}, against rigid", worst->plan->name,
                              kind.unit.empty() ? kind.figure : kind.unit));
}

}  // namespace

void report_phases(Run& run, const std::vector<GridCell>& cells) {
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
    std::vector<PlanOutcome> plans;
    for (; first != last; ++first) {
      json plan = as_json(first->statistics);
      plan["figures"] = first->figures;
      plan["better_than_rigid"] = as_json(first->gap);
      plan["failures"] = first->failures;
      plan["missing"] = first->missing;
      plan["breaks"] = first->plan->breaks;
      model["plans"][std::string(first->plan->name)] = std::move(plan);
      if (first->missing < first->figures.size()) plans.push_back(*first);
    }
    if (!plans.empty()) report_model(run.report, kind, plans);
  }
}

}  // namespace clockless
