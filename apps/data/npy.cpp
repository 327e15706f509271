// Elements of .npy files.
#include "apps/data/npy.hpp"

#include <cmath>
#include <cstdint>
#include <string>

#include <fmt/format.h>

#include "apps/data/atomic_file.hpp"
#include "apps/data/bytes.hpp"
#include "apps/data/npy_header.hpp"
#include "apps/data/read_file.hpp"
#include "apps/data/shape.hpp"
#include "core/error.hpp"

namespace clockless {
namespace {

template <class T>
void convert(const std::byte* from, std::endian order, std::vector<double>& to) {
  for (std::size_t i = 0; i < to.size(); ++i)
    to[i] = static_cast<double>(load<T>(from + i * sizeof(T), order));
}

void convert(const std::byte* from, const NpyHeader& h, std::vector<double>& to) {
  if (h.kind == 'f')
    return h.size == 4 ? convert<float>(from, h.order, to) : convert<double>(from, h.order, to);
  const bool sign = h.kind == 'i';
  switch (h.size) {
    case 1:
      return sign ? convert<std::int8_t>(from, h.order, to)
                  : convert<std::uint8_t>(from, h.order, to);
    case 2:
      return sign ? convert<std::int16_t>(from, h.order, to)
                  : convert<std::uint16_t>(from, h.order, to);
    case 4:
      return sign ? convert<std::int32_t>(from, h.order, to)
                  : convert<std::uint32_t>(from, h.order, to);
    default:
      return sign ? convert<std::int64_t>(from, h.order, to)
                  : convert<std::uint64_t>(from, h.order, to);
  }
}

/// First index fastest to last index fastest.
std::vector<double> fortran_to_c(const std::vector<double>& values,
                                 const std::vector<std::size_t>& shape) {
  std::vector<double> out(values.size());
  std::vector<std::size_t> index(shape.size(), 0);
  for (const double value : values) {
    std::size_t place = 0;
    for (std::size_t d = 0; d < shape.size(); ++d) place = place * shape[d] + index[d];
    out[place] = value;
    for (std::size_t d = 0; d < shape.size() && ++index[d] == shape[d]; ++d) index[d] = 0;
  }
  return out;
}

template <class T>
void write_values(AtomicFile& file, const double* values, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const T value = static_cast<T>(values[i]);
    // Reading in little-endian order is its own inverse.
    const T stored = load<T>(reinterpret_cast<const std::byte*>(&value), std::endian::little);
    file.write(std::as_bytes(std::span(&stored, 1)));
  }
}

void write_array(const std::filesystem::path& path, const std::string& shape, bool fortran,
                 const double* values, std::size_t count, NpyFloat type) {
  std::string header =
      fmt::format("{{'descr': '<{}', 'fortran_order': {}, 'shape': {}, }}",
                  type == NpyFloat::f4 ? "f4" : "f8", fortran ? "True" : "False", shape);
  constexpr std::size_t preamble = 10, alignment = 64;
  const std::size_t total = (preamble + header.size() + 1 + alignment - 1) / alignment * alignment;
  header.resize(total - preamble - 1, ' ');
  header += '\n';
  AtomicFile file(path);
  file.write(std::string_view("\x93NUMPY\x01\x00", 8));
  const char length[] = {static_cast<char>(header.size() & 0xff),
                         static_cast<char>(header.size() >> 8)};
  file.write(std::string_view(length, 2));
  file.write(header);
  if (type == NpyFloat::f4)
    write_values<float>(file, values, count);
  else
    write_values<double>(file, values, count);
  file.commit();
}

}  // namespace

NpyArray decode_npy(std::span<const std::byte> data, std::string_view name) {
  const NpyHeader header = read_npy_header(data, name);
  NpyArray array{header.shape, std::vector<double>(header.count)};
  convert(data.data() + header.offset, header, array.values);
  if (header.fortran && array.shape.size() > 1)
    array.values = fortran_to_c(array.values, array.shape);
  return array;
}

NpyArray read_npy(const std::filesystem::path& path) {
  return decode_npy(read_file(path), path.string());
}

Eigen::MatrixXd read_npy_matrix(const std::filesystem::path& path) {
  const NpyArray array = read_npy(path);
  if (array.shape.size() != 2)
    throw Error(
        fmt::format("{}: a matrix is wanted, the array's shape is ({}); reshape it to two "
                    "dimensions",
                    path.string(), shape_text(array.shape)));
  require_finite(array.values, path.string());
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  return Eigen::Map<const RowMajor>(array.values.data(), static_cast<Eigen::Index>(array.shape[0]),
                                    static_cast<Eigen::Index>(array.shape[1]));
}

void write_npy(const std::filesystem::path& path, const Eigen::MatrixXd& matrix, NpyFloat type) {
  write_array(path, fmt::format("({}, {})", matrix.rows(), matrix.cols()), true, matrix.data(),
              static_cast<std::size_t>(matrix.size()), type);
}

void write_npy(const std::filesystem::path& path, const Eigen::VectorXd& vector, NpyFloat type) {
  write_array(path, fmt::format("({},)", vector.size()), false, vector.data(),
              static_cast<std::size_t>(vector.size()), type);
}

void require_finite(std::span<const double> values, std::string_view where) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      throw Error(
          fmt::format("{}: value {} of {} is {}; only finite numbers can be computed with, "
                      "mend the data",
                      where, i, values.size(), values[i]));
}

}  // namespace clockless
