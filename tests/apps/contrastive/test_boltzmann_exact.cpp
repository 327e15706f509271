// Enumerated machines against plain sums over all states, and gradients against finite differences.
#include <cmath>
#include <cstdint>

#include "apps/contrastive/boltzmann_exact.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// With biases, too.
RestrictedBoltzmann machine(Index visible, Index hidden, std::uint64_t seed) {
  RestrictedBoltzmann m{RestrictedBoltzmann::random(visible + 1, hidden + 1, .7, seed)
                            .weights.topLeftCorner(visible + 1, hidden + 1)};
  m.weights(visible, hidden) = 0;
  return m;
}

/// e^−E summed over hidden states, one by one.
double weight_of(const RestrictedBoltzmann& m, unsigned v) {
  double sum = 0;
  for (unsigned h = 0; h < 1U << m.hidden(); ++h) {
    double exponent = 0;
    for (Index i = 0; i <= m.visible(); ++i)
      for (Index j = 0; j <= m.hidden(); ++j)
        if ((i == m.visible() || (v >> i & 1U)) && (j == m.hidden() || (h >> j & 1U)))
          exponent += m.weights(i, j);
    sum += std::exp(exponent);
  }
  return sum;
}

}  // namespace

TEST_CASE("a machine's distribution is the sum over all its states", "[app][contrastive]") {
  const RestrictedBoltzmann m = machine(5, 4, 3);
  double z = 0;
  for (unsigned v = 0; v < 32; ++v) z += weight_of(m, v);
  const ExactDistribution exact = exact_distribution(m);
  CHECK_THAT(exact.log_partition, WithinAbs(std::log(z), 1e-12));
  const MatrixXd states = visible_states(5, 0, 32);
  const VectorXd energies = free_energies(m, states);
  for (unsigned v = 0; v < 32; ++v) {
    CHECK_THAT(exact.probabilities(v), WithinRel(weight_of(m, v) / z, 1e-12));
    CHECK_THAT(energies(v), WithinAbs(-std::log(weight_of(m, v)), 1e-12));
    for (Index i = 0; i < 5; ++i) CHECK(states(i, v) == (v >> i & 1U));
  }
  CHECK_THAT(exact.probabilities.sum(), WithinAbs(1, 1e-12));
  const MatrixXd patterns = states.middleCols(7, 3);
  double nll = 0;
  for (unsigned v = 7; v < 10; ++v) nll -= std::log(weight_of(m, v) / z) / 3;
  CHECK_THAT(negative_log_likelihood(m, patterns), WithinAbs(nll, 1e-12));
  double apart = 0;
  for (unsigned v = 0; v < 32; ++v)
    apart += std::abs(weight_of(m, v) / z - (v >= 7 && v < 10 ? 1. / 3 : 0)) / 2;
  CHECK_THAT(total_variation(m, patterns), WithinAbs(apart, 1e-12));
}

TEST_CASE("large machines are enumerated in parts", "[app][contrastive]") {
  // No weights but biases: the units are independent.
  RestrictedBoltzmann m{MatrixXd::Zero(15, 3)};
  double log_z = 2 * std::log(2);
  for (Index i = 0; i < 14; ++i) {
    m.weights(i, 2) = .1 * static_cast<double>(i) - .5;
    log_z += std::log1p(std::exp(m.weights(i, 2)));
  }
  CHECK_THAT(exact_distribution(m).log_partition, WithinAbs(log_z, 1e-10));
}

TEST_CASE("the exact gradient is that of the likelihood", "[app][contrastive]") {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    RestrictedBoltzmann m = machine(5, 4, seed);
    const MatrixXd patterns = visible_states(5, 11, 6);
    const MatrixXd gradient = exact_gradient(m, patterns);
    for (Index i = 0; i <= 5; ++i)
      for (Index j = 0; j <= 4; ++j) {
        if (i == 5 && j == 4) continue;
        const double w = m.weights(i, j), step = 1e-5;
        m.weights(i, j) = w + step;
        const double above = negative_log_likelihood(m, patterns);
        m.weights(i, j) = w - step;
        const double below = negative_log_likelihood(m, patterns);
        m.weights(i, j) = w;
        CHECK_THAT(gradient(i, j), WithinAbs((below - above) / (2 * step), 1e-8));
      }
    CHECK(gradient(5, 4) == 0);
  }
}

TEST_CASE("bars and stripes are thirty pictures, two of them twice", "[app][contrastive]") {
  const MatrixXd data = bars_and_stripes(4);
  CHECK(data.rows() == 16);
  CHECK(data.cols() == 32);
  for (Index k = 0; k < 32; ++k) {
    const MatrixXd picture = data.col(k).reshaped(4, 4);
    bool rows = true, columns = true;
    for (Index i = 0; i < 4; ++i) {
      rows = rows && (picture.row(i).array() == picture(i, 0)).all();
      columns = columns && (picture.col(i).array() == picture(0, i)).all();
    }
    CHECK((rows || columns));
  }
  // 28 of 1/32, two of 1/16.
  CHECK_THAT(pattern_entropy(data), WithinAbs(std::log(32) - std::log(2) / 8, 1e-12));
  const RestrictedBoltzmann even{MatrixXd::Zero(17, 17)};
  CHECK_THAT(negative_log_likelihood(even, data), WithinAbs(16 * std::log(2), 1e-10));
  CHECK_THAT(total_variation(even, data), WithinAbs(1 - 30. / 65536, 1e-10));
}

TEST_CASE("what cannot be enumerated is refused", "[app][contrastive]") {
  const RestrictedBoltzmann m = machine(3, 2, 1);
  CHECK_THAT(error_of([&] { negative_log_likelihood(m, MatrixXd::Zero(4, 1)); }),
             Contains("4 x 1") && Contains("3 visible units"));
  CHECK_THAT(error_of([] { exact_distribution(RestrictedBoltzmann{MatrixXd::Zero(22, 2)}); }),
             Contains("21 visible units are too many"));
  CHECK_THAT(error_of([&] { total_variation(m, MatrixXd::Constant(3, 1, .5)); }),
             Contains("units are 0 or 1"));
  CHECK_THAT(error_of([] { bars_and_stripes(0); }), Contains("side 0"));
  CHECK_THAT(error_of([] { RestrictedBoltzmann::random(0, 2, 1, 1); }), Contains("0 and 2 units"));
}
