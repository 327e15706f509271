// The build hands the version to this file alone, so that a commit recompiles nothing else.
#include "apps/version.hpp"

namespace clockless {

std::string version() { return CLOCKLESS_VERSION; }

}  // namespace clockless
