// Small helpers for texts that came from outside.
#include "apps/text.hpp"

#include <algorithm>
#include <numeric>

namespace clockless {

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  const std::size_t n = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (n == 0 || lead > 0xF4 || text.size() < n) return 0;
  for (std::size_t i = 1; i < n; ++i)
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;   // overlong
  if (lead == 0xED && byte(1) >= 0xA0) return 0;  // surrogate
  if (lead == 0xF0 && byte(1) < 0x90) return 0;   // overlong
  if (lead == 0xF4 && byte(1) >= 0x90) return 0;  // beyond U+10FFFF
  return n;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t n = utf8_length(text);
    if (n == 0) return false;
    text.remove_prefix(n);
  }
  return true;
}

std::string printable(std::string_view text, std::string_view bad) {
  std::string out;
  while (!text.empty()) {
    const std::size_t n = utf8_length(text);
    const auto lead = static_cast<unsigned char>(text[0]);
    const bool c1 = n == 2 && lead == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    const bool good = n > 0 && lead >= 0x20 && lead != 0x7F && !c1;
    out += good ? text.substr(0, n) : bad;
    text.remove_prefix(std::max<std::size_t>(n, 1));
  }
  return out;
}

namespace {

// Levenshtein distance, one row at a time.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest(std::string_view wanted, const std::vector<std::string>& names) {
  wanted = wanted.substr(0, 64);
  std::size_t best = std::max<std::size_t>(2, wanted.size() / 3) + 1;
  std::string found;
  for (const std::string& name : names) {
    const bool begins = wanted.size() >= 3 && name.starts_with(wanted);
    const std::size_t d = begins ? 1 : distance(wanted, name);
    if (d < best && d < name.size()) {
      best = d;
      found = name;
    }
  }
  return found;
}

std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& names) {
  const std::string name = nearest(wanted, names);
  return name.empty() ? "" : "; did you mean '" + name + "'?";
}

}  // namespace clockless
