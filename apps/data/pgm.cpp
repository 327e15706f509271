// PGM (netpbm.sourceforge.net/doc/pgm.html): P2 is text, P5 binary.
#include <fmt/format.h>

#include "apps/data/bytes.hpp"
#include "apps/data/image_formats.hpp"
#include "core/error.hpp"

namespace clockless {
namespace {

class PgmReader {
 public:
  PgmReader(std::span<const std::byte> data, std::string_view name) : data_(data), name_(name) {}

  Image read() {
    const bool binary = data_[1] == std::byte{'5'};
    place_ = 2;
    const std::size_t width = number("the width");
    const std::size_t height = number("the height");
    const std::size_t white = number("the greatest value");
    if (white < 1 || white > 65535)
      fail(fmt::format("its greatest value {} is not 1..65535", white));
    if (binary) skip_separator();
    const std::size_t rest = data_.size() - place_, size = white > 255 ? 2 : 1;
    // Text takes at least a digit and a separator each.
    const std::size_t pixels =
        checked_pixels(width, height, binary ? rest / size : (rest + 1) / 2, name_);
    Image image{width, height, std::vector<float>(pixels)};
    for (float& pixel : image.pixels) {
      const std::size_t value = binary ? sample(size) : number("a pixel");
      if (value > white) fail(fmt::format("pixel value {} exceeds its greatest, {}", value, white));
      pixel = static_cast<float>(static_cast<double>(value) / static_cast<double>(white));
    }
    skip_blanks();
    if (place_ < data_.size()) fail("more data follows its last pixel");
    return image;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(fmt::format("{}: corrupt PGM image at byte {}: {}; write the file again", name_,
                            place_, what));
  }

  bool at_end() const { return place_ >= data_.size(); }
  char here() const { return static_cast<char>(data_[place_]); }
  static bool blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

  void skip_comment() {
    while (!at_end() && here() != '\n' && here() != '\r') ++place_;
  }
  void skip_blanks() {
    while (!at_end() && blank(here())) ++place_;
  }
  /// Between the header and binary pixels: one blank, or a comment with the end of its line.
  void skip_separator() {
    if (!at_end() && here() == '#') skip_comment();
    if (at_end() || !blank(here())) fail("a blank is missing after the header");
    ++place_;
  }

  std::size_t number(const char* what) {
    skip_blanks();
    while (!at_end() && here() == '#') {
      skip_comment();
      skip_blanks();
    }
    if (at_end()) fail(fmt::format("truncated before {}", what));
    if (here() < '0' || here() > '9') fail(fmt::format("no digit where {} belongs", what));
    std::size_t value = 0;
    for (; !at_end() && here() >= '0' && here() <= '9'; ++place_) {
      value = 10 * value + static_cast<std::size_t>(here() - '0');
      if (value > 0xffffffff) fail(fmt::format("{} is impossibly large", what));
    }
    return value;
  }

  std::size_t sample(std::size_t size) {
    const std::byte* from = &data_[place_];
    place_ += size;
    return size == 1 ? static_cast<std::size_t>(*from)
                     : load<std::uint16_t>(from, std::endian::big);
  }

  std::span<const std::byte> data_;
  std::string_view name_;
  std::size_t place_ = 0;
};

}  // namespace

bool is_pgm(std::span<const std::byte> data) {
  return data.size() >= 3 && data[0] == std::byte{'P'} &&
         (data[1] == std::byte{'2'} || data[1] == std::byte{'5'}) &&
         (data[2] == std::byte{'#'} || data[2] == std::byte{' '} ||
          (data[2] >= std::byte{'\t'} && data[2] <= std::byte{'\r'}));
}

Image decode_pgm(std::span<const std::byte> data, std::string_view name) {
  return PgmReader(data, name).read();
}

}  // namespace clockless
