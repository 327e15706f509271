// Networks of stochastic binary neurons against the enumerated Boltzmann distribution; what they
// send, and what they gather.
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/simulation.hpp"
#include "neurons/spike_list.hpp"
#include "neurons/stochastic_binary.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

constexpr std::uint32_t n = 4;
constexpr std::array<double, n> bias = {.4, -.9, .2, -.3};
constexpr double w[n][n] = {{0, 1.1, -.8, 0}, {1.1, 0, .7, .9}, {-.8, .7, 0, -.6}, {0, .9, -.6, 0}};

/// Of state k, neuron i at bit i, with some held.
std::vector<double> boltzmann(std::uint32_t held = 0, std::uint32_t at = 0) {
  std::vector<double> p(1U << n);
  double sum = 0;
  for (std::uint32_t k = 0; k < p.size(); ++k) {
    double exponent = 0;
    for (std::uint32_t i = 0; i < n; ++i)
      if (k >> i & 1U) {
        exponent += bias[i];
        for (std::uint32_t j = 0; j < i; ++j)
          if (k >> j & 1U) exponent += w[i][j];
      }
    p[k] = (k & held) == at ? std::exp(exponent) : 0;
    sum += p[k];
  }
  for (double& x : p) x /= sum;
  return p;
}

struct Net {
  Network network;
  Population<StochasticBinary> units;
  explicit Net(const SpikeList::Lists& teacher = {}) {
    units = network.add<StochasticBinary>("units", n);
    Edges edges;
    for (std::uint32_t i = 0; i < n; ++i)
      for (std::uint32_t j = 0; j < n; ++j)
        if (w[i][j] != 0) edges.push_back({i, j, w[i][j], {}});
    network.connect(units, units, std::move(edges));
    if (teacher.empty()) return;
    const auto source =
        network.add<SpikeList>("teacher", teacher.size(), SpikeList::params(teacher));
    network.connect(source, units, {{0, 0, 1, {}}, {1, 2, 1, {}}}, {}, StochasticBinary::hold);
    network.connect(source, units, {{2, 1, 1, {}}}, {}, StochasticBinary::modulate);
  }
  Simulation simulation(std::uint64_t seed) const {
    Simulation s(network, {.seed = seed});
    s.set(units, &StochasticBinary::State::input, bias);
    return s;
  }
};

std::uint32_t state_of(const std::vector<StochasticBinary::State>& states) {
  std::uint32_t k = 0;
  for (std::uint32_t i = 0; i < n; ++i) k |= states[i].on << i;
  return k;
}

/// χ² of states sampled every 20 mean intervals between draws, by which they hardly depend on one
/// another.
double chi_square(const Net& net, Simulation& simulation, const std::vector<double>& p) {
  constexpr int samples = 20000;
  std::vector<double> counts(p.size());
  for (int k = 0; k < samples; ++k) {
    simulation.run_until(simulation.now() + from_seconds(20e-3));
    ++counts[state_of(simulation.states(net.units))];
  }
  double sum = 0;
  for (std::size_t k = 0; k < p.size(); ++k) {
    const double expected = samples * p[k];
    if (p[k] == 0)
      CHECK(counts[k] == 0);
    else
      sum += (counts[k] - expected) * (counts[k] - expected) / expected;
  }
  return sum;
}

}  // namespace

TEST_CASE("stochastic_binary nets show states as Boltzmann has them", "[model]") {
  const Net net;
  Simulation simulation = net.simulation(1);
  // 15 degrees of freedom: mean 15, beyond 45 with probability 8e-5.
  CHECK(chi_square(net, simulation, boltzmann()) < 45);
  // Not those of other weights: the test can tell.
  Simulation again = net.simulation(2);
  CHECK(chi_square(net, again, std::vector<double>(1U << n, 1. / (1U << n))) > 500);
  // Inputs are what biases, weights and states say.
  const auto states = simulation.states(net.units);
  for (std::uint32_t j = 0; j < n; ++j) {
    double input = bias[j];
    for (std::uint32_t i = 0; i < n; ++i) input += w[i][j] * states[i].on;
    CHECK_THAT(states[j].input, WithinAbs(input, 1e-9));
  }
}

TEST_CASE("stochastic_binary neurons that are held show the rest's conditional states", "[model]") {
  // Neuron 0 at 1 and neuron 2 at 0, until they are let free again.
  const Net net({{{Time{}, 1}, {at_seconds(401), 0}}, {{Time{}, -1}, {at_seconds(401), 0}}, {}});
  Simulation simulation = net.simulation(3);
  simulation.run_until(at_seconds(1));
  CHECK(chi_square(net, simulation, boltzmann(0b0101, 0b0001)) < 24);  // 3 degrees of freedom
  simulation.run_until(at_seconds(402));
  CHECK(chi_square(net, simulation, boltzmann()) < 45);
}

TEST_CASE("stochastic_binary neurons tell changes only, and gather for their synapses", "[model]") {
  const Net net({{}, {}, {{at_seconds(1), 2.5F}, {at_seconds(3), -1.5F}}});
  Simulation simulation = net.simulation(4);
  simulation.record(net.units);
  simulation.run_until(at_seconds(4));
  std::array<std::vector<Time>, n> changes;
  for (const Spike& spike : simulation.take_spikes()) {
    if (index(spike.source) >= n) continue;
    auto& mine = changes[index(spike.source)];
    CHECK(spike.payload == (mine.size() % 2 == 0 ? 1 : -1));
    mine.push_back(spike.at);
  }
  const auto states = simulation.states(net.units);
  for (std::uint32_t i = 0; i < n; ++i) {
    CHECK(changes[i].size() > 300);
    CHECK(changes[i].size() % 2 == states[i].on);
    changes[i].push_back(simulation.now());
    double active = 0, gathered = 0;
    for (std::size_t k = 0; k + 1 < changes[i].size(); k += 2) {
      const double from = seconds(changes[i][k]), to = seconds(changes[i][k + 1]);
      const auto within = [&](double a, double b) {
        return std::max(0., std::min(to, b) - std::max(from, a));
      };
      active += to - from;
      gathered += 2.5 * within(1, 3) - 1.5 * within(3, 4);
    }
    CHECK_THAT(states[i].active, WithinAbs(active, 1e-9));
    CHECK_THAT(states[i].gathered, WithinAbs(i == 1 ? gathered : 0, 1e-9));
    CHECK_THAT(states[i].modulated, WithinAbs(i == 1 ? 2.5 * 2 - 1.5 : 0, 1e-9));
  }
  CHECK_THROWS_WITH(StochasticBinary::check({.rate_hz = 0}), Contains("rate_hz"));
}
