// Sources and relay: exact times, the right statistics, and what they refuse.
#include <algorithm>
#include <cmath>
#include <vector>

#include "neurons/poisson.hpp"
#include "neurons/relay.hpp"
#include "neurons/spike_list.hpp"
#include "tests/support/alone.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/conformance.hpp"

using namespace clockless;
using namespace clockless::test;
using Catch::Matchers::Contains;

namespace {

template <NeuronModel M>
typename M::State born(const typename M::Params& params, std::uint32_t i) {
  typename M::State state;
  M::start(params, state, {99, NeuronId{i}, i});
  return state;
}

}  // namespace

TEST_CASE("poisson fires where its draws add up to, over 10,000 neurons", "[model]") {
  const Poisson::Params params{.rate_hz = 50};
  const std::vector<Arrival> end = {{at_seconds(0.4), {}}};
  long double worst = 0;
  double count = 0, square = 0;
  for (std::uint32_t i = 0; i < 10000; ++i) {
    const auto spikes = run_model<Poisson>(params, born<Poisson>(params, i), end);
    long double truth = 0;
    for (std::uint32_t k = 0; k < spikes.size(); ++k) {
      const auto bits = random_bits(99, i, k);
      truth -= std::log(static_cast<long double>((bits >> 11) + 1) * 0x1p-53L) / 50 * 1e12L;
      worst = std::max(worst, std::abs(spikes[k].ps - truth));
    }
    const auto n = static_cast<double>(spikes.size());
    count += n / 10000;
    square += n * n / 10000;
  }
  CHECK(worst <= 1.001L);
  // Mean and variance of the count are rate × time = 20; five standard errors of each.
  CHECK(std::abs(count - 20) < 5 * std::sqrt(20 / 1e4));
  CHECK(std::abs(square - count * count - 20) < 5 * std::sqrt((20 + 2 * 400) / 1e4));
}

TEST_CASE("poisson takes a new rate at once, and rests at rate 0", "[model]") {
  const Poisson::Params params{.rate_hz = 10};
  auto state = born<Poisson>(params, 3);
  const Duration due = Poisson::until_fire(params, state);
  Poisson::advance(params, state, due / 2);
  state.rate_hz = 0;
  CHECK(Poisson::until_fire(params, state) == forever);
  Poisson::advance(params, state, at_seconds(1).time_since_epoch());
  state.rate_hz = 20;  // the other half at twice the rate
  CHECK(std::abs((Poisson::until_fire(params, state) - due / 4).count()) <= 1);
  CHECK_THROWS_WITH(Poisson::check({.rate_hz = -1}), Contains("rate_hz") && Contains("-1"));
  CHECK_THROWS_WITH(Poisson::check({.rate_hz = std::nan("")}), Contains("rate_hz"));
}

TEST_CASE("spike_list replays its lists to the tick, with ties and payloads", "[model]") {
  RandomStream random{.seed = 5};
  SpikeList::Lists lists(10000);
  for (auto& list : lists) {
    Time t{};
    for (std::uint32_t k = random.below(10); k > 0; --k) {
      t += Duration{random.below(3) * std::int64_t{123456789}};
      list.push_back({t, static_cast<float>(random.below(5))});
    }
  }
  const auto params = SpikeList::params(lists);
  SpikeList::check(params);
  const std::vector<Arrival> end = {{at_seconds(1), {}}};
  for (std::uint32_t i = 0; i < lists.size(); ++i) {
    const auto spikes = run_model<SpikeList>(params, born<SpikeList>(params, i), end);
    std::vector<Firing> truth;
    for (const auto& event : lists[i])
      truth.push_back(
          {static_cast<long double>(event.at.time_since_epoch().count()), event.payload});
    REQUIRE(worst_error(spikes, truth) == 0);
  }
  check_model<SpikeList>(params);
}

TEST_CASE("spike_list refuses times out of order and populations without lists", "[model]") {
  using Times = std::vector<std::vector<Time>>;
  const auto unsorted = SpikeList::params(Times{{}, {at_seconds(2), at_seconds(1)}});
  CHECK_THROWS_WITH(SpikeList::check(unsorted), Contains("neuron 1") && Contains("ascending"));
  const auto negative = SpikeList::params(Times{{at_seconds(-1)}});
  CHECK_THROWS_WITH(SpikeList::check(negative), Contains("neuron 0") && Contains("before time 0"));
  CHECK_THROWS_WITH(born<SpikeList>(SpikeList::params(Times{{}}), 1), Contains("neuron 1"));
}

TEST_CASE("relay sends the sum of an instant, and nothing for a sum of zero", "[model]") {
  const auto at = [](double s, double amount) { return Arrival{at_seconds(s), {amount, 0}}; };
  const std::vector<Arrival> inputs = {at(1, 0.5), at(1, 0.25), at(2, 1),
                                       at(2, -1),  at(3, -2),   at(4, 0)};
  const auto spikes = run_model<Relay>({}, {}, inputs);
  CHECK(worst_error(spikes, {{1e12L, 0.75F}, {3e12L, -2.0F}}) == 0);
}
