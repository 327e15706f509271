// NumPy's .npy files: reading arrays of numbers, writing vectors and matrices.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include <Eigen/Dense>

namespace clockless {

/// An array of up to four dimensions, its values in C order whatever the file's order was.
struct NpyArray {
  std::vector<std::size_t> shape;
  std::vector<double> values;
};

/// Reads .npy bytes, format 1 to 3 (numpy.lib.format), of real numbers: f4, f8, i1..i8, u1..u8 and
/// bool in either byte order, in C or Fortran order. Integers beyond 2^53 are rounded. Throws Error
/// naming `name` for other types, more than four dimensions, truncated or excess data.
NpyArray decode_npy(std::span<const std::byte> data, std::string_view name);

NpyArray read_npy(const std::filesystem::path& path);

/// A two-dimensional file (rows x columns) of finite numbers.
Eigen::MatrixXd read_npy_matrix(const std::filesystem::path& path);

enum class NpyFloat { f4, f8 };

/// Writes atomically as little-endian floats; matrices (rows x columns) in Fortran order.
void write_npy(const std::filesystem::path& path, const Eigen::MatrixXd& matrix,
               NpyFloat type = NpyFloat::f8);
void write_npy(const std::filesystem::path& path, const Eigen::VectorXd& vector,
               NpyFloat type = NpyFloat::f8);

/// Throws Error naming `where` and the first value that is NaN or infinite.
void require_finite(std::span<const double> values, std::string_view where);

}  // namespace clockless
