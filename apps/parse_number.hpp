// Numbers from text, without a locale.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace clockless {

/// All of `text` as a T; nothing if it is not one, or out of its range.
template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace clockless
