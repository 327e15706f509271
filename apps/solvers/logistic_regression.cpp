// Fitting a softmax.
#include "apps/solvers/logistic_regression.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <fmt/format.h>

#include "core/error.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

void check(const MatrixXd& x, const std::vector<int>& labels, int classes,
           const LogisticOptions& o) {
  if (x.cols() != static_cast<Index>(labels.size()) || x.size() == 0)
    throw Error(
        fmt::format("logistic regression: {} labels for {} samples of {} values; give one a "
                    "sample",
                    labels.size(), x.cols(), x.rows()));
  const auto [least, most] = std::minmax_element(labels.begin(), labels.end());
  if (classes < 2 || *least < 0 || *most >= classes)
    throw Error(
        fmt::format("logistic regression: labels {} to {} of {} classes; number two or more "
                    "from 0 on",
                    *least, *most, classes));
  if (!x.allFinite())
    throw Error(
        "logistic regression: the samples hold NaN or infinite values; clean the data first");
  if (!(o.ridge >= 0))
    throw Error(fmt::format("logistic regression: ridge = {}; it must not be negative", o.ridge));
}

/// Cost of scores (classes x samples), which become softmax − one-hot.
double cost_and_errors(MatrixXd& scores, const std::vector<int>& labels) {
  double cost = 0;
  for (Index k = 0; k < scores.cols(); ++k) {
    auto column = scores.col(k);
    const double most = column.maxCoeff();
    const Index label = labels[static_cast<std::size_t>(k)];
    cost += most - column[label];
    column = (column.array() - most).exp();
    const double sum = column.sum();
    cost += std::log(sum);
    column /= sum;
    column[label] -= 1;
  }
  return cost;
}

MatrixXd scores_of(const MatrixXd& weights, const VectorXd& bias, const MatrixXd& x) {
  return (weights * x).colwise() + bias;
}

/// The largest eigenvalue of x̃ x̃ᵀ, x̃ with a row of ones, from below by power iteration.
double largest_eigenvalue(const MatrixXd& x) {
  VectorXd v = VectorXd::Ones(x.rows() + 1).normalized();
  double value = 0;
  for (int i = 0; i < 30; ++i) {
    const VectorXd on_samples =
        x.transpose() * v.head(x.rows()) + VectorXd::Constant(x.cols(), v[x.rows()]);
    VectorXd next(v.size());
    next << x * on_samples, on_samples.sum();
    value = next.norm();
    v = next / value;
  }
  return value;
}

}  // namespace

std::vector<int> LogisticRegression::classify(const MatrixXd& x) const {
  if (x.rows() != weights.cols())
    throw Error(
        fmt::format("logistic regression: samples of {} values, where it was fitted to {}; "
                    "give the same",
                    x.rows(), weights.cols()));
  const MatrixXd scores = scores_of(weights, bias, x);
  std::vector<int> out;
  for (Index k = 0; k < scores.cols(); ++k) {
    Index best = 0;
    scores.col(k).maxCoeff(&best);
    out.push_back(static_cast<int>(best));
  }
  return out;
}

double logistic_objective(const MatrixXd& weights, const VectorXd& bias, const MatrixXd& x,
                          const std::vector<int>& labels, double ridge) {
  MatrixXd scores = scores_of(weights, bias, x);
  return cost_and_errors(scores, labels) + ridge / 2 * weights.squaredNorm();
}

LogisticRegression fit_logistic(const MatrixXd& x, const std::vector<int>& labels, int classes,
                                const LogisticOptions& o) {
  check(x, labels, classes, o);
  const auto n = static_cast<double>(x.cols());
  // The Hessian of log-sum-exp is at most ½ (Böhning 1992); a tenth more, as the power iteration is
  // from below.
  const double step = 1 / (0.55 * largest_eigenvalue(x) + o.ridge);
  LogisticRegression fit;
  fit.weights = MatrixXd::Zero(classes, x.rows());
  fit.bias = VectorXd::Zero(classes);
  MatrixXd w = fit.weights;  // extrapolated
  VectorXd b = fit.bias;
  double momentum = 1;
  for (; fit.iterations < o.max_iterations && !fit.converged; ++fit.iterations) {
    MatrixXd errors = scores_of(w, b, x);
    cost_and_errors(errors, labels);
    const MatrixXd slope_w = errors * x.transpose() + o.ridge * w;
    const VectorXd slope_b = errors.rowwise().sum();
    const MatrixXd next_w = w - step * slope_w;
    const VectorXd next_b = b - step * slope_b;
    const MatrixXd moved_w = next_w - fit.weights;
    const VectorXd moved_b = next_b - fit.bias;
    fit.converged =
        std::max(slope_w.cwiseAbs().maxCoeff(), slope_b.cwiseAbs().maxCoeff()) <= o.tolerance * n;
    fit.weights = next_w;
    fit.bias = next_b;
    if (slope_w.cwiseProduct(moved_w).sum() + slope_b.dot(moved_b) > 0) momentum = 1;
    const double next_momentum = (1 + std::sqrt(1 + 4 * momentum * momentum)) / 2;
    const double onward = (momentum - 1) / next_momentum;
    w = next_w + onward * moved_w;
    b = next_b + onward * moved_b;
    momentum = next_momentum;
  }
  fit.objective = logistic_objective(fit.weights, fit.bias, x, labels, o.ridge);
  return fit;
}

}  // namespace clockless
