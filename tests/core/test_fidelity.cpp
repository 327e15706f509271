// The machine's own delays: exact where nothing waits, as queueing theory says where packets do,
// and nothing at all where they are zero.
#include <cmath>
#include <vector>

#include "core/simulation.hpp"
#include "neurons/lif.hpp"
#include "neurons/poisson.hpp"
#include "neurons/relay.hpp"
#include "neurons/spike_list.hpp"
#include "plasticity/stdp.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/slow_machine.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinRel;

namespace {

// One spike at 1 µs from core 0 to `fan_out` relays on another core; when they fire.
Time arrival(const Machine& m, CoreId target, std::uint32_t fan_out, Duration delay) {
  Network network;
  const auto source = network.add<SpikeList>("source", 1, SpikeList::params({{at_seconds(1e-6)}}));
  const auto relays = network.add<Relay>("relays", fan_out);
  network.connect(source, relays, all_to_all(1, fan_out, constant(1.0), constant(delay)));
  Mapping mapping{std::vector<CoreId>(1 + fan_out, target), 16};
  mapping.core_of[0] = CoreId{0};
  Simulation simulation(network, mapping, {.machine = m});
  simulation.record(relays);
  simulation.run_until(at_seconds(1e-3));
  const auto spikes = simulation.take_spikes();
  REQUIRE(spikes.size() == fan_out);
  for (const Spike& s : spikes) CHECK(s.at == spikes[0].at);
  const Counts counts = simulation.counts();
  const Mesh::Hops hops = m.mesh.hops(CoreId{0}, target);
  CHECK(counts.hops_east_west == hops.east_west);
  CHECK(counts.hops_north_south == hops.north_south);
  return spikes[0].at;
}

}  // namespace

TEST_CASE("fidelity: with nothing in its way a packet takes the sum of its parts", "[core]") {
  for (const Fidelity fidelity : {Fidelity::latency, Fidelity::queued, Fidelity::routed}) {
    const Machine m = slow_machine(fidelity);
    for (const Duration delay : {Duration{}, 1000 * ns}) {
      // update, spike, packet, link; 3 hops east and 2 south; arrival; 10 synapses.
      const Duration far = (5 + 11 + 13 + 29 + 3 * 19 + 2 * 23 + 17 + 10 * (3 + 5)) * ns;
      CHECK(arrival(m, CoreId{11}, 10, delay) == at_seconds(1e-6) + delay + far);
      const Duration here = (5 + 11 + 13 + 17 + 10 * (3 + 5)) * ns;
      CHECK(arrival(m, CoreId{0}, 10, delay) == at_seconds(1e-6) + delay + here);
    }
  }
  CHECK(arrival(slow_machine(Fidelity::ideal), CoreId{11}, 10, ns) == at_seconds(1e-6) + ns);
}

// Only its own packets are in a lone spike's way: baked into delays or followed, they come alike.
TEST_CASE("fidelity: a lone spike to many cores is the same baked in and followed", "[core]") {
  for (const Duration link : {Duration{}, 5 * ns, 29 * ns}) {
    std::vector<std::vector<Spike>> spikes;
    for (const Fidelity fidelity : {Fidelity::latency, Fidelity::queued}) {
      Network network;
      const auto source =
          network.add<SpikeList>("source", 1, SpikeList::params({{at_seconds(1e-6)}}));
      const auto relays = network.add<Relay>("relays", 32);
      network.connect(source, relays, all_to_all(1, 32, constant(1.0), constant(ns)));
      Mapping mapping{{CoreId{5}}, 16};
      for (std::uint32_t i = 0; i < 32; ++i) mapping.core_of.push_back(CoreId{i / 2});
      Machine m = slow_machine(fidelity);
      m.timing.link = link;
      Simulation simulation(network, mapping, {.machine = m});
      simulation.record(relays);
      simulation.run_until(at_seconds(1e-3));
      spikes.push_back(simulation.take_spikes());
    }
    REQUIRE(spikes[0].size() == 32);
    CHECK(spikes[0].front().at < spikes[0].back().at);
    CHECK(spikes[0] == spikes[1]);
  }
}

TEST_CASE("fidelity: packets that come together are served one after the other", "[core]") {
  Network network;
  const auto sources = network.add<SpikeList>(
      "sources", 3, SpikeList::params(std::vector<std::vector<Time>>(3, {at_seconds(1e-6)})));
  const auto relays = network.add<Relay>("relays", 3);
  network.connect(sources, relays, one_to_one(3, 3, constant(1.0), constant(ns)));
  Machine m;
  m.fidelity = Fidelity::queued;
  m.mesh = {2, 1, 1};
  m.timing.arrival = 100 * ns;
  Mapping mapping{{CoreId{0}, CoreId{0}, CoreId{0}, CoreId{1}, CoreId{1}, CoreId{1}}, 2};
  Simulation simulation(network, mapping, {.machine = m});
  simulation.record(relays);
  simulation.run_until(at_seconds(1e-3));
  const auto spikes = simulation.take_spikes();
  REQUIRE(spikes.size() == 3);
  for (std::uint32_t k = 0; k < 3; ++k) {
    CHECK(spikes[k].at == at_seconds(1e-6) + ns + (k + 1) * 100 * ns);
    CHECK(spikes[k].source == relays[k]);
  }
  const Waits waits = simulation.congestion().cores[1];
  CHECK(waits.served == 3);
  CHECK(waits.waited == (300 * ns).count());
  CHECK(waits.longest == 200 * ns);
  CHECK(waits.peak == 3);
  CHECK(waits.busy == (300 * ns).count());
}

// Pollaczek and Khinchine: of Poisson arrivals at a server with constant service S and load ρ the
// mean wait is ρ S / (2 (1 − ρ)).
TEST_CASE("fidelity: a Poisson stream into one core waits as in M/D/1", "[core]") {
  for (const double load : {0.3, 0.6, 0.8}) {
    constexpr double service = 1e-6;
    Network network;
    const auto source = network.add<Poisson>("source", 1, {.rate_hz = load / service});
    const auto relay = network.add<Relay>("relay", 1);
    network.connect(source, relay, all_to_all(1, 1, constant(1.0), constant(ns)));
    Machine m;
    m.fidelity = Fidelity::queued;
    m.mesh = {2, 1, 1};
    m.timing.arrival = from_seconds(service);
    Simulation simulation(network, {{CoreId{0}, CoreId{1}}, 2}, {.seed = 5, .machine = m});
    simulation.run_until(at_seconds(4.0));
    const Waits waits = simulation.congestion().cores[1];
    REQUIRE(waits.served > 1'000'000);
    CHECK(waits.served + simulation.packets_pending() == simulation.counts().packets);
    const double mean =
        static_cast<double>(waits.waited) * 1e-12 / static_cast<double>(waits.served);
    CHECK_THAT(mean, WithinRel(load * service / (2 * (1 - load)), 0.02));
    CHECK_THAT(static_cast<double>(waits.busy) * 1e-12 / 4.0, WithinRel(load, 0.01));
  }
}

TEST_CASE("fidelity: learning takes a core's time", "[core]") {
  const auto served_at = [](Duration learning) {
    Network network;
    const auto source = network.add<SpikeList>(
        "source", 1, SpikeList::params({{at_seconds(1e-6), at_seconds(1.01e-6)}}));
    const auto cell = network.add<Lif>("cell", 1);
    network.connect<Stdp>(source, cell, all_to_all(1, 1, constant(1.0), constant(ns)));
    Machine m = slow_machine(Fidelity::queued);
    m.timing = {.plasticity_update = learning};
    Simulation simulation(network, {{CoreId{0}, CoreId{1}}, 2}, {.machine = m});
    simulation.run_until(at_seconds(1e-3));
    REQUIRE(simulation.counts().plasticity_updates == 2);
    return simulation.congestion().cores[1];
  };
  CHECK(served_at(Duration{}).waited == 0);
  const Waits waits = served_at(50 * ns);  // the second comes 10 ns after the first
  CHECK(waits.waited == (40 * ns).count());
  CHECK(waits.busy == (100 * ns).count());
}

TEST_CASE("fidelity: what does not fit the machine is refused", "[core]") {
  Network network;
  network.add<Relay>("relays", 40);
  Machine m = slow_machine(Fidelity::queued);
  CHECK_THAT(error_of([&] { Simulation(network, {.cores = 17, .machine = m}); }),
             Contains("17 neurocores and a machine of 16"));
  HardwareProfile profile;
  profile.name = "tiny";
  profile.limits = {{"mesh_columns", {2, "", ""}}, {"mesh_rows", {1, "", ""}}};
  CHECK_THAT(error_of([&] { mesh_of(profile, 5); }),
             Contains("5 neurocores are 3 more than the 2 of tiny"));
  CHECK_THAT(error_of([&] { timing_of(profile, -1); }), Contains("speedup"));
  profile.times = {{"packets", "a packet", "", {}, {1e-9, "", ""}, {}, {}}};
  CHECK(timing_of(profile, 1e8).packet == from_seconds(0.1));
  CHECK_THAT(error_of([&] { timing_of(profile, 2e8); }), Contains("more than 0.1"));
  CHECK_THAT(error_of([&] { timing_of(profile, 1, -1); }), Contains("noc_slowdown"));
  profile.times.push_back({"hops_east_west", "a hop", "", {}, {1e-9, "", ""}, {}, {}});
  profile.times.push_back({"hops_north_south", "a hop", "", {}, {2e-9, "", ""}, {}, {}});
  profile.times.push_back({"link", "a link", "", {}, {1e-9, "", ""}, {}, {}});
  const Timing slow = timing_of(profile, 2, 3);  // of the network-on-chip alone
  CHECK(slow.packet == from_seconds(2e-9));
  CHECK(slow.hop_east_west == from_seconds(6e-9));
  CHECK(slow.hop_north_south == from_seconds(12e-9));
  CHECK(slow.link == from_seconds(6e-9));
  CHECK_THAT(error_of([&] { timing_of(profile, 1e6, 1e3); }), Contains("noc_slowdown of 1000"));
}
