// The mesh of routers: against a plain one that goes cycle by cycle, against what no mesh can
// exceed, and by counting.
#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <vector>

#include "core/noc.hpp"
#include "core/random.hpp"
#include "core/simulation.hpp"
#include "neurons/poisson.hpp"
#include "neurons/relay.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;
using Catch::Matchers::Contains;

namespace {

constexpr std::int64_t cycle = 1000;  // ticks
Time at(std::int64_t cycles) { return Time{Duration{cycles * cycle}}; }

Machine mesh(std::uint32_t columns, std::uint32_t rows, std::uint32_t buffer = 0) {
  Machine m{Fidelity::routed, {}, {columns, rows, 1}, buffer};
  m.timing.hop_east_west = m.timing.hop_north_south = Duration{cycle};
  return m;
}

struct Injection {
  std::int64_t cycle;
  std::uint32_t from, to;
};

/// When each of the injections, in their order, is at its core.
struct Arrivals {
  std::vector<std::int64_t> cycles;
  std::vector<std::uint64_t> over;  // each link
};

Arrivals event_driven(const Machine& machine, const std::vector<Injection>& injections) {
  Noc noc(machine);
  std::uint32_t number = 0;
  for (const Injection& i : injections)
    noc.inject({at(i.cycle), CoreId{i.from}, CoreId{i.to}, RowId{number++}, 1, 1, Duration{}});
  std::vector<Sent> out;
  // In windows, as a scheduler would.
  while (noc.next() != never) noc.advance(later(noc.next(), Duration{7 * cycle}), out);
  CHECK(noc.pending() == 0);
  Arrivals arrivals;
  arrivals.cycles.assign(injections.size(), -1);
  for (const Sent& sent : out) {
    CHECK(index(sent.to) == injections[index(sent.packet.row)].to);
    arrivals.cycles[index(sent.packet.row)] = sent.packet.at.time_since_epoch().count() / cycle;
  }
  for (const LinkUse& link : noc.links()) arrivals.over.push_back(link.packets);
  return arrivals;
}

/// The same rules, cycle by cycle over all routers: every link takes one packet a cycle.
Arrivals cycle_by_cycle(std::uint32_t columns, std::uint32_t rows, std::uint32_t buffer,
                        const std::vector<Injection>& injections) {
  const std::uint32_t tiles = columns * rows;
  constexpr int none = -1;
  const auto neighbour = [&](std::uint32_t tile, int d) {
    const int steps[] = {1, -1, -static_cast<int>(columns), static_cast<int>(columns)};
    return static_cast<std::uint32_t>(static_cast<int>(tile) + steps[d]);
  };
  const auto way = [&](std::uint32_t tile, std::uint32_t to) {
    if (tile % columns != to % columns) return tile % columns < to % columns ? 0 : 1;
    if (tile / columns != to / columns) return tile / columns < to / columns ? 3 : 2;
    return none;
  };
  std::vector<std::array<std::deque<std::size_t>, 5>> queues(tiles);
  std::vector<std::array<int, 4>> turn(tiles), taken(tiles);  // places taken behind a link
  for (auto& t : turn) t.fill(0);
  for (auto& t : taken) t.fill(0);
  std::map<std::int64_t, std::vector<std::size_t>> injected;
  for (std::size_t k = 0; k < injections.size(); ++k) injected[injections[k].cycle].push_back(k);
  struct Move {
    std::uint32_t tile;
    int port;
    std::size_t packet;
  };
  std::vector<Move> moves;
  std::vector<std::pair<std::uint32_t, int>> credits;
  Arrivals arrivals;
  arrivals.cycles.assign(injections.size(), -1);
  arrivals.over.assign(std::size_t{tiles} * 4, 0);
  std::size_t left = injections.size();
  for (std::int64_t now = 0; left > 0; ++now) {
    REQUIRE(now < 1'000'000);
    for (const Move& m : moves)
      queues[m.tile][static_cast<std::size_t>(m.port)].push_back(m.packet);
    moves.clear();
    for (const auto& [tile, d] : credits) --taken[tile][static_cast<std::size_t>(d)];
    credits.clear();
    if (const auto found = injected.find(now); found != injected.end()) {
      auto& these = found->second;  // of one cycle the lower core's first
      std::stable_sort(these.begin(), these.end(), [&](std::size_t a, std::size_t b) {
        return injections[a].from < injections[b].from;
      });
      for (const std::size_t k : these) queues[injections[k].from][4].push_back(k);
    }
    for (std::uint32_t tile = 0; tile < tiles; ++tile) {
      std::array<bool, 4> used{};
      for (bool again = true; again;) {
        again = false;
        for (int d = 0; d < 4; ++d) {
          const auto link = static_cast<std::size_t>(d);
          if (used[link]) continue;
          for (int k = 0; k < 5; ++k) {
            const int port = (turn[tile][link] + k) % 5;
            auto& queue = queues[tile][static_cast<std::size_t>(port)];
            if (queue.empty() || way(tile, injections[queue.front()].to) != d) continue;
            const std::size_t packet = queue.front();
            const std::uint32_t target = neighbour(tile, d);
            const bool last = injections[packet].to == target;
            if (!last && buffer > 0 && taken[tile][link] == static_cast<int>(buffer)) continue;
            queue.pop_front();
            used[link] = true;
            turn[tile][link] = (port + 1) % 5;
            ++arrivals.over[tile * 4 + link];
            if (port < 4) credits.push_back({neighbour(tile, port), port ^ 1});
            if (last) {
              arrivals.cycles[packet] = now + 1;
              --left;
            } else {
              ++taken[tile][link];
              moves.push_back({target, d ^ 1, packet});
            }
            again = true;
            break;
          }
        }
      }
    }
  }
  return arrivals;
}

/// Every core sends with this chance each cycle, to any other.
std::vector<Injection> uniform_traffic(std::uint32_t tiles, double load, std::int64_t cycles,
                                       std::uint64_t seed) {
  std::vector<Injection> injections;
  RandomStream stream{seed, 0};
  for (std::int64_t c = 0; c < cycles; ++c)
    for (std::uint32_t from = 0; from < tiles; ++from)
      if (stream.uniform() < load) {
        std::uint32_t to = stream.below(tiles - 1);
        if (to >= from) ++to;
        injections.push_back({c, from, to});
      }
  return injections;
}

}  // namespace

TEST_CASE("noc: every packet is where a mesh that goes cycle by cycle has it", "[core][noc]") {
  for (const auto& [columns, rows] : {std::pair{4U, 4U}, {8U, 2U}, {1U, 6U}, {5U, 3U}})
    for (const std::uint32_t buffer : {0U, 1U, 2U, 4U})
      for (const double load : {0.05, 0.3, 0.9}) {
        const auto injections = uniform_traffic(columns * rows, load, 300, 7 + buffer);
        const Arrivals truth = cycle_by_cycle(columns, rows, buffer, injections);
        const Arrivals ours = event_driven(mesh(columns, rows, buffer), injections);
        CHECK(ours.cycles == truth.cycles);
        CHECK(ours.over == truth.over);
      }
}

TEST_CASE("noc: alone a packet takes its hops, and a link what it is told", "[core][noc]") {
  Machine m = mesh(4, 4);
  m.timing.hop_east_west = Duration{19};
  m.timing.hop_north_south = Duration{23};
  m.timing.link = Duration{5};
  const auto arrival = [&](const std::vector<Flit>& flits) {
    Noc noc(m);
    for (const Flit& flit : flits) noc.inject(flit);
    std::vector<Sent> out;
    noc.advance(never, out);
    std::vector<std::int64_t> ticks(flits.size());
    for (const Sent& sent : out)
      ticks[index(sent.packet.row)] = sent.packet.at.time_since_epoch().count();
    return ticks;
  };
  const Time start{Duration{100}};
  const Flit far{start, CoreId{0}, CoreId{11}, RowId{0}, 1, 1, Duration{}};
  CHECK(arrival({far}) == std::vector<std::int64_t>{100 + 3 * 19 + 2 * 23});
  Flit late = far;
  late.delay = Duration{1000};
  CHECK(arrival({late}) == std::vector<std::int64_t>{1100 + 3 * 19 + 2 * 23});
  // Two of one core follow each other a link's time apart; three as one take three times that.
  Flit second = far;
  second.row = RowId{1};
  CHECK(arrival({far, second})[1] == 105 + 3 * 19 + 2 * 23);
  Flit three = far;
  three.packets = 3;
  CHECK(arrival({three, second})[1] == 115 + 3 * 19 + 2 * 23);
}

TEST_CASE("noc: of one tick the lower core's packets go first, each core's in their order",
          "[core][noc]") {
  Machine m = mesh(2, 1);
  m.mesh.cores_per_tile = 2;
  Noc noc(m);
  const auto inject = [&](std::uint32_t from, std::uint32_t row) {
    noc.inject({at(0), CoreId{from}, CoreId{2 + row % 2}, RowId{row}, 1, 1, Duration{}});
  };
  inject(1, 6);
  for (std::uint32_t row = 0; row < 6; ++row) inject(0, row);
  inject(1, 7);
  std::vector<Sent> out;
  noc.advance(never, out);
  REQUIRE(out.size() == 8);
  for (std::uint32_t k = 0; k < 8; ++k) {
    CHECK(out[k].packet.row == RowId{k});
    CHECK(out[k].packet.at == at(1 + k));
  }
}

TEST_CASE("noc: what is told of a link, by hand", "[core][noc]") {
  // Four of one core, each three hops: a place behind the first link is free again two cycles after
  // it was taken, a cycle later than the link. The last comes while the second is held up.
  Noc noc(mesh(4, 1, 1));
  std::uint32_t row = 0;
  for (const std::int64_t tick : {0, 0, 0, 1500})
    noc.inject({Time{Duration{tick}}, CoreId{0}, CoreId{3}, RowId{row++}, 1, 1, Duration{}});
  std::vector<Sent> out;
  noc.advance(never, out);
  const Duration late{6000 - 1500};
  CHECK(noc.links()[0] == LinkUse{4, 4, 4 * cycle, (2 + 4) * cycle + late.count(), late, 3, 3});
  CHECK(noc.links()[4] == LinkUse{4, 4, 4 * cycle, 0, Duration{}, 1, 0});
  // Three as one keep a link for as long as three.
  Noc wide(mesh(3, 1));
  wide.inject({at(0), CoreId{0}, CoreId{2}, RowId{0}, 1, 1, Duration{}});
  wide.inject({at(0), CoreId{0}, CoreId{2}, RowId{1}, 1, 3, Duration{}});
  wide.advance(never, out);
  CHECK(wide.links()[0] == LinkUse{4, 2, 4 * cycle, cycle, Duration{cycle}, 2, 0});
}

TEST_CASE("noc: begun anew it is empty, and tells whose packets were on their way", "[core][noc]") {
  Noc noc(mesh(4, 1, 1));
  for (const std::uint32_t to : {3U, 3U, 2U, 3U, 2U})
    noc.inject({at(0), CoreId{0}, CoreId{to}, RowId{0}, 1, 1, Duration{}});
  std::vector<Sent> out;
  noc.advance(at(2), out);
  REQUIRE(noc.pending() == 5);
  CHECK(noc.pending_by_core() == std::vector<std::uint64_t>{0, 0, 2, 3});
  noc.restart();
  CHECK(noc.pending_by_core() == std::vector<std::uint64_t>(4));
  CHECK(noc.pending() == 0);
  CHECK(noc.next() == never);
  CHECK(noc.links()[0].packets == 1);
  noc.inject({at(0), CoreId{0}, CoreId{3}, RowId{0}, 1, 1, Duration{}});
  noc.advance(never, out);
  REQUIRE(out.size() == 1);
  CHECK(out[0].packet.at == at(3));
}

TEST_CASE("noc: a link that two flows want is shared by turns", "[core][noc]") {
  // In a row of four, core 0 and core 1 send to core 3 all the time, over the links 1-2 and 2-3.
  std::vector<Injection> injections;
  for (std::int64_t c = 0; c < 400; ++c) {
    injections.push_back({c, 0, 3});
    injections.push_back({c, 1, 3});
  }
  const Arrivals arrivals = event_driven(mesh(4, 1), injections);
  std::array<int, 2> early{};
  for (std::size_t k = 0; k < injections.size(); ++k)
    if (arrivals.cycles[k] <= 200) ++early[k % 2];
  CHECK(early[0] + early[1] >= 196);
  CHECK(std::abs(early[0] - early[1]) <= 3);
}

// Half of uniform traffic crosses the middle, where a k × k mesh has k links each way: so about 4 /
// k packets a core and cycle are as many as can go through. What is known of such meshes (Dally &
// Towles 2004, chapter 23): latency is flat, then grows without end well before that where queues
// hold what is behind their first packet.
TEST_CASE("noc: a mesh under uniform traffic saturates", "[core][noc]") {
  constexpr std::uint32_t k = 8;
  constexpr std::int64_t cycles = 4000;
  const double bound = 4.0 / k * (k * k - 1.0) / (k * k);
  struct Point {
    double mean, least, accepted;  // of what could cross the middle
  };
  const auto point = [&](double load) {
    const auto injections = uniform_traffic(k * k, load * bound, cycles, 3);
    const Arrivals arrivals = event_driven(mesh(k, k), injections);
    Point p{};
    for (std::size_t i = 0; i < injections.size(); ++i) {
      const Injection& in = injections[i];
      const auto apart = [](std::uint32_t a, std::uint32_t b) { return a > b ? a - b : b - a; };
      const double hops = apart(in.from % k, in.to % k) + apart(in.from / k, in.to / k);
      const auto took = static_cast<double>(arrivals.cycles[i] - in.cycle);
      CHECK(took >= hops);
      p.least += hops;
      p.mean += took;
      const bool crosses = (in.from % k < k / 2) != (in.to % k < k / 2);
      p.accepted += crosses && arrivals.cycles[i] <= cycles;
    }
    const auto n = static_cast<double>(injections.size());
    return Point{p.mean / n, p.least / n, p.accepted / (2.0 * k * cycles)};
  };
  const Point idle = point(0.02), light = point(0.3), busy = point(0.6), over = point(1.5);
  CHECK(idle.mean < 1.03 * idle.least);
  CHECK(light.mean > idle.mean);
  CHECK(light.mean < 1.5 * light.least);
  CHECK(busy.mean > light.mean);
  CHECK(over.mean > 20 * over.least);  // queues grow as long as it lasts
  CHECK(light.accepted > 0.29);        // what is offered gets through
  CHECK(over.accepted < 1);            // what no mesh can exceed
  CHECK(over.accepted > 0.5);
}

TEST_CASE("noc: packets over links are the hops that are billed", "[core][noc]") {
  Network network;
  const auto sources = network.add<Poisson>("sources", 36, {.rate_hz = 2e7});
  const auto relays = network.add<Relay>("relays", 36);
  network.connect(sources, relays, all_to_all(36, 36, constant(1.0), constant(Duration{5})));
  Mapping mapping{{}, 9};
  for (std::uint32_t i = 0; i < 72; ++i) mapping.core_of.push_back(CoreId{i % 9});
  for (const std::uint32_t buffer : {0U, 2U}) {
    Simulation simulation(network, mapping, {.machine = mesh(3, 3, buffer)});
    simulation.run_until(at_seconds(2e-5));
    const Counts before = simulation.counts();
    CHECK(simulation.congestion().all_links().packets <
          before.hops_east_west + before.hops_north_south);  // some are on their way
    CHECK(simulation.packets_pending() > 0);
    // Without sources all get there.
    simulation.set(sources, &Poisson::State::rate_hz, 0.0);
    simulation.run_until(at_seconds(1e-2));
    const LinkUse all = simulation.congestion().all_links();
    const Counts counts = simulation.counts();
    CHECK(simulation.packets_pending() == 0);
    CHECK(all.packets == counts.hops_east_west + counts.hops_north_south);
    CHECK((all.stalls > 0) == (buffer > 0));
    std::uint64_t sent = 0;
    for (const std::uint64_t n : simulation.spike_counts(sources)) sent += n;
    CHECK(counts.synaptic_events == 36 * sent);
  }
}

TEST_CASE("noc: hops that take no time one way are refused", "[core][noc]") {
  Machine m = mesh(2, 2);
  m.timing.hop_north_south = Duration{};
  CHECK_THAT(error_of([&] { Noc{m}; }), Contains("one of them takes none"));
  m.mesh.rows = 1;
  CHECK_NOTHROW(Noc{m});
}
