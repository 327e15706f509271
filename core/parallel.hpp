// The single seam to oneTBB: independent pieces of work on a number of threads.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace clockless {

/// Runs pieces of work on up to `threads` threads. Built with CLOCKLESS_NO_TBB it uses
/// std::jthread, which the thread sanitizer understands.
class Parallel {
 public:
  explicit Parallel(unsigned threads = 1);
  ~Parallel();
  Parallel(Parallel&&) noexcept;
  Parallel& operator=(Parallel&&) noexcept;

  unsigned threads() const { return threads_; }
  /// Calls work(i) once for each i < n, in any order, and returns when all are done. Of several
  /// exceptions that of the lowest i is thrown on, so that errors are as reproducible as results.
  void for_each(std::size_t n, const std::function<void(std::size_t)>& work);

 private:
  struct Arena;
  unsigned threads_;
  std::unique_ptr<Arena> arena_;
};

}  // namespace clockless
