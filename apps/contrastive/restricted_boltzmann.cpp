// Block Gibbs sampling of many copies at once, in single precision; weights are kept in double.
#include "apps/contrastive/restricted_boltzmann.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "apps/interrupt.hpp"
#include "core/error.hpp"
#include "core/random.hpp"

namespace clockless {
namespace {

using Eigen::ArrayXXf;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::MatrixXf;
using Eigen::VectorXd;
using Eigen::VectorXf;

// Streams of draws; those of copies follow.
constexpr std::uint32_t of_visible = 1, of_hidden = 2;
constexpr std::uint64_t of_copies = 16;

void check(const RestrictedBoltzmann& machine, const MatrixXd& patterns,
           const RestrictedBoltzmannOptions& o, const PhasePlan& plan) {
  const auto need = [](bool good, const std::string& what) {
    if (!good) throw Error("restricted Boltzmann machine: " + what);
  };
  need(patterns.size() > 0, "no patterns to learn");
  need(patterns.rows() == machine.visible(),
       "patterns of " + std::to_string(patterns.rows()) + " values for " +
           std::to_string(machine.visible()) + " visible units");
  need((patterns.array() == 0 || patterns.array() == 1).all(), "patterns must be of 0s and 1s");
  need(o.copies >= 1, "copies must be 1 at least");
  need(o.phase_steps >= 1, "phase_steps must be 1 at least");
  need(o.rate >= 0 && std::isfinite(o.rate), "rate must be at least 0");
  need(o.fall >= 0 && std::isfinite(o.fall), "fall must be at least 0 phases");
  need(o.weight_decay >= 0 && std::isfinite(o.weight_decay), "weight_decay must be at least 0");
  need(o.trace_share > 0 && o.trace_share <= 1, "trace_share must be above 0, at most 1");
  need(plan.positive_share > 0 && plan.positive_share < 1,
       "positive_share must lie between 0 and 1");
  need(plan.random_order || plan.positive_share == 0.5,
       "phases in turn are half of them positive: positive_share needs random_order");
  need(plan.data_per_phase >= 1, "data_per_phase must be 1 at least");
  need(plan.in_place || !(plan.random_order || plan.random_lengths || plan.through_transient),
       "an update from both phases' ends, stored, needs phases in turn, of fixed length: in_place");
}

constexpr int lanes = 32;

/// philox() for `lanes` counters (step, first + lane, stream) at once, in a form that compilers
/// turn into vector instructions; its words as numbers in [0, 1).
void uniform(std::uint64_t step, std::uint32_t first, std::uint32_t stream, std::uint64_t seed,
             std::array<float, 4 * lanes>& out) {
  std::uint32_t c[4][lanes];
  for (int l = 0; l < lanes; ++l) {
    c[0][l] = static_cast<std::uint32_t>(step);
    c[1][l] = static_cast<std::uint32_t>(step >> 32);
    c[2][l] = first + static_cast<std::uint32_t>(l);
    c[3][l] = stream;
  }
  auto key0 = static_cast<std::uint32_t>(seed), key1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    for (int l = 0; l < lanes; ++l) {
      const std::uint64_t a = std::uint64_t{0xD2511F53U} * c[0][l];
      const std::uint64_t b = std::uint64_t{0xCD9E8D57U} * c[2][l];
      c[0][l] = static_cast<std::uint32_t>(b >> 32) ^ c[1][l] ^ key0;
      c[1][l] = static_cast<std::uint32_t>(b);
      c[2][l] = static_cast<std::uint32_t>(a >> 32) ^ c[3][l] ^ key1;
      c[3][l] = static_cast<std::uint32_t>(a);
    }
    key0 += 0x9E3779B9U;
    key1 += 0xBB67AE85U;
  }
  for (std::size_t w = 0; w < 4; ++w)
    for (std::size_t l = 0; l < lanes; ++l)
      out[w * lanes + l] = static_cast<float>(static_cast<std::int32_t>(c[w][l] >> 8)) * 0x1p-24F;
}

}  // namespace

RestrictedBoltzmannLearner::RestrictedBoltzmannLearner(RestrictedBoltzmann initial,
                                                       const MatrixXd& patterns,
                                                       const RestrictedBoltzmannOptions& options,
                                                       const PhasePlan& plan, std::uint64_t seed)
    : options_(options), plan_(plan), seed_(seed), machine_(std::move(initial)) {
  check(machine_, patterns, options, plan);
  weights_ = machine_.weights.cast<float>();
  patterns_ = patterns.transpose().cast<float>();
  visible_ = MatrixXf::Zero(options.copies, patterns.rows() + 1);
  hidden_ = MatrixXf::Zero(options.copies, machine_.hidden() + 1);
  visible_.rightCols(1).setOnes();
  hidden_.rightCols(1).setOnes();
  change_ = trace_ = MatrixXd::Zero(patterns.rows() + 1, machine_.hidden() + 1);
  held_ = VectorXf::Zero(options.copies);
  taught_ = VectorXf::Zero(options.copies);
  // In place, every other copy begins with a negative phase: were all in the same, their common
  // step would lead the phase after it astray.
  for (Index c = 0; c < options.copies; ++c)
    copies_.push_back({.random = {seed, of_copies + static_cast<std::uint64_t>(c)},
                       .positive = plan.in_place && c % 2 == 1});
}

void RestrictedBoltzmannLearner::learn(std::uint64_t phases) {
  const std::uint64_t end = steps_ + phases * static_cast<std::uint64_t>(options_.phase_steps);
  while (steps_ < end) {
    if (steps_ % 256 == 0 && interrupted()) return;
    pass_idle_steps(end);
    step();
  }
}

/// While all visible units are held, hidden ones are drawn independently each time: of those that
/// nobody learns from, none is looked at.
void RestrictedBoltzmannLearner::pass_idle_steps(std::uint64_t end) {
  if (plan_.through_transient) return;
  std::uint64_t idle = end - steps_ - 1;
  for (const Copy& copy : copies_) {
    if (!copy.positive || copy.steps_left == 0) return;
    idle = std::min(idle, static_cast<std::uint64_t>(copy.steps_left - 1));
  }
  for (Copy& copy : copies_) copy.steps_left -= static_cast<int>(idle);
  steps_ += idle;
}

void RestrictedBoltzmannLearner::begin(Copy& copy, Index place) {
  if (copy.data_left > 0) {
    --copy.data_left;
  } else {
    copy.positive =
        plan_.random_order ? copy.random.uniform() <= plan_.positive_share : !copy.positive;
    copy.data_left = plan_.data_per_phase - 1;
  }
  const int mean = options_.phase_steps;
  copy.steps_left = mean;
  if (plan_.random_lengths && mean > 1)  // geometric from 1 on
    copy.steps_left =
        1 + static_cast<int>(std::log(copy.random.uniform()) / std::log1p(-1.0 / mean));
  held_(place) = copy.positive ? 1 : 0;
  if (copy.positive)
    visible_.row(place).head(patterns_.cols()) =
        patterns_.row(copy.random.below(static_cast<std::uint32_t>(patterns_.rows())));
}

/// Units of all copies at once, each 1 with probability 1 / (1 + e^−input).
void RestrictedBoltzmannLearner::draw(const MatrixXf& input, std::uint32_t stream) {
  draws_.resize(input.rows(), input.cols());
  const Index n = draws_.size();
  std::array<float, 4 * lanes> some;
  for (Index k = 0; k < n; k += 4 * lanes) {
    uniform(steps_, static_cast<std::uint32_t>(k), stream, seed_, some);
    std::copy_n(some.begin(), std::min<Index>(4 * lanes, n - k), draws_.data() + k);
  }
  draws_ *= 1 + (-input.array()).exp();
  float* const d = draws_.data();
  for (Index k = 0; k < n; ++k) d[k] = d[k] < 1 ? 1.0F : 0.0F;  // unlike Eigen's, vectorised
}

void RestrictedBoltzmannLearner::step() {
  const Index visible = machine_.visible(), hidden = machine_.hidden();
  for (Index c = 0; c < options_.copies; ++c) {
    Copy& copy = copies_[static_cast<std::size_t>(c)];
    if (copy.steps_left == 0) begin(copy, c);
  }
  if (held_.minCoeff() == 0) {  // some run freely
    input_.noalias() = hidden_ * weights_.topRows(visible).transpose();
    draw(input_, of_visible);
    visible_.leftCols(visible) +=
        ((visible_.leftCols(visible).array() - draws_).colwise() * (held_.array() - 1)).matrix();
  }
  input_.noalias() = visible_ * weights_.leftCols(hidden);
  draw(input_, of_hidden);
  hidden_.leftCols(hidden) = draws_.matrix();
  ++steps_;

  double taught = 0;  // phases that end, on all copies
  bool ends = false;
  const double share = plan_.through_transient ? 1.0 / options_.phase_steps : 1.0;
  for (Index c = 0; c < options_.copies; ++c) {
    Copy& copy = copies_[static_cast<std::size_t>(c)];
    const bool learns = --copy.steps_left == 0 || plan_.through_transient;
    const double sign = copy.positive ? 1 / plan_.positive_share : -1 / (1 - plan_.positive_share);
    taught_(c) = learns ? static_cast<float>(share * sign) : 0;
    if (learns) taught += share;
    ends = ends || learns;
  }
  if (ends) gather(taught);
}

void RestrictedBoltzmannLearner::gather(double taught) {
  const auto copies = static_cast<double>(options_.copies);
  change_ += (visible_.transpose() * (hidden_.array().colwise() * taught_.array()).matrix())
                 .cast<double>() /
             copies;
  gathered_ += taught / copies;
  if (plan_.baseline) {
    change_ -= static_cast<double>(taught_.sum()) / copies * trace_;
    const VectorXf weight = (taught_.array() != 0).cast<float>();
    const auto learners = static_cast<double>(weight.sum());
    const double share = options_.trace_share * taught / copies;
    trace_ +=
        share * ((visible_.transpose() * (hidden_.array().colwise() * weight.array()).matrix())
                         .cast<double>() /
                     learners -
                 trace_);
  }
  // A rigid network waits for its negative phase.
  if (!plan_.in_place && copies_.front().positive) return;
  const double phases = static_cast<double>(steps_) / options_.phase_steps;
  const double left = options_.fall > 0 ? std::max(0.0, 1 - phases / options_.fall) : 1.0;
  const double rate = options_.rate * plan_.rate_factor * left;
  auto weights = machine_.weights.topLeftCorner(machine_.visible(), machine_.hidden());
  weights *= 1 - rate * options_.weight_decay * gathered_;
  machine_.weights += rate * change_;
  machine_.weights(machine_.visible(), machine_.hidden()) = 0;
  weights_ = machine_.weights.cast<float>();
  change_.setZero();
  gathered_ = 0;
}

}  // namespace clockless
