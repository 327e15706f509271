// The facade: running on, beginning anew, looking without touching, counting, and giving up.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/random.hpp"
#include "core/simulation.hpp"
#include "neurons/if_current.hpp"
#include "neurons/lif.hpp"
#include "neurons/linear_if.hpp"
#include "neurons/poisson.hpp"
#include "neurons/relay.hpp"
#include "neurons/spike_list.hpp"
#include "plasticity/stdp.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

constexpr Duration ms{1'000'000'000};

/// Sources, leaky and current-driven neurons, and relays: every way in which spikes travel.
struct Mixed {
  Network network;
  Population<Poisson> noise = network.add<Poisson>("noise", 20, {.rate_hz = 200});
  Population<Lif> leaky = network.add<Lif>("leaky", 30);
  Population<IfCurrent> current = network.add<IfCurrent>("current", 25, {.tau_s = 0.01});
  Population<Relay> relays = network.add<Relay>("relays", 5);
  Projection<Fixed> feed, onward, echo;
  Projection<Stdp> learning;

  Mixed() {
    feed =
        network.connect(noise, leaky, fixed_in_degree(20, 30, 10, 1, constant(3.0), constant(ms)));
    onward = network.connect(leaky, current,
                             fixed_probability(30, 25, 0.4, 2, constant(0.7), constant(2 * ms)));
    network.connect(current, relays,
                    fixed_in_degree(25, 5, 3, 3, constant(1.0), constant(Duration{})));
    echo = network.connect(relays, leaky, all_to_all(5, 30, constant(-1.0), constant(3 * ms)));
    learning = network.connect<Stdp>(
        leaky, leaky, fixed_in_degree(30, 30, 4, 4, constant(2.0), constant(ms), false),
        {.w_max = 4.0});
  }
  Simulation simulate(RunOptions options = {}) const {
    Simulation simulation(network, options);
    simulation.set(current, &IfCurrent::State::drive, 0.5);
    return simulation;
  }
};

}  // namespace

TEST_CASE("simulation: many short runs are one long run", "[unit][simulation]") {
  const Mixed mixed;
  auto whole = mixed.simulate({.cores = 3});
  whole.run_until(Time{500 * ms});
  REQUIRE(whole.counts().spikes > 2000);
  RandomStream random{4};
  for (const std::size_t cores : {1U, 3U}) {
    auto parts = mixed.simulate({.cores = cores});
    Time t{};
    while (t < Time{500 * ms}) {
      t = std::min(Time{500 * ms}, t + Duration{random.below(20'000'000)} * 1000);
      parts.run_until(t);
      REQUIRE(parts.now() == t);
      parts.run_until(t);  // nothing is left to do
    }
    CHECK(parts.spike_hash() == whole.spike_hash());
    CHECK(parts.synapses(mixed.learning) == whole.synapses(mixed.learning));
    if (cores == 3) CHECK(parts.counts() == whole.counts());
  }
}

TEST_CASE("simulation: begins anew as if it were new", "[unit][simulation]") {
  Mixed mixed;
  auto used = mixed.simulate();
  used.run_until(Time{130 * ms});
  CHECK(used.packets_pending() > 0);
  const Edges learned = used.synapses(mixed.learning);
  used.restart(9);
  CHECK(used.now() == Time{});
  CHECK(used.counts() == Counts{});
  CHECK(used.spike_hash() == 0);
  CHECK(used.packets_pending() == 0);
  CHECK(used.spike_counts(mixed.leaky) == std::vector<std::uint64_t>(30, 0));
  CHECK(used.synapses(mixed.learning) == learned);  // weights stay

  // Without learning the second life is a first one.
  Network plain;
  const auto noise = plain.add<Poisson>("noise", 20, {.rate_hz = 500});
  const auto leaky = plain.add<Lif>("leaky", 30);
  plain.connect(noise, leaky, fixed_in_degree(20, 30, 10, 1, constant(3.0), constant(ms)));
  Simulation again(plain, {.seed = 1}), fresh(plain, {.seed = 9});
  again.run_until(Time{200 * ms});
  const auto first_hash = again.spike_hash();
  again.restart(9);
  again.run_until(Time{200 * ms});
  fresh.run_until(Time{200 * ms});
  CHECK(again.spike_hash() == fresh.spike_hash());
  CHECK(again.counts() == fresh.counts());
  CHECK(again.spike_hash() != first_hash);
}

TEST_CASE("simulation: looking changes nothing", "[unit][simulation]") {
  const Mixed mixed;
  auto alone = mixed.simulate({.cores = 2});
  alone.run_until(Time{300 * ms});
  auto watched = mixed.simulate({.cores = 2});
  watched.record(mixed.leaky);
  watched.record(mixed.relays);
  std::uint64_t seen = 0;
  for (int k = 1; k <= 300; ++k) {
    watched.run_until(Time{k * ms});
    for (int twice = 0; twice < 2; ++twice) {
      (void)watched.read(mixed.leaky, &Lif::State::voltage);
      (void)watched.read(mixed.current, &IfCurrent::State::voltage);
      (void)watched.state(mixed.noise, 7);
      (void)watched.synapses(mixed.learning);
      (void)watched.spike_counts(mixed.current);
      (void)watched.counts();
    }
    seen += watched.take_spikes().size();
  }
  CHECK(watched.spike_hash() == alone.spike_hash());
  CHECK(watched.counts() == alone.counts());
  std::uint64_t counted = 0;
  for (const auto population : {AnyPopulation(mixed.leaky), AnyPopulation(mixed.relays)})
    for (const auto k : watched.spike_counts(population)) counted += k;
  CHECK(seen == counted);
}

TEST_CASE("simulation: what is counted is conserved", "[unit][simulation]") {
  Network network;
  const auto noise = network.add<Poisson>("noise", 30, {.rate_hz = 1000});
  const auto relay = network.add<Relay>("relay", 40);
  const Edges feed = fixed_probability(30, 40, 0.2, 5, constant(1.0), constant(Duration{}));
  RandomStream random{6};
  Edges on;  // several delays a source
  for (std::uint32_t i = 0; i < 39; ++i)
    for (std::uint32_t k = 0; k < 3; ++k)
      on.push_back({i, i + 1 + random.below(39 - i), 0.25, Duration{1 + random.below(3)} * 1000});
  network.connect(noise, relay, feed);
  network.connect(relay, relay, on);
  for (const std::size_t cores : {1U, 4U}) {
    Simulation simulation(network, {.cores = cores});
    simulation.run_until(Time{20 * ms});
    const auto fired = simulation.spike_counts(noise), passed = simulation.spike_counts(relay);
    std::uint64_t spikes = 0, events = 0;
    for (const auto k : fired) spikes += k;
    for (const auto k : passed) spikes += k;
    for (const Edge& e : feed) events += fired[e.pre];
    for (const Edge& e : on) events += passed[e.pre];
    // Delays are nanoseconds, so after the last spikes let everything arrive.
    const Counts counts = simulation.counts();
    CHECK(counts.spikes == spikes);
    CHECK(spikes > 1000);
    CHECK(simulation.packets_pending() == 0);
    CHECK(counts.synaptic_events == events);
    CHECK(counts.neuron_updates == events + spikes);
    CHECK(counts.plasticity_updates == 0);
    if (cores == 1) {  // one packet for each spike and delay (of one projection)
      std::uint64_t packets = 0;
      std::vector<std::pair<std::uint32_t, Duration>> rows;
      for (const Edge& e : on) rows.emplace_back(e.pre, e.delay);
      std::sort(rows.begin(), rows.end());
      rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
      for (const auto& row : rows) packets += passed[row.first];
      std::vector<bool> connected(30, false);
      for (const Edge& e : feed) connected[e.pre] = true;
      for (std::uint32_t i = 0; i < 30; ++i) packets += connected[i] ? fired[i] : 0;
      CHECK(counts.packets == packets);
    }
  }
}

TEST_CASE("simulation: a packet is delivered or pending", "[unit][simulation]") {
  Network network;
  const auto input = network.add<SpikeList>(
      "input", 1, SpikeList::params({{Time{}, Time{ms}, Time{2 * ms}, Time{3 * ms}}}));
  const auto relay = network.add<Relay>("relay", 8);
  network.connect(input, relay, all_to_all(1, 8, constant(1.0), constant(2 * ms)));
  for (const std::size_t cores : {1U, 9U}) {
    Simulation simulation(network, {.cores = cores});
    for (int k = 0; k <= 6; ++k) {
      simulation.run_until(Time{k * ms});
      // Sources fire at 0, 1, 2, 3 ms; everything strictly before now has happened.
      const auto sent = static_cast<std::uint64_t>(std::min(k, 4));
      const auto arrived = static_cast<std::uint64_t>(std::clamp(k - 2, 0, 4));
      const std::uint64_t each = cores == 1 ? 1 : 8;
      CHECK(simulation.counts().packets == sent * each);
      CHECK(simulation.packets_pending() == (sent - arrived) * each);
      CHECK(simulation.counts().synaptic_events == 8 * arrived);
    }
  }
}

TEST_CASE("simulation: what is set at a time holds before what happens then",
          "[unit][simulation]") {
  Network network;
  const auto input = network.add<SpikeList>("input", 1, SpikeList::params({{Time{}, Time{ms}}}));
  const auto cell = network.add<LinearIf>("cell", 2);
  network.connect(input, cell, {{0, 0, 1.0, ms}, {0, 1, 1.0, ms}});
  Simulation simulation(network, {.cores = 2});
  simulation.record(cell);
  simulation.run_until(Time{ms});
  simulation.set(cell, &LinearIf::State::threshold, std::vector<double>{1.0, 1.5});
  simulation.run_until(Time{10 * ms});
  const auto spikes = simulation.take_spikes();
  REQUIRE(spikes.size() == 3);
  CHECK(spikes[0] == Spike{Time{ms}, cell[0], 1.0F});
  CHECK(spikes[1] == Spike{Time{2 * ms}, cell[0], 1.0F});
  CHECK(spikes[2] == Spike{Time{2 * ms}, cell[1], 1.0F});
  // A threshold lowered at now makes the neuron fire at now.
  simulation.set(cell, &LinearIf::State::threshold, 0.25);
  simulation.run_until(Time{10 * ms} + Duration{1});
  const auto late = simulation.take_spikes();
  REQUIRE(late.size() == 2);
  CHECK(late[0] == Spike{Time{10 * ms}, cell[1], 1.0F});
  CHECK(late[1] == late[0]);
}

TEST_CASE("simulation: a state is read as it is at the present", "[unit][simulation]") {
  Network network;
  const auto cell = network.add<Lif>("cell", 3);
  Simulation simulation(network, {.cores = 3});
  simulation.set(cell, &Lif::State::voltage, std::vector<double>{-60, -65, -70});
  simulation.run_until(Time{5 * ms});
  const auto voltage = simulation.read(cell, &Lif::State::voltage);
  for (std::size_t i = 0; i < 3; ++i) {
    const double expected = -70 + (10 - 5 * static_cast<double>(i)) * std::exp(-0.5);
    CHECK_THAT(voltage[i], WithinRel(expected, 1e-14));
    CHECK(simulation.state(cell, static_cast<std::uint32_t>(i)).voltage == voltage[i]);
  }
}

TEST_CASE("simulation: learned weights are collected from all cores", "[unit][simulation]") {
  Network network;
  const auto input =
      network.add<SpikeList>("input", 2, SpikeList::params({{Time{10 * ms}}, {Time{20 * ms}}}));
  const auto teacher = network.add<SpikeList>("teacher", 1, SpikeList::params({{Time{15 * ms}}}));
  const auto cell = network.add<LinearIf>("cell", 2);
  network.connect(teacher, cell, all_to_all(1, 2, constant(1.0), constant(Duration{1})));
  const Stdp::Params params;
  const auto learning = network.connect<Stdp>(
      input, cell, all_to_all(2, 2, constant(0.25), constant(Duration{1})), params);
  for (const std::size_t cores : {1U, 5U}) {
    Simulation simulation(network, {.cores = cores});
    simulation.run_until(Time{30 * ms});
    CHECK(simulation.spike_counts(cell) == std::vector<std::uint64_t>{1, 1});
    const Edges edges = simulation.synapses(learning);
    REQUIRE(edges.size() == 4);
    for (std::uint32_t k = 0; k < 4; ++k) {
      CHECK(edges[k].pre == k / 2);
      CHECK(edges[k].post == k % 2);
      CHECK(edges[k].delay == Duration{1});
      // 5 ms before the firing strengthens, 5 ms after it weakens.
      const double change = (k < 2 ? params.a_plus : -params.a_minus) * std::exp(-0.25);
      CHECK_THAT(edges[k].weight, WithinAbs(0.25 + change, 1e-12));
    }
    // Each arrival and each firing visits its synapses.
    CHECK(simulation.counts().plasticity_updates == 4 + 4);
  }
}

TEST_CASE("simulation: synapses come back as they were connected", "[unit][simulation]") {
  const Mixed mixed;
  const auto simulation = mixed.simulate({.cores = 7});
  CHECK(simulation.synapses(mixed.onward) ==
        fixed_probability(30, 25, 0.4, 2, constant(0.7), constant(2 * ms)));
  CHECK(simulation.synapses(mixed.echo) == all_to_all(5, 30, constant(-1.0), constant(3 * ms)));
}

TEST_CASE("simulation: runaway excitation within an instant names neuron and remedy",
          "[unit][simulation]") {
  Network network;
  const auto input = network.add<SpikeList>("input", 1, SpikeList::params({{Time{ms}}}));
  const auto cell = network.add<LinearIf>("loop", 3);
  network.connect(input, cell, {{0, 1, 1.5, ms}});
  network.connect(cell, cell, {{1, 2, 1.0, {}}, {2, 1, 1.0, {}}});
  Simulation simulation(network);
  simulation.run_until(Time{2 * ms});
  const auto message = error_of([&] { simulation.run_until(Time{3 * ms}); });
  CHECK_THAT(message, Contains("loop[1]") || Contains("loop[2]"));
  CHECK_THAT(message, Contains("0.002") && Contains("zero-delay") && Contains("weaken"));
  CHECK(std::count(message.begin(), message.end(), '\n') == 0);
}

TEST_CASE("simulation: long avalanches that end are no runaways", "[unit][simulation]") {
  Network network;
  const auto input = network.add<SpikeList>("input", 1, SpikeList::params({{Time{ms}}}));
  const auto cell = network.add<LinearIf>("cell", 1);
  network.connect(input, cell, {{0, 0, 60'000.0, ms}});
  Simulation simulation(network);
  simulation.run_until(Time{5 * ms});
  CHECK(simulation.spike_counts(cell)[0] == 60'000);
}

TEST_CASE("simulation: a rate beyond the limit is an error that names the neuron",
          "[unit][simulation]") {
  Network network;
  network.add<Poisson>("noise", 50, {.rate_hz = 1000});
  Simulation calm(network, {.max_rate_hz = 1100});
  CHECK_NOTHROW(calm.run_until(at_seconds(2)));
  Simulation wild(network, {.max_rate_hz = 900});
  const auto message = error_of([&] { wild.run_until(at_seconds(2)); });
  CHECK_THAT(message, Contains("noise[") && Contains("rate exceeds the limit"));
}

TEST_CASE("simulation: misuse is told in one line", "[unit][simulation]") {
  const Mixed mixed;
  auto simulation = mixed.simulate();
  simulation.run_until(Time{ms});
  CHECK_THAT(error_of([&] { simulation.run_until(Time{}); }), Contains("backwards"));
  CHECK_THAT(error_of([&] {
               simulation.set(mixed.leaky, &Lif::State::drive, std::vector<double>(29, 1.0));
             }),
             Contains("29") && Contains("30"));
  CHECK_THAT(error_of([&] { (void)simulation.state(mixed.leaky, 30); }), Contains("30"));
  CHECK_THAT(error_of([&] { Simulation(mixed.network, {.cores = 0}); }), Contains("neurocore"));
  CHECK_THAT(error_of([&] { Simulation(mixed.network, {.kernel = Kernel::dense}); }),
             Contains("dense kernel"));
}

TEST_CASE("simulation: a delay without end is a spike that never arrives", "[unit][simulation]") {
  Network network;
  const auto input = network.add<SpikeList>("input", 1, SpikeList::params({{Time{ms}}}));
  const auto relay = network.add<Relay>("relay", 1);
  network.connect(input, relay, {{0, 0, 1.0, forever}});
  for (const std::size_t cores : {1U, 2U}) {
    Simulation simulation(network, {.cores = cores});
    simulation.run_until(never);
    CHECK(simulation.spike_counts(relay)[0] == 0);
    CHECK(simulation.packets_pending() == 1);
  }
}
