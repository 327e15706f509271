// Parsing TOML with our errors.
#include "apps/toml.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "apps/text.hpp"
#include "core/error.hpp"

namespace clockless {

namespace {

// Where the first character beyond ASCII stands that is neither in a string nor in a comment, or
// npos. TOML has no place for it, and toml++ 3.3 runs into undefined behaviour on some (U+FEFE).
std::size_t find_stray(std::string_view text) {
  std::size_t i = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  while (i < text.size()) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x80) return i;
    if (c == '#') {
      for (; i < text.size() && text[i] != '\n' && text[i] != '\r'; ++i)
        for (const std::string_view line_end :
             {"\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9", "\v", "\f"})
          if (text.substr(i).starts_with(line_end)) return i;  // ends a comment for toml++
    } else if (c == '"' || c == '\'') {
      const std::string quote(text.substr(i, 3) == std::string(3, c) ? 3 : 1, c);
      i += quote.size();
      while (i < text.size() && !text.substr(i).starts_with(quote)) {
        if (quote.size() == 1 && text[i] == '\n') break;  // an error that toml++ tells
        i += c == '"' && text[i] == '\\' ? 2 : 1;
      }
      i += quote.size();
      // Two more quotes may belong to the end of a multi-line string.
      for (int more = 0; quote.size() == 3 && more < 2 && i < text.size() && text[i] == c; ++more)
        ++i;
    } else {
      ++i;
    }
  }
  return std::string_view::npos;
}

}  // namespace

toml::table parse_toml(std::string_view text, const std::string& path) {
  if (const std::size_t stray = find_stray(text); stray != std::string_view::npos)
    throw Error(fmt::format(
        "{}:{}: not valid TOML: '{}' outside of quotes; put texts into \"\"", path,
        1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(stray), '\n'),
        printable(text.substr(stray, std::max<std::size_t>(1, utf8_length(text.substr(stray)))),
                  "?")));
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
