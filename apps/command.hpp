// The command line: list, run, hardware.
#pragma once

#include <string>
#include <vector>

namespace clockless {

/// Does what the arguments (without the program's name) say. Throws Error for what the user got
/// wrong. Returns 0, or 130 if the run was interrupted.
int command(const std::vector<std::string>& arguments);

/// The same with every exception turned into one line on stderr: 1 for user errors and for memory
/// that does not suffice, 2 for mistakes of the program.
int guarded_command(const std::vector<std::string>& arguments);

}  // namespace clockless
