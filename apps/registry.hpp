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
  bool live = false;           ///< whether it shows itself on run.live: see shows_live
};

/// Last in the registration of a scenario that can be watched with --live.
constexpr bool shows_live = true;

/// Adds a scenario; called before main by CLOCKLESS_APP. Two of one name: std::logic_error.
bool register_scenario(Scenario scenario);

/// All scenarios, by name.
const std::vector<Scenario>& scenarios();

/// The scenario of that name, or an Error that suggests the nearest.
const Scenario& find_scenario(const std::string& name);

}  // namespace clockless

/// CLOCKLESS_APP("ring", "A spike circling a ring", declare, run); at the end of apps/ring.cpp;
/// with shows_live after `run` where it has a live page.
#define CLOCKLESS_APP(name, summary, declare, ...)              \
  [[maybe_unused]] static const bool clockless_app_registered = \
      ::clockless::register_scenario({name, summary, declare, __VA_ARGS__})
