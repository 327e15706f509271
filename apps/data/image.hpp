// Grey images: reading PGM, PNG and JPEG, writing PNG.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace clockless {

/// Row-major grey values from 0 (black) to 1 (white).
struct Image {
  std::size_t width = 0;
  std::size_t height = 0;
  std::vector<float> pixels;
};

/// Decodes by content: PGM (P2 and P5, 8 and 16 bit), PNG (every kind; transparency is laid on
/// white) or JPEG (grey or colour). Colours become grey by Rec. 601: .299 R + .587 G + .114 B.
/// Throws Error naming `name` where the data is of another format, corrupt, truncated, or asks for
/// more pixels than its length could hold.
Image decode_image(std::span<const std::byte> data, std::string_view name);

Image read_image(const std::filesystem::path& path);

/// True for data that opens like one of the formats above.
bool is_image(std::span<const std::byte> data);

/// An 8-bit PNG of `height` rows of `width` pixels of `channels` bytes (1: grey, 3: RGB).
std::vector<unsigned char> encode_png(std::span<const unsigned char> pixels, std::size_t width,
                                      std::size_t height, int channels);

/// Writes an 8-bit grey PNG atomically; values outside 0..1 are clipped.
void write_png(const std::filesystem::path& path, const Image& image);

}  // namespace clockless
