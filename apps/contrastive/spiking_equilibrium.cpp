// Spiking equilibrium propagation by any plan, and its kind on layers.
#include "apps/contrastive/spiking_equilibrium.hpp"

#include <cmath>
#include <vector>

#include "apps/contrastive/output_code.hpp"
#include "apps/interrupt.hpp"
#include "core/random.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr double late = 0.3;       // modulators, in τ
constexpr double too_short = 2;    // free phase, in τ: what still drifts is learned
constexpr double at_once = 0.005;  // as near as delays come to it, in τ
// A clock must leave enough time for the slowest.
constexpr double free_phase = 30, nudged_phase = 24;  // in τ
// Where it is nudged from the beginning, a network that may rest in several ways stays in that of
// the label after a strong nudge, and learns nothing as it is let go.
constexpr double gentle = 0.6;

EquilibriumTask prepare(std::string_view graph, const ContrastiveContext& context) {
  const PhasePlan& plan = context.plan;
  Settings s;
  declare_equilibrium(s);
  const auto put = [&](std::string_view key, const Setting::Value& value) {
    s.put(key, value, "the phase plan");
  };
  // A truth table is not of layers, but here the question is one of phases.
  put("graph", std::string(graph));
  const bool fixed = !plan.random_lengths && !plan.quiet_outputs;
  put("phases", std::string(fixed ? "rigid" : "flexible"));
  if (plan.random_lengths) put("settling", std::string("random"));
  if (plan.quiet_outputs) put("settling", std::string("quiet"));
  put("modulator_delay", plan.staggered ? late : at_once);
  if (plan.random_order) put("nudged_first", 0.3);
  if (plan.positive_share != 0.5) {
    put("unlabelled", 0.2);
    put("nudges", 1.5);
  }
  put("lost_modulators", plan.lost_modulators);
  put("lost_spikes", plan.lost_spikes);
  if (!plan.retold) put("retold", 0.0);
  put("mismatch", plan.mismatch);
  put("onset", plan.onset);
  if (!plan.quiet_outputs) {
    put("free_phase", plan.settled ? free_phase : too_short);
    put("nudged_phase", nudged_phase);
  }
  Run run(s);
  run.seed = context.seed;
  EquilibriumTask task = prepare_equilibrium(run, context.data);
  SpikingOptions& o = task.spiking;
  o.delay_spread = plan.jitter;
  o.teacher.conductance *= gentle;
  for (double* rate : {&o.input_rate, &o.forward_rate, &o.feedback_rate, &o.lateral_rate})
    *rate *= plan.rate_factor / gentle;
  return task;
}

}  // namespace

SpikingEquilibrium::SpikingEquilibrium(std::string_view graph, const ContrastiveContext& context)
    : seed_(context.seed),
      task_(prepare(graph, context)),
      network_(task_.graph, task_.spiking),
      cores_(context.cores),
      learner_(network_, task_.graph, {.seed = context.seed, .cores = cores_}),
      targets_(task_.label * one_hot(task_.data.train_labels, task_.graph.outputs())) {}

void SpikingEquilibrium::learn(std::uint64_t count) {
  const MatrixXd& x = task_.data.train;
  const auto n = static_cast<std::uint64_t>(x.cols());
  std::vector<Index> order;
  for (const std::uint64_t end = learned_ + count; learned_ < end && !interrupted(); ++learned_) {
    if (order.empty() || learned_ % n == 0) order = epoch_order(seed_, learned_ / n, x.cols());
    const Index i = order[learned_ % n];
    learner_.learn(x.col(i), targets_.col(i),
                   std::pow(task_.rate_decay, static_cast<double>(learned_ / n)));
  }
}

double SpikingEquilibrium::figure() {
  const LabelledData& data = task_.data;
  EquilibriumLearner tested(network_, task_.graph, {.cores = cores_});
  tested.take_weights(learner_);
  tested.restart(random_bits(seed_, 0x666967757265, learned_));  // a stream of its own: 'figure'
  MatrixXd outputs = MatrixXd::Zero(task_.graph.outputs(), data.test.cols());
  for (Index k = 0; k < data.test.cols() && !interrupted(); ++k)
    outputs.col(k) = tested.test(data.test.col(k));
  return 100 * accuracy(decide(outputs), data.test_labels);
}

std::optional<EngineTally> SpikingEquilibrium::tally() const {
  return EngineTally{learner_.counts(), learner_.spike_hash(), learner_.simulated_s()};
}

std::uint32_t SpikingEquilibrium::checksum() const {
  ContrastiveGraph learned = task_.graph;
  learner_.give_weights(learned);
  return weights_checksum(learned.recurrent, weights_checksum(learned.input_weights));
}

ContrastiveKind spiking_equilibrium_kind(std::string_view graph) {
  return {.name = {},
          .summary = {},
          .figure = "test accuracy",
          .unit = "%",
          .plans = {"rigid", "random_order", "uneven", "random_lengths", "quiet_outputs",
                    "staggered", "jitter", "lost_modulators", "lost_spikes", "mismatch", "together",
                    "no_onset", "hasty", "many_lost", "fast"},
          .counted = "samples",
          .length =
              [](const ContrastiveContext& context) {
                return static_cast<std::uint64_t>(default_epochs(context.data)) *
                       static_cast<std::uint64_t>(context.data.train.cols());
              },
          .make =
              [graph](const ContrastiveContext& context) {
                return std::make_unique<SpikingEquilibrium>(graph, context);
              }};
}

namespace {

CLOCKLESS_CONTRASTIVE_MODEL([] {
  ContrastiveKind kind = spiking_equilibrium_kind("layered");
  kind.name = "equilibrium-propagation";
  kind.summary = "sigma-delta cells in layers, nudged; learns in place, through the transient";
  return kind;
}());

}  // namespace

}  // namespace clockless
