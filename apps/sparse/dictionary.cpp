// Dictionaries for sparse coding: overcomplete DCT, exemplars drawn from the data, a .npy file.
#include "apps/sparse/dictionary.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "apps/data/npy.hpp"
#include "core/error.hpp"
#include "core/random.hpp"

namespace clockless {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// cos(π(i+½)k/frequencies), its mean taken off for k > 0, of unit norm.
VectorXd cosine(Index length, Index k, Index frequencies) {
  const double pi = std::acos(-1.0);
  VectorXd wave(length);
  for (Index i = 0; i < length; ++i)
    wave[i] = std::cos(pi * (static_cast<double>(i) + 0.5) * static_cast<double>(k) /
                       static_cast<double>(frequencies));
  if (k > 0) wave.array() -= wave.mean();
  return wave.normalized();
}

/// Frequencies for one axis, shared out in proportion to the sides, but at least a full DCT.
Index frequencies(Index side, Index other, Index atoms) {
  const double share = static_cast<double>(atoms) * static_cast<double>(side);
  const auto even = static_cast<Index>(std::ceil(std::sqrt(share / static_cast<double>(other))));
  // Of zero-mean waves, one pixel has none and two pixels have one.
  return side <= 2 ? side : std::max(side, even);
}

}  // namespace

MatrixXd overcomplete_dct(Index height, Index width, Index atoms) {
  if (height < 1 || width < 1 || atoms < 1)
    throw Error(fmt::format("dct dictionary: {} atoms for {} x {} patches; all must be at least 1",
                            atoms, height, width));
  const double values = static_cast<double>(height) * static_cast<double>(width);
  if (values > 0x1p24 || values * static_cast<double>(atoms) > 0x1p32)
    throw Error(
        fmt::format("dct dictionary: {} atoms of {} x {} pixels need too much memory; "
                    "use smaller patches or fewer atoms",
                    atoms, height, width));
  Index down = frequencies(height, width, atoms);
  Index across = frequencies(width, height, atoms);
  if (height <= 2 && width > 2) across = std::max(across, (atoms + down - 1) / down);
  if (width <= 2 && height > 2) down = std::max(down, (atoms + across - 1) / across);
  if (down * across < atoms)
    throw Error(
        fmt::format("dct dictionary: a {} x {} patch has only {} cosine atoms, not {}; "
                    "ask for fewer atoms or a larger patch",
                    height, width, down * across, atoms));

  // Radial frequency (k/down)² + (l/across)², kept in integers so that ties are exact.
  std::vector<std::tuple<Index, Index, Index>> order;
  for (Index k = 0; k < down; ++k)
    for (Index l = 0; l < across; ++l)
      order.emplace_back(k * k * across * across + l * l * down * down, k, l);
  std::sort(order.begin(), order.end());

  MatrixXd vertical(height, down), horizontal(width, across);
  for (Index k = 0; k < down; ++k) vertical.col(k) = cosine(height, k, down);
  for (Index l = 0; l < across; ++l) horizontal.col(l) = cosine(width, l, across);
  MatrixXd dictionary(height * width, atoms);
  for (Index atom = 0; atom < atoms; ++atom) {
    const auto [radius, k, l] = order[static_cast<std::size_t>(atom)];
    for (Index row = 0; row < height; ++row)
      dictionary.col(atom).segment(row * width, width) = vertical(row, k) * horizontal.col(l);
  }
  return dictionary;
}

MatrixXd exemplars(const MatrixXd& samples, Index atoms, std::uint64_t seed, bool remove_mean) {
  if (atoms < 1)
    throw Error(fmt::format("exemplars: {} atoms asked for; ask for at least 1", atoms));
  if (!samples.allFinite())
    throw Error("exemplars: the samples hold NaN or infinite values; clean the data first");
  std::vector<Index> order(static_cast<std::size_t>(samples.cols()));
  std::iota(order.begin(), order.end(), Index{0});
  RandomStream random{seed, 0x657865, 0};  // a stream of its own: the letters 'exe'
  MatrixXd dictionary(samples.rows(), std::min(atoms, samples.cols()));
  Index found = 0;
  for (std::size_t i = 0; i < order.size() && found < atoms; ++i) {
    // Fisher and Yates, only as far as needed.
    std::swap(order[i], order[i + random.below(static_cast<std::uint32_t>(order.size() - i))]);
    VectorXd sample = samples.col(order[i]);
    const double size = sample.norm();
    if (remove_mean && sample.size() > 0) sample.array() -= sample.mean();
    const double norm = sample.norm();
    if (!(norm > 1e-12 * size)) continue;  // zero, or constant but for rounding
    sample /= norm;
    const auto overlaps = dictionary.leftCols(found).transpose() * sample;
    if (found > 0 && overlaps.cwiseAbs().maxCoeff() > 1 - 1e-12) continue;
    dictionary.col(found++) = sample;
  }
  if (found < atoms)
    throw Error(
        fmt::format("exemplars: only {} of the {} samples are neither {} nor repeated, but "
                    "{} atoms are asked for; give more data or ask for fewer atoms",
                    found, samples.cols(), remove_mean ? "constant" : "zero", atoms));
  return dictionary;
}

DictionaryLayout parse_dictionary_layout(const std::string& text) {
  if (text == "columns") return DictionaryLayout::columns;
  if (text == "rows") return DictionaryLayout::rows;
  throw Error(fmt::format(
      "dictionary_layout: '{}' is not known; use 'columns' (features x atoms) or 'rows'", text));
}

MatrixXd load_dictionary(const std::filesystem::path& path, DictionaryLayout layout) {
  MatrixXd file = read_npy_matrix(path);
  if (layout == DictionaryLayout::rows) file.transposeInPlace();
  return file;
}

void check_dictionary(const MatrixXd& dictionary, Index features, const std::string& where) {
  if (dictionary.cols() == 0)
    throw Error(fmt::format("{}: the dictionary has no atoms; give at least one", where));
  if (dictionary.rows() != features)
    throw Error(fmt::format(
        "{}: the atoms have {} values but the samples {}; {}", where, dictionary.rows(), features,
        dictionary.cols() == features ? "try the other dictionary_layout"
                                      : "use a dictionary or a patch of the other's size"));
  for (Index atom = 0; atom < dictionary.cols(); ++atom) {
    if (!dictionary.col(atom).allFinite())
      throw Error(fmt::format("{}: atom {} holds NaN or infinite values; replace it", where, atom));
    const double norm = dictionary.col(atom).stableNorm();
    if (norm == 0)
      throw Error(
          fmt::format("{}: atom {} is zero and cannot code anything; remove it", where, atom));
    if (norm < 1e-100 || !(norm <= 1e100))  // the Gram matrix holds squares
      throw Error(fmt::format("{}: atom {} is too {}, its norm {:.3g}; scale the atoms to about 1",
                              where, atom, norm < 1 ? "small" : "large", norm));
  }
}

void normalise(MatrixXd& dictionary) {
  for (auto atom : dictionary.colwise()) atom.normalize();  // leaves zero alone
}

}  // namespace clockless
