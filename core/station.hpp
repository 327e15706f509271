// A neurocore as a server: packets that came in are worked off one after the other, and packets
// that go out leave one after the other. All of it is the core's own state.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

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

  /// A message of so many packets is there. Whether its service ends at once, so that it is to be
  /// applied now.
  bool arrive(const Job& job, std::uint64_t packets) {
    waits_.arrived += packets;
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

  /// When the packet in service is done, `never` if none is; and since when it is, or the last was.
  Time next() const { return done_; }
  Time started() const { return started_; }
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
  /// Work that nobody saw coming: learning, by what a packet or a firing did at t. Returns when it
  /// begins.
  Time occupy(Time t, Duration work) {
    waits_.busy += work.count();
    Time& end = done_ != never ? done_ : free_;
    const Time start = std::max(end, t);
    end = later(start, work);
    return start;
  }

  struct Span {
    Time start, end;
  };
  /// A neuron fired at t: its axons' turn comes when those before it have left. Returns the time
  /// that this takes of them.
  Span fire(Time t) {
    ++waits_.fired;
    const Time start = std::max(out_, t);
    out_ = later(start, machine_.timing.neuron_update + machine_.timing.spike);
    return {start, out_};
  }
  /// When the next packet, or several as one, of what happened at t is out of the core and its
  /// link.
  struct Departure {
    Span axon;
    Time out;
  };
  Departure depart(Time t, std::uint64_t packets, bool leaves_core) {
    const Span axon = take_axon(t, packets);
    const Time at = leaves_core ? take_link(axon.end, packets) : axon.end;
    waits_.held += (at - t).count();
    return {axon, at};
  }

  /// What leaves only when there is a place for it at its core; until then it, and all like it
  /// behind it, are held at the link.
  struct Message {
    CoreId to;
    RowId row;
    float payload;
    std::uint32_t packets;
    Duration delay;  // from its leaving on
    Time fired;
    Span axon{};
  };
  void hold(Message message) {
    message.axon = take_axon(message.fired, message.packets);
    held_.push_back(message);
  }
  /// The first of them, if there is a place for it at t, and when it is out of the core.
  struct Released {
    Message message;
    Time out;
  };
  std::optional<Released> release(Time t) {
    if (held_.empty()) return std::nullopt;
    const Message& first = held_.front();
    const std::size_t core = index(first.to);
    if (taken_.size() <= core) taken_.resize(core + 1);
    if (taken_[core] == machine_.core_buffer) return std::nullopt;
    ++taken_[core];
    const Time ready = std::max(link_, first.axon.end);
    if (t > ready) {
      ++waits_.stalls;
      waits_.stalled += (t - ready).count();
    }
    const Released released{first, take_link(std::max(ready, t), first.packets)};
    waits_.held += (released.out - first.fired).count();
    held_.pop_front();
    return released;
  }
  /// A place at that core is free again.
  void give_back(CoreId core) { --taken_[index(core)]; }

  const Machine& machine() const { return machine_; }
  const Waits& waits() const { return waits_; }
  /// The first is in service.
  const std::deque<Job>& jobs() const { return jobs_; }
  std::size_t pending() const { return jobs_.size() + held_.size(); }

 private:
  Span take_axon(Time t, std::uint64_t packets) {
    ++waits_.sent;
    const Time start = std::max(out_, t);
    out_ = later(start, static_cast<std::int64_t>(packets) * machine_.timing.packet);
    return {start, out_};
  }
  /// Returns when it is out.
  Time take_link(Time ready, std::uint64_t packets) {
    waits_.left += packets;
    return link_ = later(std::max(link_, ready),
                         static_cast<std::int64_t>(packets) * machine_.timing.link);
  }

  Time begin(const Job& job) {
    const Time start = std::max(job.arrived, free_);
    const Duration waited = start - job.arrived;
    waits_.waited += waited.count();
    waits_.longest = std::max(waits_.longest, waited);
    waits_.busy += job.service.count();
    started_ = start;
    return later(start, job.service);
  }

  Machine machine_;
  std::deque<Job> jobs_;  // in the order of arrival; the first is in service
  Time done_ = never;     // of the first
  Time started_{};        // the first, or the last that was served
  Time free_{};           // since when nothing is in service
  Time out_{}, link_{};   // when the last packet left its axon, and the core
  std::deque<Message> held_;
  std::vector<std::uint32_t> taken_;  // places, by core
  Waits waits_;
};

}  // namespace clockless
