// Rate networks that learn while they go through phases.
#include "apps/contrastive/phased_rates.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "apps/contrastive/output_code.hpp"
#include "apps/contrastive/rate_equilibrium.hpp"
#include "apps/interrupt.hpp"
#include "core/error.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr double late = 0.3;     // of a phase, staggered
constexpr double memory = 2000;  // phases, of the baseline

ContrastiveGraph layered(const ContrastiveContext& context, const PhasedRatesOptions& o) {
  if (!(o.beta > 0 && o.beta < 1) || !(o.feedback > 0 && o.feedback <= 1) || o.steps < 1 ||
      !(o.step_tau > 0) || o.networks < 1 || !(o.last_rate > 0) || o.phases < 1)
    throw Error(fmt::format(
        "rates by phases: β {}, feedback {}, {} steps of {} τ, {} networks, last rate {}, {} "
        "phases; β must lie within 0 to 1, feedback above 0 up to 1, the others above 0",
        o.beta, o.feedback, o.steps, o.step_tau, o.networks, o.last_rate, o.phases));
  const LabelledData& data = context.data;
  GraphOptions graph;
  graph.inputs = data.train.rows();
  graph.hidden = o.hidden;
  graph.outputs = data.classes == 2 ? 1 : data.classes;
  graph.gain = 1;
  graph.feedback_gain = o.feedback;
  graph.seed = context.seed;
  return make_graph(graph);
}

}  // namespace

WeightChange layer_rates(const ContrastiveGraph& graph, double feedback) {
  WeightChange rates = WeightChange::zero(graph);
  std::vector<Index> first{0};
  for (const Index size : graph.layers) first.push_back(first.back() + size);
  const std::size_t last = graph.layers.size() - 1;
  for (std::size_t l = 0; l <= last; ++l) {
    const double into = std::pow(feedback, -static_cast<double>(last - l));
    rates.input.middleCols(first[l], graph.layers[l]).setConstant(into);
    if (l == 0) continue;
    const Index from = first[l - 1], from_size = graph.layers[l - 1];
    rates.recurrent.block(from, first[l], from_size, graph.layers[l]).setConstant(into);
    rates.recurrent.block(first[l], from, graph.layers[l], from_size).setConstant(feedback * into);
  }
  return rates;
}

PhasedRates::PhasedRates(const ContrastiveContext& context, const PhasedRatesOptions& options)
    : data_(context.data),
      plan_(context.plan),
      options_(options),
      length_(context.length),
      seed_(context.seed),
      graph_(layered(context, options)),
      rates_(layer_rates(graph_, options.feedback)),
      targets_(one_hot(context.data.train_labels, graph_.outputs())),
      networks_(static_cast<std::size_t>(options.networks)),
      input_delays_(static_cast<std::size_t>(graph_.inputs()), 0),
      cell_delays_(static_cast<std::size_t>(graph_.cells()), 0),
      x_(MatrixXd::Zero(graph_.inputs(), options.networks)),
      drive_(MatrixXd::Zero(graph_.cells(), options.networks)),
      s_(drive_),
      told_(drive_),
      pending_(WeightChange::zero(graph_)),
      trace_(pending_) {
  const std::uint64_t key = random_bits(seed_, 0x706861736564, 0);  // streams of its own: 'phased'
  if (plan_.staggered) {
    latest_ = static_cast<int>(late * options.steps);
    RandomStream random{key, 0};
    for (auto* delays : {&input_delays_, &cell_delays_})
      for (int& d : *delays)
        d = static_cast<int>(random.below(static_cast<std::uint32_t>(latest_ + 1)));
  }
  const double unit = (options.contrast == RateContrast::nudged ? 0.5 / options.beta : 1.0) *
                      plan_.rate_factor / static_cast<double>(options.networks);
  rates_.input.array() *= unit * options.input_rate * graph_.input_mask.array();
  rates_.recurrent.array() *= unit * options.recurrent_rate * graph_.recurrent_mask.array();
  std::uint64_t k = 0;
  for (Network& network : networks_) {
    network.random = {key, ++k};
    begin(network);
  }
}

Index PhasedRates::next_sample() {
  const auto n = static_cast<std::uint64_t>(data_.train.cols());
  if (drawn_ % n == 0) order_ = epoch_order(seed_, drawn_ / n, data_.train.cols());
  return order_[drawn_++ % n];
}

/// The next sample of this phase, or the next phase.
void PhasedRates::begin(Network& k) {
  k.last_sample = k.sample;
  k.last_sign = k.sign;
  k.age = 0;
  k.length = options_.steps;
  if (plan_.random_lengths) {
    // Geometric, by inversion.
    const double p = 1.0 / options_.steps;
    k.length = 1 + static_cast<int>(std::min(std::log(k.random.uniform()) / std::log1p(-p), 1e6));
  }
  if (k.samples_left > 0) {
    --k.samples_left;
    k.sample = next_sample();
    return;
  }
  k.samples_left = plan_.data_per_phase - 1;
  const bool drawn = plan_.random_order;
  k.sign = drawn ? (k.random.uniform() <= plan_.positive_share ? 1 : -1) : (k.sign < 0 ? 1 : -1);
  // In turn, both phases are of one sample, as far as one passes.
  if (drawn || k.sign < 0 || plan_.data_per_phase > 1) k.sample = next_sample();
}

/// What the k-th network's inputs drive, where they or the weights have changed.
void PhasedRates::show(Index k) {
  const Network& network = networks_[static_cast<std::size_t>(k)];
  if (network.age > latest_ && !changed_) return;
  for (Index i = 0; i < x_.rows(); ++i) {
    const bool begun = network.age >= input_delays_[static_cast<std::size_t>(i)];
    x_(i, k) = data_.train(i, begun ? network.sample : network.last_sample);
  }
  drive_.col(k) = graph_.input_drive(x_.col(k));
}

void PhasedRates::relax() {
  MatrixXd target = drive_;
  graph_.add_recurrent_drive(s_, target);
  const double decay = std::exp(-options_.step_tau);
  const Index first = graph_.first_output();
  for (Index k = 0; k < s_.cols(); ++k) {
    const Network& n = networks_[static_cast<std::size_t>(k)];
    auto hidden = s_.col(k).head(first).array();
    const auto goal = target.col(k).head(first).array().max(0.0).min(1.0);
    hidden = goal + (hidden - goal) * decay;
    for (Index j = first; j < s_.rows(); ++j) {
      const bool begun = n.age >= cell_delays_[static_cast<std::size_t>(j)];
      const double sign = begun ? n.sign : n.last_sign;
      const double y = targets_(j - first, begun ? n.sample : n.last_sample);
      double& s = s_(j, k);
      if (options_.contrast == RateContrast::clamped) {
        const double to = std::clamp(target(j, k), 0.0, 1.0);
        s = sign > 0 ? y : to + (s - to) * decay;
      } else {
        const double g = sign * options_.beta;
        const double to = std::clamp((target(j, k) + g * y) / (1 + g), 0.0, 1.0);
        s = to + (s - to) * std::exp(-options_.step_tau * (1 + g));
      }
    }
  }
}

void PhasedRates::apply_change(const WeightChange& change) {
  const double scale =
      std::pow(options_.last_rate,
               static_cast<double>(ended_) / (length_ * static_cast<double>(options_.phases)));
  graph_.input_weights.array() += scale * rates_.input.array() * change.input.array();
  graph_.recurrent.array() += scale * rates_.recurrent.array() * change.recurrent.array();
  changed_ = true;
}

void PhasedRates::learn_now() {
  told_.setZero();
  bool any = false;
  for (Index k = 0; k < s_.cols(); ++k) {
    const Network& n = networks_[static_cast<std::size_t>(k)];
    const double b = plan_.random_order ? plan_.positive_share : 0.5;
    // Half: in turn, each of two phases counts once.
    const double lesson = 0.5 * n.sign / (n.sign > 0 ? b : 1 - b);
    // From a cell's own beginning to its own lesson: who drew the length sends for lessons in time,
    // so that the last cell has heard before the next phase begins.
    const int window = n.length - latest_;
    for (Index j = 0; j < s_.rows(); ++j) {
      const int own = n.age - cell_delays_[static_cast<std::size_t>(j)];
      if (plan_.through_transient && own >= 0 && own < window)
        told_(j, k) = lesson / std::max(1, options_.steps - latest_);
      else if (!plan_.through_transient && own == std::max(window, 1) - 1)
        told_(j, k) = lesson;
      any = any || told_(j, k) != 0;
    }
  }
  if (!any) return;
  WeightChange change = outer(graph_, x_, s_, s_.cwiseProduct(told_));
  if (plan_.baseline) {
    const MatrixXd weight = told_.cwiseAbs();
    const WeightChange seen = outer(graph_, x_, s_, s_.cwiseProduct(weight));
    const VectorXd told = told_.rowwise().sum(), sum = weight.rowwise().sum();
    change.input.noalias() -= trace_.input * told.asDiagonal();
    change.recurrent.noalias() -= trace_.recurrent * told.asDiagonal();
    // Towards the mean over all phases, each weighted as its lesson is.
    trace_.input += (seen.input - trace_.input * sum.asDiagonal()) / memory;
    trace_.recurrent += (seen.recurrent - trace_.recurrent * sum.asDiagonal()) / memory;
  }
  if (plan_.in_place)
    apply_change(change);
  else
    pending_ += change;
}

void PhasedRates::learn(std::uint64_t count) {
  wanted_ += count;
  while (ended_ < wanted_ && !interrupted()) {
    for (Index k = 0; k < s_.cols(); ++k) show(k);
    changed_ = false;
    relax();
    learn_now();
    bool pair = false;
    for (Network& n : networks_)
      if (++n.age >= n.length) {
        ++ended_;
        pair = pair || n.sign > 0;
        begin(n);
      }
    if (plan_.in_place || !pair) continue;
    apply_change(pending_);
    pending_ = WeightChange::zero(graph_);
  }
  if (!graph_.input_weights.allFinite() || !graph_.recurrent.allFinite())
    throw Error("rates by phases: weights ran away; lower the learning rate");
}

double PhasedRates::figure() {
  Parallel alone;
  return 100 * accuracy(classify_at_equilibrium(graph_, data_.test, {1e-5, 400}, alone),
                        data_.test_labels);
}

std::uint32_t PhasedRates::checksum() const {
  return weights_checksum(graph_.recurrent, weights_checksum(graph_.input_weights));
}

}  // namespace clockless
