// PNG through libpng.
#include <array>
#include <csetjmp>
#include <cstring>
#include <limits>

#include <fmt/format.h>
#include <png.h>

#include "apps/data/bytes.hpp"
#include "apps/data/image_formats.hpp"
#include "core/error.hpp"

namespace clockless {
namespace {

/// libpng leaves its errors by longjmp, which must not skip destructors: everything that owns
/// memory is a member, and guarded() runs callables that hold no such thing themselves.
class PngReader {
 public:
  PngReader(std::span<const std::byte> data, std::string_view name) : data_(data), name_(name) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  Image read() {
    if (info_ == nullptr) fail("not enough memory");
    guarded([this] {
      png_set_read_fn(png_, this, on_read);
      png_set_user_limits(png_, 0x7fffffff, 0x7fffffff);  // checked_pixels() is the limit
      png_read_info(png_, info_);
    });
    const std::size_t width = png_get_image_width(png_, info_);
    const std::size_t height = png_get_image_height(png_, info_);
    // Deflate packs at most 1032:1.
    const std::size_t bits =
        std::size_t{png_get_bit_depth(png_, info_)} * png_get_channels(png_, info_);
    const std::size_t pixels = checked_pixels(width, height, data_.size() * 1032 * 8 / bits, name_);
    guarded([this] {
      png_set_expand(png_);  // palettes to RGB, small depths to 8 bit, tRNS to alpha
      png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
    const std::size_t row_bytes = png_get_rowbytes(png_, info_);
    raw_.resize(row_bytes * height);
    rows_.resize(height);
    for (std::size_t y = 0; y < height; ++y) rows_[y] = raw_.data() + y * row_bytes;
    guarded([this] {
      png_read_image(png_, rows_.data());
      png_read_end(png_, nullptr);
    });
    Image image{width, height, std::vector<float>(pixels)};
    const std::size_t channels = png_get_channels(png_, info_);
    const std::size_t depth = png_get_bit_depth(png_, info_);
    for (std::size_t i = 0; i < pixels; ++i)
      image.pixels[i] =
          depth == 16 ? grey<std::uint16_t>(i, channels) : grey<std::uint8_t>(i, channels);
    return image;
  }

 private:
  template <class Call>
  void guarded(Call call) {
    if (setjmp(png_jmpbuf(png_)) == 0)
      call();
    else
      fail(reason_.data());
  }
  [[noreturn]] void fail(const char* reason) const {
    throw Error(
        fmt::format("{}: corrupt or truncated PNG image: {}; get the file again", name_, reason));
  }

  /// Pixel i as grey on white.
  template <class T>
  float grey(std::size_t i, std::size_t channels) const {
    constexpr double white = std::numeric_limits<T>::max();
    const auto* from = reinterpret_cast<const std::byte*>(raw_.data()) + i * channels * sizeof(T);
    const auto value = [&](std::size_t c) {
      return static_cast<double>(load<T>(from + c * sizeof(T), std::endian::big));
    };
    const double grey =
        channels < 3 ? value(0) : .299 * value(0) + .587 * value(1) + .114 * value(2);
    const double alpha = channels % 2 == 0 ? value(channels - 1) / white : 1;
    return static_cast<float>(grey / white * alpha + (1 - alpha));
  }

  static void on_error(png_structp png, png_const_charp reason) {
    auto& reader = *static_cast<PngReader*>(png_get_error_ptr(png));
    std::strncpy(reader.reason_.data(), reason, reader.reason_.size() - 1);
    png_longjmp(png, 1);
  }
  static void on_warning(png_structp, png_const_charp) {}
  static void on_read(png_structp png, png_bytep out, png_size_t count) {
    auto& reader = *static_cast<PngReader*>(png_get_io_ptr(png));
    if (count > reader.data_.size() - reader.place_) png_error(png, "the data ends early");
    std::memcpy(out, reader.data_.data() + reader.place_, count);
    reader.place_ += count;
  }

  std::span<const std::byte> data_;
  std::string_view name_;
  std::size_t place_ = 0;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::array<char, 200> reason_ = {};
  std::vector<unsigned char> raw_;
  std::vector<png_bytep> rows_;
};

}  // namespace

bool is_png(std::span<const std::byte> data) {
  constexpr std::size_t signature = 8;
  return data.size() >= signature &&
         png_sig_cmp(reinterpret_cast<png_const_bytep>(data.data()), 0, signature) == 0;
}

Image decode_png(std::span<const std::byte> data, std::string_view name) {
  return PngReader(data, name).read();
}

}  // namespace clockless
