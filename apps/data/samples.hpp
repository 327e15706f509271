// The samples a scenario works on, from whatever holds them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <Eigen/Dense>

#include "apps/data/dead_leaves.hpp"

namespace clockless {

/// Which samples: inclusive intervals, in the order they were asked for.
struct SampleRange {
  std::vector<std::pair<std::size_t, std::size_t>> intervals;

  std::size_t count() const;
};

/// "3", "0..9" or "0..2,7"; throws Error for anything else, reversed intervals, or more than 2^31
/// samples.
SampleRange parse_range(std::string_view text);

struct Samples {
  Eigen::MatrixXd values;  // features x samples, as stored: bytes 0..255 of IDX, images 0..1
  std::size_t width = 0;   // of one sample, row-major; 0 where it is no image
  std::size_t height = 0;
  std::vector<int> labels;  // one per sample, or none
  std::string origin;       // what was read, for reports
};

/// Options of the data made here.
struct SampleOptions {
  std::uint64_t seed = 0;
  DeadLeaves dead_leaves = {};
};

/// Opened data: how much there is, and samples of it on request. `data` is
/// - `fashion-mnist`, `mnist` (the 10,000 test images), `fashion-mnist-train`, `mnist-train`:
/// looked
///   for in $CLOCKLESS_DATA and /usr/share/datasets,
/// - `dead-leaves`: made here, without end,
/// - `auto`: fashion-mnist where it is installed, else dead-leaves,
/// - a file: IDX, plain or gzipped, with its labels beside it if there; an image (PGM, PNG, JPEG);
///   .npy with a sample per row, or samples x height x width,
/// - a folder of images of one size, in order of their names, or of MNIST's files: the test images.
/// Throws Error where it cannot be found, read or understood.
class SampleSource {
 public:
  explicit SampleSource(std::string_view data, const SampleOptions& options = {});

  std::size_t count() const { return count_; }
  /// The `data` that opens the same again from any folder and whatever gets installed meanwhile:
  /// an absolute path, or dead-leaves.
  std::string name() const;
  /// The image files that hold a sample each; none for other data.
  const std::vector<std::filesystem::path>& images() const { return images_; }
  /// Throws Error, with the count, where the range exceeds it, and for NaN or infinite values.
  Samples load(const SampleRange& range) const;

 private:
  struct Sample {
    std::size_t width = 0, height = 0;
    std::vector<double> values;
  };
  void open_set(std::string_view name, bool train);
  void open_path(const std::string& path);
  void open_idx(const std::string& path);
  void open_npy(const std::string& path);
  void open_folder(const std::string& path);
  void open_images(const std::string& path);
  void open_dead_leaves(const SampleOptions& options);

  std::string origin_;
  std::size_t count_ = 0;
  std::vector<int> labels_;
  std::vector<std::filesystem::path> images_;
  std::function<Sample(std::size_t)> sample_;
};

/// The file or its .gz, if either is there.
std::optional<std::filesystem::path> find_file(const std::filesystem::path& plain);

/// The folders in which the set of that name is looked for, in this order.
std::vector<std::filesystem::path> data_folders(std::string_view name);

/// Where `data` is a set in two files, the one to learn from: `mnist-train` for `mnist`, the
/// training images of a folder of MNIST's files.
std::string training_data(const std::string& data);

/// MNIST keeps `t10k-X` beside `train-X`: that, where it is there.
std::optional<SampleSource> test_set_beside(const SampleSource& training);

/// The factor that brings samples to about 0..1: 1/255 where they are bytes (whole numbers up to
/// 255 of which some exceed 1), else 1.
double natural_scale(const Eigen::MatrixXd& samples);

/// SampleSource(data, options).load(range).
Samples load_samples(std::string_view data, const SampleRange& range,
                     const SampleOptions& options = {});

}  // namespace clockless
