// Cost tables as data: apps/hardware/NAME.toml, each figure with its source.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/hardware_profile.hpp"

namespace clockless {

/// Of one mesh: hops are counted in 16 bits, and each may have a router.
inline constexpr std::uint64_t most_tiles = 65'536;

/// A profile from its TOML text; Error with path:line for an unknown key, term or unit, a figure
/// that is negative, not finite, without source or not ordered min <= nominal <= max, a tariff
/// given twice, for anything added to an all-in price or to one that covers it, and for a mesh of
/// more than most_tiles.
HardwareProfile parse_hardware(std::string_view text, const std::string& path);

/// A profile by name ("loihi1") or by file ("my.toml"); Error that suggests the nearest name.
HardwareProfile load_hardware(const std::string& name_or_file);

/// The names of the profiles that come with Clockless, or of another folder; Error where there are
/// none.
std::vector<std::string> hardware_names();
std::vector<std::string> hardware_names(const std::filesystem::path& folder);

/// The cost table for people: every figure with grade and source, then what has no price.
std::string describe(const HardwareProfile& profile);

}  // namespace clockless
