// Multinomial logistic regression: the linear classifier that others are measured by.
#pragma once

#include <vector>

#include <Eigen/Core>

namespace clockless {

struct LogisticOptions {
  double ridge = 1;         ///< ρ ≥ 0; scikit-learn's 1/C
  double tolerance = 1e-4;  ///< on the largest entry of the gradient, as a mean over samples
  int max_iterations = 2000;
};

/// The class of x is that of the largest entry of weights x + bias; their softmax is its
/// probability.
struct LogisticRegression {
  Eigen::MatrixXd weights;  ///< classes x features
  Eigen::VectorXd bias;     ///< classes
  double objective = 0;     ///< at the fit
  int iterations = 0;
  bool converged = false;

  /// The class of each column of x (features x samples).
  std::vector<int> classify(const Eigen::MatrixXd& x) const;
};

/// Σ −log softmax(W x + b)[label] + ρ/2 ‖W‖², the bias free.
double logistic_objective(const Eigen::MatrixXd& weights, const Eigen::VectorXd& bias,
                          const Eigen::MatrixXd& x, const std::vector<int>& labels, double ridge);

/// Minimises that by Nesterov's accelerated gradient with adaptive restart (O'Donoghue & Candès
/// 2015), from zero. x is features x samples, labels 0 … classes − 1, one a sample. Throws Error
/// for sizes that do not fit, labels out of range, values that are not finite, and a negative
/// ridge.
LogisticRegression fit_logistic(const Eigen::MatrixXd& x, const std::vector<int>& labels,
                                int classes, const LogisticOptions& options = {});

}  // namespace clockless
