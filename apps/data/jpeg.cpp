// JPEG through libjpeg.
#include <array>
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs FILE and does not say so

#include <fmt/format.h>
#include <jerror.h>
#include <jpeglib.h>

#include "apps/data/image_formats.hpp"
#include "core/error.hpp"

namespace clockless {
namespace {

/// libjpeg's errors arrive by longjmp as libpng's do: see PngReader.
class JpegReader {
 public:
  JpegReader(std::span<const std::byte> data, std::string_view name) : data_(data), name_(name) {
    jpeg_.err = jpeg_std_error(&errors_);
    jpeg_.client_data = this;
    errors_.error_exit = on_error;
    errors_.emit_message = on_message;
    progress_.progress_monitor = on_progress;
  }
  ~JpegReader() { jpeg_destroy_decompress(&jpeg_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  Image read() {
    guarded([this] {
      jpeg_create_decompress(&jpeg_);
      jpeg_.progress = &progress_;
      jpeg_mem_src(&jpeg_, reinterpret_cast<const unsigned char*>(data_.data()),
                   static_cast<unsigned long>(data_.size()));
      jpeg_read_header(&jpeg_, TRUE);
      // Y of YCbCr is Rec. 601's grey; the library computes the same from RGB.
      jpeg_.out_color_space = JCS_GRAYSCALE;
    });
    if (jpeg_.jpeg_color_space == JCS_CMYK || jpeg_.jpeg_color_space == JCS_YCCK)
      throw Error(fmt::format("{}: a JPEG image in CMYK; convert it to grey or RGB", name_));
    // The tersest scan spends about a bit on 16 x 16 pixels.
    const std::size_t pixels =
        checked_pixels(jpeg_.image_width, jpeg_.image_height, data_.size() * 8 * 256, name_);
    guarded([this] { jpeg_start_decompress(&jpeg_); });
    Image image{jpeg_.output_width, jpeg_.output_height, {}};
    image.pixels.reserve(pixels);
    row_.resize(image.width);
    while (jpeg_.output_scanline < jpeg_.output_height) {
      guarded([this] {
        JSAMPROW row = row_.data();
        jpeg_read_scanlines(&jpeg_, &row, 1);
      });
      for (const unsigned char value : row_)
        image.pixels.push_back(static_cast<float>(value / 255.0));
    }
    guarded([this] { jpeg_finish_decompress(&jpeg_); });
    return image;
  }

 private:
  template <class Call>
  void guarded(Call call) {
    if (setjmp(escape_) == 0)
      call();
    else
      throw Error(fmt::format("{}: corrupt or truncated JPEG image: {}; get the file again", name_,
                              reason_.data()));
  }

  static void on_error(j_common_ptr jpeg) {
    auto& reader = *static_cast<JpegReader*>(jpeg->client_data);
    jpeg->err->format_message(jpeg, reader.reason_.data());
    std::longjmp(reader.escape_, 1);
  }
  /// libjpeg fills what is missing with grey and only warns; we would compute with it. The
  /// exceptions are harmless and common in cameras' files.
  static void on_message(j_common_ptr jpeg, int level) {
    const int code = jpeg->err->msg_code;
    const bool harmless =
        code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR;
    if (level < 0 && !harmless) on_error(jpeg);
  }
  /// Thousands of progressive scans can be packed into a small file to keep a reader busy.
  static void on_progress(j_common_ptr jpeg) {
    constexpr int most_scans = 200;
    auto& reader = *static_cast<JpegReader*>(jpeg->client_data);
    if (reader.jpeg_.input_scan_number <= most_scans) return;
    fmt::format_to_n(reader.reason_.data(), reader.reason_.size() - 1, "more than {} scans",
                     most_scans);
    std::longjmp(reader.escape_, 1);
  }

  std::span<const std::byte> data_;
  std::string_view name_;
  jpeg_decompress_struct jpeg_ = {};
  jpeg_error_mgr errors_ = {};
  jpeg_progress_mgr progress_ = {};
  std::jmp_buf escape_ = {};
  std::array<char, JMSG_LENGTH_MAX> reason_ = {};
  std::vector<unsigned char> row_;
};

}  // namespace

bool is_jpeg(std::span<const std::byte> data) {
  return data.size() >= 3 && data[0] == std::byte{0xff} && data[1] == std::byte{0xd8} &&
         data[2] == std::byte{0xff};
}

Image decode_jpeg(std::span<const std::byte> data, std::string_view name) {
  return JpegReader(data, name).read();
}

}  // namespace clockless
