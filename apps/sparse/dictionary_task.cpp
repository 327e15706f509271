// Preparing a run of dictionary learning.
#include "apps/sparse/dictionary_task.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include <fmt/format.h>

#include "apps/solvers/sgd_dictionary.hpp"
#include "apps/solvers/sparse_coder.hpp"
#include "apps/sparse/dictionary.hpp"
#include "core/random.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;

namespace {

// Streams of the seed's random numbers.
constexpr std::uint32_t forward_stream = 0xD1C70001, feedback_stream = 0xD1C70002,
                        lateral_stream = 0xD1C70003;

MatrixXd uniform(std::uint64_t seed, std::uint32_t stream, Index rows, Index columns) {
  RandomStream random{.seed = seed, .stream = stream};
  MatrixXd m(rows, columns);
  for (Index j = 0; j < columns; ++j)
    for (Index i = 0; i < rows; ++i) m(i, j) = random.uniform();
  return m;
}

FeedbackWeights initial_weights(const std::string& how, std::uint64_t seed, Index features,
                                Index atoms) {
  FeedbackWeights w;
  w.feedback = uniform(seed, feedback_stream, features, atoms);
  normalise(w.feedback);
  if (how == "symmetric") {
    w.forward = w.feedback.transpose();
    w.lateral = w.forward * w.feedback;
    return w;
  }
  MatrixXd forward = uniform(seed, forward_stream, features, atoms);
  normalise(forward);
  w.forward = forward.transpose();
  w.lateral = 1.5 * uniform(seed, lateral_stream, atoms, atoms);
  w.lateral.diagonal().setConstant(1.5);
  return w;
}

/// The mean activity of unit-norm atoms, which λ₂ = λ₁ · activity keeps them at: that of a
/// dictionary learned in a moment by gradient descent.
double typical_activity(const DictionaryTask& task) {
  constexpr std::uint64_t lessons = 2000, looks = 500;
  const double lambda = task.options.lambda1;
  SgdDictionary learner({task.weights.feedback, 0},
                        {.lambda = lambda, .learning_rate = 1 / (task.amplitude * task.amplitude)});
  SparseCoder coder;
  double sum = 0;
  for (std::uint64_t k = 0; k < lessons + looks && !interrupted(); ++k) {
    if (k < lessons) {
      learner.learn(task.data.sample(k));
      continue;
    }
    coder.code(learner.dictionary(), task.data.sample(k), lambda);
    sum += coder.codes().mean();
  }
  return sum / static_cast<double>(looks) / task.amplitude;
}

Index atoms_of(Run& run, const LearningData& data) {
  const Settings& s = run.settings;
  const Index otherwise = data.truth.size() > 0 ? data.truth.cols()
                          : run.quick           ? 32
                                                : 2 * data.features;
  const Index atoms = s.has("atoms") ? s.get<Index>("atoms") : otherwise;
  run.resolve("atoms", static_cast<std::int64_t>(atoms));
  return atoms;
}

}  // namespace

void declare_dictionary(Settings& s) {
  declare_learning_data(s);
  s.integer("atoms", std::nullopt,
            "of the dictionary; default: twice the features, or as many as synthetic data has")
      .range(1, 1 << 16);
  s.integer("samples", std::nullopt, "to learn from; default: 20000, of synthetic data 12000")
      .range(1, 1'000'000'000)
      .quick(std::int64_t{600});
  s.real("learning_rate", std::nullopt,
         "of the dictionary, for samples of norm 1; default: 0.5, of synthetic data 0.05; "
         "of R replicas a quarter of it or 4/R")
      .range(0, 1e3);
  s.real("lateral_ratio", std::nullopt,
         "learning rate of lateral weights over that; default: 15, of synthetic data 11")
      .range(0, 1e3);
  s.integer("half_rate_samples", std::nullopt,
            "samples after which rates are half; 0: they stay; default: 0, of synthetic data 6000")
      .range(0, 1'000'000'000);
  s.real("lambda", 0.1, "price of the code's l1 norm, for samples of norm 1").above(0);
  s.real("activity", std::nullopt,
         "mean activity of an atom on samples of norm 1, which keeps norms at 1; default: measured")
      .above(0);
  s.real("reweighting", 1,
         "an atom's l1 norm is priced by its squared norm to this power; 1: as in the paper")
      .range(0, 4);
  s.real("duration", 20, "of each phase").unit("tau").range(0.1, 1e5);
  s.real("feedback", 0.7, "strength of the feedback in the second phase").range(0.01, 0.99);
  s.text("signal", std::nullopt,
         "errors are read from spike rates, or with membrane and current; default: current with "
         "anticipation, else rate")
      .one_of({"rate", "current"});
  s.flag("anticipate", true,
         "lateral weights move by what a lesson makes of the others, too; false: Algorithm 1, the "
         "default with jitter");
  s.real(
       "safe_step", std::nullopt,
       "bound on lateral rate times squared norm of the code, or of all replicas' (2 is unstable); "
       "0: none; default: 0, of replicas 1")
      .range(0, 2);
  s.integer("replicas", 1, "of the network, for samples at once; all learn after each lot")
      .range(1, 4096);
  s.real("jitter", 0, "modulators come late by up to so much of a phase").range(0, 0.99);
  s.real(
       "pause", std::nullopt,
       "between modulators, beside what jitter needs: longer than packets are on their way; "
       "default: 0.001; 0.1 where the hardware's delays move spikes; at least ten barriers' steps")
      .unit("tau")
      .range(1e-6, 1e3);
  s.text("initialisation", "symmetric", "symmetric: F = D', H = FB; random: F, B and H independent")
      .one_of({"symmetric", "random"});
}

DictionaryTask prepare_dictionary(Run& run) {
  const Settings& s = run.settings;
  DictionaryTask task;
  task.data = prepare_learning_data(run);
  const bool synthetic = task.data.truth.size() > 0;
  const auto value = [&]<class T>(const char* key, T made, T otherwise) {
    const T chosen = s.has(key) ? s.get<T>(key) : synthetic ? made : otherwise;
    run.resolve(key, chosen);
    return chosen;
  };
  task.samples =
      static_cast<std::uint64_t>(value("samples", std::int64_t{12000}, std::int64_t{20000}));
  if (const double amplitude = run.resolved.get<double>("amplitude"); amplitude > 0)
    task.amplitude = amplitude;
  task.lambda = s.get<double>("lambda");
  const auto replicas = s.get<std::uint64_t>("replicas");
  // All of a lot's lessons are taught at once; inhibition must follow them.
  const double gentle = replicas > 1 ? std::min(0.25, 4 / static_cast<double>(replicas)) : 1;
  task.learning_rate = value("learning_rate", 0.05 * gentle, 0.5 * gentle);
  const double a = task.amplitude;
  FeedbackOptions& o = task.options;
  o.duration = s.get<double>("duration");
  o.kappa = s.get<double>("feedback");
  o.lambda1 = task.lambda * a;
  o.reweighting = s.get<double>("reweighting");
  o.learning_rate = task.learning_rate / (a * a);
  o.lateral_rate = value("lateral_ratio", 11.0, 15.0) * o.learning_rate;
  o.halving = static_cast<double>(value("half_rate_samples", std::int64_t{6000}, std::int64_t{0}));
  o.jitter = s.get<double>("jitter");
  // In units of tau, as a barrier lets packets wait for one.
  const double step = seconds(run.machine.step) / o.tau_s;
  const double longer = step > 0                                  ? std::max(0.1, 10 * step)
                        : run.machine.fidelity != Fidelity::ideal ? 0.1
                                                                  : 1e-3;
  o.pause = s.has("pause") ? s.get<double>("pause") : longer;
  if (step > 0 && o.pause <= step)
    s.fail("pause", fmt::format("modulators must be further apart than barriers, {} tau: choose "
                                "more, or leave it out",
                                step));
  run.resolve("pause", o.pause);
  o.cores = static_cast<std::size_t>(run.cores);
  o.machine = run.machine;
  // Late modulators bound each neuron's windows at other times, so that what it anticipates is not
  // quite what its lesson does.
  o.anticipate = s.given("anticipate") ? s.get<bool>("anticipate")
                                       : o.jitter == 0 && o.learning_rate > 0 && o.lateral_rate > 0;
  if (o.anticipate && !(o.learning_rate > 0 && o.lateral_rate > 0))
    s.fail("anticipate", "lateral weights or the others do not learn; leave it out");
  if (o.anticipate && o.jitter > 0.5)
    s.fail("anticipate", "with a jitter above 0.5 neurons see too little of a phase; leave it out");
  run.resolve("anticipate", o.anticipate);
  const std::string signal = s.has("signal") ? s.get<std::string>("signal")
                             : o.anticipate  ? "current"
                                             : "rate";
  run.resolve("signal", signal);
  o.readout = signal == "current" ? PhasedIf::Readout::current : PhasedIf::Readout::rate;
  o.replicas = replicas;
  o.safe_step = s.has("safe_step") ? s.get<double>("safe_step") : o.replicas > 1 ? 1.0 : 0.0;
  run.resolve("safe_step", o.safe_step);
  o.seed = run.seed;
  task.weights = initial_weights(s.get<std::string>("initialisation"), run.seed, task.data.features,
                                 atoms_of(run, task.data));
  const double activity = s.has("activity") ? s.get<double>("activity") : typical_activity(task);
  if (interrupted()) {  // before anything was learned, and what was measured is half a measure
    o.lambda2 = 0;
    return task;
  }
  if (!(activity > 0)) s.fail("lambda", "no atom is ever active; choose a smaller one");
  run.resolve("activity", activity);
  o.lambda2 = o.lambda1 * activity * a;
  if (2 * o.learning_rate * o.lambda2 >= 1)
    run.resolved.fail("learning_rate",
                      fmt::format("weights would decay by more than they are; stay below {:.3g}",
                                  a * a / (2 * o.lambda2)));
  return task;
}

}  // namespace clockless
