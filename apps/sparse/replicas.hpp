// Many independent copies of one simulation, on as many threads as there are; the results do not
// depend on their number.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "apps/interrupt.hpp"
#include "core/parallel.hpp"

namespace clockless {

/// A replica's share of the hash of all: shares are summed, so their order does not matter, but
/// each tells which replica it came from.
constexpr std::uint64_t replica_hash(std::uint64_t replica, std::uint64_t hash) {
  std::uint64_t z = hash + 0x9E3779B97F4A7C15ULL * (replica + 1);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

/// Hands each thread a Worker of its own (one running simulation), made when first needed.
template <class Worker>
class Replicas {
 public:
  Replicas(unsigned threads, std::function<std::unique_ptr<Worker>()> make)
      : parallel_(threads), make_(std::move(make)) {}

  /// Calls work(i, worker) for begin <= i < end. Leaves out what comes after a failure or after
  /// Ctrl-C; throws the failure of the lowest i on.
  void run(std::size_t begin, std::size_t end,
           const std::function<void(std::size_t, Worker&)>& work) {
    std::atomic<std::size_t> failed = end;
    parallel_.for_each(end - begin, [&](std::size_t k) {
      const std::size_t i = begin + k;
      if (interrupted() || i > failed) return;
      try {
        std::unique_ptr<Worker> worker = take();
        work(i, *worker);
        const std::scoped_lock lock(mutex_);
        idle_.push_back(std::move(worker));
      } catch (...) {
        for (std::size_t least = failed; i < least && !failed.compare_exchange_weak(least, i);)
          continue;
        throw;
      }
    });
  }

  /// Calls look(worker) for each; not while run() does its work.
  template <class Look>
  void each(Look look) const {
    for (const auto& worker : idle_) look(*worker);
  }

 private:
  std::unique_ptr<Worker> take() {
    {
      const std::scoped_lock lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<Worker> worker = std::move(idle_.back());
        idle_.pop_back();
        return worker;
      }
    }
    return make_();
  }

  Parallel parallel_;
  std::function<std::unique_ptr<Worker>()> make_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Worker>> idle_;
};

}  // namespace clockless
