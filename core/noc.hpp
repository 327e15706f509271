// The network-on-chip: a router a tile, joined to its neighbours by links. Packets go by XY
// routing, one after the other over each link, and wait at routers for the links they need.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <queue>
#include <string_view>
#include <vector>

#include "core/congestion.hpp"
#include "core/event.hpp"
#include "core/machine.hpp"
#include "core/time.hpp"
#include "core/trace.hpp"

namespace clockless {

/// Routers hold only what is theirs: five queues (from the four neighbours and their own cores),
/// when each of their links is free, and how many places are left behind it. A link takes a packet
/// for machine.occupancy(); a hop later it is at the next router, or, on the last hop, at its core,
/// which takes all that comes, or, with machine.core_buffer, so many from each side until they are
/// in service. Of several queues whose first
/// flit wants one link, it serves one after the other. A flit whose way is not free holds those
/// behind it. With machine.buffer places per queue, a router sends only where there is one; word
/// of a place set free takes as long as the hop. Injected flits wait in a queue without bound.
class Noc {
 public:
  enum Direction : std::uint8_t { east, west, north, south };
  static constexpr std::size_t directions = 4;
  static constexpr std::string_view direction_names[] = {"east", "west", "north", "south"};

  /// Throws Error where a hop that the mesh has takes no time.
  explicit Noc(const Machine& machine);

  /// A flit reaches the router of its core's tile at flit.at.
  void inject(const Flit& flit);
  /// The router that sends a core what comes from another one hears of it a hop later.
  void free(const Room& room);
  /// Time of the earliest thing to do.
  Time next() const { return events_.empty() ? never : events_.top().at; }
  /// Does everything strictly before `until`; `out` gets what is delivered, due at its core.
  void advance(Time until, std::vector<Sent>& out);

  /// Nothing is on its way any more; what is told of links goes on.
  void restart();
  /// Flits on their way, not yet on their last hop; and by the core that they go to.
  std::uint64_t pending() const { return flits_.size() - unused_.size(); }
  std::vector<std::uint64_t> pending_by_core() const;
  /// Of router r to direction d at r * directions + d; tiles by rows.
  const std::vector<LinkUse>& links() const { return links_; }
  /// As Neurocore's.
  void trace(std::size_t most) { recorder_.emplace(most); }
  Recorder<LinkEvent>::Record take_trace();

 private:
  static constexpr std::size_t ports = directions + 1;  // and its own cores
  enum class Kind : std::uint8_t { flit, credit, room, wake };
  struct Event {
    Time at;
    std::uint32_t tile;
    Kind kind;
    std::uint8_t port;     // where a flit comes in; else the direction it is about
    std::uint32_t source;  // core of a flit: of one tick and port first the lowest core's; of room
    std::uint64_t number;  // in the order of a source
    std::uint32_t flit;
  };
  struct Later {
    bool operator()(const Event& a, const Event& b) const;
  };
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  struct Queue {  // of flits, each of which knows who is behind it
    std::uint32_t first = none, last = none;
    bool empty() const { return first == none; }
  };
  struct Router {
    std::array<Queue, ports> queues;
    std::array<Time, directions> free{};              // of each link
    std::array<std::uint32_t, directions> places{};   // left behind each link
    std::array<std::uint8_t, directions> turn{};      // the port that is first when all want it
    std::array<std::uint32_t, directions> wanting{};  // flits here for each link
    std::array<bool, directions> awake{};             // to look again when it is free
    std::array<bool, directions> stalled{};
  };

  void begin();
  void append(Queue& queue, std::uint32_t place);
  void take_first(Queue& queue);
  Direction way(std::uint32_t tile, const Flit& flit) const;
  std::uint32_t beyond(std::uint32_t tile, Direction d) const;
  Duration hop(Direction d) const;
  void serve(std::uint32_t tile, Time t, std::vector<Sent>& out);
  bool serve(std::uint32_t tile, Direction d, Time t, std::vector<Sent>& out);
  void send(std::uint32_t tile, Direction d, std::size_t port, Time t, std::vector<Sent>& out);
  void look_again(std::uint32_t tile, Time t);

  Machine machine_;
  std::vector<Router> routers_;
  std::vector<std::array<std::uint32_t, directions>> taken_;  // places at cores, by way there
  std::vector<Flit> flits_;
  std::vector<std::uint32_t> behind_;  // each, in its queue
  std::vector<std::uint32_t> unused_;  // places in flits_
  std::priority_queue<Event, std::vector<Event>, Later> events_;
  std::uint64_t number_ = 0;
  std::vector<LinkUse> links_;
  std::optional<Recorder<LinkEvent>> recorder_;
};

}  // namespace clockless
