// Chip-wide barriers, as clocked chips have them between algorithmic steps: what is sent in a step
// arrives at its end, and a step lasts until the slowest neurocore has done its work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/congestion.hpp"
#include "core/counts.hpp"
#include "core/machine.hpp"
#include "core/time.hpp"

namespace clockless {

/// Follows what neurocores do step by step; moves no spike itself (Machine::delivery does). On such
/// a chip every neuron is visited in every step: where fewer updates than neurons fell into a step,
/// the others count as idle updates.
class Barrier {
 public:
  /// `neurons`: of each core.
  Barrier(const Machine& machine, std::vector<std::uint64_t> neurons);

  /// The end of the step that t lies in.
  Time next(Time t) const { return machine_.delivery(t, t); }
  /// A core's counts so far, after all that it did in a window that began at t.
  void follow(std::size_t core, Time t, const Counts& counts);
  /// Everything before t is done.
  void pass(Time t);
  /// Time begins anew.
  void restart();

  /// Barriers and idle updates since time 0.
  const Counts& counts() const { return counts_; }
  /// Ticks that all steps took on the chip, since this was built.
  TickSum took() const { return took_; }

 private:
  struct Done {
    std::int64_t work = 0;  // ticks
    std::uint64_t updates = 0;
  };

  std::int64_t number(Time t) const { return t.time_since_epoch() / machine_.step; }
  std::int64_t work(const Counts& counts) const;
  void close();

  Machine machine_;
  std::vector<std::uint64_t> neurons_;
  std::vector<Counts> before_;              // by core, when it was last followed
  std::vector<Done> done_;                  // by core, in the present step
  std::int64_t step_ = -1;                  // the present one, -1 if nobody did anything yet
  std::int64_t passed_ = 0;                 // barriers
  std::uint64_t closed_ = 0;                // steps with work whose barrier has not passed
  Counts counts_;
  TickSum took_ = 0;
};

}  // namespace clockless
