// Runs of a scenario through the command, each in a folder of its own that is gone afterwards.
#pragma once

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/command.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temporary_folder.hpp"

namespace clockless {

/// Settings as `key=value`, or other words of a command line.
using Words = std::vector<std::string>;

inline Words operator+(Words a, const Words& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

struct Runs {
  std::string scenario;
  TemporaryFolder folder = {};

  /// The exit code of a run into folder / out.
  int run(const std::string& out, const Words& settings, const Words& more = {}) const {
    Words words{"run", scenario, "--quiet", "-o", (folder / out).string()};
    for (const std::string& s : settings) words.insert(words.end(), {"--set", s});
    const int code = command(words + more);
    if (code == 0) check_conserved(summary(out));
    const std::string other = out + "/without_barriers";
    if (code == 0 && std::filesystem::exists(folder / other / "summary.json"))
      check_conserved(summary(other));
    return code;
  }
  /// What was sent was served or is told to be unserved, populations and elsewhere are the counts,
  /// which are what is billed, and parts of the bill are the bill.
  static void check_conserved(const nlohmann::json& summary) {
    if (const auto waits = summary.find("waits"); waits != summary.end())
      CHECK((*waits)["served"].get<std::uint64_t>() + (*waits)["unserved"].get<std::uint64_t>() ==
            (*waits)["sent"].get<std::uint64_t>());
    for (const auto& [term, count] : summary["counts"].items()) {
      std::uint64_t sum = summary["attribution"]["elsewhere"][term];
      for (const nlohmann::json& p : summary["attribution"]["populations"])
        sum += p[term].get<std::uint64_t>();
      CHECK(sum == count);
    }
    for (const nlohmann::json& energy : summary["energy"]) {
      for (const nlohmann::json& part : energy["parts"])
        if (const auto term = part["term"].get<std::string>(); summary["counts"].contains(term))
          CHECK(part["quantity"] == summary["counts"][term]);
      double sum = 0;
      for (const nlohmann::json& part : energy["parts"]) sum += part["nominal_j"].get<double>();
      const double all = energy["total_j"]["nominal"];
      CHECK(std::abs(sum - all) <= 1e-12 * std::abs(all));
    }
  }
  /// The Error of a run, which leaves nothing half-written and says so in one line.
  std::string error(const Words& settings) const {
    const auto before = folder.entries();
    const std::string message = error_of([&] { run("failed", settings); });
    CHECK(folder.entries() == before);
    CHECK(message.find('\n') == std::string::npos);
    return message;
  }
  nlohmann::json summary(const std::string& out) const {
    std::ifstream file(folder / out / "summary.json");
    return nlohmann::json::parse(file);
  }
  std::string text(const std::string& out, const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(folder / out / name, std::ios::binary).rdbuf();
    return text.str();
  }
  nlohmann::json results(const std::string& out) const { return summary(out)["results"]; }
};

}  // namespace clockless
