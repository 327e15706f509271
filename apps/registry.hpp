// The list of scenarios. A scenario is one file apps/NAME.cpp that ends with CLOCKLESS_APP(...).
#pragma once

#include <string>
#include <vector>

#include "apps/run.hpp"
#include "apps/settings.hpp"

namespace clockless {

struct Scenario {
  std::string name;            ///< as typed: `clockless run NAME`
  std::string summary;         ///< one line
  void (*declare)(Settings&);  ///< its settings
  void (*run)(Run&);           ///< throws Error for user mistakes; looks at interrupted()
};

/// Adds a scenario; called before main by CLOCKLESS_APP. Two of one name: std::logic_error.
bool register_scenario(Scenario scenario);

/// All scenarios, by name.
const std::vector<Scenario>& scenarios();

/// The scenario of that name, or an Error that suggests the nearest.
const Scenario& find_scenario(const std::string& name);

}  // namespace clockless

/// CLOCKLESS_APP("ring", "A spike circling a ring", declare, run); at the end of apps/ring.cpp.
#define CLOCKLESS_APP(name, summary, declare, run)              \
  [[maybe_unused]] static const bool clockless_app_registered = \
      ::clockless::register_scenario({name, summary, declare, run})
