#include "core/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <optional>
#include <vector>

#ifdef CLOCKLESS_NO_TBB
#include <thread>
#else
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>
#endif

namespace clockless {

struct Parallel::Arena {
#ifdef CLOCKLESS_NO_TBB
  explicit Arena(unsigned n) : threads(n) {}
  unsigned threads;
  void run(std::size_t n, const std::function<void(std::size_t)>& work) const {
    std::atomic<std::size_t> next{0};
    const auto take = [&] {
      for (std::size_t i = next++; i < n; i = next++) work(i);
    };
    std::vector<std::jthread> helpers;
    for (unsigned k = 1; k < std::min<std::size_t>(threads, n); ++k) helpers.emplace_back(take);
    take();
  }
#else
  explicit Arena(unsigned n) : arena(static_cast<int>(n)) {
    // oneTBB keeps to the machine's processors unless told otherwise.
    if (static_cast<int>(n) > oneapi::tbb::info::default_concurrency())
      limit.emplace(oneapi::tbb::global_control::max_allowed_parallelism, n);
  }
  std::optional<oneapi::tbb::global_control> limit;
  oneapi::tbb::task_arena arena;
  void run(std::size_t n, const std::function<void(std::size_t)>& work) {
    arena.execute(
        [&] { oneapi::tbb::parallel_for(std::size_t{0}, n, [&](std::size_t i) { work(i); }); });
  }
#endif
};

Parallel::Parallel(unsigned threads) : threads_(std::max(threads, 1U)) {
  if (threads_ > 1) arena_ = std::make_unique<Arena>(threads_);
}
Parallel::~Parallel() = default;
Parallel::Parallel(Parallel&&) noexcept = default;
Parallel& Parallel::operator=(Parallel&&) noexcept = default;

void Parallel::for_each(std::size_t n, const std::function<void(std::size_t)>& work) {
  if (threads_ == 1 || n < 2) {
    for (std::size_t i = 0; i < n; ++i) work(i);
    return;
  }
  std::vector<std::exception_ptr> failed(n);
  arena_->run(n, [&](std::size_t i) {
    try {
      work(i);
    } catch (...) {
      failed[i] = std::current_exception();
    }
  });
  for (const std::exception_ptr& e : failed)
    if (e) std::rethrow_exception(e);
}

}  // namespace clockless
