// Telling image formats apart, and encoding PNG.
#include "apps/data/image.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <png.h>

#include "apps/data/atomic_file.hpp"
#include "apps/data/image_formats.hpp"
#include "apps/data/read_file.hpp"
#include "apps/data/shape.hpp"
#include "core/error.hpp"

namespace clockless {

std::size_t checked_pixels(std::size_t width, std::size_t height, std::size_t possible,
                           std::string_view name) {
  constexpr std::size_t most = std::size_t{1} << 28;
  std::size_t pixels = width;
  if (!multiply(pixels, height) || pixels > most || pixels == 0)
    throw Error(fmt::format("{}: impossible image size {} x {}; images of 1 to {} pixels are read",
                            name, width, height, most));
  if (pixels > possible)
    throw Error(
        fmt::format("{}: truncated or corrupt image: {} x {} pixels do not fit into its "
                    "data; get the file again",
                    name, width, height));
  return pixels;
}

bool is_image(std::span<const std::byte> data) {
  return is_pgm(data) || is_png(data) || is_jpeg(data);
}

Image decode_image(std::span<const std::byte> data, std::string_view name) {
  if (is_pgm(data)) return decode_pgm(data, name);
  if (is_png(data)) return decode_png(data, name);
  if (is_jpeg(data)) return decode_jpeg(data, name);
  throw Error(fmt::format("{}: no PGM (P2, P5), PNG or JPEG image{}; convert it to one of these",
                          name, data.empty() ? ": the file is empty" : ""));
}

Image read_image(const std::filesystem::path& path) {
  return decode_image(read_file(path), path.string());
}

std::vector<unsigned char> encode_png(std::span<const unsigned char> pixels, std::size_t width,
                                      std::size_t height, int channels) {
  constexpr std::size_t longest = 65535;  // keeps every size libpng computes within 32 bits
  if (width == 0 || height == 0 || width > longest || height > longest ||
      (channels != 1 && channels != 3) ||
      pixels.size() != width * height * static_cast<std::size_t>(channels))
    throw Error(
        fmt::format("cannot encode a PNG of {} x {} pixels, {} channels, from {} bytes; "
                    "sides go to {}, channels are 1 or 3",
                    width, height, channels, pixels.size(), longest));
  png_image png = {};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(width);
  png.height = static_cast<png_uint_32>(height);
  png.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
  std::vector<unsigned char> out(size);
  if (png_image_write_to_memory(&png, out.data(), &size, 0, pixels.data(), 0, nullptr) == 0)
    throw Error(fmt::format("cannot encode a PNG of {} x {} pixels: {}; use a smaller picture",
                            width, height, png.message));
  out.resize(size);
  return out;
}

void write_png(const std::filesystem::path& path, const Image& image) {
  std::vector<unsigned char> bytes;
  bytes.reserve(image.pixels.size());
  for (const float v : image.pixels) {
    if (std::isnan(v))
      throw Error(fmt::format("{}: pixel {} of the picture to write is NaN; mend the data",
                              path.string(), bytes.size()));
    bytes.push_back(static_cast<unsigned char>(std::lround(255 * std::clamp(v, 0.0F, 1.0F))));
  }
  const auto png = encode_png(bytes, image.width, image.height, 1);
  write_file_atomically(path, std::span<const unsigned char>(png));
}

}  // namespace clockless
