// The two-layer spiking network that learns a dictionary by feedback and contrast.
#include "apps/sparse/feedback_network.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/random.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

// The tallies: of the inputs' error and of the coding neurons' activity.
enum Tallies : std::uint32_t { of_force, of_power };

void check(const FeedbackWeights& w, const FeedbackOptions& o) {
  const auto need = [](bool good, const std::string& what) {
    if (!good) throw Error("feedback network: " + what);
  };
  const Index atoms = w.forward.rows(), features = w.forward.cols();
  need(atoms > 0 && features > 0, "it needs at least one feature and one atom");
  need(w.feedback.rows() == features && w.feedback.cols() == atoms && w.lateral.rows() == atoms &&
           w.lateral.cols() == atoms,
       fmt::format("F is {} x {}, B {} x {}, H {} x {}; with N atoms and M features they are N x "
                   "M, M x N and N x N",
                   atoms, features, w.feedback.rows(), w.feedback.cols(), w.lateral.rows(),
                   w.lateral.cols()));
  for (const MatrixXd* m : {&w.forward, &w.feedback, &w.lateral})
    need(m->allFinite() && m->minCoeff() >= 0, "weights must be finite and at least 0");
  need(w.lateral.diagonal().minCoeff() > 0, "the diagonal of H holds thresholds, above 0");
  need(o.duration > 0 && std::isfinite(o.duration), "duration must be above 0");
  need(o.tau_s > 0 && std::isfinite(o.tau_s), "tau_s must be above 0");
  need(o.lambda1 > 0 && std::isfinite(o.lambda1), "lambda1 must be above 0");
  need(o.lambda2 >= 0 && std::isfinite(o.lambda2), "lambda2 must be at least 0");
  need(o.learning_rate >= 0 && 2 * o.learning_rate * o.lambda2 < 1,
       "learning_rate must be at least 0, and 2 learning_rate lambda2 below 1");
  need(o.jitter >= 0 && o.jitter < 1, "jitter must be at least 0, below 1");
  need(o.pause * o.tau_s >= 1e-12 && o.pause <= 1e6, "pause must be a tick at least, finite");
}

DenseMatrix<double> by_source(const MatrixXd& targets_by_sources) {
  const auto pre = static_cast<std::size_t>(targets_by_sources.cols());
  const auto post = static_cast<std::size_t>(targets_by_sources.rows());
  std::shared_ptr<double[]> values(
      new double[pre * post]);  // column-major: a source's are together
  std::copy_n(targets_by_sources.data(), pre * post, values.get());
  return {pre, post, std::move(values)};
}

}  // namespace

FeedbackNetwork::FeedbackNetwork(const FeedbackWeights& weights, const FeedbackOptions& options)
    : options_(options) {
  check(weights, options);
  const FeedbackOptions& o = options_;
  const auto features = static_cast<std::size_t>(weights.forward.cols());
  const auto atoms = static_cast<std::size_t>(weights.forward.rows());
  const Duration phase = from_seconds(o.duration * o.tau_s);
  // Modulators that come late must not meet the next: a pause of that length parts them; never
  // none, for a tally is asked when it has heard everything.
  const Duration pause = from_seconds((o.duration * o.jitter + o.pause) * o.tau_s);
  std::vector<Duration> offsets;
  const auto tell = [&](Modulator modulator, Duration at) {
    teller_[modulator] = static_cast<std::uint32_t>(offsets.size());
    offsets.push_back(at);
    return at;
  };
  Duration last = tell(onset, Duration{});
  // What a coding neuron measures needs the inputs' rates without bias from its onset on, for a
  // hundredth of H moves λ₁ by much (theorem 2): so inputs begin before, each at a random membrane.
  // The last window holds no time in which neurons are in different phases.
  if (o.jitter == 0) {
    last = tell(feedback_on, phase);
    last = tell(end, 2 * phase);
  } else {
    last = tell(codes_onset, pause);
    last = tell(close, last + phase);
    last = tell(feedback_on, last + pause);
    last = tell(watch, last + pause);
    last = tell(close_again, last + phase);
    last = tell(end, last + pause);
  }
  if (o.anticipate) last = tell(force, last + pause);
  last = tell(learn, last + pause);
  if (o.jitter > 0) last = tell(teach, last + pause);
  if (o.anticipate) last = tell(anticipate, last + pause);
  if (o.anticipate && o.jitter > 0) last = tell(teach_again, last + pause);
  period_ = last + pause;
  pacemaker_ = network_.add<Pacemaker>("pacemaker", offsets.size(), {period_, offsets});
  tally_ = network_.add<Tally>("tally", 2);

  PhasedIf::Params input;
  input.tau_s = o.tau_s;
  input.role = PhasedIf::Role::input;
  input.readout = o.readout;
  input.kappa = o.kappa;
  input.start_voltage = 0.5;
  input.waits = o.jitter > 0;
  input.anticipates = o.anticipate;
  inputs_ = network_.add<PhasedIf>("input", features, input);
  PhasedIf::Params& code = code_params_;
  code = input;
  code.role = PhasedIf::Role::coding;
  code.start_voltage = 0;
  code.lambda = o.lambda1;
  code.reweighting = o.reweighting;
  code.learning_rate = o.lateral_rate;
  code.dictionary_rate = o.learning_rate;
  code.decay = 2 * o.learning_rate * o.lambda2;
  code.halving = o.halving;
  code.safe_step = o.safe_step / static_cast<double>(o.replicas);
  codes_ = network_.add<PhasedIf>("code", atoms, code);
  for (Index i = 0; i < weights.lateral.rows(); ++i) thresholds_.push_back(weights.lateral(i, i));

  Contrast::Params rule;
  rule.rate = o.learning_rate / o.kappa;
  rule.decay = o.learning_rate * o.lambda2;
  rule.halving = o.halving;
  rule.shows = Contrast::Shows::activity;
  forward_ = network_.connect<Contrast>(inputs_, codes_, by_source(weights.forward), rule,
                                        {.port = PhasedIf::forward, .bundle = PhasedIf::always});
  rule.shows = Contrast::Shows::error;
  rule.strength = o.kappa;
  feedback_ = network_.connect<Contrast>(codes_, inputs_, by_source(weights.feedback), rule,
                                         {.port = PhasedIf::forward, .bundle = PhasedIf::fed_back});
  rule.rate = o.lateral_rate / o.kappa;
  rule.decay = 2 * o.learning_rate * o.lambda2;
  rule.strength = -1;
  rule.signals = o.anticipate ? 2 : 1;
  lateral_ = network_.connect<Contrast>(
      codes_, codes_, by_source(weights.lateral), rule,
      {.port = PhasedIf::lateral, .bundle = PhasedIf::always, .self = false});
  connect_modulators();
}

void FeedbackNetwork::connect_modulators() {
  const double most = options_.jitter * options_.duration * options_.tau_s;
  RandomStream random{.seed = options_.seed};
  const auto connect = [&](AnyPopulation source, std::uint32_t neuron, auto target,
                           std::uint8_t port) {
    Edges edges;
    for (std::uint32_t i = 0; i < target.size; ++i)
      edges.push_back(
          {neuron, i, 1.0, most > 0 ? from_seconds(most * random.uniform()) : Duration{}});
    network_.connect(source, target, std::move(edges), {}, port);
  };
  const auto tell = [&](Modulator modulator, Population<PhasedIf> layer, std::uint8_t port) {
    connect(pacemaker_, teller_[modulator], layer, port);
  };
  for (const auto& layer : {inputs_, codes_}) {
    const bool after = most > 0 && layer.number == codes_.number;
    tell(after ? codes_onset : onset, layer, PhasedIf::onset);
    tell(feedback_on, layer, PhasedIf::feedback);
    tell(end, layer, PhasedIf::end);
    if (most == 0) continue;
    tell(close, layer, PhasedIf::close);
    tell(watch, layer, PhasedIf::watch);
    tell(close_again, layer, PhasedIf::close);
    tell(teach, layer, PhasedIf::teach);
  }
  const auto add_up = [&](AnyPopulation layer, std::uint32_t tally, Modulator asks) {
    Edges edges;
    for (std::uint32_t i = 0; i < layer.size; ++i) edges.push_back({i, tally, 1.0, {}});
    network_.connect(layer, tally_, std::move(edges), {}, Tally::hear, PhasedIf::to_tally);
    network_.connect(pacemaker_, tally_, {{teller_[asks], tally, 1.0, {}}}, {}, Tally::ask);
  };
  add_up(codes_, of_power, learn);
  connect(tally_, of_power, codes_, PhasedIf::learn);
  tell(learn, inputs_, PhasedIf::learn);
  if (!options_.anticipate) return;
  add_up(inputs_, of_force, force);
  connect(tally_, of_force, codes_, PhasedIf::force);
  tell(anticipate, codes_, PhasedIf::anticipate);
  if (most > 0) tell(teach_again, codes_, PhasedIf::teach);
}

FeedbackConsistency consistency(const FeedbackWeights& w) {
  const MatrixXd product = w.forward * w.feedback;
  const double symmetry =
      w.forward.cwiseProduct(w.feedback.transpose()).sum() / (w.forward.norm() * w.feedback.norm());
  return {1 - (w.lateral - product).norm() / product.norm(), symmetry};
}

}  // namespace clockless
