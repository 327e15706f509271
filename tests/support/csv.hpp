// Reads tables, by the grammar of RFC 4180.
#pragma once

#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace clockless {

/// The records of a table, its head among them.
inline std::vector<std::vector<std::string>> records(const std::string& csv) {
  std::vector<std::vector<std::string>> all{{""}};
  bool quoted = false;
  for (std::size_t i = 0; i < csv.size(); ++i) {
    const char c = csv[i];
    if (quoted && c == '"' && i + 1 < csv.size() && csv[i + 1] == '"') {
      all.back().back() += csv[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == ',') {
      all.back().emplace_back();
    } else if (!quoted && c == '\n') {
      all.push_back({""});
    } else {
      all.back().back() += c;
    }
  }
  CHECK_FALSE(quoted);
  all.pop_back();  // after the last line end
  return all;
}

}  // namespace clockless
