// What every benchmark shares: medians of five with their spread, and one JSON object a line.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <time.h>

namespace clockless::bench {

/// CPU seconds of this thread: what other programs do on the machine does not count.
inline double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Seconds on the wall: for what several threads share.
inline double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Five repetitions of one measurement.
struct Five {
  std::array<double, 5> values{};
  double median() const {
    auto sorted = values;
    std::sort(sorted.begin(), sorted.end());
    return sorted[2];
  }
  double least() const { return *std::min_element(values.begin(), values.end()); }
  double most() const { return *std::max_element(values.begin(), values.end()); }
};

/// Ratios pair by pair: they hold while the machine's speed drifts.
inline Five operator/(const Five& a, const Five& b) {
  Five ratio;
  for (std::size_t i = 0; i < 5; ++i) ratio.values[i] = a.values[i] / b.values[i];
  return ratio;
}

/// Keeps a result from being optimised away.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

/// One line of output. Fields are appended in order.
class Line {
 public:
  explicit Line(const std::string& name) : text_(fmt::format("{{\"case\": \"{}\"", name)) {}
  Line& field(const std::string& key, double value) {
    text_ += fmt::format(", \"{}\": {:.4g}", key, value);
    return *this;
  }
  Line& field(const std::string& key, const std::string& value) {
    text_ += fmt::format(", \"{}\": \"{}\"", key, value);
    return *this;
  }
  /// Median and, beside it, the spread.
  Line& field(const std::string& key, const Five& five) {
    text_ += fmt::format(", \"{0}\": {1:.4g}, \"{0}_spread\": [{2:.4g}, {3:.4g}]", key,
                         five.median(), five.least(), five.most());
    return *this;
  }
  ~Line() {
    fmt::print("{}}}\n", text_);
    std::fflush(stdout);
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

 private:
  std::string text_;
};

}  // namespace clockless::bench
