// FISTA on the Gram matrix: the peer that spiking LASSO is timed against.
#pragma once

#include <vector>

#include <Eigen/Core>

#include "apps/solvers/lasso.hpp"

namespace clockless {

struct FistaOptions {
  bool signed_codes = false;
  bool adaptive_restart = true;  ///< O'Donoghue & Candès 2015, gradient scheme
};

/// Fast iterative shrinkage-thresholding (Beck & Teboulle 2009) with constant step 1/L, from
/// a = 0, one iteration a step(), so that a benchmark can time steps and check between them.
/// Keeps a reference to the Gram matrix.
class Fista {
 public:
  /// gram: atoms x atoms; correlation: Dᵀx; lipschitz: L ≥ the largest eigenvalue of the Gram
  /// matrix, as from largest_eigenvalue().
  Fista(const Eigen::MatrixXd& gram, Eigen::VectorXd correlation, double lambda, double lipschitz,
        FistaOptions options = {});

  void step();

  /// The present iterate (not the extrapolated point), atoms.
  const Eigen::VectorXd& codes() const { return codes_; }

 private:
  template <bool signed_codes>
  double shrink(double momentum);
  void multiply_gram();

  const Eigen::MatrixXd& gram_;
  Eigen::VectorXd correlation_;
  double step_;
  double threshold_;
  FistaOptions options_;
  double t_ = 1;
  double momentum_ = 0;
  Eigen::VectorXd codes_, previous_;       // a and the a before
  Eigen::VectorXd product_, old_product_;  // the Gram matrix times those two
  std::vector<Eigen::Index> active_;       // where codes_ is not zero
};

/// Largest eigenvalue of a positive semi-definite matrix by power iteration, plus the norm of the
/// remaining residual, so that 1/L is a safe step; never above the largest absolute row sum.
double largest_eigenvalue(const Eigen::MatrixXd& gram);

/// Runs Fista until the duality gap is within the tolerance; options.max_sweeps counts steps.
/// Throws Error as coordinate_descent().
LassoSolution fista(const LassoProblem& problem, double lipschitz,
                    const LassoOptions& options = {});

}  // namespace clockless
