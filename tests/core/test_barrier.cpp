// Barriers: what is sent in a step arrives at its end, and a step lasts as long as the slowest
// neurocore. Every figure by hand.
#include <vector>

#include "core/simulation.hpp"
#include "neurons/relay.hpp"
#include "neurons/spike_list.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;
using Catch::Matchers::Contains;

namespace {

constexpr Duration ns{1000}, us{1'000'000};
Time at(std::int64_t microseconds, Duration more = {}) { return Time{} + microseconds * us + more; }

Machine clocked() {
  Machine m;
  m.step = us;
  m.timing = {.synaptic_event = 3 * ns,
              .neuron_update = 5 * ns,
              .spike = 11 * ns,
              .packet = 13 * ns,
              .idle_update = 2 * ns,
              .barrier = 100 * ns};
  return m;
}

}  // namespace

TEST_CASE("barrier: what is sent in a step arrives at its end", "[core]") {
  for (const std::size_t cores : {1U, 2U, 4U})
    for (const Duration delay : {Duration{}, ns, 1500 * ns}) {
      Network network;
      // Within a step, at its very end, and at a barrier: the last belongs to the next step.
      const auto source = network.add<SpikeList>(
          "source", 1, SpikeList::params({{at(0, 400 * ns), at(3, 999 * ns), at(7)}}));
      const auto relays = network.add<Relay>("relays", 3);
      network.connect(source, relays, all_to_all(1, 3, constant(1.0), constant(delay)));
      network.connect(relays, relays, Edges{{0, 1, 1, {}}});
      Simulation simulation(network, {.cores = cores, .machine = clocked()});
      simulation.record(relays);
      simulation.run_until(at(20));
      std::vector<Time> expected;
      const int later = delay > ns ? 2 : 1;
      for (const Time t : {at(0), at(3), at(7)}) {
        const bool third = t == at(3) && delay > ns;  // 3.999 + 1.5 µs is beyond the fifth
        const Time there = t + (third ? 3 : later) * us;
        for (int k = 0; k < 3; ++k) expected.push_back(there);
        expected.push_back(there + us);  // zero-delay chains go on a step later
      }
      std::sort(expected.begin(), expected.end());
      std::vector<Time> times;
      for (const Spike& s : simulation.take_spikes()) times.push_back(s.at);
      CHECK(times == expected);
      CHECK(simulation.counts().barriers == 20);
    }
}

TEST_CASE("barrier: a step takes what its slowest core needs", "[core]") {
  Network network;
  const auto source = network.add<SpikeList>("source", 1, SpikeList::params({{at(2, 400 * ns)}}));
  const auto relays = network.add<Relay>("relays", 5);
  network.connect(source, relays, all_to_all(1, 5, constant(1.0), constant(ns)));
  const Mapping mapping{{CoreId{0}, CoreId{1}, CoreId{1}, CoreId{1}, CoreId{2}, CoreId{2}}, 3};
  Machine m = clocked();
  m.mesh = {3, 1, 1};
  Simulation simulation(network, mapping, {.machine = m});
  // In odd pieces: nothing depends on where a run pauses.
  for (const Duration pause : {700 * ns, 2100 * ns, 2300 * ns, 3000 * ns, 3001 * ns, 9 * us})
    simulation.run_until(Time{} + pause);
  // Nothing in steps 0, 1 and 4 to 8: core 1 visits its three neurons in vain, 6 ns. In step 2 the
  // source fires: 5 + 11 + 2 packets of 13, beside core 1's 6. In step 3 core 1 has 3 × (3 + 5),
  // then three relays fire, 3 × (5 + 11), and send nothing.
  const std::int64_t work = 7 * 6 + (5 + 11 + 26) + (24 + 48);
  CHECK(simulation.counts().barriers == 9);
  CHECK(simulation.congestion().steps == (work + 9 * 100) * 1000);
  // Six neurons in nine steps; one is active in step 2 and five in step 3.
  CHECK(simulation.counts().idle_updates == 6 * 9 - 1 - 5);
  simulation.restart(1);
  CHECK(simulation.counts() == Counts{});
  simulation.run_until(at(9));
  CHECK(simulation.counts().barriers == 9);
  CHECK(simulation.congestion().steps == 2 * (work + 9 * 100) * 1000);
  simulation.restart(1);  // and in the midst of the step in which the source fires
  simulation.run_until(at(2, 500 * ns));
  simulation.restart(1);
  simulation.run_until(at(9));
  CHECK(simulation.counts().idle_updates == 6 * 9 - 1 - 5);
}

TEST_CASE("barrier: work is what each event takes, however long it goes on", "[core]") {
  Machine m = clocked();
  m.timing.synaptic_event = m.timing.barrier = Duration{};
  m.timing.plasticity_update = Duration{100'000'000'000};  // 0.1 s
  Barrier barrier(m, {0, 0});
  Counts counts;
  const std::int64_t each = 1'000'000'000'000'000'000 + 11'000 + 3 * 5'000 + 4 * 13'000;
  for (std::int64_t step = 0; step < 20; ++step) {
    counts += {1, 2, 3, 4, 10'000'000};
    barrier.follow(1, at(step), counts);
  }
  barrier.pass(at(20));
  CHECK(barrier.took() == TickSum{20} * each);
  CHECK(barrier.counts().idle_updates == 0);
}

TEST_CASE("barrier: it goes with no other delays", "[core]") {
  Network network;
  network.add<Relay>("relays", 2);
  Machine m = clocked();
  m.fidelity = Fidelity::latency;
  CHECK_THAT(error_of([&] { Simulation(network, {.machine = m}); }), Contains("fidelity = ideal"));
}
