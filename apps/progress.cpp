// How far a run is: a bar with the time left on a terminal, a line now and then elsewhere.
#include "apps/progress.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

namespace clockless {

namespace {

constexpr auto bar_interval = std::chrono::milliseconds(100);
constexpr auto line_interval = std::chrono::seconds(10);
constexpr std::size_t bar_cells = 24;

std::string clock_time(double s) {
  const auto whole = static_cast<std::int64_t>(std::clamp(s, 0.0, 1e9) + 0.5);
  if (whole >= 3600)
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

ProgressStyle progress_style(std::FILE* out) {
  return isatty(fileno(out)) != 0 ? ProgressStyle::bar : ProgressStyle::lines;
}

Progress::Progress(std::string label, std::uint64_t total, ProgressStyle style, std::FILE* out)
    : label_(std::move(label)), total_(total), style_(style), out_(out) {
  if (style_ == ProgressStyle::lines) due_ = Clock::duration(line_interval).count();
}

Progress::~Progress() { show(true); }

void Progress::advance(std::uint64_t n) {
  done_.fetch_add(n, std::memory_order_relaxed);
  if (style_ == ProgressStyle::none) return;
  // Whoever moves the due time on draws; all others only add.
  const auto interval =
      style_ == ProgressStyle::bar ? Clock::duration(bar_interval) : Clock::duration(line_interval);
  const Clock::rep now = (Clock::now() - start_).count();
  Clock::rep due = due_.load(std::memory_order_relaxed);
  if (now >= due && due_.compare_exchange_strong(due, now + interval.count())) show(false);
}

void Progress::status(std::string text) {
  const std::scoped_lock lock(mutex_);
  status_ = std::move(text);
}

std::string Progress::line(double elapsed_s) const {
  const std::uint64_t done = std::min(done_.load(std::memory_order_relaxed), total_);
  const double share = total_ == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total_);
  std::string text = label_;
  if (style_ == ProgressStyle::bar) {
    const auto full = static_cast<std::size_t>(share * bar_cells);
    text += " [";
    for (std::size_t i = 0; i < bar_cells; ++i) text += i < full ? "█" : "·";
    text += ']';
  }
  text += fmt::format(" {:3.0f} % {}/{} ", share * 100, done, total_);
  if (done == total_) {
    text += fmt::format("in {}", clock_time(elapsed_s));
  } else {
    const double left = share > 0 ? elapsed_s * (1 - share) / share : 0;
    text += share > 0 ? fmt::format("{} left", clock_time(left)) : "starting";
  }
  if (!status_.empty()) text += "  " + status_;
  return text;
}

void Progress::show(bool last) {
  if (style_ == ProgressStyle::none) return;
  const std::scoped_lock lock(mutex_);
  const std::string text = line(std::chrono::duration<double>(Clock::now() - start_).count());
  const std::string shown = style_ == ProgressStyle::bar
                                ? fmt::format("\r{}\033[K{}", text, last ? "\n" : "")
                                : text + "\n";
  std::fputs(shown.c_str(), out_);  // a terminal that is gone ends no run
  std::fflush(out_);
}

}  // namespace clockless
