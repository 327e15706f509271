// Decoding IDX.
#include "apps/data/idx.hpp"

#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "apps/data/bytes.hpp"
#include "apps/data/read_file.hpp"
#include "apps/data/shape.hpp"
#include "core/error.hpp"

namespace clockless {
namespace {

constexpr std::size_t magic_size = 4;
constexpr std::size_t max_payload = std::size_t{1} << 32;
constexpr std::size_t deflate_max_ratio = 1032;  // zlib's technical notes: 1032:1 is the limit

std::size_t element_size(IdxType type) {
  switch (type) {
    case IdxType::u8:
    case IdxType::i8:
      return 1;
    case IdxType::i16:
      return 2;
    case IdxType::i32:
    case IdxType::f32:
      return 4;
    case IdxType::f64:
      return 8;
  }
  return 0;
}

struct Header {
  IdxArray array;  // without its data
  std::size_t offset = 0;
  std::size_t payload = 0;  // bytes
};

Header read_header(std::span<const std::byte> data, std::string_view name) {
  if (data.size() < magic_size)
    throw Error(
        fmt::format("{}: truncated IDX file: {} bytes, the header alone takes {}; get the "
                    "file again",
                    name, data.size(), magic_size));
  if (!is_idx(data))
    throw Error(fmt::format(
        "{}: no IDX file: it opens with bytes {:02x} {:02x} {:02x} {:02x} instead of 00 00, an "
        "element type and a rank; check that this is the right file",
        name, static_cast<unsigned>(data[0]), static_cast<unsigned>(data[1]),
        static_cast<unsigned>(data[2]), static_cast<unsigned>(data[3])));
  Header header;
  header.array.type = static_cast<IdxType>(data[2]);
  const auto rank = static_cast<std::size_t>(data[3]);
  header.offset = magic_size + 4 * rank;
  if (data.size() < header.offset)
    throw Error(
        fmt::format("{}: truncated IDX file: {} bytes, the header alone takes {}; get the "
                    "file again",
                    name, data.size(), header.offset));
  header.payload = element_size(header.array.type);
  for (std::size_t i = 0; i < rank; ++i) {
    const auto length = load<std::uint32_t>(&data[magic_size + 4 * i], std::endian::big);
    header.array.shape.push_back(length);
    if (!multiply(header.payload, length))
      throw Error(
          fmt::format("{}: impossible IDX size: dimension {} of {} overflows; the file is "
                      "corrupt, get it again",
                      name, i + 1, length));
  }
  return header;
}

}  // namespace

std::size_t IdxArray::item_size() const {
  std::size_t size = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) size *= shape[i];
  return size;
}

double IdxArray::at(std::size_t i) const {
  const std::byte* from = data.data() + i * element_size(type);
  switch (type) {
    case IdxType::u8:
      return static_cast<double>(*from);
    case IdxType::i8:
      return load<std::int8_t>(from, std::endian::big);
    case IdxType::i16:
      return load<std::int16_t>(from, std::endian::big);
    case IdxType::i32:
      return load<std::int32_t>(from, std::endian::big);
    case IdxType::f32:
      return static_cast<double>(load<float>(from, std::endian::big));
    case IdxType::f64:
      return load<double>(from, std::endian::big);
  }
  return 0;
}

void IdxArray::copy_item(std::size_t item, std::span<double> out) const {
  const std::size_t first = item * item_size();
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = at(first + i);
}

bool is_idx(std::span<const std::byte> data) {
  return data.size() >= magic_size && data[0] == std::byte{0} && data[1] == std::byte{0} &&
         element_size(static_cast<IdxType>(data[2])) > 0 && data[3] != std::byte{0};
}

IdxArray decode_idx(std::span<const std::byte> data, std::string_view name) {
  const bool packed = is_gzip(data);
  constexpr std::size_t longest_header = magic_size + 4 * 255;
  Header header =
      packed ? read_header(gunzip(data, longest_header, name), name) : read_header(data, name);
  const bool fits = packed ? header.payload / deflate_max_ratio <= data.size()
                           : header.payload <= data.size() - header.offset;
  if (header.payload > max_payload || !fits)
    throw Error(
        fmt::format("{}: truncated or corrupt IDX file: its shape {} asks for {} bytes, far "
                    "more than it holds; get the file again",
                    name, shape_text(header.array.shape), header.payload));
  const std::size_t total = header.offset + header.payload;
  // One byte more than wanted, so that the checksum is verified and excess is seen.
  std::vector<std::byte> bytes =
      packed ? gunzip(data, total + 1, name) : std::vector<std::byte>(data.begin(), data.end());
  if (bytes.size() != total)
    throw Error(fmt::format("{}: {} IDX file: its shape {} asks for {} bytes{}; get the file again",
                            name, bytes.size() < total ? "truncated" : "corrupt",
                            shape_text(header.array.shape), total,
                            bytes.size() < total ? fmt::format(", it holds {}", bytes.size())
                                                 : std::string(", it holds more")));
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(header.offset));
  header.array.data = std::move(bytes);
  return std::move(header.array);
}

IdxArray read_idx(const std::filesystem::path& path) {
  return decode_idx(read_file(path), path.string());
}

}  // namespace clockless
