// Logistic regression against its optimality conditions, a scalar equation and known figures.
#include <cmath>
#include <limits>
#include <vector>

#include "apps/solvers/logistic_regression.hpp"
#include "core/random.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinAbs;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr LogisticOptions precise{.5, 1e-12, 200000};

struct Toy {
  MatrixXd x;
  std::vector<int> labels;
};

Toy clouds(std::uint64_t seed) {
  RandomStream random{seed, 0};
  Toy toy{MatrixXd(4, 90), {}};
  for (Index i = 0; i < 90; ++i) {
    const int c = static_cast<int>(i % 3);
    toy.labels.push_back(c);
    for (double& value : toy.x.col(i)) value = random.normal();
    toy.x(c, i) += 1.5;
  }
  return toy;
}

}  // namespace

TEST_CASE("no direction leads down from the fit", "[app][solvers]") {
  const Toy toy = clouds(1);
  const LogisticRegression fit = fit_logistic(toy.x, toy.labels, 3, precise);
  REQUIRE(fit.converged);
  const auto objective = [&](const MatrixXd& w, const VectorXd& b) {
    // Written out: Σ −log(e^{z_label} / Σ e^z) + ρ/2 ‖W‖².
    double sum = .25 * w.squaredNorm();
    for (Index k = 0; k < toy.x.cols(); ++k) {
      double total = 0;
      for (Index c = 0; c < 3; ++c) total += std::exp(w.row(c).dot(toy.x.col(k)) + b[c]);
      const int label = toy.labels[static_cast<std::size_t>(k)];
      sum += std::log(total) - w.row(label).dot(toy.x.col(k)) - b[label];
    }
    return sum;
  };
  CHECK_THAT(fit.objective, WithinAbs(objective(fit.weights, fit.bias), 1e-10));
  for (Index c = 0; c < 3; ++c)
    for (Index j = 0; j <= 4; ++j)
      for (const double h : {1e-3, -1e-3}) {
        MatrixXd w = fit.weights;
        VectorXd b = fit.bias;
        (j < 4 ? w(c, j) : b[c]) += h;
        CHECK(objective(w, b) > fit.objective);
      }
}

TEST_CASE("two points have the weight of a scalar equation", "[app][solvers]") {
  // x = ±1 of classes 1 and 0: by symmetry w₁ = −w₀ = v, b = 0, and 2 (1 − σ(2v)) = ρ v.
  const LogisticRegression fit = fit_logistic(MatrixXd{{1, -1}}, {1, 0}, 2, precise);
  const double v = fit.weights(1, 0);
  CHECK_THAT(fit.weights(0, 0), WithinAbs(-v, 1e-10));
  CHECK_THAT(2 / (1 + std::exp(2 * v)), WithinAbs(.5 * v, 1e-9));
  CHECK(fit.classify(MatrixXd{{.1, -.1}}) == std::vector{1, 0});
}

TEST_CASE("logistic regressions that cannot be are refused", "[app][solvers]") {
  MatrixXd x = MatrixXd::Ones(2, 3);
  CHECK_THAT(error_of([&] { fit_logistic(x, {0, 1}, 2); }), Contains("2 labels for 3 samples"));
  CHECK_THAT(error_of([&] { fit_logistic(x, {0, 1, 2}, 2); }), Contains("labels 0 to 2 of 2"));
  CHECK_THAT(error_of([&] { fit_logistic(x, {0, -1, 1}, 2); }), Contains("labels -1 to 1"));
  CHECK_THAT(error_of([&] { fit_logistic(x, {0, 1, 1}, 2, {-1}); }), Contains("ridge = -1"));
  const LogisticRegression fit = fit_logistic(x, {0, 1, 1}, 2);
  CHECK_THAT(error_of([&] { fit.classify(MatrixXd::Ones(3, 1)); }), Contains("fitted to 2"));
  x(0, 0) = std::numeric_limits<double>::infinity();
  CHECK_THAT(error_of([&] { fit_logistic(x, {0, 1, 1}, 2); }), Contains("NaN or infinite"));
}
