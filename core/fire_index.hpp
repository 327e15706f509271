// The earliest predicted firing of a slice. Predictions are overwritten in place, so none goes
// stale; a 64-ary tree of minima is mended only where the least of a block moved back.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/time.hpp"

namespace clockless {

class FireIndex {
 public:
  explicit FireIndex(std::size_t size = 0) : next_(size, never) {
    const std::size_t blocks = (size + width - 1) / width;
    block_.assign(blocks, never);
    dirty_.assign(blocks, 0);
    group_.assign((blocks + width - 1) / width, never);
  }

  Time operator[](std::size_t i) const { return next_[i]; }

  void set(std::size_t i, Time t) {
    const Time old = std::exchange(next_[i], t);
    const std::size_t b = i / width;
    if (t <= block_[b]) {
      block_[b] = t;
      group_[b / width] = std::min(group_[b / width], t);
    } else if (old == block_[b] && dirty_[b] == 0) {
      dirty_[b] = 1;
      changed_.push_back(static_cast<std::uint32_t>(b));
    }
  }

  /// The earliest prediction, `never` if there is none.
  Time earliest() {
    mend();
    return minimum(group_, 0, group_.size());
  }

  /// The lowest place that holds `t`, which must be earliest().
  std::size_t first_at(Time t) const {
    const auto find = [t](const std::vector<Time>& v, std::size_t from) {
      while (v[from] != t) ++from;
      return from;
    };
    return find(next_, width * find(block_, width * find(group_, 0)));
  }

 private:
  static constexpr std::size_t width = 64;

  static Time minimum(const std::vector<Time>& v, std::size_t from, std::size_t to) {
    Time least = never;
    for (std::size_t i = from; i < to; ++i) least = std::min(least, v[i]);
    return least;
  }

  void mend() {
    for (const std::uint32_t b : changed_) {
      dirty_[b] = 0;
      const Time old = block_[b];
      block_[b] = minimum(next_, b * width, std::min(next_.size(), (std::size_t{b} + 1) * width));
      Time& group = group_[b / width];
      if (old == group)
        group =
            minimum(block_, b / width * width, std::min(block_.size(), (b / width + 1) * width));
    }
    changed_.clear();
  }

  // A block's entry is its least, or before it where the block is dirty; so is a group's.
  std::vector<Time> next_, block_, group_;
  std::vector<std::uint8_t> dirty_;
  std::vector<std::uint32_t> changed_;
};

}  // namespace clockless
