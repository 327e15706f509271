// The program `clockless`.
#include <csignal>

#include "apps/command.hpp"
#include "apps/interrupt.hpp"

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error like a full disk
  clockless::catch_interrupts();
  return clockless::guarded_command({argv + 1, argv + argc});
}
