#include "core/barrier.hpp"

#include <algorithm>
#include <utility>

namespace clockless {

namespace {

std::int64_t times(std::uint64_t n, Duration d) { return static_cast<std::int64_t>(n) * d.count(); }

}  // namespace

Barrier::Barrier(const Machine& machine, std::vector<std::uint64_t> neurons)
    : machine_(machine),
      neurons_(std::move(neurons)),
      before_(neurons_.size()),
      done_(neurons_.size()) {}

void Barrier::follow(std::size_t core, Time t, const Counts& counts) {
  const std::int64_t step = number(t);
  if (step != step_) close();
  step_ = step;
  // Since it was last followed: the work of a whole run may be out of range.
  const Counts here = counts - before_[core];
  done_[core].work += work(here);
  done_[core].updates += here.neuron_updates;
  before_[core] = counts;
}

std::int64_t Barrier::work(const Counts& c) const {
  const Timing& t = machine_.timing;
  return times(c.synaptic_events, t.synaptic_event) + times(c.neuron_updates, t.neuron_update) +
         times(c.plasticity_updates, t.plasticity_update) + times(c.spikes, t.spike) +
         times(c.packets, t.packet);
}

// The step is as long as its slowest core needs.
void Barrier::close() {
  if (step_ < 0) return;
  std::int64_t slowest = 0;
  for (std::size_t c = 0; c < done_.size(); ++c) {
    const std::uint64_t idle = neurons_[c] - std::min(neurons_[c], done_[c].updates);
    counts_.idle_updates += idle;
    slowest = std::max(slowest, done_[c].work + times(idle, machine_.timing.idle_update));
    done_[c] = {};
  }
  took_ += slowest;
  ++closed_;
  step_ = -1;
}

// Steps in which nobody did anything were visited all the same.
void Barrier::pass(Time t) {
  const std::int64_t steps = number(t);
  if (step_ < steps) close();
  const auto passed = static_cast<std::uint64_t>(steps - std::exchange(passed_, steps));
  const std::uint64_t quiet = passed - std::min(passed, closed_);
  closed_ -= passed - quiet;
  counts_.barriers += passed;
  std::uint64_t most = 0;
  for (const std::uint64_t n : neurons_) {
    counts_.idle_updates += quiet * n;
    most = std::max(most, n);
  }
  took_ += TickSum{quiet} * times(most, machine_.timing.idle_update) +
           TickSum{passed} * machine_.timing.barrier.count();
}

void Barrier::restart() {
  close();
  std::fill(before_.begin(), before_.end(), Counts{});
  counts_ = {};
  passed_ = 0;
  closed_ = 0;
}

}  // namespace clockless
