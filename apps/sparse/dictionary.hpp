// Dictionaries for sparse coding: overcomplete DCT, exemplars drawn from the data, a .npy file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <Eigen/Core>

namespace clockless {

/// Separable overcomplete cosine dictionary of K-SVD (Aharon, Elad & Bruckstein 2006, section V),
/// sampled at pixel centres: height·width x atoms, pixels row by row, atoms of unit norm from low
/// to high frequency, the first constant and all others of zero mean. With atoms ≤ height·width
/// these are the lowest atoms of the orthonormal DCT. Throws Error for a size without pixels or
/// atoms, and for more atoms than a patch of 1 or 2 pixels a side has distinct ones.
Eigen::MatrixXd overcomplete_dct(Eigen::Index height, Eigen::Index width, Eigen::Index atoms);

/// `atoms` distinct columns of samples (features x count), drawn at random and scaled to unit
/// norm, after taking off each one's mean if remove_mean. Passes over columns that are zero then,
/// or equal to ± an atom already drawn. Throws Error where too few remain.
Eigen::MatrixXd exemplars(const Eigen::MatrixXd& samples, Eigen::Index atoms, std::uint64_t seed,
                          bool remove_mean = false);

/// How a file holds a dictionary: columns is features x atoms, rows is atoms x features.
enum class DictionaryLayout { columns, rows };

/// "columns" or "rows"; throws Error for anything else.
DictionaryLayout parse_dictionary_layout(const std::string& text);

/// A two-dimensional .npy file as features x atoms, as it stands (no normalisation).
/// Throws Error as read_npy_matrix().
Eigen::MatrixXd load_dictionary(const std::filesystem::path& path, DictionaryLayout layout);

/// Throws Error, naming `where` (a file or setting), unless the dictionary has `features` rows, at
/// least one atom, finite entries, and atoms with norms in 1e-100 … 1e100.
void check_dictionary(const Eigen::MatrixXd& dictionary, Eigen::Index features,
                      const std::string& where);

/// Scales every non-zero atom to unit norm.
void normalise(Eigen::MatrixXd& dictionary);

}  // namespace clockless
