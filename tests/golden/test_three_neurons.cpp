// The three-neuron network of the sparse-coding papers: known optimum, spike times and counts.
#include <cmath>
#include <cstddef>

#include "apps/solvers/lasso.hpp"
#include "apps/sparse/spiking_lca.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using Eigen::MatrixXd;
using Eigen::Vector3d;

namespace {

constexpr double lambda = 0.1;

MatrixXd phi() {
  MatrixXd m(3, 3);
  m << .3313, .8148, .4364, .8835, .3621, .2182, .3313, .4527, .8729;
  return m;
}
const Vector3d x(.5, 1, 1.5);

}  // namespace

TEST_CASE("The reference knows the optimum of the three-neuron network", "[golden]") {
  const MatrixXd gram = gram_matrix(phi());
  const LassoSolution solution = coordinate_descent({phi(), gram, x, lambda, false});
  // The optimum has the support {0, 2}: two normal equations, solved by hand.
  const MatrixXd d = phi();
  const double a = d.col(0).squaredNorm(), b = d.col(0).dot(d.col(2)), c = d.col(2).squaredNorm();
  const double p = d.col(0).dot(x) - lambda, q = d.col(2).dot(x) - lambda;
  const double determinant = a * c - b * b;
  CHECK_THAT(solution.codes[0], WithinAbs((c * p - b * q) / determinant, 1e-9));
  CHECK(solution.codes[1] == 0);
  CHECK_THAT(solution.codes[2], WithinAbs((a * q - b * p) / determinant, 1e-9));
  CHECK_THAT(solution.codes[0], WithinAbs(0.6830363, 5e-8));
  CHECK_THAT(solution.codes[2], WithinAbs(1.2177802, 1e-7));
  CHECK_THAT(solution.objective, WithinAbs(0.254049765, 5e-10));
}

TEST_CASE("The three-neuron network spikes when and as often as published", "[golden]") {
  const auto kernel = GENERATE(Kernel::general, Kernel::dense);
  CAPTURE(static_cast<int>(kernel));
  LcaOptions options;
  options.tau_s = 1;
  options.kernel = kernel;
  const LcaNetwork network(phi(), options);
  SpikingLca lca(network);
  lca.simulation().record(network.population());
  lca.start(network.input(x, lambda));
  lca.run_until(2000);

  struct First {
    std::uint32_t neuron;
    double at_s, digits_s;
  };
  const First first[] = {{2, 0.6076321494759228, 0},
                         {0, 0.7485132960272056, 0},
                         {1, 1.2484885904055254, 0},
                         {2, 1.5639154022357251, 0},
                         {0, 2.2910813704, 0.5e-10}};  // listed with ten decimals only
  const auto spikes = lca.simulation().take_spikes();
  REQUIRE(spikes.size() > 5);
  for (std::size_t k = 0; k < 5; ++k) {
    CAPTURE(k);
    CHECK(index(spikes[k].source) == first[k].neuron);
    CHECK_THAT(seconds(spikes[k].at), WithinAbs(first[k].at_s, 1.0001e-12 + first[k].digits_s));
  }
  const LcaMoment end = lca.now();
  CHECK_THAT(end.spikes[0], WithinAbs(1366, 1));
  CHECK(end.spikes[1] == 1);
  CHECK_THAT(end.spikes[2], WithinAbs(2435, 1));
}

TEST_CASE("The time constant only stretches time", "[golden]") {
  LcaOptions one, two;
  one.tau_s = 1;
  two.tau_s = 4;  // a power of two: the same bits
  const LcaNetwork a(phi(), one), b(phi(), two);
  SpikingLca fast(a), slow(b);
  for (SpikingLca* lca : {&fast, &slow}) {
    lca->simulation().record(lca == &fast ? a.population() : b.population());
    lca->start((lca == &fast ? a : b).input(x, lambda));
    lca->run_until(100);
  }
  const auto early = fast.simulation().take_spikes(), late = slow.simulation().take_spikes();
  REQUIRE(early.size() == late.size());
  for (std::size_t k = 0; k < early.size(); ++k) {
    CHECK(early[k].source == late[k].source);
    CHECK_THAT(seconds(late[k].at), WithinAbs(4 * seconds(early[k].at), 20e-12));
  }
}
