// What a trace holds is what was counted elsewhere, and following it changes nothing; the causes of
// a spike are those that a network was built to have.
#include <algorithm>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "core/causal_path.hpp"
#include "core/simulation.hpp"
#include "neurons/phased_if.hpp"
#include "neurons/relay.hpp"
#include "neurons/spike_list.hpp"
#include "plasticity/contrast.hpp"
#include "tests/support/busy_network.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/script.hpp"
#include "tests/support/slow_machine.hpp"

using namespace clockless;

namespace {

using Kind = CoreEvent::Kind;
using Interval = std::pair<Time, Time>;

/// Whether a server did one thing at a time.
bool one_at_a_time(std::vector<Interval> intervals) {
  std::sort(intervals.begin(), intervals.end());
  for (std::size_t k = 1; k < intervals.size(); ++k)
    if (intervals[k].first < intervals[k - 1].second) return false;
  return true;
}

auto fields(const CoreEvent& e) {
  return std::tuple(e.kind, e.since, e.start, e.end, e.done, e.row, e.neuron, e.to, e.packets,
                    e.due);
}

struct Sums {
  std::uint64_t served = 0, sent = 0, fired = 0, packets = 0;
  TickSum waited = 0, busy = 0, held = 0, firing = 0, sending = 0;
};

Sums sums_of(const Trace::Core& core) {
  Sums s;
  std::vector<Interval> input, axons;
  Time noted{};
  for (const CoreEvent& e : core.record.events) {
    REQUIRE(e.noted() >= noted);
    REQUIRE((e.since <= e.start && e.start <= e.end));
    noted = e.noted();
    const std::int64_t took = (e.end - e.start).count();
    (e.kind == Kind::served || e.kind == Kind::learned ? input : axons)
        .emplace_back(e.start, e.end);
    switch (e.kind) {
      case Kind::served:
        ++s.served;
        s.waited += (e.start - e.since).count();
        s.busy += took;
        break;
      case Kind::learned:
        s.busy += took;
        break;
      case Kind::fired:
        ++s.fired;
        s.firing += took;
        break;
      case Kind::sent:
        ++s.sent;
        s.packets += e.packets;
        s.held += (e.done - e.since).count();
        s.sending += took;
        break;
    }
  }
  CHECK(one_at_a_time(std::move(input)));
  CHECK(one_at_a_time(std::move(axons)));
  return s;
}

}  // namespace

TEST_CASE("trace: what cores and links did adds up to what they counted", "[core]") {
  const Busy busy;
  for (const auto& [fidelity, places] : {std::pair{Fidelity::queued, 0U},
                                         {Fidelity::queued, 1U},
                                         {Fidelity::routed, 0U},
                                         {Fidelity::routed, 1U}}) {
    Machine machine = slow_machine(fidelity, {2, 2, 1});
    machine.core_buffer = places;
    Simulation simulation = busy.simulation(machine);
    simulation.trace(1'000'000);
    simulation.run_until(at_seconds(1e-2));
    REQUIRE(simulation.packets_pending() == 0);
    const Congestion counted = simulation.congestion();
    const Trace trace = simulation.take_trace();
    const Timing t = simulation.machine().timing;
    REQUIRE(trace.left_out() == 0);
    Counts of_core;
    for (std::size_t c = 0; c < 4; ++c) {
      const Waits& w = counted.cores[c];
      const Sums s = sums_of(trace.cores[c]);
      Counts did;
      for (const Share& share : counted.shares)
        if (share.core == c) did += share.counts;
      of_core += did;
      CHECK(s.served == w.served);
      CHECK(s.waited == w.waited);
      CHECK(s.waited > 0);
      CHECK(s.busy == w.busy);
      CHECK(s.sent == w.sent);
      CHECK(s.held == w.held);
      CHECK(s.fired == w.fired);
      CHECK(s.packets == did.packets);
      CHECK(s.firing == TickSum{w.fired} * (t.neuron_update + t.spike).count());
      CHECK(s.sending == TickSum{did.packets} * t.packet.count());
      // What a core served, by what its neurons counted: each firing is an update, too.
      CHECK(w.busy == TickSum{w.arrived} * t.arrival.count() +
                          TickSum{did.synaptic_events} * t.synaptic_event.count() +
                          TickSum{did.neuron_updates - w.fired} * t.neuron_update.count() +
                          TickSum{did.plasticity_updates} * t.plasticity_update.count());
    }
    CHECK(of_core == simulation.counts());
    CHECK(of_core.plasticity_updates > 0);
    std::vector<LinkUse> links(counted.links.size());
    std::vector<std::vector<Interval>> taken(counted.links.size());
    for (const LinkEvent& e : trace.links.events) {
      links[e.link].packets += e.packets;
      links[e.link].busy += (e.end - e.start).count();
      links[e.link].waited += (e.start - e.since).count();
      taken[e.link].emplace_back(e.start, e.end);
    }
    CHECK(trace.links.events.empty() == (fidelity == Fidelity::queued));
    for (std::size_t k = 0; k < links.size(); ++k) {
      CHECK(links[k].packets == counted.links[k].packets);
      CHECK(links[k].busy == counted.links[k].busy);
      CHECK(links[k].waited == counted.links[k].waited);
      CHECK(one_at_a_time(taken[k]));
    }
    std::vector<std::pair<Time, NeuronId>> seen, told;
    for (const Trace::Core& core : trace.cores)
      for (const CoreEvent& e : core.record.events)
        if (e.kind == Kind::fired && e.packets > 0 &&
            index(e.neuron) - busy.cells.first < busy.cells.size)
          seen.emplace_back(e.since, e.neuron);
    for (const Spike& spike : simulation.take_spikes()) told.emplace_back(spike.at, spike.source);
    std::sort(seen.begin(), seen.end());
    CHECK(seen == told);
    CHECK(!seen.empty());
  }
}

TEST_CASE("trace: it changes no bit, is the same for all threads, and keeps to its size",
          "[core][parallel]") {
  const Busy busy;
  for (const Fidelity fidelity : {Fidelity::ideal, Fidelity::queued, Fidelity::routed}) {
    Simulation plain = busy.simulation(slow_machine(fidelity, {2, 2, 1}));
    plain.run_until(at_seconds(1e-2));
    std::vector<Trace> traces;
    for (const std::size_t most :
         {std::size_t{1'000'000}, std::size_t{1'000'000}, std::size_t{80}}) {
      Simulation traced =
          busy.simulation(slow_machine(fidelity, {2, 2, 1}), traces.empty() ? 1 : 2);
      traced.trace(most);
      traced.run_until(at_seconds(1e-2));
      CHECK(traced.spike_hash() == plain.spike_hash());
      CHECK(traced.congestion() == plain.congestion());
      traces.push_back(traced.take_trace());
      CHECK(traced.take_trace().cores[0].record.events.empty());
    }
    for (std::size_t c = 0; c < 4; ++c) {
      const auto& one = traces[0].cores[c].record.events;
      const auto& two = traces[1].cores[c].record.events;
      CHECK(std::equal(one.begin(), one.end(), two.begin(), two.end(),
                       [](const auto& a, const auto& b) { return fields(a) == fields(b); }));
      const auto& few = traces[2].cores[c].record;
      CHECK(few.events.size() == (fidelity == Fidelity::routed ? 10 : 20));
      CHECK(few.events.size() + few.left_out == one.size());
      CHECK(std::equal(few.events.rbegin(), few.events.rend(), one.rbegin(),
                       [](const auto& a, const auto& b) { return fields(a) == fields(b); }));
    }
  }
}

TEST_CASE("trace: shares add up to the counts of all runs, restarts or not", "[core]") {
  const Busy busy;
  Simulation simulation = busy.simulation(slow_machine(Fidelity::queued, {2, 2, 1}));
  Counts counts;
  for (int k = 0; k < 3; ++k) {
    simulation.restart(1);
    simulation.run_until(at_seconds(5e-6));
    counts += simulation.counts();
  }
  Counts shares, relays;
  for (const Share& share : simulation.congestion().shares) {
    shares += share.counts;
    if (share.population == busy.relays.number) relays += share.counts;
  }
  CHECK(shares == counts);
  CHECK(relays.packets == 0);  // nothing listens to them
  CHECK(relays.plasticity_updates == 0);
  CHECK(relays.synaptic_events > 0);
}

// source → a → b → c, each on a core of its own, and a decoy on c's core that does not reach it.
TEST_CASE("trace: a spike's causes lead back along the chain that made it", "[core]") {
  for (const Fidelity fidelity :
       {Fidelity::ideal, Fidelity::latency, Fidelity::queued, Fidelity::routed}) {
    Network network;
    const auto source =
        network.add<SpikeList>("source", 1, SpikeList::params({{at_seconds(1e-6)}}));
    const auto chain = network.add<Relay>("chain", 3);
    const auto decoy = network.add<Relay>("decoy", 1);
    const Duration delay = 100 * ns;
    network.connect(source, chain, Edges{{0, 0, 1.0, delay}});
    network.connect(chain, chain, Edges{{0, 1, 1.0, delay}, {1, 2, 1.0, delay}, {2, 1, 0, delay}});
    network.connect(chain, decoy, Edges{{0, 0, 1.0, 2 * delay}});
    const Mapping mapping{{CoreId{0}, CoreId{3}, CoreId{1}, CoreId{2}, CoreId{2}}, 4};
    const Machine m = slow_machine(fidelity, {2, 2, 1});
    Simulation simulation(network, mapping, {.machine = m});
    simulation.trace(1000);
    simulation.run_until(at_seconds(1e-3));
    const Trace trace = simulation.take_trace();
    NeuronId last{};
    REQUIRE(last_to_fire(trace, chain, last));
    CHECK(last == chain[2]);
    const auto path = causal_path(simulation, trace, last, 100);
    REQUIRE(path.size() == 4);
    const NeuronId neurons[] = {chain[2], chain[1], chain[0], source[0]};
    const std::uint32_t hops[] = {2, 1, 2, 0};  // cores 1 to 2, 3 to 1, 0 to 3
    for (std::size_t k = 0; k < 4; ++k) {
      CHECK(path[k].neuron == neurons[k]);
      CHECK(path[k].hops == hops[k]);
      CHECK(path[k].cause == (k < 3 ? CausalStep::Cause::packet : CausalStep::Cause::drive));
      if (k == 3) continue;
      const CausalStep& s = path[k];
      CHECK(s.leaving + s.way + s.queued + s.service + s.pending == s.at - path[k + 1].at);
      CHECK(s.pending == Duration{});  // relays fire at once
      CHECK(s.waited == Duration{});
      if (fidelity < Fidelity::queued) continue;
      CHECK(s.service == m.timing.arrival + m.timing.synaptic_event + m.timing.neuron_update);
    }
    CHECK(path[3].at == at_seconds(1e-6));
    const auto cut = causal_path(simulation, trace, last, 2);
    REQUIRE(cut.size() == 2);
    CHECK(cut[1].cause == CausalStep::Cause::far);
  }
}

// A signal to learn from moves a weight, not the neuron: what made it fire came before.
TEST_CASE("trace: a lesson is no cause of a spike", "[core]") {
  constexpr Duration ms{1'000'000'000};
  Network network;
  test::Script::Line lesson{Time{5 * ms}};
  lesson.signal = true;
  lesson.payload = 0.1F;
  const auto speaker =
      network.add<test::Script>("speaker", 1, test::Script::params({{{Time{1 * ms}}, lesson}}));
  const auto cell = network.add<PhasedIf>("cell", 1);
  network.connect<Contrast>(speaker, cell,
                            test::matrix_of<double>(1, 1, [](auto, auto) { return 3.0; }),
                            Contrast::Params{}, {.delay = ms / 10});
  Simulation simulation(network);
  simulation.trace(1000);
  simulation.run_until(at_seconds(1));
  const Trace trace = simulation.take_trace();
  const auto path = causal_path(simulation, trace, cell[0], 5);
  REQUIRE(path.size() == 2);
  CHECK(path[0].at > Time{6 * ms});
  CHECK(path[0].cause == CausalStep::Cause::packet);
  CHECK(path[1].at == Time{1 * ms});
}

// Both sources fire at once, on one core: the second spike's packet leaves after the first's, and
// is served after it.
TEST_CASE("trace: a cause tells how long it waited behind others", "[core]") {
  Network network;
  const auto sources = network.add<SpikeList>(
      "sources", 2, SpikeList::params(std::vector<std::vector<Time>>(2, {at_seconds(1e-6)})));
  const auto relays = network.add<Relay>("relays", 2);
  network.connect(sources, relays, one_to_one(2, 2, constant(1.0), constant(ns)));
  Machine m = slow_machine(Fidelity::routed, {2, 2, 1});
  m.timing.arrival = 500 * ns;
  const Mapping mapping{{CoreId{0}, CoreId{0}, CoreId{1}, CoreId{1}}, 4};
  Simulation simulation(network, mapping, {.machine = m});
  simulation.trace(1000);
  simulation.run_until(at_seconds(1e-3));
  const Trace trace = simulation.take_trace();
  const auto path = causal_path(simulation, trace, relays[1], 100);
  REQUIRE(path.size() == 2);
  CHECK(path[0].leaving == (2 * (5 + 11 + 13) + 29) * ns);
  const Duration behind = (5 + 11 + 13) * ns;           // the first, on its axon
  const Duration queued = (500 + 3 + 5) * ns - behind;  // and in service
  CHECK(path[0].queued == queued);
  CHECK(path[0].waited == behind + queued);
  CHECK(path[0].hops == 1);
}
