// The message of an expected error, to see that it names what is wrong.
#pragma once

#include <string>

#include "core/error.hpp"

namespace clockless {

/// The message of the Error that f() throws; "no error" if it throws none.
template <class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace clockless
