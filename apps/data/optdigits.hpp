// UCI's Optical Recognition of Handwritten Digits: optdigits.tra (3,823 rows), optdigits.tes
// (1,797).
#pragma once

#include <filesystem>
#include <string_view>

#include "apps/data/samples.hpp"

namespace clockless {

/// Reads rows of 64 whole numbers from 0 to 16, the pixels of an image of 8 x 8, and a label from
/// 0 to 9, with commas between; blank lines are skipped. Values stay as stored. Throws Error naming
/// `name`, line and place for anything else, and where there is no row.
Samples decode_optdigits(std::string_view text, std::string_view name);

Samples read_optdigits(const std::filesystem::path& path);

}  // namespace clockless
