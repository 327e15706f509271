// The packet queue in the hold model, beside a bucket queue that does not order, and std's heap.
#include <algorithm>
#include <cmath>
#include <queue>
#include <string>
#include <tuple>
#include <vector>

#include "core/packet_queue.hpp"
#include "core/random.hpp"
#include "tests/support/bench.hpp"

using namespace clockless;

namespace {

/// The least a queue can do: append a packet to the bucket of its time, read buckets back in turn.
/// Inside a bucket nothing is ordered.
class Buckets {
 public:
  explicit Buckets(double width) : width_(width), ring_(count) {}
  void push(const Packet& packet) { ring_[turn(packet.at) % count].push_back(packet); }
  Packet pop() {
    while (read_ == front_.size()) {
      front_.clear();
      read_ = 0;
      front_.swap(ring_[current_++ % count]);
    }
    return front_[read_++];
  }

 private:
  static constexpr std::size_t count = 4096;
  // Far packets wait in the last bucket of the round; one that is late goes to the next in turn.
  std::size_t turn(Time at) const {
    const auto bucket =
        static_cast<std::size_t>(static_cast<double>(at.time_since_epoch().count()) / width_);
    return std::clamp(bucket, current_, current_ + count - 1);
  }
  double width_;
  std::vector<std::vector<Packet>> ring_;
  std::vector<Packet> front_;
  std::size_t current_ = 0, read_ = 0;
};

struct After {
  bool operator()(const Packet& a, const Packet& b) const {
    return std::tuple(a.at, a.row, a.payload) > std::tuple(b.at, b.row, b.payload);
  }
};
class Heap {
 public:
  void push(const Packet& packet) { heap_.push(packet); }
  Packet pop() {
    const Packet packet = heap_.top();
    heap_.pop();
    return packet;
  }

 private:
  std::priority_queue<Packet, std::vector<Packet>, After> heap_;
};

/// ns for a pop and the push of a packet that is due an exponential time later.
template <class Queue>
double hold(Queue queue, std::size_t pending, const std::vector<std::int64_t>& increments,
            std::size_t events) {
  std::size_t next = 0;
  const auto increment = [&] { return Duration{increments[next++ % increments.size()]}; };
  for (std::size_t k = 0; k < pending; ++k)
    queue.push({Time{increment()}, RowId{static_cast<std::uint32_t>(k)}, 1.0F});
  const auto run = [&](std::size_t n) {
    for (std::size_t k = 0; k < n; ++k) {
      Packet packet = queue.pop();
      packet.at += increment();
      queue.push(packet);
    }
  };
  run(2 * pending);  // into the steady state
  const double start = bench::cpu_seconds();
  run(events);
  const double took = bench::cpu_seconds() - start;
  bench::keep(queue.pop());
  return 1e9 * took / static_cast<double>(events);
}

}  // namespace

int main(int argc, char** argv) {
  const bool quick = argc > 1 && std::string(argv[1]) == "--quick";
  constexpr double mean = 1e9;  // ticks: a millisecond
  RandomStream random{1};
  std::vector<std::int64_t> increments((1 << 20) + 7);
  for (auto& d : increments) d = static_cast<std::int64_t>(std::ceil(mean * random.exponential()));
  for (const std::size_t pending : {1'000U, 10'000U, 100'000U, 1'000'000U}) {
    if (quick && pending > 10'000) break;
    const std::size_t events = quick ? 100'000 : 1'000'000;
    // About 16 mean increments a round, so that hardly a packet is too far for it.
    const double width = 16 * mean / 4096;
    bench::Five ours, limit, peer;
    for (std::size_t k = 0; k < 5; ++k) {
      ours.values[k] = hold(PacketQueue(), pending, increments, events);
      limit.values[k] = hold(Buckets(width), pending, increments, events);
      peer.values[k] = hold(Heap(), pending, increments, events);
    }
    bench::Line("hold " + std::to_string(pending) + " pending")
        .field("event", "a pop and a push of one packet")
        .field("ns_per_synaptic_event", ours)
        .field("limit", "append to a bucket by time and read back, unordered")
        .field("limit_ns", limit)
        .field("ratio_to_limit", ours / limit)
        .field("peer", "std::priority_queue of the same packets")
        .field("peer_ns", peer)
        .field("ratio_to_peer", ours / peer);
  }
}
