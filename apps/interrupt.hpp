// Ctrl-C asks a run to end cleanly; a second one ends the program at once.
#pragma once

namespace clockless {

/// Catches SIGINT and SIGTERM from now on.
void catch_interrupts();

/// Whether the user asked to stop. Cheap; any thread may ask, as often as it likes.
bool interrupted();

/// Forgets an earlier request (several runs in one process: tests).
void clear_interrupt();

}  // namespace clockless
