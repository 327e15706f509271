// toml++ made safe for bad input, and parsing with our errors. Include this, never <toml++/toml.h>.
#pragma once

#include <string>
#include <string_view>

// Version 3.3 asserts, and with NDEBUG lets clang assume, what bad input such as "[:" breaks; the
// code behind those assertions reports the error well. So they are made to say nothing.
#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(condition) static_assert(true)
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")

namespace clockless {

/// Parses TOML; Error "path:line: not valid TOML: ..." where it is not.
toml::table parse_toml(std::string_view text, const std::string& path);

/// "path:line" of a node.
std::string place_of(const toml::node& node, const std::string& path);

}  // namespace clockless
