// Where a live page is served, as a command line says it.
#pragma once

#include <string_view>

#include "apps/live/live_page.hpp"

namespace clockless {

/// "" (this machine only, any free port), PORT, ADDRESS or ADDRESS:PORT; an IPv6 address with a
/// port stands in brackets. Throws Error for a port that is none; the address is judged by
/// LivePage.
LiveOptions parse_live_place(std::string_view text);

}  // namespace clockless
