// Writes cost tables as hardware.hpp reads them.
#pragma once

#include <string>
#include <vector>

#include "core/hardware_profile.hpp"

namespace clockless {

/// The profile as TOML, with comment lines before it; energies in pJ, times in ns, powers in mW.
std::string hardware_toml(const HardwareProfile& profile, const std::vector<std::string>& comments);

}  // namespace clockless
