// Where a live page is served, as a command line says it.
#include "apps/live/place.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include <fmt/format.h>

#include "apps/text.hpp"
#include "core/error.hpp"

namespace clockless {

LiveOptions parse_live_place(std::string_view text) {
  LiveOptions options;
  if (text.empty()) return options;
  std::string_view address, port = text;
  if (text.find_first_not_of("0123456789") != std::string_view::npos) {
    const bool bracketed = text.starts_with('[') && text.find(']') != std::string_view::npos;
    const bool one_colon = std::count(text.begin(), text.end(), ':') == 1;
    const std::size_t end = bracketed   ? text.find(']') + 1
                            : one_colon ? text.find(':')
                                        : text.size();
    address = bracketed ? text.substr(1, end - 2) : text.substr(0, end);
    port = text.substr(end);
    if (port.starts_with(':'))
      port.remove_prefix(1);
    else if (port.empty())
      port = "0";
  }
  const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), options.port);
  if (error != std::errc{} || stop != port.data() + port.size())
    throw Error(
        fmt::format("--live={}: expected a port (0 to 65535) or an address and a port, such as "
                    "8080, 127.0.0.1:8080 or [::1]:8080",
                    printable(text)));
  if (!address.empty()) options.address = address;
  return options;
}

}  // namespace clockless
