// Cost tables from the architectures of SANA-FE, version 2 (YAML).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/hardware_profile.hpp"

namespace clockless {

/// An architecture in our terms, and what is to be known about how it was translated.
struct ImportedHardware {
  HardwareProfile profile;
  std::vector<std::string> comments;
};

/// Translates energies, latencies, the mesh and its cores. Of several units of a kind, the first is
/// nominal and the others bound it from below and above. An energy that is 0 in all of them is
/// named as unpriced, as is what the file has no word for. Error with path:line for a figure that
/// is missing, negative, no number, or no such number in joules or seconds; and for what
/// parse_yaml() refuses.
ImportedHardware parse_sanafe(std::string_view text, const std::string& path);

/// `clockless hardware import`: the cost table as TOML into a new file, or to stdout if `output` is
/// empty.
void import_hardware(const std::string& architecture, const std::string& output);

}  // namespace clockless
