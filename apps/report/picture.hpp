// A small raster picture for the report.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace clockless {

/// Row-major 8-bit pixels, height × width × channels (1 = grey, 3 = RGB).
struct Picture {
  std::size_t width = 0;
  std::size_t height = 0;
  std::size_t channels = 1;
  std::vector<std::uint8_t> pixels;
  std::string caption;
};

/// A grey picture of height × width values; `black` and `white` are the values drawn so.
Picture grey_picture(std::span<const float> values, std::size_t width, std::size_t height,
                     float black, float white, std::string caption = "");
/// The same with the range taken from the values; symmetric about zero (grey) if any is negative,
/// which suits dictionary atoms.
Picture grey_picture(std::span<const float> values, std::size_t width, std::size_t height,
                     std::string caption = "");

}  // namespace clockless
