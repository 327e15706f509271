// `clockless sweep`: a scenario at each point of a grid of its settings.
#pragma once

#include <string>
#include <vector>

namespace clockless {

struct SweepRequest {
  std::string target;              ///< a scenario's name or a TOML file
  std::vector<std::string> swept;  ///< key=list, see parse_axis(); a single value is a list, too
  std::vector<std::string> fixed;  ///< key=value for all points, taken as it is
  std::string output;              ///< empty: runs/sweep-NAME
  std::string plot;                ///< x:y, see parse_plot()
  int at_once = 0;                 ///< points at a time; 0: as many as the machine has threads
  bool renew = false;              ///< replace another sweep in the folder
  bool quiet = false;
  std::string program = "/proc/self/exe";  ///< that runs a point
};

/// Checks the settings of all points, runs those that are not there yet, and leaves DIR/points/NNN,
/// each the folder of a run, DIR/sweep.csv and DIR/report.html. 0; 1 if points failed, which are
/// told on stderr; 128 + the signal if interrupted: the same call goes on from there.
int run_sweep(const SweepRequest& request);

}  // namespace clockless
