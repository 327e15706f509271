// What a device costs, takes and holds, as published: every figure with where it comes from.
#pragma once

#include <string>
#include <vector>

namespace clockless {

/// One published figure, in SI units.
struct Figure {
  double value = 0;
  std::string grade;   ///< how sure the source is: silicon, simulation, fit, ...
  std::string source;  ///< citation
};

/// What one of something costs, takes or draws. min <= nominal <= max; each with its own source.
struct Tariff {
  std::string term;     ///< a name in count_terms; of powers "chip" or "core"
  std::string title;    ///< what the device's makers call it
  std::string voltage;  ///< at which it was found; that of the profile unless it says otherwise
  Figure min, nominal, max;
  std::vector<std::string> covers;  ///< other terms that this one contains
};

/// How many of something a device holds.
struct Limit {
  std::string term;  ///< a name in limit_terms
  Figure figure;
};
inline constexpr const char* limit_terms[] = {
    "cores_per_chip",   "mesh_columns",      "mesh_rows",         "cores_per_tile",
    "neurons_per_core", "synapses_per_core", "in_axons_per_core", "out_axons_per_core"};

/// What a profile's energies contain: only the event that each names, or, divided by the number of
/// events, all that the device used, so that nothing may be added to them.
enum class Scope { per_term, all_in };

struct HardwareProfile {
  std::string name;
  std::string title;
  std::string voltage;
  Scope scope = Scope::per_term;
  std::vector<Tariff> energies;       ///< joules an event; several of a term are its parts
  std::vector<Tariff> times;          ///< seconds an event
  std::vector<Tariff> powers;         ///< watts of each chip, or core in use, events or not
  std::vector<Limit> limits;          ///< at most one a term
  std::vector<std::string> unpriced;  ///< costs of the device that nothing above covers, in words
};

}  // namespace clockless
