// FISTA step by step against a plain textbook iteration, and its step size.
#include <cmath>
#include <random>

#include <Eigen/Eigenvalues>

#include "apps/solvers/fista.hpp"
#include "core/error.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

MatrixXd gaussian(Index rows, Index cols, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  return MatrixXd::NullaryExpr(rows, cols, [&] { return normal(engine); });
}

}  // namespace

TEST_CASE("FISTA follows the textbook iteration", "[unit]") {
  const MatrixXd d = gaussian(20, 43, 1);
  const MatrixXd gram = d.transpose() * d;
  const VectorXd correlation = d.transpose() * gaussian(20, 1, 2);
  const double lipschitz = largest_eigenvalue(gram);
  const double lambda = .1 * correlation.maxCoeff();
  for (const bool signed_codes : {false, true}) {
    FistaOptions options;
    options.signed_codes = signed_codes;
    options.adaptive_restart = false;
    Fista solver(gram, correlation, lambda, lipschitz, options);

    VectorXd a = VectorXd::Zero(43), y = a;  // Beck & Teboulle 2009, section 4
    double t = 1;
    for (int k = 0; k < 60; ++k) {
      const VectorXd z = y - (gram * y - correlation) / lipschitz;
      VectorXd next(43);
      for (Index i = 0; i < 43; ++i) {
        next[i] = std::max(z[i] - lambda / lipschitz, 0.0);
        if (signed_codes && z[i] < 0) next[i] = std::min(z[i] + lambda / lipschitz, 0.0);
      }
      const double t_next = (1 + std::sqrt(1 + 4 * t * t)) / 2;
      y = next + (t - 1) / t_next * (next - a);
      a = next;
      t = t_next;
      solver.step();
      REQUIRE((solver.codes() - a).lpNorm<Eigen::Infinity>() < 1e-12);
    }
  }
}

TEST_CASE("adaptive restart reaches the optimum in fewer steps", "[unit]") {
  MatrixXd d = gaussian(64, 128, 3);
  d.colwise().normalize();
  const MatrixXd gram = gram_matrix(d);
  const VectorXd x = gaussian(64, 1, 4);
  const double lambda = .1 * lambda_max(d, x, true);
  const double best = coordinate_descent({d, gram, x, lambda, true}).objective;
  const auto steps_to = [&](bool restart) {
    Fista solver(gram, d.transpose() * x, lambda, largest_eigenvalue(gram), {true, restart});
    int steps = 0;
    while (lasso_objective(d, x, solver.codes(), lambda) > best * (1 + 1e-10) && steps < 5000) {
      solver.step();
      ++steps;
    }
    return steps;
  };
  CHECK(steps_to(true) < 2000);
  CHECK(steps_to(true) < steps_to(false));
}

TEST_CASE("the largest eigenvalue is not undershot", "[unit]") {
  for (unsigned seed = 0; seed < 6; ++seed) {
    const MatrixXd d = gaussian(15 + 5 * static_cast<Index>(seed), 40, seed);
    const MatrixXd gram = d.transpose() * d;
    const double exact =
        Eigen::SelfAdjointEigenSolver<MatrixXd>(gram, Eigen::EigenvaluesOnly).eigenvalues()[39];
    CHECK(largest_eigenvalue(gram) >= exact * (1 - 1e-9));
    CHECK(largest_eigenvalue(gram) <= exact * (1 + 1e-4));
  }
  MatrixXd blocks = MatrixXd::Identity(5, 5);
  blocks(4, 4) = 7;
  CHECK(std::abs(largest_eigenvalue(blocks) - 7) < 1e-4);
  CHECK(largest_eigenvalue(MatrixXd::Zero(3, 3)) == 0);
}

TEST_CASE("FISTA refuses what does not fit", "[unit]") {
  const MatrixXd gram = MatrixXd::Identity(4, 4);
  CHECK_THROWS_AS(Fista(gram, VectorXd::Ones(3), .1, 1), Error);
  CHECK_THROWS_AS(Fista(gram, VectorXd::Ones(4), .1, 0), Error);
}
