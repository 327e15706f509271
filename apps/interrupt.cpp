// Ctrl-C asks a run to end cleanly; a second one ends the program at once.
#include "apps/interrupt.hpp"

#include <atomic>
#include <csignal>

namespace clockless {

namespace {

std::atomic<int> requested = 0;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may only touch such");

void on_signal(int signal) {
  requested = signal;
  std::signal(signal, SIG_DFL);  // the next one kills
}

}  // namespace

void catch_interrupts() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  if (std::signal(SIGHUP, on_signal) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);
}

bool interrupted() { return interrupt_signal() != 0; }

int interrupt_signal() { return requested.load(std::memory_order_relaxed); }

void clear_interrupt() { requested = 0; }

}  // namespace clockless
