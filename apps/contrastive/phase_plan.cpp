// The plans, and their names.
#include "apps/contrastive/phase_plan.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.hpp"

namespace clockless {
namespace {

template <class Change>
NamedPlan relaxed(std::string_view name, std::string_view summary, Change change,
                  bool breaks = false) {
  NamedPlan named{name, summary, {}, breaks};
  change(named.plan);
  return named;
}

std::vector<NamedPlan> make_plans() {
  return {
      {"rigid", "two phases in turn, of fixed length, at all neurons at once", {}},
      relaxed("in_place", "each phase is learned from by itself, nothing is stored",
              [](PhasePlan& p) { p.in_place = true; }),
      relaxed("random_order", "in place, and the types of phases are drawn",
              [](PhasePlan& p) { p.in_place = p.random_order = true; }),
      relaxed(
          "uneven",
          "in place, drawn, three in ten phases positive; spikes: a fifth of samples not nudged",
          [](PhasePlan& p) {
            p.in_place = p.random_order = true;
            p.positive_share = 0.3;
          }),
      relaxed("random_lengths", "phases of random length",
              [](PhasePlan& p) { p.in_place = p.random_lengths = true; }),
      relaxed("quiet_outputs", "a phase ends when the outputs are quiet",
              [](PhasePlan& p) { p.in_place = p.quiet_outputs = true; }),
      relaxed("several_data", "three data pass in one phase",
              [](PhasePlan& p) {
                p.in_place = true;
                p.data_per_phase = 3;
              }),
      relaxed("transient", "updates all through a phase, as the network settles",
              [](PhasePlan& p) { p.in_place = p.through_transient = true; }),
      relaxed("staggered", "phases begin at each neuron in its own time",
              [](PhasePlan& p) { p.staggered = true; }),
      relaxed("baseline", "in place, drawn, less a slow trace of what is learned from",
              [](PhasePlan& p) { p.in_place = p.random_order = p.baseline = true; }),
      relaxed("jitter", "axonal delays of every neuron differ", [](PhasePlan& p) { p.jitter = 1; }),
      relaxed(
          "lost_modulators",
          "one modulator event in twenty is lost; cells are told five times that samples change",
          [](PhasePlan& p) { p.lost_modulators = 0.05; }),
      relaxed(
          "lost_spikes",
          "one spike in ten thousand is lost; cells tell their level itself at one lesson in ten",
          [](PhasePlan& p) { p.lost_spikes = 1e-4; }),
      relaxed("mismatch", "time constants and thresholds differ by a tenth",
              [](PhasePlan& p) { p.mismatch = 0.1; }),
      relaxed("together", "all of these at once that the model knows, phases of random length",
              [](PhasePlan& p) {
                p.in_place = p.random_order = p.random_lengths = p.through_transient = true;
                p.staggered = p.baseline = true;
                p.data_per_phase = 3;
                p.positive_share = 0.3;
                p.jitter = 1;
                p.lost_modulators = 0.05;
                p.lost_spikes = 1e-4;
                p.mismatch = 0.1;
              }),
      relaxed(
          "no_onset", "cells go on learning while data change",
          [](PhasePlan& p) { p.onset = false; }, true),
      relaxed(
          "hasty", "nudged before the free phase has settled",
          [](PhasePlan& p) { p.settled = false; }, true),
      relaxed(
          "many_lost", "one spike in a hundred is lost, and no level told anew",
          [](PhasePlan& p) {
            p.lost_spikes = 1e-2;
            p.retold = false;
          },
          true),
      relaxed(
          "fast", "all learning rates twenty times as high; five times as high does no harm",
          [](PhasePlan& p) { p.rate_factor = 20; }, true),
  };
}

}  // namespace

const std::vector<NamedPlan>& phase_plans() {
  static const std::vector<NamedPlan> plans = make_plans();
  return plans;
}

const NamedPlan& phase_plan(std::string_view name) {
  const auto& plans = phase_plans();
  const auto found =
      std::find_if(plans.begin(), plans.end(), [&](const NamedPlan& p) { return p.name == name; });
  if (found != plans.end()) return *found;
  std::string names;
  for (const NamedPlan& p : plans) names += fmt::format("{}{}", names.empty() ? "" : ", ", p.name);
  throw Error(fmt::format("there is no phase plan \"{}\"; there are {}", name, names));
}

}  // namespace clockless
