// Parsing TOML with our errors.
#include "apps/toml.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "apps/text.hpp"
#include "core/error.hpp"

namespace clockless {

namespace {

// How far a string goes that begins at `at`, quotes included.
std::size_t string_end(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string three(3, quote);
  const bool many_lines = text.substr(at, 3) == three;
  for (at += many_lines ? 3 : 1; at < text.size(); ++at) {
    if (text[at] == '\\' && quote == '"') {
      ++at;
    } else if (!many_lines && (text[at] == quote || text[at] == '\n')) {
      return at + 1;
    } else if (many_lines && text.substr(at, 3) == three) {
      at += 3;  // up to two more quotes belong to it
      for (int more = 0; more < 2 && at < text.size() && text[at] == quote; ++more) ++at;
      return at;
    }
  }
  return text.size();
}

// toml++ and all who walk its tables recurse once for each dot of a key: beyond any sense they
// would exhaust the stack. Its own limit is on brackets only.
void check_keys(std::string_view text, const std::string& path) {
  constexpr int most_dots = 16;
  int dots = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      at = string_end(text, at);
      continue;
    }
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (std::string_view("\n=,[]{}").find(c) != std::string_view::npos) dots = 0;
    if (c == '.' && ++dots > most_dots)
      throw Error(fmt::format(
          "{}:{}: not valid TOML: a key of more than {} parts; no setting has "
          "so many",
          path, 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'),
          most_dots));
    ++at;
  }
}

}  // namespace

toml::table parse_toml(std::string_view text, const std::string& path) {
  check_keys(text, path);
  try {
    return toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    throw Error(fmt::format("{}:{}: not valid TOML: {}", path, error.source().begin.line,
                            printable(error.description())));
  }
}

std::string quoted_toml(std::string_view text) {
  std::string out = "\"";
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string place_of(const toml::node& node, const std::string& path) {
  return fmt::format("{}:{}", path, node.source().begin.line);
}

}  // namespace clockless
