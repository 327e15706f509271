// Packets of one neurocore in the order (time, row): a ring of buckets, each sorted only when its
// turn comes. Amortised cost does not grow with the number of pending packets.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <tuple>
#include <vector>

#include "core/event.hpp"

namespace clockless {

class PacketQueue {
 public:
  PacketQueue() : ring_(buckets) {}

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  void push(const Packet& packet) {
    ++size_;
    if (packet.at < front_end_) {  // due in the bucket that is being read
      near_.push_back(packet);
      std::push_heap(near_.begin(), near_.end(), after);
      if (near_.size() > many && front_end_ == ring_end_) gather();
    } else if (packet.at < ring_end_) {
      ring_[bucket_of(packet.at)].push_back(packet);
    } else {
      far_.push_back(packet);
    }
  }

  /// Time of the earliest packet, `never` when empty.
  Time next() {
    if (!bring_front()) return never;
    return front_is_first() ? front_.back().at : near_.front().at;
  }

  /// Of the packets that come next up to so many, the earliest last, if none is pushed before them.
  std::span<const Packet> coming(std::size_t most) const {
    return std::span(front_).last(std::min(most, front_.size()));
  }

  /// Takes the earliest packet; the queue must not be empty.
  Packet pop() {
    bring_front();
    --size_;
    if (front_is_first()) {
      const Packet packet = front_.back();
      front_.pop_back();
      return packet;
    }
    std::pop_heap(near_.begin(), near_.end(), after);
    const Packet packet = near_.back();
    near_.pop_back();
    return packet;
  }

  void clear() { *this = PacketQueue(); }

 private:
  static constexpr std::size_t buckets = 1024;
  static constexpr std::size_t few = 64, many = 256;

  // The full key: two spikes of one source in one tick may differ in nothing but their payload.
  static bool after(const Packet& a, const Packet& b) {
    return std::tuple(b.at, b.row, b.payload) < std::tuple(a.at, a.row, a.payload);
  }

  bool front_is_first() const {
    return near_.empty() || (!front_.empty() && !after(front_.back(), near_.front()));
  }

  std::size_t bucket_of(Time at) const {
    return static_cast<std::size_t>((at - ring_start_).count() >> shift_);
  }

  Time bucket_end(std::size_t bucket) const {
    return std::min(ring_end_,
                    later(ring_start_, Duration{static_cast<std::int64_t>(bucket + 1) << shift_}));
  }

  // Makes front_ or near_ hold the earliest packet; false when there is none.
  bool bring_front() { return !front_.empty() || !near_.empty() || refill(); }
  bool refill() {
    while (front_.empty() && near_.empty()) {
      if (size_ == 0) return false;
      while (current_ < buckets && ring_[current_].empty()) ++current_;
      if (current_ == buckets) {
        if (far_.size() > few)
          lay_out_ring();
        else
          take_nearest();
        continue;
      }
      front_.swap(ring_[current_]);
      std::sort(front_.begin(), front_.end(), after);
      front_end_ = bucket_end(current_);
      ++current_;
    }
    return true;
  }

  // A ring would be mostly empty: the nearer half of a few packets is read at once.
  void take_nearest() {
    std::sort(far_.begin(), far_.end(), after);
    auto half = far_.begin() + static_cast<std::ptrdiff_t>(far_.size() / 2);
    while (half != far_.begin() && std::prev(half)->at == half->at) --half;  // whole ticks
    front_.assign(half, far_.end());
    far_.erase(half, far_.end());
    front_end_ = ring_end_ = later(front_.front().at, Duration{1});
  }
  // More have come than a heap is good for: they are laid out in a ring.
  void gather() {
    for (auto* packets : {&front_, &near_}) {
      far_.insert(far_.end(), packets->begin(), packets->end());
      packets->clear();
    }
    lay_out_ring();
  }

  // Spreads the far packets over the ring so that the nearer half fills it evenly; what lies
  // beyond waits for the next turn.
  void lay_out_ring() {
    Time first = never;
    for (const Packet& p : far_) first = std::min(first, p.at);
    double mean = 0;
    for (const Packet& p : far_) mean += static_cast<double>((p.at - first).count());
    mean /= static_cast<double>(far_.size());
    const auto width = static_cast<std::uint64_t>(2.0 * mean / buckets);
    shift_ = std::min(static_cast<int>(std::bit_width(width)), 50);
    ring_start_ = first;
    ring_end_ = later(first, Duration{static_cast<std::int64_t>(buckets) << shift_});
    front_end_ = first;
    current_ = 0;
    std::size_t kept = 0;
    for (const Packet& p : far_) {
      if (p.at < ring_end_ || ring_end_ == never)  // the last turn takes all, even who never comes
        ring_[bucket_of(p.at)].push_back(p);
      else
        far_[kept++] = p;
    }
    far_.resize(kept);
  }

  std::vector<Packet> front_;              // the bucket being read, earliest last
  std::vector<Packet> near_;               // heap of what was pushed into that bucket since
  std::vector<std::vector<Packet>> ring_;  // [front_end_, ring_end_), unsorted
  std::vector<Packet> far_;                // from ring_end_ on, unsorted
  Time front_end_{}, ring_start_{}, ring_end_{};
  std::size_t current_ = buckets;
  std::size_t size_ = 0;
  int shift_ = 0;
};

}  // namespace clockless
