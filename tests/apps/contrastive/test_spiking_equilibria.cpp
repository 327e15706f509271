// Where spiking networks settle, how near to the rates' equilibria, and which way they learn there.
#include <algorithm>
#include <cstdio>
#include <limits>
#include <vector>

#include "apps/contrastive/equilibrium_learner.hpp"
#include "apps/contrastive/lyapunov.hpp"
#include "apps/contrastive/rate_dynamics.hpp"
#include "tests/apps/contrastive/cosines.hpp"
#include "tests/apps/contrastive/nets.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// At θ = 1/16 … 1/128.
std::vector<double> median_cosines(Leak leak) {
  std::vector<double> medians;
  for (const double threshold : {1.0 / 16, 1.0 / 32, 1.0 / 64, 1.0 / 128})
    medians.push_back(median_cosine(GraphKind::layered, leak, false, {}, threshold, 21));
  return medians;
}

}  // namespace

TEST_CASE("spiking weight changes point along the exact gradient, closer the finer the spikes",
          "[app]") {
  const auto medians = median_cosines(Leak::unit);
  const double wanted[] = {0.85, 0.93, 0.97, 0.99};
  for (std::size_t k = 0; k < 4; ++k) {
    CHECK(medians[k] >= wanted[k]);
    if (k > 0) CHECK(medians[k] > medians[k - 1] - (k == 3 ? 2e-3 : 0.0));  // the nudge's own bias
  }
}

TEST_CASE("so do those of the contractive leak, which is learned with the weights", "[app]") {
  const auto medians = median_cosines(Leak::contractive);
  const double wanted[] = {0.85, 0.93, 0.97, 0.97};  // the nudge's bias, in proportion to the leak
  for (std::size_t k = 0; k < 4; ++k) {
    CHECK(medians[k] >= wanted[k]);
    if (k > 0) CHECK(medians[k] > medians[k - 1]);
  }
}

TEST_CASE("contractive spiking networks settle, below their bound", "[app]") {
  int presentations = 0, above = 0, observed_above = 0;
  std::uint64_t unsettled = 0, settlings = 0;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    GraphOptions o = small(GraphKind::complete, Leak::contractive, seed);
    o.gain = 2;
    const ContrastiveGraph graph = make_graph(o);
    REQUIRE(contraction_margin(graph) == Approx(1));
    SpikingOptions options;
    options.seed = seed;
    options.threshold = 1.0 / 128;  // so that they come from above the bound
    options.delay_tau = 1e-5;       // which the bound knows nothing of
    const EquilibriumNetwork network(graph, options);
    EquilibriumLearner learner(network, graph, {.seed = seed});
    const double bound = spiking_bound(graph, options.threshold, options.hysteresis);
    for (std::uint64_t k = 0; k < 2; ++k, ++presentations) {
      const VectorXd x = random_sample(12, seed, k);
      const VectorXd told = (16 * x).array().round() / 16;
      const VectorXd equilibrium = RateDynamics(graph, told).settle().states.col(0);
      VectorXd last;
      LyapunovMonitor monitor("distance");
      learner.test(x, from_seconds(0.05 * options.tau_s), [&](const VectorXd& s) {
        last = s;
        const double distance = equilibrium_distance(s, equilibrium)[0];
        if (distance > bound) ++observed_above;
        monitor.observe(VectorXd::Constant(1, std::max(distance, bound)));
      });
      above += equilibrium_distance(last, equilibrium)[0] > bound;
      CHECK(monitor.increases() == 0);
    }
    unsettled += learner.unsettled();
    settlings += learner.settlings();
  }
  CHECK(settlings == static_cast<std::uint64_t>(presentations));
  CHECK(above == 0);
  CHECK(observed_above > 2 * presentations);
  CHECK(1000 * unsettled <= settlings);
}

TEST_CASE("without the contractive leak spiking networks leave their equilibria", "[app]") {
  // Strong directed weights: limit cycles, which patience ends and the monitor sees.
  const Leak leak = GENERATE(Leak::unit, Leak::outgoing);
  std::uint64_t unsettled = 0, increases = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    GraphOptions o = small(GraphKind::complete, leak, seed);
    o.gain = 8;
    const ContrastiveGraph graph = make_graph(o);
    CHECK(contraction_margin(graph) < 0);
    SpikingOptions options;
    options.threshold = 1.0 / 128;
    options.delay_tau = 1e-5;
    const EquilibriumNetwork network(graph, options);
    EquilibriumLearner learner(network, graph, {.seed = seed});
    // What it would be with the contractive leak of base 1.
    const double bound = spiking_bound(graph, options.threshold, options.hysteresis);
    for (std::uint64_t k = 0; k < 5; ++k) {
      const VectorXd x = random_sample(12, seed, k);
      const VectorXd told = (16 * x).array().round() / 16;
      const VectorXd equilibrium = RateDynamics(graph, told).settle().states.col(0);
      LyapunovMonitor monitor("distance");
      learner.test(x, from_seconds(0.25 * SpikingOptions{}.tau_s), [&](const VectorXd& s) {
        monitor.observe(
            VectorXd::Constant(1, std::max(equilibrium_distance(s, equilibrium)[0], bound)));
      });
      increases += monitor.increases();
    }
    unsettled += learner.unsettled();
  }
  std::printf("without the contractive leak: %d unsettled of 100, %d increases\n",
              static_cast<int>(unsettled), static_cast<int>(increases));
  CHECK(unsettled > 5);
  CHECK(increases > 100);
}

TEST_CASE("the energy of layers rises by no more than spikes leave open", "[app]") {
  // So few levels that it does rise; directed weights make it rise far more.
  double most = 0, directed = 0;
  std::uint64_t steps = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    for (const GraphKind kind : {GraphKind::layered, GraphKind::complete}) {
      GraphOptions o = small(kind, Leak::unit, seed);
      o.gain = 4;
      const ContrastiveGraph graph = make_graph(o);
      SpikingOptions options;
      options.threshold = 1.0 / 16;
      options.delay_tau = 1e-5;
      const EquilibriumNetwork network(graph, options);
      EquilibriumLearner learner(network, graph, {.seed = seed});
      constexpr double every = 0.05;
      const double allowed =
          every * spiking_energy_rise(graph, options.threshold, options.hysteresis);
      const MatrixXd symmetric = 0.5 * (graph.recurrent + graph.recurrent.transpose());
      ContrastiveGraph mean = graph;
      mean.recurrent = symmetric;
      const double of_spikes =
          every * spiking_energy_rise(mean, options.threshold, options.hysteresis);
      for (std::uint64_t k = 0; k < 3; ++k) {
        const VectorXd x = random_sample(12, seed, k);
        const RateDynamics dynamics(graph, (16 * x).array().round() / 16);
        LyapunovMonitor monitor("energy", allowed);
        double before = std::numeric_limits<double>::infinity();
        learner.test(x, from_seconds(every * options.tau_s), [&](const VectorXd& s) {
          const VectorXd now = energy(graph, dynamics, s);
          monitor.observe(now);
          double& share = kind == GraphKind::complete ? directed : most;
          share = std::max(share, (now[0] - before) / of_spikes);
          before = now[0];
        });
        CHECK(monitor.increases() == 0);
        steps += monitor.steps();
      }
    }
  }
  std::printf("the energy rose by %.3g of what spikes allow, %.3g with directed weights\n", most,
              directed);
  CHECK(steps > 10000);
  CHECK(most > 0);
  CHECK(most <= 1);
  CHECK(directed > 1);
}
