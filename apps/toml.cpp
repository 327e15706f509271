// Parsing TOML with our errors.
#include "apps/toml.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "apps/text.hpp"
#include "core/error.hpp"

namespace clockless {

toml::table parse_toml(std::string_view text, const std::string& path) {
  try {
    return toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    throw Error(fmt::format("{}:{}: not valid TOML: {}", path, error.source().begin.line,
                            printable(error.description())));
  }
}

std::string place_of(const toml::node& node, const std::string& path) {
  return fmt::format("{}:{}", path, node.source().begin.line);
}

}  // namespace clockless
