// The causes of spikes, and what their packets waited for, beside times added up by hand; those of
// slow_machine() in nanoseconds: an update takes 5, a spike 11, a packet 13, the link 29, a hop to
// the east 19, and the service of a packet for one synapse 17 + 3 + 5.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/causal_path.hpp"
#include "core/simulation.hpp"
#include "neurons/relay.hpp"
#include "neurons/spike_list.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/slow_machine.hpp"

using namespace clockless;

namespace {

using Cause = CausalStep::Cause;
using Kind = CoreEvent::Kind;

constexpr Duration service = (17 + 3 + 5) * ns;

/// So many nanoseconds after the first microsecond.
Time at(std::int64_t n) { return Time{(1000 + n) * ns}; }

/// Sources that fire at times of their own, and relays.
struct Net {
  Network network = {};
  Population<SpikeList> sources = {};
  Population<Relay> relays = {};

  Net(const std::vector<std::vector<Time>>& times, std::uint32_t number_of_relays) {
    sources = network.add<SpikeList>("sources", static_cast<std::uint32_t>(times.size()),
                                     SpikeList::params(times));
    if (number_of_relays > 0) relays = network.add<Relay>("relays", number_of_relays);
  }
  void connect(const Edges& edges) { network.connect(sources, relays, edges); }
  Simulation simulation(const std::vector<std::uint32_t>& cores, const Machine& machine = {}) {
    Mapping mapping{{}, *std::max_element(cores.begin(), cores.end()) + std::size_t{1}};
    for (const std::uint32_t core : cores) mapping.core_of.push_back(CoreId{core});
    return Simulation(network, mapping, {.machine = machine});
  }
};

std::vector<CausalStep> path_to(Simulation& simulation, NeuronId neuron) {
  const Trace trace = simulation.take_trace();
  return causal_path(simulation, trace, neuron, 100);
}

/// From 1 µs after its start on a spike, and another µs later a firing that sends nothing.
struct SpikeAndSilence {
  static constexpr std::string_view name = "spike_and_silence";
  struct Params {};
  struct State {
    Duration now{};
    std::int64_t fired = 0;
  };
  static void advance(const Params&, State& s, Duration dt) { s.now += dt; }
  static void receive(const Params&, State&, Input) {}
  static Duration until_fire(const Params&, const State& s) {
    return s.fired == 2 ? forever : (s.fired + 1) * 1000 * ns - s.now;
  }
  static Emission fire(const Params&, State& s) { return {.sent = s.fired++ == 0}; }
};

}  // namespace

// Both packets are applied, that of weight 0 last, before the relay is asked whether it fires.
TEST_CASE("causal path: a synapse of weight 0 causes nothing", "[core]") {
  Net net({{at(0)}, {at(0)}}, 1);
  net.connect({{0, 0, 1.0, 100 * ns}, {1, 0, 0, 100 * ns}});
  Simulation simulation = net.simulation({0, 0, 0});
  const std::vector<Simulation::InputSource> inputs{{0, net.sources[0]}};
  CHECK(simulation.inputs_of(net.relays[0]) == inputs);
  simulation.trace(1000);
  simulation.run_until(at(1000));
  const Trace trace = simulation.take_trace();
  const auto& events = trace.cores[0].record.events;
  REQUIRE(events.size() == 7);  // two firings, two packets sent and served, the relay's firing
  REQUIRE(events[5].kind == Kind::served);
  REQUIRE(trace.cores[0].rows[index(events[5].row)].neuron == net.sources[1]);
  const auto path = causal_path(simulation, trace, net.relays[0], 100);
  REQUIRE(path.size() == 2);
  CHECK(path[1].neuron == net.sources[0]);
}

// Cores 0, 1 and 2 in a row. The packet of core 1 is at its router 67 ns after the first spike and
// on the link to core 2 until 96; the first of core 0, out at 58, comes to this link at 77 and
// keeps it until 125; the second has the axon from 29 to 58, is out at 87 and comes to this link at
// 106.
TEST_CASE("causal path: what a packet waits for at routers is told", "[core]") {
  Net net({{at(0), at(20)}, {at(9)}}, 2);
  net.connect({{0, 0, 1.0, ns}, {1, 1, 1.0, ns}});
  Simulation simulation =
      net.simulation({0, 1, 2, 2}, slow_machine(Fidelity::routed, Mesh{3, 1, 1}));
  simulation.trace(1000);
  simulation.run_until(at(10'000));
  const Trace trace = simulation.take_trace();
  const auto late = causal_path(simulation, trace, net.relays[0], 100);
  REQUIRE(late.size() == 2);
  CHECK(late[0].leaving == (87 - 20) * ns);
  CHECK(late[0].way == (19 + 19 + 19 + 1) * ns);  // a hop, the wait, a hop, the delay
  CHECK(late[0].service == service);
  CHECK(late[0].waited == ((29 - 20) + (125 - 106)) * ns);
  CHECK(late[0].hops == 2);
  CHECK(late[0].at == at(87 + 58 + 25));
  CHECK(late[1].at == at(20));
  const auto early = causal_path(simulation, trace, net.relays[1], 100);
  REQUIRE(early.size() == 2);
  CHECK(early[0].waited == Duration{});
  CHECK(early[0].hops == 1);
}

// One spike for cores 1 and 2: the second packet has its axon from 29 to 42 ns, but the link is the
// first's until 58.
TEST_CASE("causal path: what a packet waits for its core's link is told", "[core]") {
  Net net({{at(0)}}, 2);
  net.connect({{0, 0, 1.0, ns}, {0, 1, 1.0, ns}});
  for (const Fidelity fidelity : {Fidelity::queued, Fidelity::routed}) {
    Simulation simulation = net.simulation({0, 1, 2}, slow_machine(fidelity, {3, 1, 1}));
    simulation.trace(1000);
    simulation.run_until(at(10'000));
    const auto path = path_to(simulation, net.relays[1]);
    REQUIRE(path.size() == 2);
    CHECK(path[0].leaving == (5 + 11 + 13 + 29 + 29) * ns);
    CHECK(path[0].waited == (58 - 42) * ns);
  }
}

// The first packet has been applied, the second is still on its way: with both behind, the one
// sent last is not the cause.
TEST_CASE("causal path: of two packets of one source each has its own spike", "[core]") {
  Net net({{at(0), at(100)}}, 1);
  net.connect({{0, 0, 1.0, 1000 * ns}});
  for (const Fidelity fidelity :
       {Fidelity::ideal, Fidelity::latency, Fidelity::queued, Fidelity::routed}) {
    const bool delays = fidelity > Fidelity::ideal;
    const std::int64_t first = 1000 + (delays ? 5 + 11 + 13 + 29 + 19 + 25 : 0);
    Simulation simulation = net.simulation({0, 1}, slow_machine(fidelity, {2, 1, 1}));
    simulation.trace(1000);
    simulation.run_until(at(first + 50));
    auto path = path_to(simulation, net.relays[0]);
    REQUIRE(path.size() == 2);
    CHECK(path[0].at == at(first));
    CHECK(path[1].at == at(0));
    simulation.restart(1);
    simulation.trace(1000);
    simulation.run_until(at(first + 150));
    path = path_to(simulation, net.relays[0]);
    REQUIRE(path.size() == 2);
    CHECK(path[0].at == at(first + 100));
    CHECK(path[1].at == at(100));
  }
}

// One place at core 1. The first packet is out at 58 ns, there at 78, and in service at once; word
// of its place is back at 78 + 29 + 19 = 126. Only then the second leaves, off its axon since 58;
// its source, which had the axon from 29 on for the spike at 10, has fired once more by then.
TEST_CASE("causal path: what was held for a place has its own spike and waited for it", "[core]") {
  Net net({{at(0), at(10), at(20)}}, 1);
  net.connect({{0, 0, 1.0, ns}});
  Machine machine = slow_machine(Fidelity::queued, {2, 1, 1});
  machine.core_buffer = 1;
  Simulation simulation = net.simulation({0, 1}, machine);
  simulation.trace(1000);
  simulation.run_until(at(210));
  const auto path = path_to(simulation, net.relays[0]);
  REQUIRE(path.size() == 2);
  CHECK(path[0].at == at(126 + 29 + 19 + 1 + 25));
  CHECK(path[0].leaving == (126 + 29 - 10) * ns);
  CHECK(path[0].way == (19 + 1) * ns);
  CHECK(path[0].service == service);
  CHECK(path[0].waited == ((29 - 10) + (126 - 58)) * ns);
  CHECK(path[1].at == at(10));
  CHECK(path[1].cause == Cause::drive);
}

TEST_CASE("causal path: what came before the trace is not called a neuron's own drive", "[core]") {
  Net net({{at(0), at(2000)}}, 1);
  net.connect({{0, 0, 1.0, 1000 * ns}});
  Simulation simulation = net.simulation({0, 0});
  const auto cause_of = [&](NeuronId neuron) {
    const auto path = path_to(simulation, neuron);
    REQUIRE(path.size() == 1);
    return path[0].cause;
  };
  simulation.trace(1000);
  simulation.run_until(at(500));
  CHECK(cause_of(net.sources[0]) == Cause::drive);
  simulation.trace(1000);  // while the packet is on its way
  simulation.run_until(at(1500));
  CHECK(cause_of(net.relays[0]) == Cause::before);
  simulation.trace(1000);  // of what nothing reaches
  simulation.run_until(at(2500));
  CHECK(cause_of(net.sources[0]) == Cause::before);

  simulation.restart(1);
  simulation.trace(4);  // of: fires, sends, serves, the relay fires; fires and sends again
  simulation.run_until(at(2500));
  CHECK(cause_of(net.sources[0]) == Cause::before);
}

TEST_CASE("causal path: a restart begins the trace at time 0", "[core]") {
  Net net({{at(0), at(2000)}}, 0);
  Simulation simulation = net.simulation({0});
  simulation.run_until(at(1000));
  simulation.trace(1000);
  simulation.run_until(at(1500));
  simulation.restart(1);
  simulation.run_until(at(500));
  const Trace trace = simulation.take_trace();
  CHECK(trace.since == Time{});
  const auto path = causal_path(simulation, trace, net.sources[0], 100);
  REQUIRE(path.size() == 1);
  CHECK(path[0].at == at(0));
  CHECK(path[0].cause == Cause::drive);
}

TEST_CASE("causal path: a firing that sends nothing is no last spike", "[core]") {
  Network network;
  const auto one = network.add<SpikeAndSilence>("one", 1);
  Simulation simulation(network, {});
  simulation.trace(1000);
  simulation.run_until(at(2000));
  const Trace trace = simulation.take_trace();
  REQUIRE(trace.cores[0].record.events.size() == 2);
  NeuronId last{};
  CHECK(last_to_fire(trace, one, last));
  const auto path = causal_path(simulation, trace, one[0], 100);
  REQUIRE(path.size() == 1);
  CHECK(path[0].at == at(0));
}

TEST_CASE("causal path: of those that fire last at once it is the highest wherever it is",
          "[core]") {
  for (const std::vector<std::uint32_t>& cores :
       std::vector<std::vector<std::uint32_t>>{{0, 1, 2}, {2, 1, 0}, {1, 1, 0}, {0, 0, 0}}) {
    Net net({{at(0), at(50)}, {at(50)}, {at(49)}}, 0);
    Simulation simulation = net.simulation(cores);
    simulation.trace(1000);
    simulation.run_until(at(100));
    NeuronId last{};
    REQUIRE(last_to_fire(simulation.take_trace(), net.sources, last));
    CHECK(last == net.sources[1]);
  }
}
