// What a learned dictionary is good for.
#include "apps/sparse/dictionary_uses.hpp"

#include <algorithm>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "apps/data/npy.hpp"
#include "apps/data/samples.hpp"
#include "apps/solvers/linear_readout.hpp"
#include "apps/solvers/sparse_coder.hpp"
#include "apps/sparse/denoise.hpp"
#include "core/parallel.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;

namespace {

Image picture_to_denoise(const Run& run) {
  const Settings& s = run.settings;
  if (s.has("denoise_picture")) return read_image(s.get<std::string>("denoise_picture"));
  const auto data = run.resolved.get<std::string>("data");
  if (data == "dead-leaves") {  // one that no patch was cut from
    DeadLeaves leaves;
    leaves.width = leaves.height = run.quick ? 64 : 256;
    return dead_leaves(leaves, run.seed, 1000);
  }
  const SampleSource source(data);
  if (source.images().empty())
    s.fail("denoise", "the data holds no picture files; name one as denoise_picture");
  return read_image(source.images().front().string());
}

DenoisedPicture denoise_picture(const Run& run, const MatrixXd& dictionary) {
  const Settings& s = run.settings;
  DenoisedPicture out;
  out.original = picture_to_denoise(run);
  out.noisy = add_noise(out.original, s.get<double>("denoise"), run.seed);
  DenoiseOptions options;
  options.lambda =
      s.has("denoise_lambda") ? s.get<double>("denoise_lambda") : 2.8 * s.get<double>("denoise");
  options.threads = static_cast<unsigned>(run.threads);
  Denoised denoised = denoise(out.noisy, dictionary, options);
  out.restored = std::move(denoised.image);
  out.non_zeros = denoised.nonzeros;
  out.noisy_db = grey_psnr_db(out.original, out.noisy);
  out.restored_db = grey_psnr_db(out.original, out.restored);
  return out;
}

void classify(const Run& run, const DictionaryTask& task, const MatrixXd& dictionary,
              LearningUses& uses) {
  const auto most = run.quick ? std::uint64_t{500} : std::uint64_t{10000};
  const std::uint64_t count =
      std::min(most, task.data.distinct > 0 ? task.data.distinct : task.samples);
  MatrixXd samples(task.data.features, static_cast<Index>(count));
  std::vector<int> labels;
  for (std::uint64_t k = 0; k < count; ++k) {
    samples.col(static_cast<Index>(k)) = task.data.sample(k);
    labels.push_back(task.data.label(k));
  }
  Parallel parallel(static_cast<unsigned>(run.threads));
  const double lambda = task.options.lambda1;
  const auto codes = sparse_codes(dictionary, samples, lambda, parallel);
  const auto test = sparse_codes(dictionary, task.data.test, lambda, parallel);
  if (interrupted()) return;
  uses.readout_accuracy = fit_readout_validated(codes.codes, labels, run.seed)
                              .accuracy(test.codes, task.data.test_labels);
  uses.raw_accuracy = fit_readout_validated(samples, labels, run.seed)
                          .accuracy(task.data.test, task.data.test_labels);
}

}  // namespace

void declare_uses(Settings& s) {
  s.real("denoise", 0, "noise to take off a picture with the dictionary, its deviation; 0: no such")
      .range(0, 1000)
      .unit("grey levels of 255");
  s.real("denoise_lambda", std::nullopt,
         "price of a coefficient there; default: 2.8 times the noise")
      .above(0)
      .unit("grey levels");
  s.text("denoise_picture", std::nullopt, "the picture; default: the first of the data");
  s.flag("readout", true, "classify labelled samples by their codes, linearly");
}

void check_uses(Run& run, const DictionaryTask& task) {
  const Settings& s = run.settings;
  const LearningData& data = task.data;
  if (s.get<double>("denoise") > 0) {
    if (data.width == 0 || data.width != data.height)
      s.fail("denoise", "the data holds no square patches of pictures; learn from such");
    const Image picture = picture_to_denoise(run);
    if (std::min(picture.width, picture.height) < data.width)
      s.fail(s.has("denoise_picture") ? "denoise_picture" : "denoise",
             fmt::format("the picture has {} x {} pixels, the atoms {} x {}; name a larger one",
                         picture.width, picture.height, data.width, data.height));
  }
  if (s.has("denoise_picture"))
    run.resolve("denoise_picture",
                std::filesystem::absolute(s.get<std::string>("denoise_picture")).string());
  if (data.label && !data.test_labels.empty()) return;
  if (s.given("readout") && s.get<bool>("readout"))
    s.fail("readout", "the data has no labels; leave it out");
  run.resolve("readout", false);
}

LearningUses use_dictionary(Run& run, const DictionaryTask& task, const MatrixXd& dictionary) {
  LearningUses uses;
  if (interrupted()) return uses;
  if (run.settings.get<double>("denoise") > 0) {
    uses.denoised = denoise_picture(run, dictionary);
    if (interrupted()) return {};
    run.results["denoising"] = {{"noisy_db", uses.denoised->noisy_db},
                                {"restored_db", uses.denoised->restored_db},
                                {"non_zeros", uses.denoised->non_zeros}};
    write_png(run.folder / "noisy.png", uses.denoised->noisy);
    write_png(run.folder / "restored.png", uses.denoised->restored);
  }
  if (run.settings.get<bool>("readout") && task.data.label && !task.data.test_labels.empty()) {
    classify(run, task, dictionary, uses);
    if (uses.readout_accuracy) {
      run.results["readout_accuracy"] = *uses.readout_accuracy;
      run.results["raw_accuracy"] = *uses.raw_accuracy;
    }
  }
  return uses;
}

}  // namespace clockless
