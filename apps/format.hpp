// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace clockless {

/// 4 significant digits with an SI prefix: "3.21 µJ", "0 s".
std::string with_prefix(double value, const std::string& unit);

/// Digits in groups of three, separated by thin spaces: "12 345 678".
std::string grouped(std::uint64_t value);

}  // namespace clockless
