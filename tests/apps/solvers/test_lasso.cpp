// The reference LASSO solvers against closed forms, optimality conditions and each other.
#include <cmath>
#include <random>
#include <string>

#include <Eigen/QR>

#include "apps/solvers/fista.hpp"
#include "apps/solvers/lasso.hpp"
#include "core/error.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

MatrixXd gaussian(Index rows, Index cols, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  return MatrixXd::NullaryExpr(rows, cols, [&] { return normal(engine); });
}

LassoSolution solve(const MatrixXd& d, const VectorXd& x, double lambda, bool signed_codes) {
  const MatrixXd gram = gram_matrix(d);
  return coordinate_descent({d, gram, x, lambda, signed_codes});
}

/// The optimality conditions from scratch: |d_iᵀr| ≤ λ, with equality in sign where a_i ≠ 0.
double kkt_violation(const MatrixXd& d, const VectorXd& x, const VectorXd& a, double lambda,
                     bool signed_codes) {
  const VectorXd pull = d.transpose() * (x - d * a);
  double worst = 0;
  for (Index i = 0; i < a.size(); ++i) {
    const double slack = signed_codes ? std::abs(pull[i]) - lambda : pull[i] - lambda;
    worst = std::max(worst, slack);
    if (a[i] != 0) worst = std::max(worst, std::abs(pull[i] - std::copysign(lambda, a[i])));
    if (!signed_codes) worst = std::max(worst, -a[i]);
  }
  return worst;
}

}  // namespace

TEST_CASE("the golden three-neuron problem is solved to nine digits", "[unit][golden]") {
  MatrixXd d(3, 3);
  d << .3313, .8148, .4364, .8835, .3621, .2182, .3313, .4527, .8729;
  const VectorXd x = Eigen::Vector3d(.5, 1, 1.5);
  const auto solution = solve(d, x, .1, false);

  // Cramer's rule on the two active atoms, independent of the solver.
  const double g00 = d.col(0).squaredNorm(), g22 = d.col(2).squaredNorm();
  const double g02 = d.col(0).dot(d.col(2)), det = g00 * g22 - g02 * g02;
  const double b0 = d.col(0).dot(x) - .1, b2 = d.col(2).dot(x) - .1;
  CHECK_THAT(solution.codes[0], WithinAbs((g22 * b0 - g02 * b2) / det, 1e-13));
  CHECK_THAT(solution.codes[2], WithinAbs((g00 * b2 - g02 * b0) / det, 1e-13));
  CHECK(solution.codes[1] == 0);

  CHECK_THAT(solution.codes[0], WithinAbs(0.6830363, 1e-7));  // the published digits
  CHECK_THAT(solution.codes[2], WithinAbs(1.2177802, 1e-7));
  CHECK_THAT(solution.objective, WithinAbs(0.254049765, 5e-10));
  CHECK(solution.gap <= 1e-8 * solution.objective);
}

TEST_CASE("an orthonormal dictionary gives soft thresholds", "[unit]") {
  const MatrixXd d = Eigen::HouseholderQR<MatrixXd>(gaussian(40, 40, 1)).householderQ();
  const VectorXd x = gaussian(40, 1, 2);
  for (const bool signed_codes : {false, true}) {
    const auto solution = solve(d, x, .4, signed_codes);
    for (Index i = 0; i < 40; ++i) {
      const double pull = d.col(i).dot(x);
      double expected = std::max(pull - .4, 0.0);
      if (signed_codes && pull < -.4) expected = pull + .4;
      CHECK_THAT(solution.codes[i], WithinAbs(expected, 1e-13));
    }
  }
}

TEST_CASE("random problems meet the optimality conditions, and FISTA agrees", "[unit]") {
  for (const Index features : {16, 32, 64, 128, 256}) {
    for (const bool signed_codes : {false, true}) {
      CAPTURE(features, signed_codes);
      const auto seed = static_cast<unsigned>(features);
      MatrixXd d = gaussian(features, 2 * features, seed);
      d.colwise().normalize();
      const MatrixXd gram = gram_matrix(d);
      const VectorXd x = gaussian(features, 1, seed + 1);
      const double lambda = .1 * lambda_max(d, x, signed_codes);
      const LassoProblem problem{d, gram, x, lambda, signed_codes};

      const auto solution = coordinate_descent(problem);
      CHECK(kkt_violation(d, x, solution.codes, lambda, signed_codes) < 1e-11 * x.norm());
      CHECK(solution.gap <= 1e-8 * solution.objective);
      CHECK_THAT(solution.objective, WithinRel(.5 * (x - d * solution.codes).squaredNorm() +
                                                   lambda * solution.codes.cwiseAbs().sum(),
                                               1e-13));

      LassoOptions tight;
      tight.tolerance = 1e-13;
      const auto peer = fista(problem, largest_eigenvalue(gram), tight);
      CHECK((peer.codes - solution.codes).lpNorm<Eigen::Infinity>() < 1e-7);
      CHECK_THAT(peer.objective, WithinRel(solution.objective, 1e-12));
    }
  }
}

TEST_CASE("the gap bounds the distance to the optimum for any code", "[unit]") {
  const MatrixXd d = gaussian(12, 24, 7);  // atoms far from unit norm
  const VectorXd x = gaussian(12, 1, 8);
  std::mt19937_64 engine(9);
  std::normal_distribution<double> normal;
  for (const bool signed_codes : {false, true}) {
    const double lambda = .2 * lambda_max(d, x, signed_codes);
    const auto best = solve(d, x, lambda, signed_codes);
    for (int trial = 0; trial < 200; ++trial) {
      const double noise = std::pow(10.0, -trial % 12);
      VectorXd a = best.codes;
      for (Index i = 0; i < a.size(); ++i) {
        a[i] += noise * normal(engine);
        if (!signed_codes) a[i] = std::max(a[i], 0.0);
      }
      const double gap = duality_gap(d, x, a, lambda, signed_codes);
      const double excess = lasso_objective(d, x, a, lambda) - best.objective;
      CHECK(gap >= 0);
      CHECK(gap >= excess - 1e-13 * best.objective);
    }
    CHECK(duality_gap(d, x, best.codes, lambda, signed_codes) < 1e-13 * best.objective);
  }
  CHECK(std::isinf(duality_gap(d, x, -VectorXd::Ones(24), .1, false)));
}

TEST_CASE("degenerate LASSO problems have their obvious answers", "[unit]") {
  MatrixXd d = gaussian(10, 15, 3);
  const VectorXd x = gaussian(10, 1, 4);
  for (const bool signed_codes : {false, true}) {
    CAPTURE(signed_codes);
    CHECK(solve(d, VectorXd::Zero(10), .1, signed_codes).codes.isZero(0));
    const double limit = lambda_max(d, x, signed_codes);
    CHECK(solve(d, x, limit, signed_codes).codes.lpNorm<1>() < 1e-14);
    CHECK(solve(d, x, 2 * limit, signed_codes).codes.isZero(0));
    CHECK(solve(d, x, .999 * limit, signed_codes).codes.lpNorm<1>() > 0);

    MatrixXd twice(10, 30);  // every atom repeated
    twice << d, d;
    const auto single = solve(d, x, .1, signed_codes);
    const auto repeated = solve(twice, x, .1, signed_codes);
    CHECK_THAT(repeated.objective, WithinRel(single.objective, 1e-12));
    CHECK((repeated.codes.head(15) + repeated.codes.tail(15)).isApprox(single.codes, 1e-9));
    CHECK(repeated.gap <= 1e-8 * repeated.objective);

    MatrixXd with_zero = d;
    with_zero.col(2).setZero();
    CHECK(solve(with_zero, x, .1, signed_codes).codes[2] == 0);
    CHECK(kkt_violation(d, x, solve(d, x, 1e-6, signed_codes).codes, 1e-6, signed_codes) < 1e-11);
  }
  // The signed problem is the non-negative one over (D, −D).
  MatrixXd pair(10, 30);
  pair << d, -d;
  CHECK_THAT(solve(pair, x, .3, false).objective,
             WithinRel(solve(d, x, .3, true).objective, 1e-12));
}

TEST_CASE("nearly repeated atoms are still solved", "[unit]") {
  const MatrixXd base = gaussian(30, 8, 5);
  for (const double spread : {1e-2, 1e-4, 1e-8}) {
    CAPTURE(spread);
    MatrixXd d(30, 64);
    for (Index i = 0; i < 8; ++i) d.middleCols(8 * i, 8) = base.col(i).replicate(1, 8);
    d += spread * gaussian(30, 64, 6);
    const VectorXd x = gaussian(30, 1, 7);
    for (const bool signed_codes : {false, true}) {
      const auto solution = solve(d, x, .01, signed_codes);
      CHECK(kkt_violation(d, x, solution.codes, .01, signed_codes) < 1e-6);
      CHECK(solution.gap <= 1e-8 * solution.objective);
    }
  }
}

TEST_CASE("no solution is returned beyond the gap asked for, however small lambda is", "[unit]") {
  MatrixXd d = gaussian(16, 32, 11);
  d.colwise().normalize();
  const MatrixXd gram = gram_matrix(d);
  const VectorXd x = gaussian(16, 1, 12);
  for (const bool signed_codes : {false, true})
    for (const double lambda : {1e-2, 1e-5, 1e-8, 1e-12, 1e-300}) {
      CAPTURE(signed_codes, lambda);
      std::string message;
      try {
        const auto solution = coordinate_descent({d, gram, x, lambda, signed_codes});
        CHECK(solution.gap <= 1e-8 * solution.objective);
      } catch (const Error& error) {
        message = error.what();
      }
      if (lambda >= 1e-5) CHECK(message.empty());
      if (signed_codes && lambda == 1e-300) CHECK(message.find("lambda_relative") < message.size());
    }
}

TEST_CASE("the Gram matrix of many atoms is made of blocks and exactly symmetric", "[unit]") {
  const MatrixXd d = gaussian(9, 600, 13);
  const MatrixXd gram = gram_matrix(d);
  CHECK(gram == gram.transpose());
  CHECK((gram - d.transpose() * d).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("impossible LASSO problems are refused", "[unit]") {
  const MatrixXd d = gaussian(6, 9, 1);
  const MatrixXd gram = gram_matrix(d);
  VectorXd x = gaussian(6, 1, 2);
  CHECK_THROWS_AS(coordinate_descent({d, gram, x, 0, false}), Error);
  CHECK_THROWS_AS(coordinate_descent({d, gram, x, std::nan(""), false}), Error);
  CHECK_THROWS_AS(coordinate_descent({d, gram, x.head(5), .1, false}), Error);
  CHECK_THROWS_AS(coordinate_descent({d, gram.topRows(3), x, .1, false}), Error);
  LassoOptions hasty;
  hasty.max_sweeps = 1;
  CHECK_THROWS_AS(coordinate_descent({d, gram, x, 1e-3, true}, hasty), Error);
  CHECK_THROWS_AS(fista({d, gram, x, 1e-3, true}, largest_eigenvalue(gram), hasty), Error);
  x[3] = std::nan("");
  CHECK_THROWS_AS(coordinate_descent({d, gram, x, .1, false}), Error);
}
