// The LASSO, its objective and duality gap, and a reference solver by coordinate descent.
#include "apps/solvers/lasso.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <Eigen/Cholesky>
#include <fmt/core.h>

#include "apps/interrupt.hpp"
#include "core/error.hpp"

namespace clockless {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

VectorXd residual(const MatrixXd& dictionary, const VectorXd& x, const VectorXd& codes) {
  VectorXd r = x;
  for (Index i = 0; i < codes.size(); ++i)
    if (codes[i] != 0) r -= codes[i] * dictionary.col(i);
  return r;
}

double soft_threshold(double v, double lambda, bool signed_codes) {
  if (v > lambda) return v - lambda;
  return signed_codes && v < -lambda ? v + lambda : 0.0;
}

class CoordinateDescent {
 public:
  explicit CoordinateDescent(const LassoProblem& problem)
      : problem_(problem), codes_(VectorXd::Zero(problem.dictionary.cols())) {
    refresh();
  }

  const VectorXd& codes() const { return codes_; }
  int sweeps() const { return sweeps_; }

  /// One pass over all coordinates, then passes over the non-zero ones until they settle.
  void descend(int max_active_sweeps) {
    active_.resize(static_cast<std::size_t>(codes_.size()));
    for (std::size_t i = 0; i < active_.size(); ++i) active_[i] = static_cast<Index>(i);
    const double first = sweep();
    keep_nonzero();
    for (int k = 0; k < max_active_sweeps && sweep() > 1e-3 * first; ++k) continue;
    refresh();
  }

  /// Goes to the exact minimum over the non-zero coordinates with their present signs, dropping
  /// one coordinate whenever it meets zero on the way.
  void solve_active() {
    for (int drops = 0; drops < 30 && step_to_minimum(); ++drops) continue;
    refresh();
  }

 private:
  Index active(Index i) const { return active_[static_cast<std::size_t>(i)]; }

  /// Returns the largest fall of the objective by one coordinate, times two.
  double sweep() {
    ++sweeps_;
    double largest = 0;
    for (const Index i : active_) {
      const double curvature = problem_.gram(i, i);
      if (curvature <= 0) continue;
      const double target = correlation_[i] + curvature * codes_[i];
      const double code =
          soft_threshold(target, problem_.lambda, problem_.signed_codes) / curvature;
      const double change = code - codes_[i];
      if (change == 0) continue;
      codes_[i] = code;
      correlation_ -= change * problem_.gram.col(i);
      largest = std::max(largest, curvature * change * change);
    }
    return largest;
  }

  /// One Newton step, cut short where a sign would change. Returns whether it was.
  bool step_to_minimum() {
    keep_nonzero();
    refresh();
    const Index n = static_cast<Index>(active_.size());
    MatrixXd gram(n, n);
    VectorXd slope(n);
    for (Index i = 0; i < n; ++i) {
      const Index a = active(i);
      for (Index j = 0; j < n; ++j) gram(j, i) = problem_.gram(active(j), a);
      slope[i] = correlation_[a] - std::copysign(problem_.lambda, codes_[a]);
    }
    // The tiny ridge makes dependent atoms a descent direction that ends where one of them meets
    // zero; elsewhere the next call mends its error, since the slope is computed afresh.
    if (n > 0) gram.diagonal().array() += 1e-12 * gram.diagonal().maxCoeff();
    const Eigen::LLT<MatrixXd> factors(gram);
    if (n == 0 || factors.info() != Eigen::Success) return false;
    const VectorXd step = factors.solve(slope);

    double length = 1;
    Index blocking = -1;
    for (Index i = 0; i < n; ++i) {
      const double reach = -codes_[active(i)] / step[i];  // where this coordinate meets zero
      if (reach > 0 && reach < length) {
        length = reach;
        blocking = i;
      }
    }
    for (Index i = 0; i < n; ++i) {
      double& code = codes_[active(i)];
      const double moved = code + length * step[i];
      code = i == blocking || moved * code < 0 ? 0.0 : moved;  // rounding may overshoot zero
    }
    return blocking >= 0;
  }

  void keep_nonzero() {
    active_.clear();
    for (Index i = 0; i < codes_.size(); ++i)
      if (codes_[i] != 0) active_.push_back(i);
  }

  // From the residual itself, so that rounding does not pile up in the correlation.
  void refresh() {
    correlation_ =
        problem_.dictionary.transpose() * residual(problem_.dictionary, problem_.x, codes_);
  }

  const LassoProblem& problem_;
  VectorXd codes_;
  VectorXd correlation_;       // Dᵀ(x − D a)
  std::vector<Index> active_;  // coordinates that sweep() visits
  int sweeps_ = 0;
};

}  // namespace

MatrixXd gram_matrix(const MatrixXd& dictionary) {
  const Index atoms = dictionary.cols();
  MatrixXd gram = MatrixXd::Zero(atoms, atoms);
  constexpr Index block = 256;  // columns between looks at Ctrl-C
  for (Index at = 0; at < atoms && !interrupted(); at += block) {
    const Index width = std::min(block, atoms - at), below = atoms - at - width;
    gram.block(at, at, width, width)
        .selfadjointView<Eigen::Lower>()
        .rankUpdate(dictionary.middleCols(at, width).transpose());
    gram.block(at + width, at, below, width).noalias() =
        dictionary.rightCols(below).transpose() * dictionary.middleCols(at, width);
  }
  gram.triangularView<Eigen::StrictlyUpper>() = gram.transpose();
  return gram;
}

double lambda_max(const MatrixXd& dictionary, const VectorXd& x, bool signed_codes) {
  if (dictionary.cols() == 0) return 0;
  const VectorXd correlation = dictionary.transpose() * x;
  return signed_codes ? correlation.cwiseAbs().maxCoeff() : std::max(0.0, correlation.maxCoeff());
}

double lasso_objective(const MatrixXd& dictionary, const VectorXd& x, const VectorXd& codes,
                       double lambda) {
  return 0.5 * residual(dictionary, x, codes).squaredNorm() + lambda * codes.lpNorm<1>();
}

double duality_gap(const MatrixXd& dictionary, const VectorXd& x, const VectorXd& codes,
                   double lambda, bool signed_codes) {
  if (!signed_codes && codes.size() > 0 && codes.minCoeff() < 0)
    return std::numeric_limits<double>::infinity();
  const VectorXd r = residual(dictionary, x, codes);
  const double energy = r.squaredNorm();
  const VectorXd correlation = dictionary.transpose() * r;
  // The dual point is scale·r; it is feasible while scale·Dᵀr ≤ λ (in modulus where signed).
  const double steepest =
      signed_codes ? correlation.lpNorm<Eigen::Infinity>() : std::max(0.0, correlation.maxCoeff());
  double scale = energy > 0 ? std::max(0.0, 1 + codes.dot(correlation) / energy) : 1.0;
  if (scale * steepest > lambda) scale = lambda / steepest;
  // Primal minus dual, written as a sum of terms that are each ≥ 0: nothing cancels.
  double gap = 0.5 * (1 - scale) * (1 - scale) * energy;
  for (Index i = 0; i < codes.size(); ++i)
    gap += std::max(0.0, lambda * std::abs(codes[i]) - scale * codes[i] * correlation[i]);
  return gap;
}

void check_lasso(const LassoProblem& problem) {
  const auto& d = problem.dictionary;
  if (d.cols() == 0) throw Error("lasso: the dictionary has no atoms; give at least one");
  if (problem.x.size() != d.rows())
    throw Error(fmt::format(
        "lasso: the sample has {} values but the dictionary {} features; use patches of that size",
        problem.x.size(), d.rows()));
  if (problem.gram.rows() != d.cols() || problem.gram.cols() != d.cols())
    throw Error(fmt::format("lasso: the Gram matrix is {} x {} but the dictionary has {} atoms",
                            problem.gram.rows(), problem.gram.cols(), d.cols()));
  if (!(problem.lambda > 0) || !std::isfinite(problem.lambda))
    throw Error(fmt::format("lasso: lambda is {}; it must be a positive number", problem.lambda));
  if (!problem.x.allFinite())
    throw Error("lasso: the sample holds NaN or infinite values; clean the data first");
}

LassoSolution coordinate_descent(const LassoProblem& problem, const LassoOptions& options) {
  check_lasso(problem);
  CoordinateDescent descent(problem);
  LassoSolution best{descent.codes(), 0, std::numeric_limits<double>::infinity(), 0};
  while (true) {
    const auto& codes = descent.codes();
    const double gap =
        duality_gap(problem.dictionary, problem.x, codes, problem.lambda, problem.signed_codes);
    const bool falling = gap < 0.5 * best.gap;
    if (gap < best.gap) {
      best.codes = codes;
      best.gap = gap;
      best.objective = lasso_objective(problem.dictionary, problem.x, codes, problem.lambda);
    }
    const bool reached = best.gap <= options.tolerance * best.objective;
    best.sweeps = descent.sweeps();
    if (reached && (!falling || best.gap == 0)) return best;
    if (best.sweeps >= options.max_sweeps) {
      if (reached) return best;
      throw Error(fmt::format(
          "lasso: with lambda = {:.3g} the reference solver stands at a relative duality gap of "
          "{:.2g} after {} sweeps, {:.2g} is asked; give a larger lambda or lambda_relative, or "
          "reference = false",
          problem.lambda, best.gap / best.objective, best.sweeps, options.tolerance));
    }
    descent.descend(std::min(50, options.max_sweeps - best.sweeps - 1));
    descent.solve_active();
  }
}

}  // namespace clockless
