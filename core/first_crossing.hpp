// Who of some neurons crosses threshold first.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <tuple>
#include <vector>

#include "core/time.hpp"

namespace clockless {

/// Neurons that may cross, on a kernel:
///   bound()          lower bounds of the seconds until each crosses, from now on
///   bound_of(a)      of the a-th; raise(a, s) makes it s
///   first()          the place of the least, size() if all are infinite
///   tighten(a)       raises it as far as can be told cheaply
///   until_fire(a)    exactly, from now on; `forever` if never
///   who(a)           its number, for ties
template <class C>
concept CrossingCandidates = requires(C& c, std::size_t a, double s) {
  c.bound();
  { c.bound_of(a) } -> std::convertible_to<double>;
  c.raise(a, s);
  { c.first() } -> std::convertible_to<std::size_t>;
  { c.size() } -> std::convertible_to<std::size_t>;
  c.tighten(a);
  { c.until_fire(a) } -> std::same_as<Duration>;
  { c.who(a) } -> std::convertible_to<std::uint32_t>;
};

/// A crossing is solved only when its lower bound is about to pass: mostly an input comes first and
/// makes it void.
class FirstCrossing {
 public:
  /// The earliest crossing (ties go to the lower number) and its place among the candidates; never
  /// if there is none before look_again().
  Time at() const { return at_; }
  std::size_t slot() const { return slot_; }
  /// Nobody crosses before this, and no more is known yet.
  Time look_again() const { return look_again_; }
  bool known() const { return known_; }

  /// Somebody's state changed, or there are other candidates.
  void forget() { known_ = bounded_ = false; }
  /// The first has fired and goes on from there. What is known of the others still holds.
  void fired(Time t) {
    std::pop_heap(solved_.begin(), solved_.end(), std::greater<>{});
    solved_.pop_back();
    fired_.push_back(slot_);
    come_to(t);
  }
  /// Nobody has crossed until t.
  void come_to(Time t) {
    seen_ = t;
    known_ = false;
  }

  /// Finds out at `now`. Bounds less than `soon_s` after what was last seen are not worth a second
  /// look: those crossings are solved at once.
  template <CrossingCandidates C>
  void find(C& candidates, Time now, double soon_s) {
    known_ = true;
    at_ = look_again_ = never;
    if (!bounded_) {
      base_ = seen_ = now;
      candidates.bound();
      solved_.clear();
      fired_.clear();
      bounded_ = true;
    }
    for (const std::size_t a : fired_) solve(candidates, now, a);  // nothing came since
    fired_.clear();
    const double soon_ticks = std::min(soon_s * ticks_per_second, 1e15);
    const Time soon = later(seen_, Duration{static_cast<std::int64_t>(soon_ticks)});
    for (;;) {
      const std::size_t a = candidates.first();  // of those not solved
      const Time least = a == candidates.size() ? never : last_tick_before(candidates.bound_of(a));
      if (!solved_.empty() && solved_.front().at < least) {
        at_ = solved_.front().at;
        slot_ = solved_.front().slot;
        return;
      }
      if (least > soon) {
        look_again_ = least;
        return;
      }
      candidates.tighten(a);
      const Time tighter = last_tick_before(candidates.bound_of(a));
      if (tighter <= soon && (solved_.empty() || tighter <= solved_.front().at))
        solve(candidates, now, a);
    }
  }

 private:
  struct Solved {
    Time at;
    std::uint32_t who;
    std::size_t slot;
    bool operator>(const Solved& o) const { return std::tie(at, who) > std::tie(o.at, o.who); }
  };

  Time last_tick_before(double bound_s) const {
    return bound_s < 1e6 ? base_ + Duration{static_cast<std::int64_t>(bound_s * ticks_per_second)}
                         : never;
  }

  // From now on its exact crossing stands for its bound.
  template <class C>
  void solve(C& candidates, Time now, std::size_t a) {
    const Time t = later(now, candidates.until_fire(a));
    candidates.raise(a, std::numeric_limits<double>::infinity());
    if (t == never) return;
    solved_.push_back({t, candidates.who(a), a});
    std::push_heap(solved_.begin(), solved_.end(), std::greater<>{});
  }

  Time at_ = never, look_again_ = never;
  std::size_t slot_ = 0;
  std::vector<Solved> solved_;      // a heap, the earliest in front
  std::vector<std::size_t> fired_;  // since base_, and not solved again
  Time base_{}, seen_{};  // from which bounds count, and up to when those are solved that may cross
  bool bounded_ = false;  // nothing changed since base_
  bool known_ = false;
};

}  // namespace clockless
