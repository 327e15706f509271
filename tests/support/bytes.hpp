// Looking at a state from outside, as its machine words: equal, close, finite, perturbed.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "core/time.hpp"

namespace clockless::test {

/// A bytewise copy: padding and all.
template <class T>
T clone(const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  T copy;
  std::memcpy(static_cast<void*>(&copy), static_cast<const void*>(&value), sizeof(T));
  return copy;
}

template <class T>
bool same_bytes(const T& a, const T& b) {
  if constexpr (std::is_empty_v<T>) return true;  // its one byte holds nothing, and anything
  return std::memcmp(static_cast<const void*>(&a), static_cast<const void*>(&b), sizeof(T)) == 0;
}

/// A state seen as 64-bit words. A word with the exponent of zero, or the bits of `forever`, is
/// taken for an integer (ticks, a count, a pointer), every other for a double; in a state without
/// 8-byte alignment all are integers.
template <class T>
struct Words {
  static constexpr std::size_t count = alignof(T) == 8 ? sizeof(T) / 8 : 0;
  std::array<std::uint64_t, count> word{};

  explicit Words(const T& value) {
    if constexpr (count > 0) std::memcpy(word.data(), static_cast<const void*>(&value), 8 * count);
  }
  T value(const T& like) const {
    T result = clone(like);
    if constexpr (count > 0) std::memcpy(static_cast<void*>(&result), word.data(), 8 * count);
    return result;
  }
  bool is_integer(std::size_t i) const {
    return (word[i] >> 52 & 0x7FF) == 0 || word[i] == static_cast<std::uint64_t>(forever.count());
  }
  double number(std::size_t i) const { return std::bit_cast<double>(word[i]); }

  /// The largest magnitude among the numbers.
  double scale() const {
    double largest = 0;
    for (std::size_t i = 0; i < count; ++i)
      if (!is_integer(i)) largest = std::fmax(largest, std::abs(number(i)));
    return largest;
  }
  bool finite() const {
    for (std::size_t i = 0; i < count; ++i)
      if (!is_integer(i) && !std::isfinite(number(i))) return false;
    return true;
  }
};

/// Numbers that differ by at most `ulps` units in the last place of the largest number in either or
/// in the state both came `from`, and integers
/// that differ by at most 4096 or 2⁻⁴⁰ of themselves (they might be doubles that decayed to the
/// smallest there are).
template <class T>
bool close(const T& a, const T& b, const T& from, double ulps) {
  const Words<T> x(a), y(b);
  if constexpr (Words<T>::count == 0) return same_bytes(a, b);
  const double tolerance = ulps * std::numeric_limits<double>::epsilon() *
                           std::max({x.scale(), y.scale(), Words<T>(from).scale()});
  for (std::size_t i = 0; i < Words<T>::count; ++i) {
    if (x.word[i] == y.word[i]) continue;
    if (x.is_integer(i) && y.is_integer(i)) {
      const std::uint64_t large = std::max(x.word[i], y.word[i]);
      if (large - std::min(x.word[i], y.word[i]) > 4096 + (large >> 40)) return false;
      continue;
    }
    if (!(std::abs(x.number(i) - y.number(i)) <= tolerance)) return false;
  }
  return true;
}

}  // namespace clockless::test
