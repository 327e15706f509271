// What the settings of equilibrium propagation by spikes mean.
#include "apps/contrastive/equilibrium_task.hpp"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"

namespace clockless {

using Eigen::Index;

namespace {

std::vector<Index> layer_sizes(const Settings& s, const std::string& text) {
  std::vector<Index> sizes;
  const char *at = text.data(), *end = at + text.size();
  while (at != end) {
    Index size = 0;
    const auto [next, error] = std::from_chars(at, end, size);
    if (error != std::errc() || size < 1 || size > 100'000 || (next != end && *next != ',') ||
        next + 1 == end)
      s.fail("hidden", "give a number of cells a layer, as 500 or 300,100");
    sizes.push_back(size);
    at = next == end ? end : next + 1;
  }
  if (sizes.empty()) s.fail("hidden", "give at least one layer, as 64");
  return sizes;
}

class Defaults {
 public:
  explicit Defaults(Run& run) : run_(run) {}
  template <class T>
  T operator()(const char* key, T otherwise) const {
    const T chosen = run_.settings.has(key) ? run_.settings.get<T>(key) : otherwise;
    if constexpr (std::is_integral_v<T>)
      run_.resolve(key, static_cast<std::int64_t>(chosen));
    else
      run_.resolve(key, chosen);
    return chosen;
  }

  /// Flags have a default of their own, which others may replace.
  bool flag(const char* key, bool otherwise) const {
    const bool chosen = run_.settings.given(key) ? run_.settings.get<bool>(key) : otherwise;
    run_.resolve(key, chosen);
    return chosen;
  }

 private:
  Run& run_;
};

// A phase must be over for all cells before the next begins.
void check_phases(const Settings& s, const SpikingOptions& o) {
  const Teacher::Params& t = o.teacher;
  const bool quiet = t.settling == Teacher::Settling::quiet;
  for (const char* key : {"free_phase", "nudged_phase"})
    if (!quiet && s.get<double>(key) > t.longest_tau)
      s.fail(key, fmt::format("no phase is longer than patience, {} tau; make that longer, too",
                              t.longest_tau));
  if (quiet && t.quiet_tau >= t.longest_tau)
    s.fail("silence",
           fmt::format("no phase is longer than patience, {} tau, so it would always be cut off; "
                       "make that longer",
                       t.longest_tau));
  const double shortest = quiet ? t.quiet_tau
                                : std::min(t.free_tau, t.nudged_tau) *
                                      (t.settling == Teacher::Settling::random ? 0.5 : 1.0);
  // Outputs are nudged once all cells know that it begins, and answer a delay later.
  const double reached = 2 * o.modulator_tau + 2 * o.delay_tau;
  if (reached >= shortest)
    s.fail(
        quiet ? "silence" : "nudged_phase",
        fmt::format("phases may end after {:.3g} tau, but it takes {:.3g} until a nudge has come "
                    "to all (twice modulator_delay and delay); make phases longer or delays "
                    "shorter",
                    shortest, reached));
}

}  // namespace

bool is_truth_table(const LabelledData& data) { return data.width == 0 && data.train.cols() <= 4; }

int default_epochs(const LabelledData& data) {
  const Index n = data.train.cols();
  return is_truth_table(data) ? 500 : n > 10'000 ? 10 : 40;
}

EquilibriumTask prepare_equilibrium(Run& run) {
  return prepare_equilibrium(run, prepare_labelled_data(run));
}

EquilibriumTask prepare_equilibrium(Run& run, LabelledData labelled) {
  const Settings& s = run.settings;
  EquilibriumTask task;
  task.data = std::move(labelled);
  const LabelledData& data = task.data;
  const Defaults value(run);
  const bool logic = is_truth_table(data);
  const bool large = data.train.cols() > 10'000, wide = data.train.rows() > 100;

  // What the file of an earlier run says besides is as usual, and may stand.
  const auto idle = [&](const char* key, double usual, const char* why) {
    if (s.given(key) && s.get<double>(key) != usual) s.fail(key, why);
  };

  GraphOptions g;
  const auto kind = value("graph", std::string(logic ? "complete" : "layered"));
  g.kind = kind == "layered" ? GraphKind::layered
           : kind == "skip"  ? GraphKind::skip
                             : GraphKind::complete;
  const bool complete = g.kind == GraphKind::complete;
  const auto leak = value("leak", std::string(complete && !logic ? "contractive" : "unit"));
  g.leak = leak == "unit" ? Leak::unit : leak == "outgoing" ? Leak::outgoing : Leak::contractive;
  const bool contractive = g.leak == Leak::contractive;
  g.inputs = data.train.rows();
  g.hidden = layer_sizes(s, value("hidden", std::string(logic      ? "5"
                                                        : wide     ? "500"
                                                        : complete ? "64"
                                                                   : "256")));
  g.outputs = logic || data.classes == 2 ? 1 : data.classes;
  // A mean over others, less by the leak, never comes to 1: weights would grow without end.
  task.label = value("label", contractive && g.outputs > 1 ? 0.5 : 1.0);
  if (g.outputs == 1 && task.label != 1)
    s.fail("label", "one output says which of two classes by being above 1/2; leave it at 1");
  g.direct_edges = value.flag("direct_edges", logic && complete);
  if (!complete && s.given("direct_edges") && g.direct_edges)
    s.fail("direct_edges",
           "only complete graphs may have them; use --graph=complete, or leave it out");
  if (g.leak == Leak::unit) idle("base_leak", 1, "the unit leak is 1; choose another leak");
  g.base_leak = s.get<double>("base_leak");
  g.gain = value("gain", logic ? 0.7 : 1.0);
  g.bias = value("bias", complete ? 0.3 : 0.0);
  g.seed = run.seed;
  using Rule = SpikingOptions::Rule;
  const auto rule_name = s.get<std::string>("rule");
  const Rule rule = rule_name == "product"     ? Rule::product
                    : rule_name == "one_sided" ? Rule::one_sided
                                               : Rule::asymmetric;
  const bool asymmetric = rule == Rule::asymmetric;
  g.directed = value.flag("directed", (logic && complete) || asymmetric);
  const bool drawn = complete && g.directed;
  if (drawn && s.given("feedback_gain"))
    s.fail(
        "feedback_gain",
        "each weight is drawn alike (directed = true, as for truth tables and by --rule=asymmetric"
        "); use lateral_gain");
  if (!complete && s.given("lateral_gain"))
    s.fail("lateral_gain",
           "only complete graphs have weights within a layer; leave it out, or "
           "use --graph=complete");
  const double feedback = drawn ? 1.0 : value("feedback_gain", wide && !complete ? 3.0 : 1.0);
  g.feedback_gain = complete ? 1.0 : feedback;
  task.graph = make_graph(g);
  task.directed = complete || g.directed;
  if (complete) {
    const double within = value("lateral_gain", drawn ? 1.0 : 0.05);
    const Index n = task.graph.first_output();
    auto& w = task.graph.recurrent;
    w.topLeftCorner(n, n) *= within;
    w.bottomRightCorner(g.outputs, g.outputs) *= within;
    // The product rule keeps weights symmetric that begin so.
    if (!drawn)
      w.bottomLeftCorner(g.outputs, n) = feedback * w.topRightCorner(n, g.outputs).transpose();
  }

  SpikingOptions& o = task.spiking;
  o.tau_s = s.get<double>("tau");
  o.threshold = value("threshold", complete ? 1.0 / 64 : 1.0 / 16);
  o.input_threshold = s.get<double>("input_threshold");
  o.hysteresis = s.get<double>("hysteresis");
  o.rule = rule;
  o.input_rate = value("learning_rate", logic          ? 0.2
                                        : !contractive ? 0.012
                                        : asymmetric   ? 0.5
                                                       : 0.1);
  o.forward_rate = value("forward_rate", o.input_rate * (logic         ? 1
                                                         : contractive ? (asymmetric ? 0.3 : 0.2)
                                                         : wide        ? 0.5
                                                                       : 1.0));
  o.feedback_rate = value("feedback_rate", o.forward_rate);
  if (!complete && s.given("lateral_rate"))
    s.fail("lateral_rate",
           "only complete graphs have weights within a layer; leave it out, or use "
           "--graph=complete");
  o.lateral_rate = complete ? value("lateral_rate", o.forward_rate) : o.forward_rate;
  o.delay_tau = s.get<double>("delay");
  const bool flexible = s.get<std::string>("phases") == "flexible";
  o.modulator_tau = value("modulator_delay", flexible ? 0.3 : 0.005);
  o.relative_nudge = value.flag("relative_nudge", contractive);
  o.mismatch = s.get<double>("mismatch");
  o.lost_spikes = s.get<double>("lost_spikes");
  o.lost_modulators = s.get<double>("lost_modulators");
  o.retold = value("retold", o.lost_spikes > 0 ? 0.1 : 0.0);
  o.seed = run.seed;
  Teacher::Params& t = o.teacher;
  const auto settling = value("settling", std::string(flexible ? "quiet" : "fixed"));
  if (!flexible && settling != "fixed")
    s.fail("settling", "rigid phases are of fixed length; use --phases=flexible");
  t.settling = settling == "quiet"    ? Teacher::Settling::quiet
               : settling == "random" ? Teacher::Settling::random
                                      : Teacher::Settling::fixed;
  if (t.settling == Teacher::Settling::quiet) {
    constexpr auto why = "it is --settling=quiet, that ends phases by --silence; choose another";
    idle("free_phase", Teacher::Params{}.free_tau, why);
    idle("nudged_phase", Teacher::Params{}.nudged_tau, why);
  } else {
    idle("silence", Teacher::Params{}.quiet_tau, "only --settling=quiet listens for silence");
  }
  t.quiet_tau = s.get<double>("silence");
  t.free_tau = s.get<double>("free_phase");
  t.nudged_tau = s.get<double>("nudged_phase");
  t.longest_tau = s.get<double>("patience");
  check_phases(s, o);
  t.rest_tau = 2 * o.modulator_tau + 0.1;
  t.conductance = value("nudge", logic ? 0.9 : 0.5);
  t.random_sign = value.flag("random_sign", !logic);
  t.nudges = s.get<double>("nudges");
  t.unlabelled = s.get<double>("unlabelled");
  t.nudged_first = s.get<double>("nudged_first");
  t.onset = s.get<bool>("onset");
  if (!t.onset && s.given("reminders") && s.get<std::uint64_t>("reminders") != 1)
    s.fail("reminders", "with --onset=false nobody is told that a sample changes; leave it out");
  t.reminders = value("reminders", std::uint64_t{t.onset && o.lost_modulators > 0 ? 5U : 1U});
  if (t.conductance >= 1 && t.random_sign && o.relative_nudge)
    run.resolved.fail("nudge",
                      "away from the label it takes all of an output's leak; stay below 1");
  if (t.conductance >= 1 && t.random_sign && !o.relative_nudge && g.leak == Leak::unit)
    run.resolved.fail("nudge",
                      "away from the label it takes all of an output's leak of 1; stay below");

  task.epochs = value("epochs", default_epochs(data));
  task.rate_decay = value("rate_decay", logic ? 1.0 : large ? 0.78 : 0.96);
  PruningPlan& p = task.pruning;
  const auto by = s.get<std::string>("prune");
  p.by = by == "paper"       ? PruningPlan::By::paper
         : by == "magnitude" ? PruningPlan::By::magnitude
         : by == "random"    ? PruningPlan::By::random
                             : PruningPlan::By::none;
  p.share = s.get<double>("prune_share");
  p.softmax = {s.get<double>("prune_per_cell"), s.get<double>("prune_temperature"),
               s.get<double>("prune_tolerance")};
  p.l1 = s.get<double>("l1");
  if (asymmetric && p.by != PruningPlan::By::none)
    s.fail("prune",
           "the asymmetric rule keeps a copy of each weight at the reverse synapse, which would "
           "be left behind; prune with another rule");
  if (p.by == PruningPlan::By::none) {
    const char* why =
        "nothing is pruned; leave it out, or say how by --prune=paper, magnitude or random";
    for (const char* key : {"prune_from", "prune_to"})
      if (s.given(key)) s.fail(key, why);
    idle("prune_share", 0.9, why);
    idle("prune_per_cell", 40, why);
    idle("prune_temperature", 5, why);
    idle("prune_tolerance", 0.02, why);
    return task;
  }
  if (p.by != PruningPlan::By::paper) {
    constexpr auto why = "it is of --prune=paper only; leave it out, or choose that";
    idle("prune_per_cell", 40, why);
    idle("prune_temperature", 5, why);
    idle("prune_tolerance", 0.02, why);
  }
  p.first_epoch = value("prune_from", std::max(1, task.epochs / 5));
  p.last_epoch = value("prune_to", std::max(p.first_epoch, 4 * task.epochs / 5));
  if (task.epochs > 0 && p.first_epoch > task.epochs)
    s.fail("prune_from", fmt::format("there are {} epochs only", task.epochs));
  if (p.last_epoch < p.first_epoch) s.fail("prune_to", "it lies before prune_from");
  return task;
}

}  // namespace clockless
