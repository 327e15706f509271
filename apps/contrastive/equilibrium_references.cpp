// References of equilibrium propagation by spikes.
#include "apps/contrastive/equilibrium_references.hpp"

#include <algorithm>

#include "apps/contrastive/backprop.hpp"
#include "apps/contrastive/output_code.hpp"
#include "apps/contrastive/rate_equilibrium.hpp"
#include "apps/solvers/logistic_regression.hpp"

namespace clockless {

void declare_references(Settings& s) {
  s.text("reference", std::nullopt,
         "rate: equilibrium propagation of rates; backprop: back-propagation; logistic: a linear "
         "classifier; all; none; default: all, of more than 10,000 samples backprop")
      .one_of({"all", "rate", "backprop", "logistic", "none"});
  s.integer("reference_epochs", std::nullopt, "default: as many as the spikes have, at least 10")
      .range(1, 1'000'000)
      .quick(std::int64_t{2});
}

std::map<std::string, double> learn_references(const Run& run, const EquilibriumTask& task) {
  const Settings& s = run.settings;
  const LabelledData& data = task.data;
  const bool large = data.train.cols() > 10'000;
  const std::string wanted = s.has("reference") ? s.get<std::string>("reference")
                             : large            ? "backprop"
                                                : "all";
  if (wanted == "none" && s.given("reference_epochs"))
    s.fail("reference_epochs", "with --reference=none there is nothing to learn; leave it out");
  const int epochs =
      s.has("reference_epochs") ? s.get<int>("reference_epochs") : std::max(10, task.epochs);
  const auto asked = [&](const char* method) { return wanted == method || wanted == "all"; };
  const auto threads = static_cast<unsigned>(run.threads);
  const auto samples = static_cast<Eigen::Index>(data.train.cols());
  std::map<std::string, double> accuracies;

  if (asked("backprop")) {
    ContrastiveGraph graph = task.graph;
    BackpropOptions o;
    o.epochs = epochs;
    o.batch = std::clamp<Eigen::Index>(samples / 40, 1, 8);
    o.seed = run.seed;
    o.threads = threads;
    o.label = task.label;
    if (graph.kind == GraphKind::complete) o.loss = Loss::squared;
    Progress bar = run.progress("reference: back-propagation", static_cast<std::uint64_t>(epochs));
    const LearningCurve curve =
        train_backprop(graph, data, o, [&](const EpochResult&) { bar.advance(); });
    if (!curve.empty() && !interrupted())
      accuracies["back-propagation"] = curve.back().test_accuracy;
  }
  if (asked("rate")) {
    ContrastiveGraph graph = task.graph;
    EquilibriumOptions o;
    o.epochs = epochs;
    o.batch = std::clamp<Eigen::Index>(samples / 40, 1, 4);
    o.seed = run.seed;
    o.threads = threads;
    o.label = task.label;
    o.rate_decay = task.rate_decay;
    if (graph.leak != Leak::unit) {
      o.contrast.rule = ContrastRule::vector_field;
      o.contrast.relative_nudge = true;
    }
    if (task.spiking.rule == SpikingOptions::Rule::asymmetric) {
      o.contrast.rule = ContrastRule::vector_field;
      o.contrast.corrected = true;
      if (graph.leak == Leak::contractive) {  // chosen on a fifth of the training digits
        o.input_rate = 1;
        o.recurrent_rate = 0.3;
      }
    }
    Progress bar = run.progress("reference: rates", static_cast<std::uint64_t>(epochs));
    const LearningCurve curve =
        train_rate_equilibrium(graph, data, o, [&](const EpochResult&) { bar.advance(); });
    if (!curve.empty() && !interrupted())
      accuracies["rate equilibrium propagation"] = curve.back().test_accuracy;
  }
  if (asked("logistic") && !interrupted())
    accuracies["logistic regression"] =
        accuracy(fit_logistic(data.train, data.train_labels, data.classes).classify(data.test),
                 data.test_labels);
  return accuracies;
}

}  // namespace clockless
