// Numbers as people read them.
#include "apps/format.hpp"

#include <cmath>

#include <fmt/format.h>

namespace clockless {

std::string with_prefix(double value, const std::string& unit) {
  static constexpr const char* prefixes[] = {"a", "f", "p", "n", "µ", "m", "", "k", "M", "G", "T"};
  if (value == 0 || !std::isfinite(value)) return fmt::format("{} {}", value, unit);
  int thousand = static_cast<int>(std::floor(std::log10(std::fabs(value)) / 3));
  // 999.96 rounds to 1000: the next prefix then.
  if (std::fabs(value) / std::pow(1000.0, thousand) >= 999.95) ++thousand;
  thousand = std::min(std::max(thousand, -6), 4);
  return fmt::format("{:.4g} {}{}", value / std::pow(1000.0, thousand), prefixes[thousand + 6],
                     unit);
}

std::string grouped(std::uint64_t value) {
  const std::string digits = fmt::format("{}", value);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += "\u2009";
    out += digits[i];
  }
  return out;
}

}  // namespace clockless
