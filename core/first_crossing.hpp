// Who of the active neurons on the dense kernel crosses threshold first.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <tuple>
#include <vector>

#include "core/dense_kernel.hpp"
#include "core/frame.hpp"

namespace clockless {

/// A crossing is solved only when its lower bound is about to pass: mostly an input comes first and
/// makes it void.
template <NeuronModel M>
requires Framed<M>
class FirstCrossing {
  using Frame = typename M::Frame;
  using Moment = typename Frame::Moment;

 public:
  /// The earliest crossing (ties go to the lower number) and its place among the active; never if
  /// there is none before look_again().
  Time at() const { return at_; }
  std::size_t slot() const { return slot_; }
  /// Nobody crosses before this, and no more is known yet.
  Time look_again() const { return look_again_; }
  bool known() const { return known_; }

  /// Somebody's coordinates changed, or other neurons are active.
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

  /// Finds out at `now`, which is `moment` in the frame. Bounds less than `soon_s` after what was
  /// last seen are not worth a second look: those crossings are solved at once.
  void find(const typename M::Params& p, ActiveSet<M>& active, Time now, const Moment& moment,
            double soon_s) {
    known_ = true;
    at_ = look_again_ = never;
    if (!bounded_) {
      base_ = moment;
      base_time_ = seen_ = now;
      active.bound(p, base_);
      solved_.clear();
      fired_.clear();
      bounded_ = true;
    }
    for (const std::size_t a : fired_) solve(p, active, now, moment, a);  // nothing came since
    fired_.clear();
    const double soon_ticks = std::min(soon_s * ticks_per_second, 1e15);
    const Time soon = later(seen_, Duration{static_cast<std::int64_t>(soon_ticks)});
    for (;;) {
      const std::size_t a = active.first();  // of those not solved
      const Time least = a == active.size() ? never : last_tick_before(active.bound_of(a));
      if (!solved_.empty() && solved_.front().at < least) {
        at_ = solved_.front().at;
        slot_ = solved_.front().slot;
        return;
      }
      if (least > soon) {
        look_again_ = least;
        return;
      }
      active.tighten(p, base_, a);
      const Time tighter = last_tick_before(active.bound_of(a));
      if (tighter <= soon && (solved_.empty() || tighter <= solved_.front().at))
        solve(p, active, now, moment, a);
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
    return bound_s < 1e6
               ? base_time_ + Duration{static_cast<std::int64_t>(bound_s * ticks_per_second)}
               : never;
  }

  // From now on its exact crossing stands for its bound.
  void solve(const typename M::Params& p, ActiveSet<M>& active, Time now, const Moment& moment,
             std::size_t a) {
    Frame::leave(p, moment, active.neuron(a), state_);
    const Time t = later(now, M::until_fire(p, state_));
    active.set_bound(a, std::numeric_limits<double>::infinity());
    if (t == never) return;
    solved_.push_back({t, active.who(a), a});
    std::push_heap(solved_.begin(), solved_.end(), std::greater<>{});
  }

  Time at_ = never, look_again_ = never;
  std::size_t slot_ = 0;
  typename M::State state_{};       // scratch: only its flow is set
  std::vector<Solved> solved_;      // a heap, the earliest in front
  std::vector<std::size_t> fired_;  // since base_, and not solved again
  Moment base_{};                   // from which bounds count, if bounded_
  Time base_time_{}, seen_{};       // and up to when those have been solved that may cross
  bool bounded_ = false;            // nothing changed since base_
  bool known_ = false;
};

}  // namespace clockless
