// The header of a .npy file: a Python dictionary literal in ASCII.
#pragma once

#include <bit>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace clockless {

struct NpyHeader {
  char kind = 'f';       // f, i, u or b, as in NumPy's type strings
  std::size_t size = 8;  // bytes of an element
  std::endian order = std::endian::little;
  bool fortran = false;
  std::vector<std::size_t> shape;
  std::size_t count = 1;   // product of the shape
  std::size_t offset = 0;  // of the first element in the file
};

/// Parses and checks everything before the elements; throws Error naming `name`.
NpyHeader read_npy_header(std::span<const std::byte> data, std::string_view name);

}  // namespace clockless
