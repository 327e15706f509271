// Numbers out of file bytes, in either byte order.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

namespace clockless {

/// The value of type T stored at `from` (sizeof(T) bytes) in byte order `order`.
template <class T>
T load(const std::byte* from, std::endian order) {
  std::array<std::byte, sizeof(T)> raw;
  std::copy_n(from, sizeof(T), raw.begin());
  if (order != std::endian::native) std::reverse(raw.begin(), raw.end());
  return std::bit_cast<T>(raw);
}

}  // namespace clockless
