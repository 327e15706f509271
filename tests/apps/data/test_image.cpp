// PGM and PNG by hand-built bytes, JPEG by libjpeg's encoder, all truncated and corrupted.
#include <cmath>
#include <cstdint>
#include <cstdio>  // jpeglib.h needs FILE and does not say so
#include <numeric>

#include <jpeglib.h>

#include "apps/data/image.hpp"
#include "tests/apps/data/files.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

Image decode(const std::string& bytes) { return decode_image(bytes_of(bytes), "part"); }
std::string failure(const std::string& bytes) {
  return error_of([&] { decode(bytes); });
}
const auto decode_part = [](std::span<const std::byte> data) { return decode_image(data, "part"); };

void check_pixels(const Image& image, std::size_t width, std::size_t height,
                  const std::vector<double>& expected) {
  CHECK(image.width == width);
  CHECK(image.height == height);
  REQUIRE(image.pixels.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    CHECK_THAT(static_cast<double>(image.pixels[i]), WithinAbs(expected[i], 6e-8));
  }
}

std::string chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const auto sum =
      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big32(data.size()) + body + big32(sum);
}

/// A PNG of rows that bring their filter byte along.
std::string png(std::size_t width, std::size_t height, int depth, int colour,
                const std::string& rows, bool interlaced = false, const std::string& extra = "") {
  std::string packed(rows.size() + 100, '\0');
  uLongf size = packed.size();
  compress(reinterpret_cast<Bytef*>(packed.data()), &size,
           reinterpret_cast<const Bytef*>(rows.data()), rows.size());
  packed.resize(size);
  const std::string header = big32(width) + big32(height) + static_cast<char>(depth) +
                             static_cast<char>(colour) + std::string(2, '\0') +
                             static_cast<char>(interlaced);
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", header) + extra + chunk("IDAT", packed) +
         chunk("IEND", "");
}

std::string str(std::initializer_list<int> values) {
  std::string out;
  for (const int v : values) out += static_cast<char>(v);
  return out;
}

double rec601(double r, double g, double b) { return .299 * r + .587 * g + .114 * b; }

std::string jpeg(int width, int height, int channels, const std::string& pixels,
                 bool progressive = false, bool keep_rgb = false) {
  jpeg_compress_struct jpeg = {};
  jpeg_error_mgr errors = {};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* out = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &out, &size);
  jpeg.image_width = static_cast<JDIMENSION>(width);
  jpeg.image_height = static_cast<JDIMENSION>(height);
  jpeg.input_components = channels;
  jpeg.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 100, TRUE);
  if (keep_rgb) jpeg_set_colorspace(&jpeg, JCS_RGB);
  if (progressive) jpeg_simple_progression(&jpeg);
  jpeg_start_compress(&jpeg, TRUE);
  while (jpeg.next_scanline < jpeg.image_height) {
    const std::size_t row = jpeg.next_scanline * static_cast<std::size_t>(width * channels);
    auto* line = reinterpret_cast<unsigned char*>(const_cast<char*>(pixels.data() + row));
    jpeg_write_scanlines(&jpeg, &line, 1);
  }
  jpeg_finish_compress(&jpeg);
  const std::string bytes(reinterpret_cast<const char*>(out), size);
  jpeg_destroy_compress(&jpeg);
  ::free(out);
  return bytes;
}

}  // namespace

TEST_CASE("PGM is read as text and binary, 8 and 16 bit, with comments", "[app][data]") {
  check_pixels(decode("P2\n# by hand\n3 2 # size\n#\n10\n0 1 2\n3 5 10\n"), 3, 2,
               {0, .1, .2, .3, .5, 1});
  check_pixels(decode("P2 2 1 65535 65535 1"), 2, 1, {1, 1 / 65535.});
  check_pixels(decode("P5 3 1 255\n" + str({0, 51, 255})), 3, 1, {0, .2, 1});
  check_pixels(decode("P5#x\n1 2\n255# white\n" + str({'#', 10})), 1, 2, {35 / 255., 10 / 255.});
  check_pixels(decode("P5 2 1 1000\n" + str({1, 244, 3, 232})), 2, 1, {.5, 1});
}

TEST_CASE("bad PGM ends in one clear error", "[app][data]") {
  const std::string binary = "P5 3 2 255\nabcdef", wide = "P5\n#c\n2 1\n65535\nabcd";
  const std::string text = "P2\n3 2\n#c\n255\n1 2 3\n4 5 6";
  for (const std::string& whole : {binary, wide, text}) {
    check_truncations(whole, whole.size(), decode_part);
    check_corruptions(whole, decode_part);
  }
  CHECK_THAT(failure("P5 3 1 100\nab\xff"), Contains("pixel value 255 exceeds its greatest, 100"));
  CHECK_THAT(failure(binary + "g"), Contains("more data follows"));
  CHECK_THAT(failure("P5 3 1 0\nabc"), Contains("0 is not 1..65535"));
  CHECK_THAT(failure("P5 3 1 65536\nabc"), Contains("65536 is not 1..65535"));
  CHECK_THAT(failure("P5 -3 1 255\nabc"), Contains("no digit where the width belongs"));
  CHECK_THAT(failure("P5 0 1 255\n"), Contains("impossible image size 0 x 1"));
  CHECK_THAT(failure("P5 4294967295 4294967295 255\n"), Contains("impossible image size"));
  CHECK_THAT(failure("P5 99999999999 1 255\n"), Contains("the width is impossibly large"));
  CHECK_THAT(failure("P5 10000 10000 255\nabc"), Contains("do not fit into its data"));
  CHECK_THAT(failure("P6 1 1 255\nabc"), Contains("no PGM (P2, P5), PNG or JPEG"));
  CHECK_THAT(failure(""), Contains("the file is empty"));
}

TEST_CASE("every kind of PNG becomes grey", "[app][data]") {
  check_pixels(decode(png(3, 2, 8, 0, str({0, 0, 51, 255, 2, 51, 0, 255}))), 3, 2,
               {0, .2, 1, .2, .2, 254 / 255.});  // the second row's filter adds the row above
  check_pixels(decode(png(3, 1, 1, 0, str({0, 0b10100000}))), 3, 1, {1, 0, 1});
  check_pixels(decode(png(3, 1, 4, 0, str({0, 0x0f, 0x30}))), 3, 1, {0, 1, .2});
  check_pixels(decode(png(2, 1, 16, 0, str({0, 0x12, 0x34, 0xff, 0xff}))), 2, 1,
               {0x1234 / 65535., 1});
  check_pixels(decode(png(2, 1, 8, 2, str({0, 10, 20, 30, 255, 0, 0}))), 2, 1,
               {rec601(10, 20, 30) / 255, .299});
  check_pixels(decode(png(1, 1, 16, 2, str({0, 1, 2, 3, 4, 5, 6}))), 1, 1,
               {rec601(0x102, 0x304, 0x506) / 65535});
  check_pixels(decode(png(3, 1, 8, 4, str({0, 100, 255, 100, 0, 100, 51}))), 3, 1,
               {100 / 255., 1, .2 * 100 / 255 + .8});
  check_pixels(decode(png(1, 1, 16, 6, str({0, 1, 2, 3, 4, 5, 6, 0x80, 0}))), 1, 1,
               {rec601(0x102, 0x304, 0x506) / 65535 * 32768 / 65535. + 32767 / 65535.});
  const std::string palette = chunk("PLTE", str({10, 20, 30, 0, 255, 0, 0, 0, 0}));
  check_pixels(decode(png(4, 1, 2, 3, str({0, 0b00011011}), false,
                          chunk("PLTE", str({10, 20, 30, 0, 255, 0, 0, 0, 0, 255, 255, 255})))),
               4, 1, {rec601(10, 20, 30) / 255, .587, 0, 1});
  check_pixels(decode(png(2, 1, 8, 3, str({0, 0, 2}), false, palette + chunk("tRNS", str({51})))),
               2, 1, {rec601(10, 20, 30) / 255 * .2 + .8, 0});
  check_pixels(decode(png(2, 1, 8, 0, str({0, 7, 8}), false, chunk("tRNS", str({0, 7})))), 2, 1,
               {1, 8 / 255.});
}

TEST_CASE("interlaced PNG gives the same pixels", "[app][data]") {
  constexpr std::size_t width = 11, height = 9;
  struct Pass {
    std::size_t x, y, dx, dy;
  };
  std::vector<double> expected(width * height);
  std::string rows;
  for (const auto& [x0, y0, dx, dy] :
       {Pass{0, 0, 8, 8}, Pass{4, 0, 8, 8}, Pass{0, 4, 4, 8}, Pass{2, 0, 4, 4}, Pass{0, 2, 2, 4},
        Pass{1, 0, 2, 2}, Pass{0, 1, 1, 2}})  // Adam7, from the PNG specification
    for (std::size_t y = y0; y < height; y += dy) {
      rows += '\0';
      for (std::size_t x = x0; x < width; x += dx) {
        const std::size_t value = (37 * x + 101 * y) % 256;
        rows += static_cast<char>(value);
        expected[y * width + x] = static_cast<double>(value) / 255;
      }
    }
  check_pixels(decode(png(width, height, 8, 0, rows, true)), width, height, expected);
}

TEST_CASE("bad PNG ends in one clear error", "[app][data]") {
  const std::string rgba = png(2, 2, 8, 6, std::string(18, '\1'));
  check_truncations(rgba, rgba.size(), decode_part);
  check_corruptions(rgba, decode_part);
  CHECK_THAT(failure(rgba.substr(0, rgba.size() - 14)), Contains("the data ends early"));
  std::string bad_sum = rgba;
  bad_sum[bad_sum.size() - 14] ^= 1;
  CHECK_THAT(failure(bad_sum), Contains("CRC error"));
  CHECK_THAT(failure(png(0, 1, 8, 0, "")), Contains("part: corrupt or truncated PNG image"));
  CHECK_THAT(failure(png(0x7fffffff, 0x7fffffff, 16, 6, "")), Contains("impossible image size"));
  CHECK_THAT(failure(png(16000, 16000, 16, 6, "")), Contains("do not fit into its data"));
  CHECK_THAT(failure(png(2, 2, 8, 0, str({0, 1, 2}))), Contains("part: corrupt"));
}

TEST_CASE("JPEG is read in grey and colour, baseline and progressive", "[app][data]") {
  // A constant block survives the cosine transform up to rounding of a grey level.
  const std::string flat(17 * 11, '\x64');
  for (const bool progressive : {false, true}) {
    check_pixels(decode(jpeg(17, 11, 1, flat, progressive)), 17, 11,
                 std::vector<double>(17 * 11, 100 / 255.));
    std::string colour;
    for (int i = 0; i < 17 * 11; ++i) colour += str({200, 100, 50});
    for (const bool rgb : {false, true}) {
      const Image image = decode(jpeg(17, 11, 3, colour, progressive, rgb));
      REQUIRE(image.pixels.size() == 17 * 11);
      for (const float v : image.pixels)
        CHECK_THAT(static_cast<double>(v), WithinAbs(rec601(200, 100, 50) / 255, 1.01 / 255));
    }
  }
  // A ramp at full quality comes back within two grey levels.
  std::string ramp;
  for (int i = 0; i < 32 * 8; ++i) ramp += static_cast<char>(i % 32 * 8);
  const Image image = decode(jpeg(32, 8, 1, ramp));
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    CHECK_THAT(static_cast<double>(image.pixels[i]),
               WithinAbs(static_cast<double>(i % 32 * 8) / 255, 2 / 255.));
}

TEST_CASE("bad JPEG ends in one clear error", "[app][data]") {
  std::string noise(24 * 16 * 3, '\0');
  for (std::size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<char>(i * i * 31 >> 3);
  for (const bool progressive : {false, true}) {
    const std::string whole = jpeg(24, 16, 3, noise, progressive);
    check_truncations(whole, whole.size(), decode_part);
    check_corruptions(whole, decode_part);
  }
  CHECK_THAT(failure(jpeg(24, 8, 4, noise)), Contains("in CMYK; convert"));
  std::string huge = jpeg(16, 16, 1, noise);
  const auto size = huge.find("\xff\xc0") + 5;  // height and width in the frame header
  huge.replace(size, 4, "\xff\xdc\xff\xdc");
  CHECK_THAT(failure(huge), Contains("impossible image size 65500 x 65500"));
  huge.replace(size, 4, "\x3f\xff\x3f\xff");
  CHECK_THAT(failure(huge), Contains("do not fit into its data"));
}

TEST_CASE("written PNG is read back to the nearest grey level", "[app][data]") {
  const TemporaryFolder folder;
  const auto path = folder / "a.png";
  write_png(path, {2, 3, {0, .2F, .5F, 1, -7, 7}});
  check_pixels(read_image(path), 2, 3, {0, .2, 128 / 255., 1, 0, 1});
  const std::vector<unsigned char> rgb{10, 20, 30, 255, 0, 0};
  const auto bytes = encode_png(rgb, 2, 1, 3);
  check_pixels(decode_image(std::as_bytes(std::span(bytes)), "rgb"), 2, 1,
               {rec601(10, 20, 30) / 255, .299});
  CHECK_THAT(error_of([&] { encode_png(rgb, 2, 2, 3); }), Contains("from 6 bytes"));
  CHECK_THAT(error_of([&] { encode_png({}, 0, 0, 1); }), Contains("0 x 0 pixels"));
  CHECK_THAT(error_of([&] { write_png(path, {1, 1, {std::nanf("")}}); }), Contains("a.png"));
  CHECK_THAT(error_of([&] { read_image(folder / "none.png"); }), Contains("none.png: cannot read"));
}

TEST_CASE("real images are what Python finds in them", "[app][data]") {
  const auto bytes = [](const Image& image) {
    long sum = 0;
    for (const float v : image.pixels) sum += std::lround(255 * v);
    return sum;
  };
  const auto camera = shared_file("images/camera.pgm");
  if (!camera.empty()) {
    const Image image = read_image(camera);
    CHECK(image.width == 512);
    CHECK(bytes(image) == 33832495);
    CHECK(image.pixels[513] == static_cast<float>(199 / 255.));
  }
  const auto colour = shared_file("images/colour/kodim01.png");
  const auto grey = shared_file("images/kodim01.pgm");
  if (!colour.empty() && !grey.empty()) {
    const Image ours = read_image(colour), theirs = read_image(grey);
    CHECK(ours.width == 768);
    CHECK(ours.height == 512);
    const double sum = std::accumulate(ours.pixels.begin(), ours.pixels.end(), 0.0);
    CHECK_THAT(255 * sum, WithinRel(43143174.526940584, 1e-7));
    CHECK(bytes(theirs) == 43142833);
    float worst = 0;  // the PGM is rounded to grey levels
    for (std::size_t i = 0; i < ours.pixels.size(); ++i)
      worst = std::max(worst, std::abs(ours.pixels[i] - theirs.pixels[i]));
    CHECK(worst <= .5001F / 255);
  }
}
