// Finite buffers of neurocores: what a window of places lets through, every message where machines
// that go step by step have it, and nothing lost.
#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "core/simulation.hpp"
#include "neurons/relay.hpp"
#include "neurons/spike_list.hpp"
#include "tests/support/busy_network.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/messages.hpp"
#include "tests/support/slow_machine.hpp"

using namespace clockless;
using Catch::Matchers::Contains;

namespace {

Machine with_places(std::uint32_t places, Fidelity fidelity = Fidelity::queued) {
  Machine m{fidelity, {}, {2, 2, 1}};
  m.core_buffer = places;
  m.timing = {
      .arrival = 100 * ns, .hop_east_west = 20 * ns, .hop_north_south = 30 * ns, .link = 10 * ns};
  return m;
}

// `n` spikes at once from core 0, each to a relay of its own on core 1: when these fire, in ns.
std::vector<std::int64_t> burst(const Machine& machine, std::uint32_t n, Waits* sender = nullptr) {
  Network network;
  const auto sources = network.add<SpikeList>(
      "sources", n, SpikeList::params(std::vector<std::vector<Time>>(n, {at_seconds(1e-6)})));
  const auto relays = network.add<Relay>("relays", n);
  network.connect(sources, relays, one_to_one(n, n, constant(1.0), constant(Duration{})));
  Mapping mapping{std::vector<CoreId>(n, CoreId{0}), 4};
  mapping.core_of.resize(2 * n, CoreId{1});
  Simulation simulation(network, mapping, {.machine = machine});
  simulation.record(relays);
  simulation.run_until(at_seconds(1.0));
  REQUIRE(simulation.packets_pending() == 0);
  if (sender != nullptr) *sender = simulation.congestion().cores[0];
  std::vector<std::int64_t> fired;
  for (const Spike& spike : simulation.take_spikes())
    fired.push_back((spike.at - at_seconds(1e-6)) / ns);
  return fired;
}

}  // namespace

TEST_CASE("core buffer: a place is free again a round trip after it was taken", "[core]") {
  // 10 on the link, 20 on the way, served at once for 100; word goes back within 30.
  CHECK(burst(with_places(0), 4) == std::vector<std::int64_t>{130, 230, 330, 430});
  Waits waits;
  CHECK(burst(with_places(1), 4, &waits) == std::vector<std::int64_t>{130, 230, 330, 430});
  CHECK(waits.stalls == 3);  // could leave from 10, 70, 170 on, and did at 60, 160, 260
  CHECK(waits.stalled == (230 * ns).count());
  CHECK(waits.sent == 4);
  CHECK(waits.left == 4);
  CHECK(waits.held == ((10 + 70 + 170 + 270) * ns).count());
}

namespace {

/// Fires once, so many spikes at once.
struct Volley {
  static constexpr std::string_view name = "volley";
  struct Params {
    Time at{};
    std::uint16_t spikes = 1;
  };
  struct State {
    Time now{};
    bool fired = false;
  };
  static void advance(const Params&, State& s, Duration dt) { s.now += dt; }
  static void receive(const Params&, State&, Input) {}
  static Duration until_fire(const Params& p, const State& s) {
    return s.fired ? forever : p.at - s.now;
  }
  static Emission fire(const Params& p, State& s) {
    s.fired = true;
    return {.spikes = p.spikes};
  }
};

}  // namespace

TEST_CASE("core buffer: a message takes one place, and its packets' time of axon and link",
          "[core]") {
  Network network;
  const Time start = at_seconds(1e-6);
  const auto three = network.add<Volley>("three", 1, {start, 3});
  const auto one = network.add<Volley>("one", 1, {start, 1});
  const auto relays = network.add<Relay>("relays", 2);
  network.connect(three, relays, Edges{{0, 0, 1.0, Duration{}}});
  network.connect(one, relays, Edges{{0, 1, 1.0, Duration{}}});
  const Mapping mapping{{CoreId{0}, CoreId{0}, CoreId{1}, CoreId{1}}, 4};
  Machine m = with_places(1);
  m.timing.packet = 5 * ns;
  Simulation simulation(network, mapping, {.machine = m});
  simulation.record(relays);
  simulation.run_until(at_seconds(1e-3));
  // Three: 15 on the axon, on the link to 45, there at 65, word of the place back at 95. One: on
  // the axon to 20, on the link from 95 to 105, there at 125, served from 165 on.
  const auto spikes = simulation.take_spikes();
  REQUIRE(spikes.size() == 2);
  CHECK(spikes[0].at == start + 165 * ns);
  CHECK(spikes[1].at == start + 265 * ns);
  const Waits waits = simulation.congestion().cores[0];
  CHECK(waits.left == 4);
  CHECK(waits.held == ((45 + 105) * ns).count());
  CHECK(waits.stalls == 1);
  CHECK(waits.stalled == ((95 - 45) * ns).count());
}

// n places let through n messages a round trip, unless link or service is slower: the law of
// sliding windows.
TEST_CASE("core buffer: throughput is that of a sliding window", "[core]") {
  constexpr std::int64_t link = 10, hop = 400, trip = 2 * (link + hop);
  for (const std::int64_t service : {1, 100})
    for (const std::uint32_t places : {1U, 2U, 5U, 8U, 50U, 100U}) {
      Machine m = with_places(places);
      m.timing.arrival = service * ns;
      m.timing.hop_east_west = hop * ns;
      const auto fired = burst(m, 401);
      REQUIRE(fired.size() == 401);
      const double period = static_cast<double>(fired[400] - fired[200]) / 200;
      const double slowest = static_cast<double>(std::max(link, service));
      CHECK(period == std::max(slowest, static_cast<double>(trip) / places));
    }
}

namespace {

/// Each message from a neuron of its own to a relay of its own: when that fires, in ns.
std::vector<std::int64_t> event_driven(const Machine& machine,
                                       const std::vector<Message>& messages) {
  const auto n = static_cast<std::uint32_t>(messages.size());
  std::vector<std::vector<Time>> at;
  for (const Message& m : messages) at.push_back({Time{m.at * ns}});
  Network network;
  const auto sources = network.add<SpikeList>("sources", n, SpikeList::params(at));
  const auto relays = network.add<Relay>("relays", n);
  network.connect(sources, relays, one_to_one(n, n, constant(1.0), constant(ns)));
  Mapping mapping{{}, machine.mesh.cores()};
  for (const Message& m : messages) mapping.core_of.push_back(CoreId{m.from});
  for (const Message& m : messages) mapping.core_of.push_back(CoreId{m.to});
  Simulation simulation(network, mapping, {.threads = 2, .machine = machine});
  simulation.record(relays);
  simulation.run_until(at_seconds(1.0));
  CHECK(simulation.packets_pending() == 0);
  const Waits all = simulation.congestion().all_cores();
  CHECK(all.sent == n);
  CHECK(all.served == n);
  std::vector<std::int64_t> fired(n, -1);
  for (const Spike& spike : simulation.take_spikes())
    fired[index(spike.source) - relays.first] = spike.at.time_since_epoch() / ns;
  return fired;
}

/// The same rules, nanosecond by nanosecond: a link, a queue and a server a core.
std::vector<std::int64_t> step_by_step(const Machine& machine,
                                       const std::vector<Message>& messages) {
  const std::size_t cores = machine.mesh.cores();
  const std::int64_t link = machine.timing.link / ns, service = machine.timing.arrival / ns;
  const auto travel = [&](std::uint32_t a, std::uint32_t b) {
    return machine.travel(machine.mesh.hops(CoreId{a}, CoreId{b})) / ns;
  };
  std::vector<std::deque<std::size_t>> leaving(cores), queue(cores);
  std::vector<std::int64_t> link_free(cores, 0), done(cores, -1);
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> taken;
  std::map<std::int64_t, std::vector<std::size_t>> arrivals;
  std::map<std::int64_t, std::vector<std::pair<std::uint32_t, std::uint32_t>>> words;
  std::vector<std::int64_t> fired(messages.size(), -1);
  std::size_t left = messages.size(), next = 0;
  for (std::int64_t now = 0; left > 0; ++now) {
    REQUIRE(now < 10'000'000);
    if (const auto found = arrivals.find(now); found != arrivals.end()) {
      std::sort(found->second.begin(), found->second.end());
      for (const std::size_t k : found->second) queue[messages[k].to].push_back(k);
    }
    for (const auto& pair : words[now]) --taken[pair];
    for (std::uint32_t c = 0; c < cores; ++c) {
      if (done[c] == now) {
        fired[queue[c].front()] = now;
        queue[c].pop_front();
        done[c] = -1;
        --left;
      }
      if (done[c] < 0 && !queue[c].empty()) {
        done[c] = now + service;
        const std::uint32_t from = messages[queue[c].front()].from;
        if (from != c) words[now + link + travel(c, from)].push_back({from, c});
      }
    }
    for (; next < messages.size() && messages[next].at == now; ++next) {
      if (messages[next].from == messages[next].to)
        arrivals[now + 1].push_back(next);
      else
        leaving[messages[next].from].push_back(next);
    }
    for (std::uint32_t c = 0; c < cores; ++c) {
      if (leaving[c].empty() || link_free[c] > now) continue;
      const std::size_t k = leaving[c].front();
      std::uint32_t& places = taken[{c, messages[k].to}];
      if (places == machine.core_buffer) continue;
      ++places;
      link_free[c] = now + link;
      arrivals[now + link + travel(c, messages[k].to) + 1].push_back(k);
      leaving[c].pop_front();
    }
  }
  return fired;
}

}  // namespace

TEST_CASE("core buffer: every message is served when a machine that goes step by step serves it",
          "[core][parallel]") {
  for (const std::uint32_t places : {1U, 2U, 7U, 1000U})
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      Machine m = with_places(places);
      const auto messages = traffic(4, 1000, 30'000, seed);
      const auto truth = step_by_step(m, messages);
      CHECK(event_driven(m, messages) == truth);
      m.core_buffer = 0;
      const bool same = event_driven(m, messages) == truth;
      CHECK(same == (places == 1000));  // so many are as good as no end
    }
}

TEST_CASE("core buffer: nothing is lost, and threads change no bit", "[core][parallel]") {
  const Busy busy;
  for (const Fidelity fidelity : {Fidelity::queued, Fidelity::routed}) {
    Machine m = slow_machine(fidelity, {2, 2, 1});
    std::vector<std::uint64_t> hashes;
    for (const std::uint32_t places : {0U, 1U, 1'000'000U}) {
      m.core_buffer = places;
      Simulation one = busy.simulation(m), two = busy.simulation(m, 2);
      for (Simulation* s : {&one, &two}) {
        s->run_until(at_seconds(4e-6));  // many are held by now
        const Waits some = s->congestion().all_cores();
        CHECK(some.in_flight == s->packets_pending());
        CHECK(some.served + some.in_flight == some.sent);
        CHECK(some.sent == s->counts().packets);
        s->restart(1);
        CHECK(s->packets_pending() == 0);
        CHECK(s->congestion().all_cores().dropped == some.sent - some.served);
        s->run_until(at_seconds(1e-2));
        const Waits all = s->congestion().all_cores();
        CHECK(s->packets_pending() == 0);
        CHECK(all.served + all.dropped == all.sent);
        CHECK(all.sent == some.sent + s->counts().packets);
      }
      CHECK(one.spike_hash() == two.spike_hash());
      CHECK(one.congestion() == two.congestion());
      hashes.push_back(one.spike_hash());
      const bool stalls =
          one.congestion().all_cores().stalls + one.congestion().all_links().stalls > 0;
      CHECK(stalls == (places == 1));
    }
    CHECK(hashes[0] == hashes[2]);
    CHECK(hashes[0] != hashes[1]);
  }
}

TEST_CASE("core buffer: it needs queues, and links that take time", "[core]") {
  CHECK_THAT(error_of([] { burst(with_places(1, Fidelity::latency), 2); }),
             Contains("from fidelity = queued on"));
  Machine m = with_places(1);
  m.timing.link = m.timing.hop_east_west = Duration{};
  CHECK_THAT(error_of([&] { burst(m, 2); }),
             Contains("neurocores 0 and 1") && Contains("leave core_buffer at 0"));
}
