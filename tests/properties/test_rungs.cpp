// Every rung of the fidelity ladder: the same bits on any number of threads, the bits of `ideal`
// where nothing takes time, and no packet lost.
#include "tests/properties/examples.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;
using namespace clockless::test;

namespace {

constexpr Duration us{1'000'000};

Machine slow_machine(Fidelity fidelity) {
  Machine m{fidelity, {}, {4, 4, 1}};
  m.timing = {.synaptic_event = us / 3,
              .neuron_update = us / 2,
              .plasticity_update = us,
              .spike = 2 * us,
              .packet = 3 * us,
              .arrival = 5 * us,
              .hop_east_west = 7 * us,
              .hop_north_south = 11 * us,
              .link = us / 7};
  return m;
}

std::vector<Example> examples() {
  std::vector<Example> all = random_networks();
  all.push_back(dense_ring<float>());
  return all;
}

}  // namespace

TEST_CASE("rungs: without delays every rung has the spikes of ideal", "[properties][parallel]") {
  for (const Example& example : examples()) {
    const Outcome ideal = run(example, {.cores = 16});
    for (const Fidelity fidelity : {Fidelity::latency, Fidelity::queued, Fidelity::routed}) {
      Machine none{fidelity, {}, {4, 4, 1}};
      Outcome trace = run(example, {.threads = 2, .cores = 16, .machine = none});
      CHECK(trace.counts.hops_east_west + trace.counts.hops_north_south > 0);
      trace.counts.hops_east_west = trace.counts.hops_north_south = 0;
      CHECK(trace == ideal);
    }
  }
}

TEST_CASE("rungs: the same bits on any number of threads", "[properties][parallel]") {
  Machine tight = slow_machine(Fidelity::routed);
  tight.buffer = tight.core_buffer = 1;
  for (const Example& example : examples())
    for (const Machine& machine : {slow_machine(Fidelity::latency), slow_machine(Fidelity::queued),
                                   slow_machine(Fidelity::routed), tight})
      for (const std::size_t cores : {1U, 4U, 16U}) {
        const RunOptions one{.cores = cores, .machine = machine};
        const Outcome truth = run(example, one);
        CHECK(truth.hash != run(example, {.cores = cores}).hash);  // delays move spikes
        for (const unsigned threads : {2U, 4U}) {
          RunOptions more = one;
          more.threads = threads;
          CHECK(run(example, more) == truth);
        }
      }
}

TEST_CASE("rungs: packets are served or on their way", "[properties]") {
  for (const Example& example : examples())
    for (const auto& [cores, places] : {std::pair{1U, 0U}, {16U, 0U}, {16U, 2U}}) {
      Machine machine = slow_machine(Fidelity::queued);
      machine.core_buffer = places;
      Simulation s(example.network, {.cores = cores, .machine = machine});
      example.begin(s);
      for (int k = 1; k <= 10; ++k) {
        s.run_until(Time{k * (example.end - Time{}) / 10});
        const Waits all = s.congestion().all_cores();
        CHECK(all.sent == s.counts().packets);
        CHECK(all.served + s.packets_pending() == s.counts().packets);
      }
      // Anew it is the same, and what was on its way is gone.
      const std::uint64_t hash = s.spike_hash(), sent = s.counts().packets;
      const std::uint64_t pending = s.packets_pending();
      s.restart(1);
      example.begin(s);
      s.run_until(example.end);
      if (!example.learning) CHECK(s.spike_hash() == hash);  // else weights are others by now
      const Waits all = s.congestion().all_cores();
      CHECK(all.sent == sent + s.counts().packets);
      CHECK(all.dropped == pending);
      CHECK(all.served + all.dropped + s.packets_pending() == all.sent);
    }
}
