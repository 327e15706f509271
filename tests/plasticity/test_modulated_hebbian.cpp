// Modulated Hebbian learning against the plain integral, and in a network against the exact
// gradient of the likelihood.
#include <cmath>
#include <vector>

#include "core/random.hpp"
#include "core/simulation.hpp"
#include "neurons/spike_list.hpp"
#include "neurons/stochastic_binary.hpp"
#include "plasticity/modulated_hebbian.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinAbs;

static_assert(PlasticityRule<ModulatedHebbian, StochasticBinary::State>);

namespace {

struct Neuron {
  double gathered = 0, modulated = 0, active = 0;
};

/// Two units, a and b, coupled both ways and free but for phases in which a is held at a datum: 1
/// in four of five. What the weight a -> b (or b -> a) learns per second of learning, over `count`
/// times.
std::vector<double> learned(double share, double trace_tau_s, bool backward, int count) {
  constexpr double rate = 1e-6;  // so slow that nothing comes of it
  RandomStream random{17, static_cast<std::uint64_t>(100 * share)};
  SpikeList::Lists teacher(2);
  double t = 0, end = 20.0 * count;
  while (t < end) {
    const bool positive = random.uniform() <= share;
    const float datum = random.uniform() <= .8 ? 1.0F : -1.0F;
    teacher[0].push_back({at_seconds(t), positive ? datum : 0});
    teacher[1].push_back({at_seconds(t), 0});  // until it has settled
    const double sign = positive ? 1 / share : -1 / (1 - share);
    teacher[1].push_back({at_seconds(t + .01), static_cast<float>(sign)});
    t += .01 + .1 * random.uniform();
  }
  Network network;
  const auto units = network.add<StochasticBinary>("units", 2);
  const auto source = network.add<SpikeList>("teacher", 2, SpikeList::params(teacher));
  const auto weights = network.connect<ModulatedHebbian>(
      units, units, {{0, 1, 1.2, {}}, {1, 0, 1.2, {}}}, {.rate = rate, .trace_tau_s = trace_tau_s});
  network.connect(source, units, {{0, 0, 1, {}}}, {}, StochasticBinary::hold);
  network.connect(source, units, {{1, 0, 1, {}}, {1, 1, 1, {}}}, {}, StochasticBinary::modulate);
  Simulation simulation(network, {.seed = 5});
  simulation.set(units, &StochasticBinary::State::input, std::vector<double>{-.5, -.7});
  std::vector<double> out;
  double before = 1.2;
  for (int k = 1; k <= count; ++k) {
    simulation.run_until(at_seconds(20.0 * k));
    const double now = simulation.synapses(weights)[backward ? 1 : 0].weight;
    out.push_back((now - before) / rate / (20.0 * 5 / 6));
    before = now;
  }
  return out;
}

struct Moments {
  double mean = 0, variance = 0, error = 0;
  explicit Moments(const std::vector<double>& x) {
    const auto n = static_cast<double>(x.size());
    for (const double v : x) mean += v / n;
    for (const double v : x) variance += (v - mean) * (v - mean) / (n - 1);
    error = std::sqrt(variance / n);
  }
};

}  // namespace

TEST_CASE("modulated_hebbian is the integral of m (s_i s_j - c) over 20,000 arrivals", "[rule]") {
  for (const double tau : {0.0, 0.5}) {
    const ModulatedHebbian::Params p{.rate = .1, .trace_tau_s = tau};
    RandomStream random{.seed = 8};
    auto y = ModulatedHebbian::synapse(p, .3);
    ModulatedHebbian::Pre pre;
    Neuron neuron;
    Time now{}, arrived{};
    double truth = .3, c = 0, together = 0;
    bool i = false, j = false;
    double m = 0;
    for (int event = 0; event < 60000; ++event) {
      const double dt = 1e-2 * random.exponential();
      now += from_seconds(dt);
      const double exactly = seconds(from_seconds(dt));
      truth += p.rate * m * (i && j ? exactly : 0) - p.rate * m * c * exactly;
      together += i && j ? exactly : 0;
      neuron.gathered += j ? m * exactly : 0;
      neuron.modulated += m * exactly;
      neuron.active += j ? exactly : 0;
      switch (random.below(3)) {
        case 0:
          m = random.normal();
          break;
        case 1:
          j = !j;
          break;
        default: {
          const double before = y.weight;
          ModulatedHebbian::on_pre(p, y, pre, {}, neuron, now);
          pre.spike(p, now);
          if (i) CHECK(y.weight == before);  // or the target's input would not be undone
          const double window = seconds(now - arrived);
          if (tau > 0 && window > 0) c += (together / window - c) * (1 - std::exp(-window / tau));
          together = 0;
          arrived = now;
          i = !i;
          if (i) REQUIRE_THAT(y.weight, WithinAbs(truth, 1e-9));
        }
      }
    }
    CHECK(std::abs(truth - .3) > .01);
    if (tau > 0) CHECK((c > .1 && c < .4));
  }
}

TEST_CASE("modulated_hebbian follows the likelihood's gradient in a network", "[rule]") {
  // P(b | a = 1) = σ(−.7 + 1.2); free: P(1, 1) of four states.
  const double given = 1 / (1 + std::exp(-.5));
  const double both = std::exp(0.) / (1 + std::exp(-.5) + std::exp(-.7) + std::exp(0.));
  const double gradient = .8 * given - both;
  for (const double share : {.5, .3})
    for (const bool backward : {false, true}) {
      const Moments plain(learned(share, 0, backward, 20));
      INFO("gradient " << gradient << ", learned " << plain.mean << " ± " << plain.error);
      CHECK(std::abs(plain.mean - gradient) < 4 * plain.error);
      CHECK(plain.error < .15 * gradient);
      const Moments based(learned(share, 5, backward, 20));
      CHECK(std::abs(based.mean - gradient) < 4 * based.error);
      CHECK(based.variance < plain.variance);
    }
}

TEST_CASE("modulated_hebbian refuses what makes no sense", "[rule]") {
  CHECK_THAT(error_of([] { ModulatedHebbian::check({.rate = -1}); }), Contains("rate"));
  CHECK_THAT(error_of([] { ModulatedHebbian::check({.trace_tau_s = -1}); }),
             Contains("trace_tau_s"));
  CHECK_THAT(error_of([] { ModulatedHebbian::synapse({.w_max = 1}, 2); }), Contains("w_max"));
}
