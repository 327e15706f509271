// Which Clockless this is.
#pragma once

#include <string>

namespace clockless {

/// The version, with the commit where it was known at build time: "0.1.0 (1a2b3c4)".
std::string version();

}  // namespace clockless
