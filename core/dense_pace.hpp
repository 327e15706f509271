// How long an epoch of the dense kernel should last.
#pragma once

#include <algorithm>
#include <cstddef>

namespace clockless {

/// Learns from epoch to epoch how often inputs come and what they draw, so that waking all costs
/// about as much as carrying the active ones does. Counts only: no clock is read.
class DensePace {
 public:
  /// `typical_use`: a first guess of what one input draws. Over `span_s` any frame serves.
  void restart(double typical_use, double span_s) {
    *this = {};
    typical_use_ = typical_use;
    foreign_rate_ = rate_ = 8 * patience_ / span_s;  // halves while nothing comes
  }

  // -- within an epoch
  /// An input came with no firing here.
  void note_foreign() { ++foreign_; }
  /// One draws so much, given all the time.
  void note_use(double amount) { drawn_ += amount; }
  std::size_t most_inputs() const { return most_inputs_; }

  // -- between epochs
  /// Of `neurons`, `active` were carried through so many inputs and seconds.
  void end_epoch(std::size_t inputs_seen, double seconds, std::size_t neurons, std::size_t active) {
    const auto inputs = static_cast<double>(inputs_seen);
    if (inputs_seen == 0) {
      rate_ *= 0.5;
      foreign_rate_ *= 0.5;
    } else {
      if (seconds > 0) {
        rate_ = 0.5 * (rate_ + inputs / seconds);
        foreign_rate_ = 0.5 * (foreign_rate_ + static_cast<double>(foreign_) / seconds);
      }
      typical_use_ = 0.5 * (typical_use_ + drawn_ / inputs);
      if (waking(inputs, neurons) > 1.5 * carrying(inputs, active))
        patience_ = std::min(patience_ * 1.5, 1024.0);
    }
    foreign_ = 0;
    drawn_ = 0;
  }
  /// How long the next epoch is to last, and what it is expected to draw, given all the time.
  double horizon_s() const { return patience_ / rate_; }
  double budget() const { return patience_ * 1.25 * typical_use_; }
  /// Whether too long an epoch would keep too many awake; the next is then to be shorter.
  bool shorten(std::size_t neurons, std::size_t active) {
    if (patience_ <= 4 || carrying(patience_, active) <= 2 * waking(patience_, neurons))
      return false;
    patience_ = std::max(patience_ / 2, 4.0);
    return true;
  }
  void begin_epoch() { most_inputs_ = static_cast<std::size_t>(4 * patience_); }

  /// What usually passes between inputs that came with no firing here.
  double foreign_interval_s() const { return 1 / foreign_rate_; }

 private:
  // What inputs cost by the active ones, and an epoch of so many by waking all; in units of
  // streaming one weight.
  static double carrying(double inputs, std::size_t active) {
    return 24.0 * inputs * static_cast<double>(active);
  }
  static double waking(double inputs, std::size_t neurons) {
    return (std::min(inputs, 32.0) + 12.0) * static_cast<double>(neurons);
  }

  double patience_ = 32;                // inputs that an epoch is meant to last
  double rate_ = 0, foreign_rate_ = 0;  // inputs per second, and those without a firing here
  double typical_use_ = 0;              // what one draws
  // Of this epoch:
  double drawn_ = 0;
  std::size_t foreign_ = 0, most_inputs_ = 0;
};

}  // namespace clockless
