// Forward-forward learning, layer by layer, by rigid or relaxed phases.
#include "apps/contrastive/forward_forward.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "apps/contrastive/output_code.hpp"
#include "apps/interrupt.hpp"
#include "core/error.hpp"

namespace clockless {

using Eigen::ArrayXd;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr int mean_length = 3;  // steps of a phase whose length is drawn

/// x̂, with the 1 that the bias multiplies.
MatrixXd normalised(const MatrixXd& x) {
  MatrixXd out(x.rows() + 1, x.cols());
  for (Index k = 0; k < x.cols(); ++k) {
    const double norm = x.col(k).norm();
    out.col(k).head(x.rows()) = x.col(k) / (norm > 0 ? norm : 1);
  }
  out.row(x.rows()).setOnes();
  return out;
}

}  // namespace

MatrixXd GoodnessLayer::activity(const MatrixXd& x) const {
  return (weights * normalised(x)).cwiseMax(0.0);
}

VectorXd goodness(const MatrixXd& h) {
  return h.colwise().squaredNorm().transpose() / static_cast<double>(h.rows());
}

LayerLesson layer_lesson(const MatrixXd& x, const MatrixXd& h, const VectorXd& factors,
                         double threshold) {
  const ArrayXd sign = factors.array().sign();
  const ArrayXd margin = sign * (goodness(h).array() - threshold);
  LayerLesson lesson;
  // log(1 + e^−m) and its slope, without overflow.
  const ArrayXd decay = (-margin.abs()).exp();
  lesson.loss = (factors.array().abs() * ((-margin).max(0.0) + decay.log1p())).sum();
  const ArrayXd slope = (margin > 0).select(decay / (1 + decay), 1 / (1 + decay));
  const VectorXd by = 2 / static_cast<double>(h.rows()) * factors.array() * slope;
  lesson.descent = h * by.asDiagonal() * normalised(x).transpose();
  return lesson;
}

double phase_factor(const PhasePlan& plan, bool positive) {
  const double b = plan.random_order ? plan.positive_share : 0.5;
  return positive ? 1 / b : -1 / (1 - b);
}

MatrixXd label_overlay(const MatrixXd& x, const std::vector<int>& labels, int classes) {
  MatrixXd out(classes + x.rows(), x.cols());
  out.topRows(classes).setZero();
  out.bottomRows(x.rows()) = x;
  for (Index k = 0; k < x.cols(); ++k) out(labels[static_cast<std::size_t>(k)], k) = 1;
  return out;
}

ForwardForward::ForwardForward(const ContrastiveContext& context,
                               const ForwardForwardOptions& options)
    : data_(context.data), plan_(context.plan), options_(options), seed_(context.seed) {
  if (!(options.threshold > 0) || options.batch < 1 || options.layers.empty())
    throw Error(fmt::format(
        "forward-forward: threshold {}, batch {}, {} layers; the threshold must be above 0, the "
        "others at least 1",
        options.threshold, options.batch, options.layers.size()));
  options_.batch = std::min(options_.batch, data_.train.cols());
  options_.optimiser.learning_rate *= plan_.rate_factor;
  phases_.resize(static_cast<std::size_t>(options_.batch));
  // In turn, at half of the places the other kind comes first.
  for (std::size_t k = 0; k < phases_.size(); k += 2) phases_[k].positive = true;
  random_ = {random_bits(seed_, 0x666f7277617264, 0), 0};  // streams of its own: 'forward'
  Index inputs = data_.classes + data_.train.rows();
  for (const Index cells : options.layers) {
    // He et al. 2015, for inputs of norm 1 and goodness of about 1.
    MatrixXd w(cells, inputs + 1);
    for (double& entry : w.reshaped()) entry = std::sqrt(2.0) * random_.normal();
    w.col(inputs).setZero();
    first_.push_back(MatrixXd::Zero(cells, inputs + 1));
    second_.push_back(first_.back());
    layers_.push_back({std::move(w)});
    inputs = cells;
  }
}

bool ForwardForward::next_is_positive(Phase& phase) {
  if (phase.left == 0) {
    phase.positive =
        plan_.random_order ? random_.uniform() <= plan_.positive_share : !phase.positive;
    phase.left = plan_.data_per_phase;
    if (plan_.random_lengths)
      for (phase.left = 1; random_.uniform() > 1.0 / mean_length;) ++phase.left;
  }
  --phase.left;
  return phase.positive;
}

void ForwardForward::step(const std::vector<Index>& rows) {
  const auto n = static_cast<Index>(rows.size());
  const MatrixXd x = data_.train(Eigen::all, rows);
  std::vector<int> labels;
  for (const Index i : rows) labels.push_back(data_.train_labels[static_cast<std::size_t>(i)]);
  const auto other = [&](int label) {
    const int k = static_cast<int>(random_.below(static_cast<std::uint32_t>(data_.classes - 1)));
    return k < label ? k : k + 1;
  };
  MatrixXd in;
  VectorXd factors;
  const double share = 1 / static_cast<double>(n);
  if (!plan_.in_place) {
    std::vector<int> fakes;
    for (const int label : labels) fakes.push_back(other(label));
    in.resize(data_.classes + x.rows(), 2 * n);
    in << label_overlay(x, labels, data_.classes), label_overlay(x, fakes, data_.classes);
    factors.resize(2 * n);
    factors << VectorXd::Constant(n, share), VectorXd::Constant(n, -share);
  } else {
    factors.resize(n);
    for (Index k = 0; k < n; ++k) {
      const bool positive = next_is_positive(phases_[static_cast<std::size_t>(k)]);
      factors[k] = share * phase_factor(plan_, positive);
      int& label = labels[static_cast<std::size_t>(k)];
      if (!positive) label = other(label);
    }
    in = label_overlay(x, labels, data_.classes);
  }
  first_power_ *= options_.optimiser.first_decay;
  second_power_ *= options_.optimiser.second_decay;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    MatrixXd h = layers_[l].activity(in);
    const LayerLesson lesson = layer_lesson(in, h, factors, options_.threshold);
    adam_step(options_.optimiser, options_.optimiser.learning_rate, first_power_, second_power_,
              layers_[l].weights, lesson.descent, first_[l], second_[l]);
    in = std::move(h);
  }
}

void ForwardForward::learn(std::uint64_t count) {
  const auto n = static_cast<std::uint64_t>(data_.train.cols());
  std::vector<Index> order;
  for (const std::uint64_t end = learned_ + count; learned_ < end && !interrupted(); ++learned_) {
    if (order.empty() || learned_ % n == 0)
      order = epoch_order(seed_, learned_ / n, data_.train.cols());
    batch_.push_back(order[learned_ % n]);
    if (static_cast<Index>(batch_.size()) < options_.batch) continue;
    step(batch_);
    batch_.clear();
  }
}

std::vector<int> ForwardForward::classify(const MatrixXd& x) const {
  MatrixXd total(data_.classes, x.cols());
  for (int label = 0; label < data_.classes; ++label) {
    MatrixXd in = label_overlay(x, std::vector<int>(static_cast<std::size_t>(x.cols()), label),
                                data_.classes);
    VectorXd sum = VectorXd::Zero(x.cols());
    for (const GoodnessLayer& layer : layers_) {
      in = layer.activity(in);
      sum += goodness(in);
    }
    total.row(label) = sum;
  }
  std::vector<int> decided;
  for (Index k = 0; k < x.cols(); ++k) {
    Index best = 0;
    total.col(k).maxCoeff(&best);
    decided.push_back(static_cast<int>(best));
  }
  return decided;
}

double ForwardForward::figure() { return 100 * accuracy(classify(data_.test), data_.test_labels); }

std::uint32_t ForwardForward::checksum() const {
  std::uint32_t sum = 0;
  for (const GoodnessLayer& layer : layers_) sum = weights_checksum(layer.weights, sum);
  return sum;
}

namespace {

/// Single phases halve what a step sees of each sample, and add noise: smaller steps, and more.
ForwardForwardOptions options_for(const PhasePlan& plan) {
  ForwardForwardOptions o;
  if (plan.in_place) o.optimiser.learning_rate *= 0.5;
  return o;
}

CLOCKLESS_CONTRASTIVE_MODEL({
    .name = "forward-forward",
    .summary = "rectified layers that tell true labels on images from false ones, each by itself",
    .figure = "test accuracy",
    .unit = "%",
    .plans = {"rigid", "in_place", "random_order", "uneven", "random_lengths", "several_data",
              "together"},
    .counted = "samples",
    .length =
        [](const ContrastiveContext& context) {
          return (context.plan.in_place ? 200U : 120U) *
                 static_cast<std::uint64_t>(context.data.train.cols());
        },
    .make = [](const ContrastiveContext& context) -> std::unique_ptr<ContrastiveModel> {
      return std::make_unique<ForwardForward>(context, options_for(context.plan));
    },
});

}  // namespace

}  // namespace clockless
