// Shapes of arrays that files claim: overflow-safe products, and words for messages.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace clockless {

/// a * b into `a`; false, leaving `a` alone, where the product does not fit.
inline bool multiply(std::size_t& a, std::size_t b) {
  std::size_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return false;
  a = product;
  return true;
}

/// "60000 x 28 x 28"; "a number" for no dimension.
inline std::string shape_text(const std::vector<std::size_t>& shape) {
  std::string text;
  for (const std::size_t n : shape) text += (text.empty() ? "" : " x ") + std::to_string(n);
  return text.empty() ? "a number" : text;
}

}  // namespace clockless
