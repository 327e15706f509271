#include "core/noc.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/error.hpp"

namespace clockless {

namespace {

constexpr std::uint32_t no_limit = ~std::uint32_t{0};

// The side on which a neighbour takes in what was sent to it that way.
constexpr std::uint8_t opposite(Noc::Direction d) { return d ^ 1U; }

}  // namespace

bool Noc::Later::operator()(const Event& a, const Event& b) const {
  const auto key = [](const Event& e) {
    return std::tuple(e.at, e.tile, e.kind, e.port, e.source, e.number);
  };
  return key(b) < key(a);
}

Noc::Noc(const Machine& machine) : machine_(machine) {
  if (machine_.least_hop() == Duration{})
    throw Error(
        "routers need hops that take time, east-west and north-south, and one of them takes none "
        "here: choose fidelity = queued, or a device that has both");
  begin();
  links_.resize(routers_.size() * directions);
}

void Noc::begin() {
  Router idle;
  idle.places.fill(machine_.buffer > 0 ? machine_.buffer : no_limit);
  routers_.assign(std::size_t{machine_.mesh.columns} * machine_.mesh.rows, idle);
  if (machine_.core_buffer > 0) taken_.assign(machine_.mesh.cores(), {});
}

std::vector<std::uint64_t> Noc::pending_by_core() const {
  std::vector<bool> used(flits_.size(), true);
  for (const std::uint32_t place : unused_) used[place] = false;
  std::vector<std::uint64_t> pending(machine_.mesh.cores());
  for (std::size_t k = 0; k < flits_.size(); ++k)
    if (used[k]) ++pending[index(flits_[k].to)];
  return pending;
}

void Noc::restart() {
  begin();
  flits_.clear();
  behind_.clear();
  unused_.clear();
  events_ = {};
  number_ = 0;
  if (recorder_) recorder_->restart();
}

Duration Noc::hop(Direction d) const {
  return d == east || d == west ? machine_.timing.hop_east_west : machine_.timing.hop_north_south;
}

// XY routing: along the row first. Packets never turn back into a row, so no ring of them can wait
// for each other.
Noc::Direction Noc::way(std::uint32_t tile, const Flit& flit) const {
  const Mesh& mesh = machine_.mesh;
  const std::uint32_t goal = index(flit.to) / mesh.cores_per_tile;
  const std::uint32_t column = tile % mesh.columns, wanted = goal % mesh.columns;
  if (column != wanted) return column < wanted ? east : west;
  return tile < goal ? south : north;
}

std::uint32_t Noc::beyond(std::uint32_t tile, Direction d) const {
  switch (d) {
    case east:
      return tile + 1;
    case west:
      return tile - 1;
    case north:
      return tile - machine_.mesh.columns;
    default:
      return tile + machine_.mesh.columns;
  }
}

void Noc::append(Queue& queue, std::uint32_t place) {
  behind_[place] = none;
  (queue.empty() ? queue.first : behind_[queue.last]) = place;
  queue.last = place;
}

void Noc::take_first(Queue& queue) { queue.first = behind_[queue.first]; }

void Noc::inject(const Flit& flit) {
  std::uint32_t place = static_cast<std::uint32_t>(flits_.size());
  if (unused_.empty()) {
    flits_.push_back(flit);
    behind_.push_back(none);
  } else {
    place = unused_.back();
    unused_.pop_back();
    flits_[place] = flit;
  }
  const std::uint32_t tile = index(flit.from) / machine_.mesh.cores_per_tile;
  events_.push({flit.at, tile, Kind::flit, directions, index(flit.from), number_++, place});
}

void Noc::free(const Room& room) {
  const Mesh& mesh = machine_.mesh;
  const std::uint32_t to = index(room.core) / mesh.cores_per_tile;
  const std::uint32_t from = index(room.from) / mesh.cores_per_tile;
  // Columns come last on the way, rows only where there is no other.
  const Direction d = from / mesh.columns != to / mesh.columns ? (from < to ? south : north)
                                                               : (from < to ? east : west);
  const std::uint32_t sender = beyond(to, Direction{opposite(d)});
  events_.push({later(room.at, hop(d)), sender, Kind::room, d, index(room.core), 0, 0});
}

// At one tick a router first takes in all that comes, then sends.
void Noc::advance(Time until, std::vector<Sent>& out) {
  while (!events_.empty() && events_.top().at < until) {
    const Time t = events_.top().at;
    const std::uint32_t tile = events_.top().tile;
    Router& router = routers_[tile];
    while (!events_.empty() && events_.top().at == t && events_.top().tile == tile) {
      const Event e = events_.top();
      events_.pop();
      if (e.kind == Kind::credit) {
        ++router.places[e.port];
      } else if (e.kind == Kind::room) {
        --taken_[e.source][e.port];
      } else if (e.kind == Kind::wake) {
        router.awake[e.port] = false;
      } else {
        append(router.queues[e.port], e.flit);
        const Direction d = way(tile, flits_[e.flit]);
        std::uint64_t& peak = links_[tile * directions + d].peak;
        peak = std::max<std::uint64_t>(peak, ++router.wanting[d]);
      }
    }
    serve(tile, t, out);
  }
}

// What was second in a queue may go another way: until nothing moves.
void Noc::serve(std::uint32_t tile, Time t, std::vector<Sent>& out) {
  for (bool moved = true; moved;) {
    moved = false;
    for (const Direction d : {east, west, north, south}) moved = serve(tile, d, t, out) || moved;
  }
  look_again(tile, t);
}

bool Noc::serve(std::uint32_t tile, Direction d, Time t, std::vector<Sent>& out) {
  Router& router = routers_[tile];
  if (router.wanting[d] == 0 || router.free[d] > t) return false;
  for (std::size_t k = 0; k < ports; ++k) {
    const std::size_t port = (router.turn[d] + k) % ports;
    if (router.queues[port].empty()) continue;
    const Flit& flit = flits_[router.queues[port].first];
    if (way(tile, flit) != d) continue;
    const bool arrives = index(flit.to) / machine_.mesh.cores_per_tile == beyond(tile, d);
    const bool full = arrives ? flit.limited && taken_[index(flit.to)][d] == machine_.core_buffer
                              : router.places[d] == 0;
    if (full) {
      if (!std::exchange(router.stalled[d], true)) ++links_[tile * directions + d].stalls;
      continue;
    }
    router.turn[d] = static_cast<std::uint8_t>((port + 1) % ports);
    send(tile, d, port, t, out);
    return true;
  }
  return false;
}

void Noc::send(std::uint32_t tile, Direction d, std::size_t port, Time t, std::vector<Sent>& out) {
  Router& router = routers_[tile];
  const std::uint32_t place = router.queues[port].first;
  take_first(router.queues[port]);
  --router.wanting[d];
  router.stalled[d] = false;
  Flit& flit = flits_[place];
  const Duration busy = static_cast<std::int64_t>(flit.packets) * machine_.occupancy(hop(d));
  router.free[d] = later(t, busy);
  LinkUse& link = links_[tile * directions + d];
  link.packets += flit.packets;
  ++link.messages;
  link.busy += busy.count();
  const Duration waited = t - flit.at;
  link.waited += waited.count();
  link.longest = std::max(link.longest, waited);
  if (machine_.buffer > 0 && port < directions) {
    const auto from = static_cast<Direction>(port);
    events_.push({later(t, hop(from)), beyond(tile, from), Kind::credit, opposite(from), 0, 0, 0});
  }
  const Time came = std::exchange(flit.at, later(t, hop(d)));
  const std::uint32_t target = beyond(tile, d);
  const bool arrives = index(flit.to) / machine_.mesh.cores_per_tile == target;
  const Time due = later(flit.at, flit.delay);
  if (recorder_)
    recorder_->note({tile * static_cast<std::uint32_t>(directions) + d, flit.from, flit.to,
                     flit.row, flit.packets, flit.fired, came, t, router.free[d],
                     arrives ? due : never});
  if (arrives) {
    if (flit.limited) ++taken_[index(flit.to)][d];
    out.push_back({flit.to, {due, flit.row, flit.payload}});
    unused_.push_back(place);
    return;
  }
  if (machine_.buffer > 0) --router.places[d];
  events_.push({flit.at, target, Kind::flit, opposite(d), index(flit.from), number_++, place});
}

Recorder<LinkEvent>::Record Noc::take_trace() {
  auto record = recorder_ ? recorder_->take() : Recorder<LinkEvent>::Record{};
  recorder_.reset();
  return record;
}

// What waits for a link that is in use is looked at again when it is free; what waits for a place,
// when word of one comes.
void Noc::look_again(std::uint32_t tile, Time t) {
  Router& router = routers_[tile];
  for (const Direction d : {east, west, north, south})
    if (router.wanting[d] > 0 && router.free[d] > t && !std::exchange(router.awake[d], true))
      events_.push({router.free[d], tile, Kind::wake, d, 0, 0, 0});
}

}  // namespace clockless
