// `clockless run`: from a request to a run folder.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/registry.hpp"

namespace clockless {

struct RunRequest {
  std::string target;                         ///< a scenario's name or a TOML file
  std::vector<std::string> assignments = {};  ///< key=value from the command line, later ones win
  std::string output = {};                    ///< empty: runs/NAME
  bool quiet = false;
  std::optional<std::string> live = {};  ///< as parse_live_place() reads it; nothing: no live page
};

/// The settings common to all scenarios (seed, threads, cores, hardware, quick), then its own.
Settings declared_settings(const Scenario& scenario);

/// The scenario that a request names, itself or in a TOML file.
const Scenario& requested_scenario(const RunRequest& request);

/// A request understood and checked as far as it can be before anything is computed.
struct PreparedRun {
  const Scenario& scenario;
  Settings settings;
  HardwareProfile hardware;
  Machine machine;
};
PreparedRun prepare_run(const RunRequest& request);

/// Runs, prints the table and leaves the folder. 0, or 128 + the signal if interrupted (the folder
/// is whole, its summary says so, and it never replaces a complete run). Throws Error; then there
/// is no folder, and an earlier one is untouched.
int run_scenario(const RunRequest& request);

}  // namespace clockless
