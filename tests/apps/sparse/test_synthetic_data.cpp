// Synthetic samples: atoms of rectified Gaussian entries, distinct ones in each sample, and noise
// that never makes a value negative, all a function of the seed.
#include <cmath>
#include <numbers>

#include "apps/sparse/synthetic_data.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;
using Catch::Matchers::WithinAbs;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

TEST_CASE("true atoms have the positive half of Gaussian entries, of unit norm", "[app]") {
  const SyntheticData data({.features = 4000, .atoms = 30, .seed = 3});
  const MatrixXd& d = data.truth();
  CHECK((d.colwise().norm().array() - 1).abs().maxCoeff() < 1e-14);
  CHECK(d.minCoeff() == 0);
  const auto n = static_cast<double>(d.size());
  const double share = static_cast<double>((d.array() > 0).count()) / n;
  CHECK_THAT(share, WithinAbs(0.5, 5 * 0.5 / std::sqrt(n)));
  // Of half a Gaussian mean² / mean of squares is 2/π, and the third moment twice the mean.
  const double positive = share * n, mean = d.sum() / positive, square = d.squaredNorm() / positive,
               cube = d.array().cube().sum() / positive;
  CHECK_THAT(mean * mean / square, WithinAbs(2 / std::numbers::pi, 0.01));
  CHECK_THAT(cube / (mean * square), WithinAbs(2, 0.05));
  // Atoms are independent: the mean cosine of two is (share · mean)² / (share · square) = 1/π.
  const MatrixXd cosines = d.transpose() * d;
  CHECK_THAT((cosines.sum() - 30) / (30 * 29), WithinAbs(1 / std::numbers::pi, 0.01));
}

TEST_CASE("a single feature still makes atoms, and none is all zero", "[app]") {
  const SyntheticData data({.features = 1, .atoms = 50, .sparsity = 50, .noise = 0});
  CHECK(data.truth() == MatrixXd::Ones(1, 50));
  const double sum = data.sample(0)[0];  // each atom once, with a coefficient in 0.5 to 1.5
  CHECK(sum > 25);
  CHECK(sum < 75);
  CHECK_THAT(sum, WithinAbs(50, 5 * std::sqrt(50 / 12.)));
}

TEST_CASE("noise is Gaussian about the sum of atoms, clipped at 0", "[app]") {
  const SyntheticData clean({.features = 500, .noise = 0, .seed = 8}),
      noisy({.features = 500, .noise = 0.02, .seed = 8});
  // Where the sum is 0 half of the noise is clipped; five deviations above 0 none of it is.
  double zeros = 0, clipped = 0, count = 0, sum = 0, squares = 0;
  for (std::uint64_t k = 0; k < 400; ++k) {
    const VectorXd x = clean.sample(k), y = noisy.sample(k);
    CHECK(y.minCoeff() >= 0);
    for (Index i = 0; i < x.size(); ++i) {
      zeros += x[i] == 0;
      clipped += x[i] == 0 && y[i] == 0;
      if (x[i] < 5 * 0.02) continue;
      ++count;
      sum += y[i] - x[i];
      squares += (y[i] - x[i]) * (y[i] - x[i]);
    }
  }
  REQUIRE(zeros > 1000);
  REQUIRE(count > 1000);
  CHECK_THAT(clipped / zeros, WithinAbs(0.5, 5 * 0.5 / std::sqrt(zeros)));
  CHECK_THAT(sum / count, WithinAbs(0, 5 * 0.02 / std::sqrt(count)));
  CHECK_THAT(squares / count, WithinAbs(0.02 * 0.02, 5 * 0.02 * 0.02 * std::sqrt(2 / count)));
}

TEST_CASE("synthetic samples are a function of seed and number alone", "[app]") {
  const SyntheticOptions options{.seed = 11};
  const SyntheticData a(options), b(options), c({.seed = 12});
  CHECK(a.truth() == b.truth());
  CHECK(a.truth() != c.truth());
  const VectorXd late = b.sample(1000000007);
  for (const std::uint64_t k : {0U, 1U, 5U}) {
    CHECK(a.sample(k) == b.sample(k));
    CHECK(a.held_out(k) == b.held_out(k));
    CHECK(a.sample(k) != a.held_out(k));
    CHECK(a.sample(k) != a.sample(k + 1));
    CHECK(a.sample(k) != c.sample(k));
  }
  CHECK(a.sample(1000000007) == late);
}
