#include "core/scheduler.hpp"

#include <algorithm>

namespace clockless {

void Scheduler::run(Time end) {
  for (;;) {
    Time floor = never;
    for (const auto& core : cores_) floor = std::min(floor, core->next());
    if (floor >= end) return;
    const Time until = std::min(end, later(floor, lookahead_));
    parallel_.for_each(cores_.size(), [&](std::size_t i) { cores_[i]->advance(until); });
    parallel_.for_each(cores_.size(), [&](std::size_t i) {
      for (const auto& source : cores_) cores_[i]->collect(*source);
    });
  }
}

}  // namespace clockless
