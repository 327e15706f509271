// What a learned dictionary is good for: denoising a picture, telling classes apart.
#pragma once

#include <optional>

#include <Eigen/Core>

#include "apps/data/image.hpp"
#include "apps/run.hpp"
#include "apps/sparse/dictionary_task.hpp"

namespace clockless {

struct DenoisedPicture {
  Image original, noisy, restored;
  double noisy_db = 0, restored_db = 0, non_zeros = 0;
};

struct LearningUses {
  std::optional<DenoisedPicture> denoised;
  std::optional<double> readout_accuracy;  ///< of a linear classifier on the test samples' codes
  std::optional<double> raw_accuracy;      ///< of the same on the samples themselves
};

/// Declares denoise, denoise_lambda, denoise_picture and readout.
void declare_uses(Settings& settings);

/// Throws Error where the settings ask for what makes no sense for the data, before hours are spent
/// on learning; tells the run what defaults came to (resolve).
void check_uses(Run& run, const DictionaryTask& task);

/// Does what the settings ask for and adds it to run.results. dictionary: features x atoms.
LearningUses use_dictionary(Run& run, const DictionaryTask& task,
                            const Eigen::MatrixXd& dictionary);

}  // namespace clockless
