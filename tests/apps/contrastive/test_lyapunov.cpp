// Lyapunov functions along trajectories: they never rise where theory says so, and where it does
// not the monitor tells.
#include <cmath>
#include <limits>

#include "apps/contrastive/lyapunov.hpp"
#include "tests/apps/contrastive/nets.hpp"
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

constexpr int steps = 300;
constexpr Index samples = 4;

/// Both functions along trajectories from random states.
void watch(const ContrastiveGraph& g, const RateDynamics& dynamics, Stepping stepping,
           std::uint64_t seed, LyapunovMonitor& distance, LyapunovMonitor& falling) {
  const MatrixXd equilibrium = dynamics.settle({1e-14, 20000}).states;
  MatrixXd s = uniform_draws(g.cells(), samples, seed + 50);
  distance.restart();
  falling.restart();
  for (int i = 0; i <= steps; ++i) {
    distance.observe(equilibrium_distance(s, equilibrium));
    falling.observe(energy(g, dynamics, s));
    dynamics.step(s, .05, stepping);
  }
}

}  // namespace

TEST_CASE("contractive nets approach their equilibrium at every step", "[app][contrastive]") {
  LyapunovMonitor distance("distance"), unused("energy");
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const ContrastiveGraph g = small_graph(GraphKind::complete, Leak::contractive, seed, 2);
    const RateDynamics free(g, uniform_draws(5, samples, seed));
    const RateDynamics nudged =
        free.nudged(VectorXd::Constant(3, .5), uniform_draws(3, samples, seed + 1));
    for (const Stepping stepping : {Stepping::euler, Stepping::exponential}) {
      watch(g, free, stepping, seed, distance, unused);
      watch(g, nudged, stepping, seed, distance, unused);
    }
    // dV/dt ≤ −λ V: after time t at most e^{−t} is left, but for what a step of Euler adds.
    MatrixXd s = uniform_draws(g.cells(), samples, seed);
    const MatrixXd equilibrium = free.settle({1e-14, 20000}).states;
    const VectorXd before = equilibrium_distance(s, equilibrium);
    for (int i = 0; i < 1000; ++i) free.step(s, 1e-3, Stepping::euler);
    CHECK((equilibrium_distance(s, equilibrium).array() <=
           std::pow(1 - 1e-3, 1000) * before.array() + 1e-12)
              .all());
  }
  CHECK(distance.increases() == 0);
  CHECK(distance.steps() == std::uint64_t{40} * 4 * steps * samples);
  CHECK(distance.text() == "distance: never rose in 192000 steps");
}

TEST_CASE("the energy of symmetric nets never rises", "[app][contrastive]") {
  LyapunovMonitor unused("distance"), falling("energy");
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const GraphKind kind = seed % 2 == 0 ? GraphKind::layered : GraphKind::skip;
    const ContrastiveGraph g = small_graph(kind, Leak::unit, seed, 2);
    const RateDynamics free(g, uniform_draws(5, samples, seed));
    const RateDynamics nudged =
        free.nudged(VectorXd::Constant(3, .5), uniform_draws(3, samples, seed + 1));
    for (const Stepping stepping : {Stepping::euler, Stepping::exponential}) {
      watch(g, free, stepping, seed, unused, falling);
      watch(g, nudged, stepping, seed, unused, falling);
    }
  }
  CHECK(falling.increases() == 0);
  CHECK(falling.steps() == std::uint64_t{40} * 4 * steps * samples);
}

TEST_CASE("other nets violate them, and the monitor says so", "[app][contrastive]") {
  LyapunovMonitor distance("‖s − s*‖₁"), falling("energy"), outgoing("outgoing"), unused("");
  double abscissa = -1;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const ContrastiveGraph unit = small_graph(GraphKind::complete, Leak::unit, seed, 4);
    watch(unit, RateDynamics(unit, uniform_draws(5, samples, seed)), Stepping::euler, seed,
          distance, falling);
    const ContrastiveGraph sums = small_graph(GraphKind::complete, Leak::outgoing, seed, 2, 0);
    watch(sums, RateDynamics(sums, uniform_draws(5, samples, seed)), Stepping::euler, seed,
          outgoing, unused);
    abscissa = std::max(abscissa, spectral_abscissa(sums));
    CHECK(contraction_margin(unit) < 0);
    CHECK(contraction_margin(sums) < 0);
  }
  CHECK(distance.increases() > 100);
  CHECK(falling.increases() > 100);
  CHECK(outgoing.increases() > 100);
  CHECK(abscissa > .5);
  CHECK_THAT(distance.text(), Contains("‖s − s*‖₁: rose in "));
}

TEST_CASE("the energy's slope is the force", "[app][contrastive]") {
  const ContrastiveGraph g = small_graph(GraphKind::skip, Leak::unit, 3);
  const RateDynamics dynamics = RateDynamics(g, uniform_draws(5, 1, 1))
                                    .nudged(VectorXd::Constant(3, .3), uniform_draws(3, 1, 2));
  const MatrixXd s = uniform_draws(11, 1, 3), force = dynamics.velocity(s);
  for (Index j = 0; j < 11; ++j) {
    const MatrixXd shift = 1e-3 * MatrixXd::Identity(11, 11).col(j);
    const double slope =
        (energy(g, dynamics, s + shift) - energy(g, dynamics, s - shift))[0] / 2e-3;
    CHECK_THAT(slope, WithinAbs(-force(j, 0), 1e-11));
  }
}

TEST_CASE("the monitor counts what rises", "[app][contrastive]") {
  LyapunovMonitor monitor("v", .1);
  monitor.observe(VectorXd{{1, 5}});
  monitor.observe(VectorXd{{1.05, 5.5}});
  monitor.observe(VectorXd{{.5, 7}});
  monitor.restart();
  monitor.observe(VectorXd{{9}});
  monitor.observe(VectorXd{{8}});
  CHECK(monitor.steps() == 5);
  CHECK(monitor.increases() == 2);
  CHECK(monitor.largest_increase() == 1.5);
  CHECK(monitor.text() == "v: rose in 2 of 5 steps, by 1.5 at most");
  CHECK_THAT(error_of([&] { monitor.observe(VectorXd{{1, 2}}); }), Contains("restart"));
  monitor.observe(VectorXd{{std::numeric_limits<double>::quiet_NaN()}});
  CHECK(monitor.increases() == 3);
  CHECK(std::isnan(monitor.largest_increase()));
}

TEST_CASE("the spiking bound is that of the theory", "[app][contrastive]") {
  const ContrastiveGraph g = small_graph(GraphKind::complete, Leak::contractive, 1, 1, .5);
  double sum = 0;
  for (Index i = 0; i < 11; ++i)
    for (Index j = 0; j < 11; ++j) sum += std::abs(g.recurrent(i, j));
  CHECK_THAT(spiking_bound(g, 1. / 16, .05), WithinRel(.55 / 16 * sum / .5, 1e-12));
  double rise = 0;
  for (Index j = 0; j < 11; ++j) {
    double push = 0;
    for (Index i = 0; i < 11; ++i)
      push += std::abs(g.recurrent(i, j) - g.recurrent(j, i)) / 2 +
              .55 / 16 * std::abs(g.recurrent(i, j));
    rise += push * push / 4;
  }
  CHECK_THAT(spiking_energy_rise(g, 1. / 16, .05), WithinRel(rise, 1e-12));
}

TEST_CASE("no steeper rise of the energy is promised than can be had", "[app][contrastive]") {
  // Two cells at rest that hear of each other what is wrong by e, with s = e W / 2 away from rest.
  ContrastiveGraph g = small_graph(GraphKind::complete, Leak::unit, 1);
  const double theta = 1. / 16, h = .05, e = (.5 + h) * theta;
  g.recurrent.setZero();
  g.recurrent(0, 1) = g.recurrent(1, 0) = .5;
  const RateDynamics free(g, VectorXd::Zero(5));
  const MatrixXd rest = free.settle({1e-14, 20000}).states;
  MatrixXd s = rest;
  // −∇E = −(1 − W) (s − rest); the heard drive adds W e. E rises fastest at ∇E = W e / 2.
  const double away = .5 * .5 * e / (1 - .5);
  s(0, 0) += away;
  s(1, 0) += away;
  MatrixXd later = s;
  const double dt = 1e-6, force = -(1 - .5) * away + .5 * e;
  later(0, 0) += dt * force;
  later(1, 0) += dt * force;
  const double slope = (energy(g, free, later) - energy(g, free, s))[0] / dt;
  CHECK_THAT(slope, WithinRel(spiking_energy_rise(g, theta, h), 1e-3));
}
