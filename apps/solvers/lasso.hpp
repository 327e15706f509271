// The LASSO, its objective and duality gap, and a reference solver by coordinate descent.
#pragma once

#include <Eigen/Core>

namespace clockless {

/// min ½‖x − D a‖² + λ Σ|a_i|, over a ≥ 0, or over all a where signed_codes.
/// Refers to the caller's dictionary and Gram matrix, which many samples share.
struct LassoProblem {
  const Eigen::MatrixXd& dictionary;  ///< D, features x atoms, any norms
  const Eigen::MatrixXd& gram;        ///< DᵀD from gram_matrix(), atoms x atoms
  Eigen::VectorXd x;                  ///< features
  double lambda;                      ///< > 0
  bool signed_codes = false;
};

struct LassoOptions {
  double tolerance = 1e-8;  ///< on the duality gap, relative to the objective
  int max_sweeps = 20000;   ///< passes over the coordinates (FISTA: steps)
};

struct LassoSolution {
  Eigen::VectorXd codes;  ///< atoms
  double objective;
  double gap;  ///< duality gap, an upper bound on objective − optimum
  int sweeps;  ///< passes over all or over the non-zero coordinates (FISTA: steps)
};

/// DᵀD, exactly symmetric; not whole after Ctrl-C.
Eigen::MatrixXd gram_matrix(const Eigen::MatrixXd& dictionary);

/// Smallest λ for which the code is zero: ‖Dᵀx‖∞ (signed) or max(Dᵀx, 0) (non-negative).
double lambda_max(const Eigen::MatrixXd& dictionary, const Eigen::VectorXd& x, bool signed_codes);

/// ½‖x − D a‖² + λ Σ|a_i|, from the code itself. Signs are not looked at.
double lasso_objective(const Eigen::MatrixXd& dictionary, const Eigen::VectorXd& x,
                       const Eigen::VectorXd& codes, double lambda);

/// Objective minus the best dual value along the residual: never negative, and never less than
/// the distance of the objective from the optimum. Infinite for a negative entry in a
/// non-negative problem.
double duality_gap(const Eigen::MatrixXd& dictionary, const Eigen::VectorXd& x,
                   const Eigen::VectorXd& codes, double lambda, bool signed_codes);

/// Throws Error for sizes that do not fit, x not finite, or λ not a positive number.
void check_lasso(const LassoProblem& problem);

/// Coordinate descent on the Gram matrix, sweeping the non-zero coordinates and solving their
/// normal equations exactly once the signs hold (the step of feature-sign search, Lee et al. 2006,
/// section 3). Goes on past the tolerance while the gap still falls.
/// Throws Error as check_lasso() and when the gap is not reached within the sweeps.
LassoSolution coordinate_descent(const LassoProblem& problem, const LassoOptions& options = {});

}  // namespace clockless
