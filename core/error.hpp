// The one error type users see: what is wrong, where, and how to mend it, in one line.
#pragma once

#include <stdexcept>
#include <string>

namespace clockless {

/// Thrown for every mistake a user can make (file, setting, argument, network).
/// The message names what, where and how to mend it; main() prints it and exits non-zero.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace clockless
