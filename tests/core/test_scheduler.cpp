// The determinism contract: what happens within one tick and in which order, against a plain engine
// that does literally what the contract says.
#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include "core/random.hpp"
#include "core/simulation.hpp"
#include "neurons/linear_if.hpp"
#include "neurons/relay.hpp"
#include "neurons/spike_list.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;

namespace {

constexpr Duration ms{1'000'000'000};
Time tick(std::int64_t t) { return Time{Duration{t}}; }

/// Accumulators that nothing but inputs moves, so that a plain engine can follow them to the bit.
struct Accumulators {
  std::vector<double> voltage, threshold;
};

struct PlainResult {
  std::vector<Spike> spikes;
  Counts counts;
  std::uint64_t pending = 0;
  std::vector<double> voltage;
};

/// `first` inputs fire as listed; the accumulators follow. Projections in global numbers. Nothing
/// here is shared with the engine but the types of spikes and edges.
PlainResult plain_engine(const SpikeList::Lists& inputs, Accumulators cells,
                         const std::vector<Edges>& projections, std::int64_t end) {
  using Arrival = std::tuple<std::uint32_t, std::size_t, std::int64_t, float>;  // order at a tick
  std::map<std::int64_t, std::vector<Arrival>> agenda;
  std::map<std::int64_t, std::vector<std::pair<std::uint32_t, float>>> listed;
  const auto first = static_cast<std::uint32_t>(inputs.size());
  for (std::uint32_t i = 0; i < first; ++i)
    for (const auto& event : inputs[i])
      listed[event.at.time_since_epoch().count()].push_back({i, event.payload});
  PlainResult result;
  const auto apply = [&](const Arrival& a) {
    const auto [source, projection, delay, payload] = a;
    for (const Edge& e : projections[projection])
      if (e.pre == source && e.delay.count() == delay) {
        cells.voltage[e.post - first] += e.weight * static_cast<double>(payload);
        ++result.counts.synaptic_events;
        ++result.counts.neuron_updates;
      }
  };
  const auto fire = [&](std::uint32_t source, float payload, std::int64_t now) {
    result.spikes.push_back({tick(now), NeuronId{source}, payload});
    ++result.counts.spikes;
    ++result.counts.neuron_updates;
    for (std::size_t p = 0; p < projections.size(); ++p) {
      std::vector<std::int64_t> delays;
      for (const Edge& e : projections[p])
        if (e.pre == source) delays.push_back(e.delay.count());
      std::sort(delays.begin(), delays.end());
      delays.erase(std::unique(delays.begin(), delays.end()), delays.end());
      for (const std::int64_t delay : delays) {
        ++result.counts.packets;
        const Arrival arrival{source, p, delay, payload};
        if (delay == 0)
          apply(arrival);
        else
          agenda[now + delay].push_back(arrival);
      }
    }
  };
  for (;;) {
    std::int64_t now = end;
    if (!agenda.empty()) now = std::min(now, agenda.begin()->first);
    if (!listed.empty()) now = std::min(now, listed.begin()->first);
    if (now >= end) break;
    auto due = agenda.extract(now);
    if (due) {
      std::sort(due.mapped().begin(), due.mapped().end());
      for (const Arrival& a : due.mapped()) apply(a);
    }
    if (auto firing = listed.extract(now)) {
      std::stable_sort(firing.mapped().begin(), firing.mapped().end(),
                       [](const auto& a, const auto& b) { return a.first < b.first; });
      for (const auto& [source, payload] : firing.mapped()) fire(source, payload, now);
    }
    for (;;) {
      std::uint32_t i = 0;
      while (i < cells.voltage.size() && cells.voltage[i] < cells.threshold[i]) ++i;
      if (i == cells.voltage.size()) break;
      cells.voltage[i] -= cells.threshold[i];
      fire(first + i, 1, now);
    }
  }
  for (const auto& [time, arrivals] : agenda) result.pending += arrivals.size();
  result.voltage = cells.voltage;
  std::stable_sort(result.spikes.begin(), result.spikes.end(), [](const Spike& a, const Spike& b) {
    return std::pair(a.at, a.source) < std::pair(b.at, b.source);
  });
  return result;
}

}  // namespace

TEST_CASE("scheduler: random cascades are those of a plain engine, bit by bit",
          "[unit][scheduler]") {
  constexpr std::uint32_t inputs = 12, cells = 40;
  std::uint64_t all_spikes = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    RandomStream random{seed, 21};
    // Times and delays from few values, so that ties abound.
    SpikeList::Lists lists(inputs);
    for (auto& list : lists)
      for (std::int64_t t = random.below(4); t < 200; t += random.below(5))
        list.push_back({tick(t), static_cast<float>(random.below(3)) - 0.5F});
    const auto draw = [&](std::uint32_t pre, std::uint32_t first, std::uint32_t count) {
      Edges edges;
      for (std::uint32_t k = 0; k < count; ++k)
        edges.push_back({first + random.below(pre), random.below(cells), random.uniform() - 0.55,
                         Duration{random.below(4)}});
      return edges;
    };
    const Edges feed = draw(inputs, 0, 120), one = draw(cells, 0, 60), other = draw(cells, 0, 60);
    Accumulators start{std::vector<double>(cells), std::vector<double>(cells)};
    for (double& v : start.voltage) v = 0.3 * random.uniform();
    for (double& v : start.threshold) v = 0.2 + 0.6 * random.uniform();

    std::vector<Edges> global = {feed, one, other};
    for (std::size_t p = 0; p < 3; ++p)
      for (Edge& e : global[p]) {
        if (p > 0) e.pre += inputs;
        e.post += inputs;
      }
    const PlainResult truth = plain_engine(lists, start, global, 200);
    all_spikes += truth.counts.spikes;

    Network network;
    const auto input = network.add<SpikeList>("input", inputs, SpikeList::params(lists));
    const auto cell = network.add<LinearIf>("cell", cells);
    network.connect(input, cell, feed);
    network.connect(cell, cell, one);
    network.connect(cell, cell, other);
    for (const std::size_t cores : {1U, 3U, 16U}) {
      INFO("seed " << seed << ", " << cores << " cores");
      Simulation simulation(network, {.cores = cores});
      simulation.set(cell, &LinearIf::State::voltage, start.voltage);
      simulation.set(cell, &LinearIf::State::threshold, start.threshold);
      simulation.record(input);
      simulation.record(cell);
      simulation.run_until(tick(200));
      REQUIRE(simulation.take_spikes() == truth.spikes);
      REQUIRE(simulation.read(cell, &LinearIf::State::voltage) == truth.voltage);
      Counts counts = simulation.counts();
      if (cores == 1)
        REQUIRE(simulation.packets_pending() == truth.pending);
      else
        counts.packets = truth.counts.packets;  // a spike may go to several cores
      REQUIRE(counts == truth.counts);
    }
  }
  CHECK(all_spikes > 30'000);
}

TEST_CASE("scheduler: at one tick all arrivals come before any threshold is looked at",
          "[unit][scheduler]") {
  // Excitation would do alone; inhibition from a later source arrives at the same tick.
  for (const double inhibition : {0.0, -0.5}) {
    Network network;
    const auto input =
        network.add<SpikeList>("input", 2, SpikeList::params({{tick(0)}, {tick(5)}}));
    const auto cell = network.add<LinearIf>("cell", 1);
    network.connect(input, cell, {{0, 0, 1.2, Duration{10}}, {1, 0, inhibition, Duration{5}}});
    Simulation simulation(network);
    simulation.run_until(tick(100));
    CHECK(simulation.spike_counts(cell)[0] == (inhibition == 0 ? 1 : 0));
  }
}

TEST_CASE("scheduler: of those due at one tick the lowest fires first, and may hush the others",
          "[unit][scheduler]") {
  Network network;
  const auto input = network.add<SpikeList>("input", 1, SpikeList::params({{tick(0)}}));
  const auto cell = network.add<LinearIf>("cell", 5);
  network.connect(input, cell, all_to_all(1, 5, constant(1.1), constant(3 * ms)));
  network.connect(cell, cell, all_to_all(5, 5, constant(-0.5), constant(Duration{}), false));
  Simulation simulation(network);
  simulation.run_until(Time{1000 * ms});
  CHECK(simulation.spike_counts(cell) == std::vector<std::uint64_t>{1, 0, 0, 0, 0});
}

TEST_CASE("scheduler: a zero-delay chain of relays fires within one tick, up or down the numbers",
          "[unit][scheduler]") {
  constexpr std::uint32_t n = 200;
  for (const bool up : {true, false}) {
    Network network;
    const auto input = network.add<SpikeList>("input", 1, SpikeList::params({{tick(77)}}));
    const auto chain = network.add<Relay>("chain", n);
    network.connect(input, chain, {{0, up ? 0 : n - 1, 0.5, Duration{1}}});
    Edges edges;
    for (std::uint32_t i = 0; i + 1 < n; ++i)
      edges.push_back(up ? Edge{i, i + 1, 1.0, {}} : Edge{i + 1, i, 1.0, {}});
    network.connect(chain, chain, edges);
    Simulation simulation(network, {.cores = 4});
    simulation.record(chain);
    simulation.run_until(tick(100));
    const auto spikes = simulation.take_spikes();
    REQUIRE(spikes.size() == n);
    for (std::uint32_t i = 0; i < n; ++i) CHECK(spikes[i] == Spike{tick(78), chain[i], 0.5F});
  }
}

TEST_CASE("scheduler: delays add up to the tick, and payloads multiply, over any cores",
          "[unit][scheduler]") {
  constexpr std::uint32_t n = 64;
  Network network;
  SpikeList::Lists lists(1);
  lists[0] = {{tick(5), 3.0F}};
  const auto input = network.add<SpikeList>("input", 1, SpikeList::params(lists));
  const auto ring = network.add<Relay>("ring", n);
  network.connect(input, ring, {{0, 0, 1.0, ms}});
  Edges edges;
  for (std::uint32_t i = 0; i < n; ++i)
    edges.push_back({i, (i + 1) % n, i % 2 == 0 ? 2.0 : -0.5, Duration{1 + 1'000'003 * i}});
  network.connect(ring, ring, edges);
  for (const std::size_t cores : {1U, 4U, 65U}) {
    Simulation simulation(network, {.cores = cores});
    simulation.record(ring);
    simulation.run_until(Time{100 * ms});
    const auto spikes = simulation.take_spikes();
    REQUIRE(spikes.size() > 2 * n);
    Time at = tick(5) + ms;
    float payload = 3;
    for (std::size_t k = 0; k < spikes.size(); ++k) {
      REQUIRE(spikes[k] == Spike{at, ring[k % n], payload});
      at += edges[k % n].delay;
      payload *= k % 2 == 0 ? 2.0F : -0.5F;
    }
    CHECK(at >= Time{100 * ms});
    CHECK(simulation.packets_pending() == 1);
  }
}

TEST_CASE("scheduler: idle time costs nothing", "[unit][scheduler]") {
  // Two neurocores that a delay of one tick joins, and a spike a day: a window per tick would
  // never end.
  constexpr std::int64_t day = 86'400'000'000'000'000;
  Network network;
  const auto input = network.add<SpikeList>(
      "input", 1, SpikeList::params({{tick(day), tick(2 * day), tick(50 * day)}}));
  const auto relay = network.add<Relay>("relay", 1);
  network.connect(input, relay, {{0, 0, 1.0, Duration{1}}});
  Simulation simulation(network, {.cores = 2});
  simulation.record(relay);
  simulation.run_until(never);
  const auto spikes = simulation.take_spikes();
  REQUIRE(spikes.size() == 3);
  CHECK(spikes[2].at == tick(50 * day + 1));
}
