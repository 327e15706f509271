// What the models promise beyond the contract: their parameters, resets and refractoriness, and
// crossings that are easily missed.
#include <algorithm>
#include <cmath>
#include <utility>

#include "neurons/if_current.hpp"
#include "neurons/lif.hpp"
#include "neurons/lif_exp_current.hpp"
#include "neurons/linear_if.hpp"
#include "tests/support/alone.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/conformance.hpp"

using namespace clockless;
using namespace clockless::test;
using Catch::Matchers::Contains;

TEST_CASE("parameters that make no sense are named with value and range", "[model]") {
  const double nan = std::nan("");
  CHECK_THROWS_WITH(IfCurrent::check({.tau_s = 0}), Contains("tau_s is 0") && Contains("> 0"));
  CHECK_THROWS_WITH(IfCurrent::check({.tau_s = nan}), Contains("tau_s is nan"));
  CHECK_THROWS_WITH(LinearIf::check({.tau_s = -1}), Contains("tau_s is -1"));
  CHECK_THROWS_WITH(LinearIf::check({.lambda = -1, .signed_pair = true}), Contains("lambda is -1"));
  CHECK_NOTHROW(LinearIf::check({.lambda = -1}));
  CHECK_THROWS_WITH(Lif::check({.tau_m_s = nan}), Contains("tau_m_s is nan"));
  CHECK_THROWS_WITH(Lif::check({.v_reset = -50}), Contains("v_reset is -50") && Contains("below"));
  CHECK_THROWS_WITH(Lif::check({.refractory_s = -1}), Contains("refractory_s is -1"));
  CHECK_THROWS_WITH(LifExpCurrent::check({.tau_inhibitory_s = 0}),
                    Contains("tau_inhibitory_s is 0"));
  CHECK_THROWS_WITH(LifExpCurrent::check({.v_threshold = nan}), Contains("v_threshold is nan"));
}

TEST_CASE("models keep the contract under other parameters", "[model]") {
  check_model<IfCurrent>({.tau_s = 0.005});
  check_model<Lif>(
      {.tau_m_s = 1, .v_rest = 0.5, .v_reset = 0, .v_threshold = 1, .refractory_s = 0});
  check_model<LinearIf>({.tau_s = 0.1, .lambda = 0.2, .signed_pair = true});
  check_model<LifExpCurrent>({.tau_excitatory_s = 0.01, .tau_inhibitory_s = 0.01});
  check_model<LifExpCurrent>(
      {.tau_excitatory_s = 0.03, .tau_inhibitory_s = 0.001, .refractory_s = 0});
}

TEST_CASE("lif loses inputs while refractory, and none after", "[model]") {
  const Lif::Params p{.refractory_s = 0.002};
  const auto at = [](double s, double amount) { return Arrival{at_seconds(s), {amount, 0}}; };
  // A kick of 20 mV fires; the second one is lost, the third arrives as the refractory time ends.
  const auto spikes = run_model<Lif>(p, {.voltage = p.v_rest},
                                     {at(0.001, 20), at(0.002, 20), at(0.003, 20), at(0.1, 0)});
  REQUIRE(spikes.size() == 2);
  CHECK(spikes[0].ps == 1e9L);
  CHECK(spikes[1].ps == 3e9L);
}

TEST_CASE("a soft reset fires as often as the voltage holds the threshold", "[model]") {
  const std::vector<Arrival> inputs = {{at_seconds(1), {3.5, 0}}, {at_seconds(2), {}}};
  CHECK(run_model<LinearIf>({}, {}, inputs).size() == 3);
  const auto negative = run_model<LinearIf>({.signed_pair = true}, {},
                                            {{at_seconds(1), {-3.5, 0}}, {at_seconds(2), {}}});
  REQUIRE(negative.size() == 3);
  for (const Firing& firing : negative) CHECK(firing.payload == -1);
}

TEST_CASE("a signed pair keeps account: its sum falls by 2 lambda, its difference tells the rest",
          "[model]") {
  RandomStream random{.seed = 31};
  const LinearIf::Params p{.lambda = 0.25, .signed_pair = true};
  LinearIf::State s{.drive = 0.75, .threshold = 0.5};
  double elapsed = 0, received = 0, net = 0;
  for (int i = 0; i < 1000; ++i) {
    const Duration wait = std::min(LinearIf::until_fire(p, s), from_seconds(random.uniform()));
    LinearIf::advance(p, s, wait);
    elapsed += seconds(wait);
    if (LinearIf::until_fire(p, s) == Duration::zero()) {
      net += static_cast<double>(LinearIf::fire(p, s).payload);
    } else {
      const double amount = random.normal();
      received += amount;
      LinearIf::receive(p, s, {amount, 0});
    }
  }
  CHECK_THAT(s.voltage + s.negative, Catch::Matchers::WithinAbs(-2 * 0.25 * elapsed, 1e-9));
  CHECK_THAT((s.voltage - s.negative) / 2,
             Catch::Matchers::WithinAbs(0.75 * elapsed + received - 0.5 * net, 1e-9));
}

TEST_CASE("lif_exp_current misses no crossing, however short", "[model][crossing]") {
  RandomStream random{.seed = 32};
  int fired = 0, humps = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto tau = [&] { return 0.001 * std::pow(30.0, random.uniform()); };
    const LifExpCurrent::Params p{.tau_m_s = tau(),
                                  .tau_excitatory_s = tau(),
                                  .tau_inhibitory_s = tau(),
                                  .v_rest = 0,
                                  .v_reset = 0,
                                  .v_threshold = 1,
                                  .refractory_s = 0};
    LifExpCurrent::State s{.voltage = 1 - 2 * random.uniform(), .drive = random.normal()};
    s.excitation = 10 * random.normal();
    s.inhibition = -s.excitation * 2 * random.uniform();
    // The voltage in extended precision, by partial fractions.
    const auto voltage = [&](long double t) {
      long double v = s.drive + (s.voltage - s.drive) * std::exp(-t / p.tau_m_s);
      for (const auto& [current, tau_s] : {std::pair{s.excitation, p.tau_excitatory_s},
                                           std::pair{s.inhibition, p.tau_inhibitory_s}}) {
        const long double share = tau_s / (static_cast<long double>(tau_s) - p.tau_m_s);
        v += current * share * (std::exp(-t / tau_s) - std::exp(-t / p.tau_m_s));
      }
      return v;
    };
    constexpr int steps = 1000;
    constexpr long double horizon = 0.1L;
    int first = 0;
    long double highest = -1e30L;
    for (int k = 1; k <= steps && first == 0; ++k) {
      const long double v = voltage(horizon * k / steps);
      highest = std::max(highest, v);
      if (v >= 1) first = k;
    }
    const Duration due = LifExpCurrent::until_fire(p, s);
    if (first > 0) {
      long double low = horizon * (first - 1) / steps, high = horizon * first / steps;
      if (due == forever || seconds(due) < static_cast<double>(low)) {
        // Only a hump between two points of the scan may come earlier.
        REQUIRE(due != forever);
        CHECK(voltage(seconds(due)) >= 1 - 1e-12L);
        ++humps;
        continue;
      }
      while (high - low > 1e-17L) {
        const long double middle = (low + high) / 2;
        (voltage(middle) < 1 ? low : high) = middle;
      }
      REQUIRE(std::abs(seconds(due) - static_cast<double>(high)) <= 1.1e-12);
      ++fired;
    } else if (due != forever && seconds(due) < static_cast<double>(horizon)) {
      CHECK(voltage(seconds(due)) >= 1 - 1e-12L);
      ++humps;
    }
  }
  CHECK(fired > 500);
}

TEST_CASE("lif_exp_current tells a peak that just reaches the threshold from one that does not",
          "[model][crossing]") {
  // One unit of current with τ = x τ_m raises the voltage by x^{1/(1−x)} at its peak.
  const LifExpCurrent::Params p{
      .tau_m_s = 0.01, .tau_excitatory_s = 0.002, .v_rest = 0, .v_reset = 0, .v_threshold = 1};
  const double needed = 1 / std::pow(0.2, 1 / 0.8);
  const auto due = [&](double amount) {
    return LifExpCurrent::until_fire(p, {.excitation = amount});
  };
  CHECK(due(needed * (1 - 1e-12)) == forever);
  CHECK(due(needed * (1 + 1e-12)) != forever);
  const double peak_s = -0.01 * 0.25 * std::log(0.2);
  CHECK_THAT(seconds(due(needed * (1 + 1e-12))), Catch::Matchers::WithinRel(peak_s, 1e-5));
}
