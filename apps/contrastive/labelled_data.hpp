// Labelled samples to learn from and to be tested on: truth tables, handwritten digits, MNIST.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "apps/run.hpp"

namespace clockless {

struct LabelledData {
  Eigen::MatrixXd train, test;                 ///< features x samples, values 0 to 1
  std::vector<int> train_labels, test_labels;  ///< one a sample, 0 … classes − 1
  int classes = 0;
  std::size_t width = 0, height = 0;  ///< of a sample as a picture, row-major; 0 for none
  std::string origin;                 ///< what was read, for reports
};

/// Declares data, split, split_seed, task, train_samples, validation. `data` is
/// - `and`, `or`, `xor`, `not`, `id`: truth tables, to be learned and tested on all rows,
/// - `digits8x8`: UCI's pair optdigits.tra and .tes, looked for in $CLOCKLESS_DATA/digits8x8 and
///   /usr/share/datasets/digits8x8; a folder with the pair or one of its files likewise,
/// - `mnist`, `fashion-mnist`, a folder of MNIST's four files, or one of its training images.
/// Returns the declaration of `data`.
Setting& declare_labelled_data(Settings& settings, const std::string& data = "xor");

/// Reads the data, tells the run what defaults came to (resolve). Throws Error for what cannot be
/// found, has no labels or no test set, and for settings that do not fit the data.
/// With validation > 0 `test` is that share of the training set, drawn by split_seed and not
/// trained on; the test set is not looked at.
LabelledData prepare_labelled_data(Run& run);

/// Of all samples and labels: what tells one data set from another of the same name.
std::uint32_t checksum(const LabelledData& data);

/// The order in which an epoch takes n samples: a permutation, a function of its arguments alone.
std::vector<Eigen::Index> epoch_order(std::uint64_t seed, std::uint64_t epoch, Eigen::Index n);

}  // namespace clockless
