// Scenario flexible-phases: models that learn by contrast, each by rigid and by relaxed phases
// (Williams, Bredenberg & Lajoie 2023).
#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/contrastive/phase_grid.hpp"
#include "apps/contrastive/phase_report.hpp"
#include "apps/live/live_page.hpp"
#include "apps/registry.hpp"
#include "core/error.hpp"

namespace clockless {
namespace {

using nlohmann::json;

std::vector<std::string_view> model_names() {
  std::vector<std::string_view> names;
  for (const auto* kind : contrastive_kinds()) names.push_back(kind->name);
  return names;
}

void declare(Settings& s) {
  s.text("models", "equilibrium-propagation,forward-forward,rbm",
         fmt::format("separated by commas, of {}; or all", fmt::join(model_names(), ", ")));
  s.text("plans", std::nullopt,
         "how phases go, separated by commas, rigid besides; all: those that break learning, too; "
         "default: all but these, as far as a model knows them");
  s.integer("seeds", 5, "trainings by each plan, from the run's seed on")
      .range(1, 1000)
      .quick(std::int64_t{2});
  s.real("length", 1, "factor on how long each learns").range(1e-4, 1e4).quick(0.02);
  declare_labelled_data(s, "digits8x8").quick(std::string("xor"));
  s.text("checkpoint", std::nullopt,
         "file of finished trainings, to go on from where there is one, and to keep");
}

std::vector<std::string> listed(const Settings& s, std::string_view key) {
  const auto text = s.get<std::string>(key);
  std::vector<std::string> names;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string part = text.substr(at, comma - at);
    const std::size_t first = std::min(part.find_first_not_of(' '), part.size());
    names.push_back(part.substr(first, part.find_last_not_of(' ') + 1 - first));
    if (std::count(names.begin(), names.end(), names.back()) > 1)
      s.fail(key, fmt::format("\"{}\" stands there twice; once is enough", names.back()));
    at = comma + 1;
  }
  return names;
}

std::vector<const ContrastiveKind*> chosen_models(const Settings& s) {
  const auto all = contrastive_kinds();
  const std::vector<std::string> names = listed(s, "models");
  if (names == std::vector<std::string>{"all"}) return all;
  std::vector<const ContrastiveKind*> chosen;
  for (const std::string& name : names) {
    if (name == "all") s.fail("models", "all are all of them; leave the others out, or all");
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto* kind) { return kind->name == name; });
    if (found == all.end())
      s.fail("models", fmt::format("there is no model \"{}\"; choose among {}, or all", name,
                                   fmt::join(model_names(), ", ")));
    chosen.push_back(*found);
  }
  return chosen;
}

bool knows(const ContrastiveKind& kind, std::string_view plan) {
  return std::find(kind.plans.begin(), kind.plans.end(), plan) != kind.plans.end();
}

/// In the order of phase_plans(), so that rigid is the first.
std::vector<const NamedPlan*> chosen_plans(const Settings& s,
                                           const std::vector<const ContrastiveKind*>& kinds) {
  const bool given = s.has("plans"), all = given && s.get<std::string>("plans") == "all";
  const auto names = given && !all ? listed(s, "plans") : std::vector<std::string>{};
  for (const std::string& name : names) {
    try {
      phase_plan(name);
    } catch (const Error& e) {
      s.fail("plans", e.what());
    }
    if (std::none_of(kinds.begin(), kinds.end(),
                     [&](const auto* kind) { return knows(*kind, name); }))
      s.fail("plans", fmt::format("none of the chosen models knows \"{}\"; {}", name,
                                  kinds.size() == 1 ? fmt::format("{} knows {}", kinds[0]->name,
                                                                  fmt::join(kinds[0]->plans, ", "))
                                                    : "choose models that do"));
  }
  std::vector<const NamedPlan*> chosen;
  for (const NamedPlan& plan : phase_plans()) {
    const bool named = std::find(names.begin(), names.end(), plan.name) != names.end();
    if (all || named || plan.name == "rigid" || (!given && !plan.breaks)) chosen.push_back(&plan);
  }
  return chosen;
}

LabelledData prepared_data(Run& run, const std::vector<const ContrastiveKind*>& kinds) {
  if (std::all_of(kinds.begin(), kinds.end(), [](const auto* kind) { return kind->own_data; })) {
    // What the file of an earlier run says besides is as usual, and may stand.
    Settings usual;
    declare(usual);
    if (run.quick) usual.use_quick_defaults();
    const json now = run.settings.to_json(), otherwise = usual.to_json();
    for (const char* key : {"data", "split", "split_seed", "task", "train_samples", "validation"})
      if (run.settings.given(key) && now.value(key, json()) != otherwise.value(key, json()))
        run.settings.fail(key, fmt::format("{} has data of its own; leave it out, or choose "
                                           "another model besides",
                                           kinds[0]->name));
    return {};
  }
  return prepare_labelled_data(run);
}

/// What a finished training depends on, besides its model, plan and seed.
json identity(const Run& run, const LabelledData& data) {
  json settings = run.resolved.to_json();
  for (const char* key :
       {"models", "plans", "seeds", "seed", "checkpoint", "threads", "cores", "hardware",
        "fidelity", "quick", "trace", "trace_events", "trace_neuron", "vcd"})
    settings.erase(key);
  settings["your data's checksum"] = fmt::format("{:08x}", checksum(data));
  return settings;
}

/// Means so far, on the live page.
void show(LivePage& page, const std::vector<GridCell>& cells, const char* state) {
  const auto done = std::count_if(cells.begin(), cells.end(), [](const auto& c) { return c.done; });
  json snapshot{{"state", state}, {"samples", done}, {"samples_total", cells.size()}};
  for (const PlanOutcome& o : outcomes(cells))
    if (o.statistics.count > 0)
      snapshot[fmt::format("{}, {}", o.kind->name, o.plan->name)] = o.statistics.mean;
  page.publish(snapshot);
}

void run(Run& run) {
  const Settings& s = run.settings;
  if (run.machine.fidelity != Fidelity::ideal || run.machine.step > Duration{})
    s.fail(run.machine.step > Duration{} ? "synchronise" : "fidelity",
           "this compares models, most of which know no hardware: use ideal here, or "
           "equilibrium-propagation or dictionary-learning");
  if (run.placement)
    s.fail("placement", "this compares models, most of which know no hardware: leave it out");
  if (run.trace.events > 0)
    s.fail(run.trace.vcd ? "vcd" : "trace",
           "this compares models over many runs: trace another scenario");
  const auto kinds = chosen_models(s);
  const auto plans = chosen_plans(s, kinds);
  GridOptions options{.length = s.get<double>("length"),
                      .cores = static_cast<std::size_t>(run.cores)};
  if (s.has("checkpoint")) {
    options.file = s.get<std::string>("checkpoint");
    if (!std::filesystem::is_directory(std::filesystem::absolute(options.file).parent_path()))
      s.fail("checkpoint", "there is no such folder; create it first");
  }
  const LabelledData data = prepared_data(run, kinds);
  const auto seeds = s.get<std::uint64_t>("seeds");
  std::vector<GridCell> cells;
  for (const auto* kind : kinds)
    for (const NamedPlan* plan : plans)
      if (knows(*kind, plan->name))
        for (std::uint64_t k = 0; k < seeds; ++k) cells.push_back({kind, plan, run.seed + k});
  const json same = identity(run, data);
  if (!options.file.empty()) take_finished(cells, options.file, same);
  if (run.live) {
    options.before_each = [&] { run.live->wait_if_paused(); };
    options.after_each = [&](const auto& now) { show(*run.live, now, "learning"); };
    show(*run.live, cells, "preparing");
  }
  {
    Parallel parallel(static_cast<unsigned>(run.threads));
    Progress bar = run.progress("training", cells.size() * grid_steps);
    train_cells(cells, data, options, same, parallel, bar);
  }
  report_phases(run, cells);
  if (run.live) show(*run.live, cells, "done");
}

}  // namespace

CLOCKLESS_APP("flexible-phases", "Learning by contrast when phases are not rigid: what it costs",
              declare, run, shows_live);

}  // namespace clockless
