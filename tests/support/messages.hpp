// Messages between neurocores, more of them to one than it can serve at once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/random.hpp"

namespace clockless {

/// A spike of core `from` to core `to`.
struct Message {
  std::int64_t at;  // ns
  std::uint32_t from, to;
};

inline std::vector<Message> traffic(std::uint32_t cores, std::size_t n, std::int64_t span,
                                    std::uint64_t seed) {
  RandomStream stream{seed, 0};
  std::vector<Message> messages;
  for (std::size_t k = 0; k < n; ++k) {
    const std::uint32_t from = stream.below(cores);
    // Half of all to one core, so that others are held up behind it.
    const std::uint32_t to = stream.uniform() < 0.5 ? 0 : stream.below(cores);
    messages.push_back({static_cast<std::int64_t>(stream.uniform() * double(span)), from, to});
  }
  std::stable_sort(messages.begin(), messages.end(),
                   [](const Message& a, const Message& b) { return a.at < b.at; });
  return messages;
}

}  // namespace clockless
