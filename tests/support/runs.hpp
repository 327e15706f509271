// Runs of a scenario through the command, each in a folder of its own that is gone afterwards.
#pragma once

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
    return command(words + more);
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
