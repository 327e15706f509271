#include "core/scheduler.hpp"

#include <algorithm>

namespace clockless {

Scheduler::Scheduler(std::span<const std::unique_ptr<Neurocore>> cores, Noc* noc, Barrier* barrier,
                     Duration lookahead, Parallel& parallel)
    : cores_(cores),
      noc_(noc),
      barrier_(barrier),
      lookahead_(lookahead),
      parallel_(parallel),
      next_(cores.size()),
      inbox_(cores.size()) {}

// With `after` no window is longer than that: so none is beyond what follows an awaited spike.
// Routers follow the cores through the same window: what cores send in it is known by then, and
// what routers deliver is due after it.
Time Scheduler::run_windows(Time end, Duration after) {
  for (std::size_t i = 0; i < cores_.size(); ++i) next_[i] = cores_[i]->next();
  for (;;) {
    Time floor = noc_ != nullptr ? noc_->next() : never;
    for (const Time t : next_) floor = std::min(floor, t);
    if (after != forever)
      for (const auto& core : cores_) end = std::min(end, later(core->came(), after));
    if (floor >= end) return end;
    Time until = std::min(end, later(floor, std::min(lookahead_, after)));
    if (barrier_ != nullptr) until = std::min(until, barrier_->next(floor));
    active_.clear();
    for (std::uint32_t i = 0; i < cores_.size(); ++i)
      if (next_[i] < until) active_.push_back(i);
    parallel_.for_each(active_.size(), [&](std::size_t k) {
      next_[active_[k]] = cores_[active_[k]]->advance(until);
    });
    if (barrier_ != nullptr)
      for (const std::uint32_t i : active_) barrier_->follow(i, floor, cores_[i]->counts());
    cross(until);
  }
}

void Scheduler::hand_over(Time t) {
  active_.resize(cores_.size());
  for (std::uint32_t i = 0; i < cores_.size(); ++i) active_[i] = i;
  cross(t);
}

void Scheduler::deliver(std::uint32_t core, const Packet& packet) {
  if (inbox_[core].empty()) reached_.push_back(core);
  inbox_[core].push_back(packet);
}

void Scheduler::empty_outbox(Neurocore& core) {
  for (const Sent& sent : core.outbox()) deliver(index(sent.to), sent.packet);
  core.outbox().clear();
  for (const Flit& flit : core.injected()) noc_->inject(flit);
  core.injected().clear();
  for (const Room& room : core.freed()) noc_->free(room);
  core.freed().clear();
}

// What active cores sent, and routers, reaches the queues of others. Queues order what they hold,
// so nothing depends on the order in which it comes.
void Scheduler::cross(Time until) {
  reached_.clear();
  for (const std::uint32_t i : active_) empty_outbox(*cores_[i]);
  if (noc_ != nullptr) {
    deliveries_.clear();
    noc_->advance(until, deliveries_);
    for (const Sent& sent : deliveries_) deliver(index(sent.to), sent.packet);
  }
  parallel_.for_each(reached_.size(), [&](std::size_t k) {
    const std::uint32_t i = reached_[k];
    cores_[i]->collect(inbox_[i], until);
    for (const Packet& packet : inbox_[i]) next_[i] = std::min(next_[i], packet.at);
    inbox_[i].clear();
  });
}

}  // namespace clockless
