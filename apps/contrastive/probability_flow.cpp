// The flow with its gradient, and its descent.
#include "apps/contrastive/probability_flow.hpp"

#include <cmath>
#include <string>
#include <utility>

#include "apps/interrupt.hpp"
#include "core/error.hpp"

namespace clockless {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

}  // namespace

ProbabilityFlow probability_flow(const RestrictedBoltzmann& machine, const MatrixXd& patterns) {
  const auto n = static_cast<double>(patterns.cols());
  const VectorXd energies = free_energies(machine, patterns);
  ProbabilityFlow flow{0, MatrixXd::Zero(machine.weights.rows(), machine.weights.cols())};
  VectorXd leaving = VectorXd::Zero(patterns.cols());
  // dF/dW = −ṽ ⟨h̃⟩ᵀ
  const auto add = [&](const MatrixXd& states, const VectorXd& weight) {
    flow.gradient += (with_bias(states) * weight.asDiagonal()) *
                     with_bias(hidden_probabilities(machine, states)).transpose() / (2 * n);
  };
  for (Index i = 0; i < machine.visible(); ++i) {
    MatrixXd flipped = patterns;
    flipped.row(i).array() = 1 - flipped.row(i).array();
    const VectorXd rate = ((energies - free_energies(machine, flipped)).array() / 2).exp();
    add(flipped, rate);
    leaving += rate;
  }
  add(patterns, -leaving);
  flow.objective = leaving.mean();
  flow.gradient(machine.visible(), machine.hidden()) = 0;
  return flow;
}

ProbabilityFlowLearner::ProbabilityFlowLearner(RestrictedBoltzmann initial,
                                               const MatrixXd& patterns,
                                               const ProbabilityFlowOptions& options)
    : patterns_(patterns), options_(options), machine_(std::move(initial)) {
  const auto need = [](bool good, const std::string& what) {
    if (!good) throw Error("probability flow: " + what);
  };
  need(patterns.size() > 0, "no patterns to learn");
  need((patterns.array() == 0 || patterns.array() == 1).all(), "patterns must be of 0s and 1s");
  need(patterns.rows() == machine_.visible(),
       "patterns of " + std::to_string(patterns.rows()) + " values for " +
           std::to_string(machine_.visible()) + " visible units");
  need(options.rate >= 0 && std::isfinite(options.rate), "rate must be at least 0");
  need(options.weight_decay >= 0 && std::isfinite(options.weight_decay),
       "weight_decay must be at least 0");
}

void ProbabilityFlowLearner::learn(std::uint64_t steps) {
  for (std::uint64_t i = 0; i < steps && !interrupted(); ++i) {
    const MatrixXd gradient = probability_flow(machine_, patterns_).gradient;
    machine_.weights.topLeftCorner(machine_.visible(), machine_.hidden()) *=
        1 - options_.rate * options_.weight_decay;
    machine_.weights -= options_.rate * gradient;
    if (!machine_.weights.allFinite())
      throw Error("probability flow: weights ran away; lower the learning rate");
  }
}

}  // namespace clockless
