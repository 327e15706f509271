// The list of scenarios, filled before main by their static registrations.
#include "apps/registry.hpp"

#include <algorithm>
#include <stdexcept>

#include "apps/text.hpp"

namespace clockless {

namespace {

std::vector<Scenario>& list() {
  static std::vector<Scenario> all;  // a local: registrations run in any order
  return all;
}

}  // namespace

bool register_scenario(Scenario scenario) {
  const auto place =
      std::lower_bound(list().begin(), list().end(), scenario,
                       [](const Scenario& a, const Scenario& b) { return a.name < b.name; });
  if (place != list().end() && place->name == scenario.name)
    throw std::logic_error("two scenarios are called '" + scenario.name + "'");
  list().insert(place, std::move(scenario));
  return true;
}

const std::vector<Scenario>& scenarios() { return list(); }

const Scenario& find_scenario(const std::string& name) {
  std::vector<std::string> names;
  for (const Scenario& scenario : list()) {
    if (scenario.name == name) return scenario;
    names.push_back(scenario.name);
  }
  const std::string hint = did_you_mean(name, names);
  throw Error("no scenario '" + printable(name) + "'" +
              (hint.empty() ? "; 'clockless list' shows all" : hint));
}

}  // namespace clockless
