#include "core/scheduler.hpp"

#include <algorithm>

namespace clockless {

void Scheduler::run(Time end) { run_windows(end, forever); }

Time Scheduler::run_awaiting(Time end, Duration after) { return run_windows(end, after); }

// With `after` no window is longer than that: so none is beyond what follows an awaited spike.
Time Scheduler::run_windows(Time end, Duration after) {
  for (;;) {
    Time floor = never;
    for (const auto& core : cores_) floor = std::min(floor, core->next());
    if (after != forever)
      for (const auto& core : cores_) end = std::min(end, later(core->came(), after));
    if (floor >= end) return end;
    const Time until = std::min(end, later(floor, std::min(lookahead_, after)));
    parallel_.for_each(cores_.size(), [&](std::size_t i) { cores_[i]->advance(until); });
    parallel_.for_each(cores_.size(), [&](std::size_t i) {
      for (const auto& source : cores_) cores_[i]->collect(*source, until);
    });
  }
}

}  // namespace clockless
