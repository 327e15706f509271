// Ctrl-C asks a run to end cleanly; a second one ends the program at once.
#pragma once

namespace clockless {

/// Catches SIGINT, SIGTERM and SIGHUP from now on (SIGHUP not under nohup).
void catch_interrupts();

/// Whether the user asked to stop. Cheap; any thread may ask, as often as it likes.
bool interrupted();

/// The signal that asked, for the exit code 128 + signal; 0 if none did.
int interrupt_signal();

/// Forgets an earlier request (several runs in one process: tests).
void clear_interrupt();

}  // namespace clockless
