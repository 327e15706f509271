// Finite buffers of neurocores behind routers: every message where plain routers have it.
#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "core/noc.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/messages.hpp"
#include "tests/support/slow_machine.hpp"

using namespace clockless;

namespace {

/// When each injection is taken into service, by cores that need `service` cycles for one. In
/// Noc's own time, cycle by cycle outside.
std::vector<std::int64_t> served_by_noc(const Machine& machine, std::int64_t service,
                                        const std::vector<Message>& injections) {
  Noc noc(machine);
  for (std::size_t k = 0; k < injections.size(); ++k)
    noc.inject({Time{injections[k].at * ns}, CoreId{injections[k].from}, CoreId{injections[k].to},
                RowId{static_cast<std::uint32_t>(k)}, 1, 1, Duration{}, Time{}, true});
  const std::size_t cores = machine.mesh.cores();
  std::vector<std::deque<std::size_t>> queue(cores);
  std::vector<std::int64_t> busy_until(cores, 0), started(injections.size(), -1);
  std::map<std::int64_t, std::vector<std::size_t>> due;
  std::size_t left = injections.size();
  for (std::int64_t now = 0; left > 0; ++now) {
    REQUIRE(now < 100'000);
    std::sort(due[now].begin(), due[now].end());
    for (const std::size_t k : due[now]) queue[injections[k].to].push_back(k);
    for (std::uint32_t c = 0; c < cores; ++c) {
      if (queue[c].empty() || busy_until[c] > now) continue;
      const std::size_t k = queue[c].front();
      queue[c].pop_front();
      busy_until[c] = now + service;
      started[k] = now;
      --left;
      noc.free({Time{now * ns}, CoreId{c}, CoreId{injections[k].from}});
    }
    std::vector<Sent> out;
    noc.advance(Time{(now + 1) * ns}, out);
    for (const Sent& sent : out)
      due[sent.packet.at.time_since_epoch() / ns].push_back(index(sent.packet.row));
  }
  return started;
}

/// Plain routers with a place count for each core and side, all of them looked at each cycle.
std::vector<std::int64_t> served_by_routers(const Machine& machine, std::int64_t service,
                                            const std::vector<Message>& injections) {
  const auto columns = static_cast<int>(machine.mesh.columns);
  const std::size_t tiles = machine.mesh.cores();
  const int steps[] = {1, -1, -columns, columns};
  const auto way = [&](int tile, int to) {
    if (tile % columns != to % columns) return tile % columns < to % columns ? 0 : 1;
    return tile < to ? 3 : 2;
  };
  std::vector<std::array<std::deque<std::size_t>, 5>> queues(tiles);
  std::vector<std::array<int, 4>> turn(tiles, {0, 0, 0, 0}), taken = turn;
  std::vector<std::deque<std::pair<std::size_t, int>>> core(tiles);
  std::vector<std::int64_t> busy_until(tiles, 0), started(injections.size(), -1);
  struct Move {
    std::size_t tile;
    int port;
    std::size_t packet;
  };
  std::vector<Move> moves, lasts;
  std::vector<std::pair<std::size_t, int>> words, coming;  // of places at a core, by side
  std::size_t left = injections.size(), next = 0;
  for (std::int64_t now = 0; left > 0; ++now) {
    REQUIRE(now < 100'000);
    for (const Move& m : moves)
      queues[m.tile][static_cast<std::size_t>(m.port)].push_back(m.packet);
    moves.clear();
    for (const auto& [tile, side] : words) --taken[tile][static_cast<std::size_t>(side)];
    words.clear();
    for (; next < injections.size() && injections[next].at == now; ++next)
      queues[injections[next].from][4].push_back(next);
    std::sort(lasts.begin(), lasts.end(),
              [](const Move& a, const Move& b) { return a.packet < b.packet; });
    for (const Move& m : lasts) core[m.tile].push_back({m.packet, m.port});
    lasts.clear();
    for (std::size_t c = 0; c < tiles; ++c) {
      if (core[c].empty() || busy_until[c] > now) continue;
      const auto [packet, side] = core[c].front();
      core[c].pop_front();
      busy_until[c] = now + service;
      started[packet] = now;
      --left;
      words.push_back({c, side});  // is with the router a cycle later
    }
    for (std::size_t tile = 0; tile < tiles; ++tile) {
      std::array<bool, 4> used{};
      for (bool again = true; again;) {
        again = false;
        for (std::size_t d = 0; d < 4; ++d)
          for (int k = 0; k < 5 && !used[d]; ++k) {
            const int port = (turn[tile][d] + k) % 5;
            auto& queue = queues[tile][static_cast<std::size_t>(port)];
            if (queue.empty()) continue;
            const std::size_t packet = queue.front();
            const auto to = static_cast<int>(injections[packet].to);
            const auto here = static_cast<int>(tile);
            if (way(here, to) != static_cast<int>(d)) continue;
            const int target = here + steps[d];
            const auto there = static_cast<std::size_t>(target);
            if (target == to && taken[there][d] == static_cast<int>(machine.core_buffer)) continue;
            queue.pop_front();
            used[d] = again = true;
            turn[tile][d] = (port + 1) % 5;
            if (target == to) {
              ++taken[there][d];
              lasts.push_back({there, static_cast<int>(d), packet});
            } else {
              moves.push_back({there, static_cast<int>(d) ^ 1, packet});
            }
          }
      }
    }
  }
  return started;
}

}  // namespace

TEST_CASE("core buffer: routers hold what has no place, as plain ones do", "[core][noc]") {
  for (const std::uint32_t places : {1U, 2U, 4U, 10'000U})
    for (const std::int64_t service : {1, 3, 8}) {
      Machine m{Fidelity::routed, {}, {4, 3, 1}};
      m.timing.hop_east_west = m.timing.hop_north_south = ns;
      m.core_buffer = places;
      auto injections = traffic(12, 600, 600, places + static_cast<std::uint64_t>(service));
      std::erase_if(injections, [](const Message& i) { return i.from == i.to; });
      std::stable_sort(injections.begin(), injections.end(),
                       [](const Message& a, const Message& b) {
                         return std::pair(a.at, a.from) < std::pair(b.at, b.from);
                       });
      CHECK(served_by_noc(m, service, injections) == served_by_routers(m, service, injections));
    }
}
