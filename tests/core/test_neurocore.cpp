// A neurocore by itself and a pair of them: what is done before a time, what is left for others.
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/fixed.hpp"
#include "core/neurocore.hpp"
#include "core/rows.hpp"
#include "neurons/relay.hpp"
#include "neurons/spike_list.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;

namespace {

Time tick(std::int64_t t) { return Time{Duration{t}}; }

/// Core 0 holds a source of spikes, core 1 a pair of relays; the axon between them takes 10 ticks.
struct Pair {
  Neurocore source, target;

  explicit Pair(std::vector<Time> times, Edges relay_to_relay = {}) {
    source.add(std::make_unique<Slice<SpikeList>>(0, std::vector<std::uint32_t>{0},
                                                  SpikeList::params({std::move(times)})));
    auto relays =
        std::make_unique<Slice<Relay>>(1, std::vector<std::uint32_t>{0, 1}, Relay::Params{});
    auto input = std::make_unique<Rows<Relay, Fixed>>(
        *relays, Edges{{0, 0, 2.0, Duration{10}}, {0, 1, 3.0, Duration{10}}}, Fixed::Params{},
        std::uint8_t{0});
    auto among = std::make_unique<Rows<Relay, Fixed>>(*relays, relay_to_relay, Fixed::Params{},
                                                      std::uint8_t{0});
    std::vector<RowEntry> rows = {{input.get(), 0, 0}};
    std::vector<std::vector<Axon>> axons(2);
    for (std::uint32_t k = 0; k < among->keys().size(); ++k) {
      rows.push_back({among.get(), k, 0});
      axons[among->keys()[k].pre].push_back({CoreId{1}, RowId{1 + k}, among->keys()[k].delay});
    }
    target.add(std::move(relays));
    target.add(std::move(input));
    target.add(std::move(among));
    target.set_rows(std::move(rows));
    target.set_axons(0, std::move(axons));
    source.set_axons(0, {{{CoreId{1}, RowId{0}, Duration{10}}}});
    source.set_network(CoreId{0}, 2);
    target.set_network(CoreId{1}, 2);
    source.restart(1);
    target.restart(1);
    target.record(0, true);
  }

  void hand_over() {
    std::vector<Packet> packets;
    for (const Sent& sent : source.outbox()) {
      CHECK(sent.to == CoreId{1});
      packets.push_back(sent.packet);
    }
    source.outbox().clear();
    target.collect(packets, Time{});
  }
};

}  // namespace

TEST_CASE("neurocore: does what lies strictly before a time, and says what comes next",
          "[unit][neurocore]") {
  Pair pair({tick(100), tick(200), tick(300)});
  CHECK(pair.source.next() == tick(100));
  pair.source.advance(tick(100));
  CHECK(pair.source.counts().spikes == 0);
  pair.source.advance(tick(201));
  CHECK(pair.source.counts().spikes == 2);
  CHECK(pair.source.next() == tick(300));
  CHECK(pair.target.next() == never);
}

TEST_CASE("neurocore: spikes for another core wait until it collects them", "[unit][neurocore]") {
  Pair pair({tick(100), tick(105)});
  pair.source.advance(tick(150));
  CHECK(pair.source.packets_pending() == 2);
  pair.hand_over();
  CHECK(pair.source.packets_pending() == 0);
  CHECK(pair.target.packets_pending() == 2);
  CHECK(pair.target.next() == tick(110));
  pair.target.advance(tick(111));
  CHECK(pair.target.packets_pending() == 1);
  const auto spikes = pair.target.take_spikes();
  REQUIRE(spikes.size() == 2);
  CHECK(spikes[0] == Spike{tick(110), NeuronId{1}, 2.0F});
  CHECK(spikes[1] == Spike{tick(110), NeuronId{2}, 3.0F});
  CHECK(pair.target.take_spikes().empty());
  CHECK(pair.target.counts() == Counts{2, 2, 4, 0, 0});
}

TEST_CASE("neurocore: the hash is that of the set of spikes", "[unit][neurocore]") {
  const auto hash = [](std::vector<Time> times) {
    Pair pair(std::move(times));
    pair.source.advance(never);
    return pair.source.spike_hash();
  };
  CHECK(hash({tick(1), tick(2)}) == hash({tick(1), tick(2)}));
  CHECK(hash({tick(1), tick(2)}) != hash({tick(1), tick(3)}));
  CHECK(hash({tick(1)}) != hash({tick(1), tick(1)}));
  CHECK(hash({}) == 0);
  Pair pair({});  // shares add up: which core saw which spike does not matter
  CHECK(hash({tick(1), tick(2)}) == hash({tick(1)}) + hash({tick(2)}));
}

TEST_CASE("neurocore: begins anew", "[unit][neurocore]") {
  Pair pair({tick(100)});
  pair.source.advance(tick(150));
  pair.hand_over();
  pair.source.restart(1);
  pair.target.restart(1);
  CHECK(pair.source.counts() == Counts{});
  CHECK(pair.source.spike_hash() == 0);
  CHECK(pair.target.packets_pending() == 0);
  CHECK(pair.target.next() == never);
  CHECK(pair.source.next() == tick(100));
}

TEST_CASE("neurocore: an avalanche without end names its neuron and instant", "[unit][neurocore]") {
  Pair pair({tick(50)}, {{0, 1, 1.0, {}}, {1, 0, 1.0, {}}});
  pair.source.advance(tick(100));
  pair.hand_over();
  std::optional<Runaway> runaway;
  try {
    pair.target.advance(tick(100));
  } catch (const Runaway& r) {
    runaway = r;
  }
  REQUIRE(runaway);
  CHECK(runaway->instant);
  CHECK(runaway->at == tick(60));
  CHECK((runaway->neuron == NeuronId{1} || runaway->neuron == NeuronId{2}));
}

TEST_CASE("neurocore: a mean rate beyond the limit names neuron and time", "[unit][neurocore]") {
  // Two relays that echo each other every 10 ticks fire at 1e11 Hz each.
  const auto run = [](double hz) {
    Pair pair({tick(50)}, {{0, 1, 1.0, Duration{10}}, {1, 0, 1.0, Duration{10}}});
    pair.target.set_rate_limit(hz);
    pair.source.advance(tick(100));
    pair.hand_over();
    pair.target.advance(tick(1'000'000));
  };
  CHECK_NOTHROW(run(1.01e11));
  CHECK_THROWS_AS(run(0.99e11), Runaway);
}
