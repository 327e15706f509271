// A neurocore as a server: packets that came in are worked off one after the other, and packets
// that go out leave one after the other. All of it is the core's own state.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <utility>

#include "core/congestion.hpp"
#include "core/event.hpp"
#include "core/machine.hpp"
#include "core/time.hpp"

namespace clockless {

class Station {
 public:
  explicit Station(const Machine& machine) : machine_(machine) {}

  struct Job {
    Time arrived;
    RowId row;
    float payload;
    Duration service;
  };

  /// Nothing waits any more, nor are `pending` messages on their way; what is told of waits goes
  /// on.
  void restart(std::uint64_t pending) {
    waits_.dropped += pending;
    const Waits so_far = waits_;
    *this = Station(machine_);
    waits_ = so_far;
  }

  /// A packet is there. Whether its service ends at once, so that it is to be applied now.
  bool arrive(const Job& job) {
    if (!jobs_.empty()) {
      jobs_.push_back(job);
      waits_.peak = std::max<std::uint64_t>(waits_.peak, jobs_.size());
      return false;
    }
    done_ = begin(job);
    if (done_ == job.arrived) {
      free_ = std::exchange(done_, never);
      ++waits_.served;
      return true;
    }
    jobs_.push_back(job);
    waits_.peak = std::max<std::uint64_t>(waits_.peak, 1);
    return false;
  }

  /// When the packet in service is done, `never` if none is.
  Time next() const { return done_; }
  /// Takes it; resume() must follow when it has been applied.
  Job finish() {
    const Job job = jobs_.front();
    jobs_.pop_front();
    free_ = std::exchange(done_, never);
    ++waits_.served;
    return job;
  }
  void resume() {
    if (!jobs_.empty()) done_ = begin(jobs_.front());
  }
  /// Work that nobody saw coming: learning, by what a packet or a firing did at t.
  void occupy(Time t, Duration work) {
    waits_.busy += work.count();
    if (done_ != never)
      done_ = later(done_, work);
    else
      free_ = later(std::max(free_, t), work);
  }

  /// A neuron fired at t: its axons' turn comes when those before it have left.
  void fire(Time t) {
    out_ = later(std::max(out_, t), machine_.timing.neuron_update + machine_.timing.spike);
  }
  /// When the next packet, or several as one, of what happened at t is out of the core and its
  /// link.
  Time depart(Time t, std::uint64_t packets, bool leaves_core) {
    const auto n = static_cast<std::int64_t>(packets);
    ++waits_.sent;
    out_ = later(std::max(out_, t), n * machine_.timing.packet);
    Time at = out_;
    if (leaves_core) at = link_ = later(std::max(link_, out_), n * machine_.timing.link);
    waits_.held += (at - t).count();
    return at;
  }

  const Machine& machine() const { return machine_; }
  const Waits& waits() const { return waits_; }
  std::size_t pending() const { return jobs_.size(); }

 private:
  Time begin(const Job& job) {
    const Time start = std::max(job.arrived, free_);
    const Duration waited = start - job.arrived;
    waits_.waited += waited.count();
    waits_.longest = std::max(waits_.longest, waited);
    waits_.busy += job.service.count();
    return later(start, job.service);
  }

  Machine machine_;
  std::deque<Job> jobs_;  // in the order of arrival; the first is in service
  Time done_ = never;     // of the first
  Time free_{};           // since when nothing is in service
  Time out_{}, link_{};   // when the last packet left its axon, and the core
  Waits waits_;
};

}  // namespace clockless
