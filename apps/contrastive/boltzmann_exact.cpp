// Enumeration of visible states; hidden ones are summed over in closed form.
#include "apps/contrastive/boltzmann_exact.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "core/error.hpp"
#include "core/random.hpp"

namespace clockless {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr Index chunk = 4096;  // states at a time

void check(const RestrictedBoltzmann& machine, const MatrixXd& patterns) {
  if (patterns.rows() != machine.visible() || patterns.cols() == 0)
    throw Error("patterns of " + std::to_string(patterns.rows()) + " x " +
                std::to_string(patterns.cols()) + " for a machine of " +
                std::to_string(machine.visible()) + " visible units");
}

/// What drives hidden units, hidden x patterns.
MatrixXd hidden_input(const RestrictedBoltzmann& machine, const MatrixXd& patterns) {
  return machine.weights.leftCols(machine.hidden()).transpose() * with_bias(patterns);
}

/// Σ_v p(v) ṽ ⟨h̃ | v⟩ᵀ of patterns with weights p.
MatrixXd correlations(const RestrictedBoltzmann& machine, const MatrixXd& patterns,
                      const VectorXd& p) {
  MatrixXd out = (with_bias(patterns) * p.asDiagonal()) *
                 with_bias(hidden_probabilities(machine, patterns)).transpose();
  out(out.rows() - 1, out.cols() - 1) = 0;
  return out;
}

Index state_of(const Eigen::Ref<const VectorXd>& pattern) {
  Index state = 0;
  for (Index i = 0; i < pattern.size(); ++i) {
    if (pattern(i) != 0 && pattern(i) != 1)
      throw Error("a pattern holds " + std::to_string(pattern(i)) + ": units are 0 or 1");
    if (pattern(i) == 1) state |= Index{1} << i;
  }
  return state;
}

std::map<Index, double> shares(const MatrixXd& patterns) {
  std::map<Index, double> share;
  for (Index k = 0; k < patterns.cols(); ++k)
    share[state_of(patterns.col(k))] += 1 / static_cast<double>(patterns.cols());
  return share;
}

}  // namespace

RestrictedBoltzmann RestrictedBoltzmann::random(Index visible, Index hidden, double sd,
                                                std::uint64_t seed) {
  if (visible < 1 || hidden < 1)
    throw Error("a restricted Boltzmann machine of " + std::to_string(visible) + " and " +
                std::to_string(hidden) + " units: it needs 1 of each kind at least");
  RestrictedBoltzmann machine{MatrixXd::Zero(visible + 1, hidden + 1)};
  RandomStream random{seed, 1};
  for (Index j = 0; j < hidden; ++j)
    for (Index i = 0; i < visible; ++i) machine.weights(i, j) = sd * random.normal();
  return machine;
}

MatrixXd with_bias(const MatrixXd& patterns) {
  MatrixXd out(patterns.rows() + 1, patterns.cols());
  out << patterns, Eigen::RowVectorXd::Ones(patterns.cols());
  return out;
}

VectorXd free_energies(const RestrictedBoltzmann& machine, const MatrixXd& patterns) {
  check(machine, patterns);
  const Eigen::ArrayXXd x = hidden_input(machine, patterns);
  // log(1 + e^x) = max(x, 0) + log1p(e^−|x|)
  const VectorXd softplus = (x.max(0) + (-x.abs()).exp().log1p()).colwise().sum().transpose();
  return -softplus -
         patterns.transpose() * machine.weights.col(machine.hidden()).head(machine.visible());
}

MatrixXd hidden_probabilities(const RestrictedBoltzmann& machine, const MatrixXd& patterns) {
  check(machine, patterns);
  return (1 + (-hidden_input(machine, patterns)).array().exp()).inverse();
}

MatrixXd visible_states(Index visible, Index first, Index count) {
  return MatrixXd::NullaryExpr(visible, count, [first](Index i, Index k) {
    return static_cast<double>((first + k) >> i & 1);
  });
}

ExactDistribution exact_distribution(const RestrictedBoltzmann& machine) {
  if (machine.visible() > 20)
    throw Error(std::to_string(machine.visible()) +
                " visible units are too many to enumerate: 20 at most");
  const Index states = Index{1} << machine.visible();
  ExactDistribution out;
  out.probabilities.resize(states);
  for (Index first = 0; first < states; first += chunk) {
    const Index count = std::min(chunk, states - first);
    out.probabilities.segment(first, count) =
        -free_energies(machine, visible_states(machine.visible(), first, count));
  }
  const double most = out.probabilities.maxCoeff();
  const double sum = (out.probabilities.array() - most).exp().sum();
  out.log_partition = most + std::log(sum);
  out.probabilities = (out.probabilities.array() - out.log_partition).exp();
  return out;
}

double negative_log_likelihood(const RestrictedBoltzmann& machine, const MatrixXd& patterns) {
  return exact_distribution(machine).log_partition + free_energies(machine, patterns).mean();
}

MatrixXd exact_gradient(const RestrictedBoltzmann& machine, const MatrixXd& patterns) {
  check(machine, patterns);
  const auto n = static_cast<double>(patterns.cols());
  MatrixXd gradient = correlations(machine, patterns, VectorXd::Constant(patterns.cols(), 1 / n));
  const VectorXd p = exact_distribution(machine).probabilities;
  for (Index first = 0; first < p.size(); first += chunk) {
    const Index count = std::min(chunk, p.size() - first);
    gradient -= correlations(machine, visible_states(machine.visible(), first, count),
                             p.segment(first, count));
  }
  return gradient;
}

double total_variation(const RestrictedBoltzmann& machine, const MatrixXd& patterns) {
  check(machine, patterns);
  VectorXd p = exact_distribution(machine).probabilities;
  for (const auto& [state, share] : shares(patterns)) p(state) -= share;
  return p.cwiseAbs().sum() / 2;
}

MatrixXd bars_and_stripes(Index side) {
  if (side < 1 || side > 8)
    throw Error("bars and stripes of side " + std::to_string(side) + ": 1 to 8 are possible");
  const Index lines = Index{1} << side;
  return MatrixXd::NullaryExpr(side * side, 2 * lines, [=](Index pixel, Index k) {
    const Index line = k < lines ? pixel / side : pixel % side;
    return static_cast<double>((k % lines) >> line & 1);
  });
}

double pattern_entropy(const MatrixXd& patterns) {
  double sum = 0;
  for (const auto& [state, share] : shares(patterns)) sum -= share * std::log(share);
  return sum;
}

}  // namespace clockless
