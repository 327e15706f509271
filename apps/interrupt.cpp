// Ctrl-C asks a run to end cleanly; a second one ends the program at once.
#include "apps/interrupt.hpp"

#include <atomic>
#include <csignal>

namespace clockless {

namespace {

std::atomic<bool> requested = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may only touch such");

void on_signal(int signal) {
  requested = true;
  std::signal(signal, SIG_DFL);  // the next one kills
}

}  // namespace

void catch_interrupts() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

bool interrupted() { return requested.load(std::memory_order_relaxed); }

void clear_interrupt() { requested = false; }

}  // namespace clockless
