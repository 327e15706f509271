// IDX files (the format of MNIST and its kin), plain or gzipped.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace clockless {

/// Element types by their code in the file (yann.lecun.com/exdb/mnist).
enum class IdxType : unsigned char {
  u8 = 0x08,
  i8 = 0x09,
  i16 = 0x0B,
  i32 = 0x0C,
  f32 = 0x0D,
  f64 = 0x0E
};

/// An array of any rank >= 1 in C order. The elements stay as they are in the file (big-endian),
/// so that 60,000 images of bytes take 47 MB; values are converted on access, without scaling.
struct IdxArray {
  IdxType type = IdxType::u8;
  std::vector<std::size_t> shape;
  std::vector<std::byte> data;

  /// Length of the first dimension: the number of samples.
  std::size_t items() const { return shape.front(); }
  /// Elements of one sample: the product of the other dimensions.
  std::size_t item_size() const;
  /// Element i in C order, i < items() * item_size().
  double at(std::size_t i) const;
  /// Copies sample `item` < items() into `out` of item_size() elements.
  void copy_item(std::size_t item, std::span<double> out) const;
};

/// True for data that opens like an IDX file.
bool is_idx(std::span<const std::byte> data);

/// Reads IDX bytes, gzipped or not. Throws Error naming `name` where they are corrupt, truncated
/// or longer than their shape says.
IdxArray decode_idx(std::span<const std::byte> data, std::string_view name);

IdxArray read_idx(const std::filesystem::path& path);

}  // namespace clockless
