// Small helpers for texts that came from outside: encodings, control characters, near names.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace clockless {

/// The length in bytes of the UTF-8 character that `text` begins with; 0 if it is not valid.
std::size_t utf8_length(std::string_view text);

/// Whether all of it is valid UTF-8.
bool is_utf8(std::string_view text);

/// The text with `bad` in place of each control character and each byte that is not UTF-8: safe for
/// a terminal, one line, JSON and HTML.
std::string printable(std::string_view text, std::string_view bad = " ");

/// The name nearest to `wanted` by edit distance, or empty if none is near.
std::string nearest(std::string_view wanted, const std::vector<std::string>& names);

/// "; did you mean 'NAME'?" or an empty text.
std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& names);

}  // namespace clockless
