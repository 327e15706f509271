// Preparing what a dictionary is learned from.
#include "apps/sparse/learning_data.hpp"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "apps/data/image.hpp"
#include "apps/data/samples.hpp"
#include "apps/data/whitening.hpp"
#include "apps/sparse/channels.hpp"
#include "apps/sparse/patched_samples.hpp"
#include "apps/sparse/random_patches.hpp"
#include "apps/sparse/shuffled_rows.hpp"
#include "apps/sparse/synthetic_data.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::VectorXd;

void declare_learning_data(Settings& s) {
  s.text("data", "auto",
         "auto (dead-leaves), synthetic, mnist, fashion-mnist, a file or a folder of pictures");
  s.integer("patch", std::nullopt, "side of the patches; 0: samples whole; default: 8, of sets 0")
      .range(0, 4096)
      .unit("pixels");
  s.text("channels", std::nullopt,
         "split: two per value, x > 0 and x < 0 (of patches less their mean); single: as is")
      .one_of({"split", "single"});
  s.flag("whiten", false, "whiten the pictures (Olshausen & Field)");
  s.real("amplitude", std::nullopt, "norm that samples are scaled to; 0: as is; default: 4")
      .range(0, 1e6);
  s.integer("test_samples", std::nullopt, "held out of the training; default: 500")
      .range(1, 100000)
      .quick(std::int64_t{50});
  s.integer("features", std::nullopt, "of synthetic data; default: 32").range(1, 1 << 16);
  s.integer("true_atoms", std::nullopt, "of synthetic data; default: 24").range(1, 1 << 16);
  s.integer("sparsity", std::nullopt, "true atoms in a synthetic sample; default: 3")
      .range(1, 1 << 16);
  s.real("noise", std::nullopt, "on synthetic data, its deviation; default: 0.01").range(0, 1e3);
}

namespace {

template <class T>
T given_or(const Settings& s, std::string_view key, T otherwise) {
  return s.has(key) ? s.get<T>(key) : otherwise;
}

VectorXd scaled_to(VectorXd x, double amplitude) {
  const double norm = x.norm();
  if (amplitude > 0 && norm > 0) x *= amplitude / norm;
  return x;
}

/// Of `available` samples, how many are for tests: as asked, or 500 if there are. Unless training
/// has others, they leave something to learn, and by default most.
std::uint64_t test_samples(Run& run, std::uint64_t available, bool training_has_others) {
  const Settings& s = run.settings;
  if (!training_has_others && available < 2)
    s.fail("data", "one sample cannot be both learned and tested; give more");
  auto count = given_or<std::uint64_t>(s, "test_samples", 500);
  if (!s.given("test_samples"))
    count = std::min(count,
                     training_has_others ? available : std::max<std::uint64_t>(1, available / 5));
  if (count > available || (count == available && !training_has_others))
    s.fail("test_samples",
           fmt::format("there are {}{}; ask for less", available,
                       training_has_others ? "" : ", of which some must be left to learn from"));
  run.resolve("test_samples", static_cast<std::int64_t>(count));
  return count;
}

LearningData synthetic(Run& run) {
  const Settings& s = run.settings;
  if (given_or<Index>(s, "patch", 0) != 0) s.fail("patch", "synthetic data has no pictures");
  if (s.get<bool>("whiten")) s.fail("whiten", "synthetic data has no pictures");
  if (given_or<std::string>(s, "channels", "single") != "single")
    s.fail("channels", "synthetic data is never negative; use single");
  SyntheticOptions options;
  options.features = given_or(s, "features", options.features);
  options.atoms = given_or(s, "true_atoms", options.atoms);
  options.sparsity = given_or(s, "sparsity", std::min<Index>(options.sparsity, options.atoms));
  options.noise = given_or(s, "noise", options.noise);
  options.seed = run.seed;
  if (options.sparsity > options.atoms)
    s.fail("sparsity", fmt::format("there are {} true atoms; choose at most that", options.atoms));
  const auto made = std::make_shared<const SyntheticData>(options);
  const auto amplitude = given_or(s, "amplitude", 0.0);
  const auto tests = given_or<Index>(s, "test_samples", 500);

  LearningData data;
  data.features = options.features;
  data.origin = fmt::format("synthetic, {} of {} atoms, seed {}", options.sparsity, options.atoms,
                            options.seed);
  data.sample = [=](std::uint64_t k) { return scaled_to(made->sample(k), amplitude); };
  data.test.resize(options.features, tests);
  for (Index i = 0; i < tests; ++i)
    data.test.col(i) = scaled_to(made->held_out(static_cast<std::uint64_t>(i)), amplitude);
  data.truth = made->truth();
  run.resolve("features", static_cast<std::int64_t>(options.features));
  run.resolve("true_atoms", static_cast<std::int64_t>(options.atoms));
  run.resolve("sparsity", static_cast<std::int64_t>(options.sparsity));
  run.resolve("noise", options.noise);
  run.resolve("channels", "single");
  run.resolve("amplitude", amplitude);
  run.resolve("test_samples", static_cast<std::int64_t>(tests));
  return data;
}

/// Pictures that need no file: enough for patches of some 500,000 positions.
std::vector<Image> dead_leaves_pictures(std::uint64_t seed) {
  DeadLeaves leaves;
  leaves.width = leaves.height = 256;
  std::vector<Image> pictures;
  for (std::uint64_t i = 0; i < 8; ++i) pictures.push_back(dead_leaves(leaves, seed, i));
  return pictures;
}

/// All pictures of the source, of whatever sizes, greys from 0 to 1.
std::vector<Image> read_pictures(const SampleSource& source, std::size_t side) {
  constexpr std::size_t most = std::size_t{1} << 28;  // 1 GiB of floats
  const auto& files = source.images();
  double scale = 1;
  if (files.empty() && source.count() > 0)
    scale =
        natural_scale(source.load({{{0, std::min<std::size_t>(source.count() - 1, 99)}}}).values);
  std::vector<Image> pictures;
  std::size_t pixels = 0;
  for (std::size_t i = 0; i < source.count(); ++i) {
    if (files.empty()) {
      const Samples sample = source.load({{{i, i}}});
      require_images(sample);
      const Eigen::VectorXf greys = (scale * sample.values.col(0)).cast<float>();
      pictures.push_back({sample.width, sample.height, {greys.begin(), greys.end()}});
    } else {
      pictures.push_back(read_image(files[i]));
      const Image& picture = pictures.back();
      if (picture.width < side || picture.height < side)
        throw Error(
            fmt::format("patch = {} does not fit {} of {} x {} pixels; choose 1 to its lesser "
                        "side, or take it out",
                        side, files[i].string(), picture.width, picture.height));
    }
    pixels += pictures.back().pixels.size();
    if (pixels > most)
      throw Error(fmt::format("{}: its pictures have more than {} pixels; give fewer",
                              source.name(), most));
  }
  return pictures;
}

LearningData patches(Run& run, std::vector<Image> pictures, std::string origin, std::size_t side) {
  const Settings& s = run.settings;
  const bool split = given_or<std::string>(s, "channels", "split") == "split";
  if (s.get<bool>("whiten")) {
    if (!split) s.fail("channels", "whitened pixels have both signs; use split");
    for (Image& picture : pictures) picture = whiten(picture);
  }
  RandomPatchOptions options;
  options.side = side;
  options.remove_mean = split;
  options.seed = run.seed;
  options.held_out = test_samples(run, RandomPatches::positions(pictures, side), false);
  const auto drawn = std::make_shared<const RandomPatches>(std::move(pictures), options);
  const auto amplitude = given_or(s, "amplitude", 4.0);
  const auto finished = [=](const VectorXd& x) {
    return scaled_to(split ? VectorXd(split_channels(x)) : x, amplitude);
  };

  LearningData data;
  data.features = static_cast<Index>((split ? 2 : 1) * side * side);
  data.split = split;
  data.width = data.height = side;
  data.origin = std::move(origin);
  data.sample = [=](std::uint64_t k) { return finished(drawn->sample(k)); };
  data.test.resize(data.features, drawn->test().cols());
  for (Index i = 0; i < data.test.cols(); ++i) data.test.col(i) = finished(drawn->test().col(i));
  run.resolve("patch", static_cast<std::int64_t>(side));
  run.resolve("channels", split ? "split" : "single");
  run.resolve("amplitude", amplitude);
  return data;
}

LearningData whole(Run& run, SampleSource source) {
  const Settings& s = run.settings;
  ShuffledRows rows(std::move(source), run.seed);
  const Samples test = rows.hold_out(test_samples(run, rows.available(), rows.has_test_set()));
  const std::string origin = run.resolved.get<std::string>("data");
  const bool whitened = s.get<bool>("whiten");
  if (whitened && test.width == 0) s.fail("whiten", "the data holds no pictures; leave it out");
  const double scale = natural_scale(test.values);
  const auto values = [=, width = test.width, height = test.height](const VectorXd& raw) {
    const VectorXd x = scale * raw;
    if (!whitened) return x;
    const Eigen::VectorXf pixels = x.cast<float>();
    const Image image = whiten({width, height, {pixels.begin(), pixels.end()}});
    return VectorXd(
        Eigen::Map<const Eigen::VectorXf>(image.pixels.data(), x.size()).cast<double>());
  };
  Eigen::MatrixXd scaled(test.values.rows(), test.values.cols());
  for (Index i = 0; i < scaled.cols(); ++i) scaled.col(i) = values(test.values.col(i));
  const bool split =
      given_or<std::string>(s, "channels", scaled.minCoeff() < 0 ? "split" : "single") == "split";
  const auto amplitude = given_or(s, "amplitude", 4.0);
  const auto finished = [=](const VectorXd& x) {
    if (!split && x.minCoeff() < 0)
      throw Error(
          fmt::format("{}: channels = single, but it holds negative values; use split", origin));
    return scaled_to(split ? VectorXd(split_channels(x)) : x, amplitude);
  };

  const auto drawn = std::make_shared<const ShuffledRows>(std::move(rows));
  const Samples first = drawn->row(0);
  if (first.values.rows() != scaled.rows())
    throw Error(fmt::format("{}: samples of {} values, but {} in its test set {}; get both again",
                            origin, first.values.rows(), scaled.rows(), test.origin));
  LearningData data;
  data.features = (split ? 2 : 1) * scaled.rows();
  data.split = split;
  data.width = test.width;
  data.height = test.height;
  data.origin = origin;
  data.sample = [=](std::uint64_t k) { return finished(values(drawn->row(k).values.col(0))); };
  if (!first.labels.empty() && !test.labels.empty()) {
    data.label = [=](std::uint64_t k) { return drawn->row(k).labels.front(); };
    data.test_labels = test.labels;
  }
  data.distinct = drawn->distinct();
  data.test.resize(data.features, scaled.cols());
  for (Index i = 0; i < scaled.cols(); ++i) data.test.col(i) = finished(scaled.col(i));
  run.resolve("patch", std::int64_t{0});
  run.resolve("channels", split ? "split" : "single");
  run.resolve("amplitude", amplitude);
  return data;
}

}  // namespace

LearningData prepare_learning_data(Run& run) {
  const Settings& s = run.settings;
  const auto name = s.get<std::string>("data");
  if (name == "synthetic") return synthetic(run);
  for (const char* key : {"features", "true_atoms", "sparsity", "noise"})
    if (s.has(key)) s.fail(key, "only data = synthetic has it; leave it out");
  if (name == "auto" || name == "dead-leaves") {
    const auto side = given_or<std::size_t>(s, "patch", 8);
    if (side == 0) s.fail("patch", "dead leaves are learned by patches; choose 1 to 256");
    run.resolve("data", "dead-leaves");
    return patches(run, dead_leaves_pictures(run.seed),
                   fmt::format("dead-leaves, seed {}", run.seed), side);
  }
  SampleSource source(training_data(name));
  run.resolve("data", source.name());
  const auto side = given_or<std::size_t>(s, "patch", source.images().empty() ? 0 : 8);
  if (side == 0) return whole(run, std::move(source));
  return patches(run, read_pictures(source, side), source.name(), side);
}

}  // namespace clockless
