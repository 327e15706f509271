// Grey pictures from numbers.
#include "apps/report/picture.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace clockless {

Picture grey_picture(std::span<const float> values, std::size_t width, std::size_t height,
                     float black, float white, std::string caption) {
  if (values.size() != width * height)
    throw std::logic_error("picture: size is not width × height");
  Picture picture{width, height, 1, std::vector<std::uint8_t>(values.size()), std::move(caption)};
  const float scale = white != black ? 255.0F / (white - black) : 0.0F;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float level = (values[i] - black) * scale;
    const float shown = std::isfinite(level) ? std::clamp(level, 0.0F, 255.0F) : 0.0F;
    picture.pixels[i] = static_cast<std::uint8_t>(std::lround(shown));
  }
  return picture;
}

Picture grey_picture(std::span<const float> values, std::size_t width, std::size_t height,
                     std::string caption) {
  float low = 0, high = 0;
  if (!values.empty()) {
    low = *std::min_element(values.begin(), values.end());
    high = *std::max_element(values.begin(), values.end());
  }
  if (low < 0) {
    high = std::max(high, -low);
    low = -high;
  }
  return grey_picture(values, width, height, low, high, std::move(caption));
}

}  // namespace clockless
