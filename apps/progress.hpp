// How far a run is: a bar with the time left on a terminal, a line now and then elsewhere.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>

namespace clockless {

enum class ProgressStyle { none, lines, bar };

/// A bar if `out` is a terminal, else lines.
ProgressStyle progress_style(std::FILE* out = stderr);

/// Counts units of work done by any number of threads. The destructor ends the bar's line.
class Progress {
 public:
  Progress(std::string label, std::uint64_t total, ProgressStyle style = progress_style(),
           std::FILE* out = stderr);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance(std::uint64_t n = 1);
  /// A short text beside the bar, e.g. "objective 0.31".
  void status(std::string text);
  /// The line as it stands, after `elapsed_s` seconds; without control characters.
  std::string line(double elapsed_s) const;

 private:
  using Clock = std::chrono::steady_clock;
  void show(bool last);

  const std::string label_;
  const std::uint64_t total_;
  const ProgressStyle style_;
  std::FILE* const out_;
  const Clock::time_point start_ = Clock::now();
  std::atomic<std::uint64_t> done_ = 0;
  std::atomic<Clock::rep> due_ = 0;  // next time to draw, so that most advances take no lock
  mutable std::mutex mutex_;
  std::string status_;
};

}  // namespace clockless
