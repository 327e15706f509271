// The formats behind decode_image, one file each.
#pragma once

#include "apps/data/image.hpp"

namespace clockless {

bool is_pgm(std::span<const std::byte> data);
bool is_png(std::span<const std::byte> data);
bool is_jpeg(std::span<const std::byte> data);

Image decode_pgm(std::span<const std::byte> data, std::string_view name);
Image decode_png(std::span<const std::byte> data, std::string_view name);
Image decode_jpeg(std::span<const std::byte> data, std::string_view name);

/// Pixels of a width x height image. Throws Error, before anyone allocates, for empty images, more
/// than 2^28 pixels, or more than `possible`, the most that the data could hold.
std::size_t checked_pixels(std::size_t width, std::size_t height, std::size_t possible,
                           std::string_view name);

}  // namespace clockless
