// The points of a sweep as processes of their own, some at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace clockless {

/// How a process ended: what it last said on stderr if it failed, else nothing.
struct ChildEnd {
  bool succeeded = false;
  std::string message;
};

/// Calls `program` with arguments(i) for each i < n, at most `at_once` at a time and in that order,
/// and ended(i, end) as each ends. When the user interrupts, those that run are told to end, and no
/// further one begins.
///
/// Processes, not threads: what a run measures of itself (processor time, memory) is its own, and
/// one that exhausts memory or crashes ends nobody else.
void run_children(const std::string& program, std::size_t n, std::size_t at_once,
                  const std::function<std::vector<std::string>(std::size_t)>& arguments,
                  const std::function<void(std::size_t, const ChildEnd&)>& ended);

}  // namespace clockless
