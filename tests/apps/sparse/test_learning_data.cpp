// Learning data: what is drawn, against the pictures, files and atoms it must come from.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "apps/data/image.hpp"
#include "apps/data/npy.hpp"
#include "apps/data/shuffle.hpp"
#include "apps/data/whitening.hpp"
#include "apps/sparse/channels.hpp"
#include "apps/sparse/learning_data.hpp"
#include "core/parallel.hpp"
#include "core/random.hpp"
#include "tests/apps/data/files.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinAbs;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// Data as the assignments say, and what they were resolved to.
struct Prepared {
  explicit Prepared(const std::vector<std::string>& assignments, std::uint64_t seed = 1,
                    bool quick = false) {
    declare_learning_data(settings);
    for (const auto& each : assignments) settings.assign(each, "--set");
    if (quick) settings.use_quick_defaults();
    Run run(settings);
    run.seed = seed;
    data = prepare_learning_data(run);
    resolved = run.resolved;
  }
  Settings settings, resolved;
  LearningData data;
};

std::string failure(const std::vector<std::string>& assignments) {
  return error_of([&] { Prepared(assignments, 1); });
}

/// A picture whose every pixel differs from all others, so that a patch tells its position.
Image unique(std::size_t width, std::size_t height) {
  Image image{width, height, std::vector<float>(width * height)};
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = static_cast<float>((i * 48271) % 65537) / 65537;
  return image;
}

void put_pgm(const std::filesystem::path& path, const Image& image) {
  std::string bytes =
      "P5 " + std::to_string(image.width) + " " + std::to_string(image.height) + " 65535\n";
  for (const float v : image.pixels) {
    const auto level = static_cast<unsigned>(std::lround(65535 * v));
    bytes += static_cast<char>(level >> 8);
    bytes += static_cast<char>(level & 255);
  }
  put(path, bytes);
}

/// Every patch of a picture as it should come out: less its mean, of norm `norm`.
std::vector<VectorXd> all_patches(const Image& image, std::size_t side, double norm) {
  std::vector<VectorXd> out;
  for (std::size_t y = 0; y + side <= image.height; ++y)
    for (std::size_t x = 0; x + side <= image.width; ++x) {
      VectorXd patch(static_cast<Index>(side * side));
      for (std::size_t i = 0; i < side * side; ++i)
        patch[static_cast<Index>(i)] =
            static_cast<double>(image.pixels[(y + i / side) * image.width + x + i % side]);
      patch.array() -= patch.mean();
      out.push_back(norm * patch.normalized());
    }
  return out;
}

std::size_t which(const std::vector<VectorXd>& patches, const VectorXd& wanted) {
  std::size_t found = patches.size();
  for (std::size_t i = 0; i < patches.size(); ++i)
    if ((patches[i] - wanted).norm() < 1e-9) {
      CHECK(found == patches.size());
      found = i;
    }
  return found;
}

std::string idx_images(int count, int first) {
  std::string bytes = std::string("\0\0\x08\x03", 4) + big32(static_cast<unsigned long>(count)) +
                      big32(2) + big32(3);
  for (int i = 0; i < count; ++i)
    for (int pixel = 0; pixel < 6; ++pixel)
      bytes += static_cast<char>(pixel == 0 ? first + i : 20 * pixel);
  return bytes;
}
std::string idx_labels(int count, int first) {
  std::string bytes = std::string("\0\0\x08\x01", 4) + big32(static_cast<unsigned long>(count));
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(first + i);
  return bytes;
}
/// The first pixel, which numbers the sample, from its share of the whole.
long number_of(const VectorXd& sample) { return std::lround(20 * sample[0] / sample[1]); }

}  // namespace

TEST_CASE("channels are split and joined without loss", "[app]") {
  std::srand(3);
  const MatrixXd x = MatrixXd::Random(5, 7);
  const MatrixXd split = split_channels(x);
  CHECK(split.rows() == 10);
  CHECK(split.minCoeff() == 0);
  CHECK(split.topRows(5).cwiseProduct(split.bottomRows(5)).isZero(0));
  CHECK(join_channels(split) == x);
  CHECK(split_channels(VectorXd{{1, -2}}) == VectorXd{{1, 0, 0, 2}});
}

TEST_CASE("a shuffled order visits everything once, everywhere alike", "[app]") {
  for (const std::uint64_t n : std::vector<std::uint64_t>{1, 2, 3, 5, 16, 17, 100, 1000}) {
    std::set<std::uint64_t> seen;
    for (std::uint64_t i = 0; i < n; ++i) seen.insert(shuffled(7, 1, i, n));
    CHECK(seen.size() == n);
    CHECK(*seen.rbegin() == n - 1);
  }
  CHECK(shuffled(7, 1, 12345, 4294967296) < 4294967296);
  // Where element i of 5 lands under 20,000 streams: binomial, mean 4000, deviation 57.
  std::map<std::pair<std::uint64_t, std::uint64_t>, int> landed;
  for (std::uint64_t stream = 0; stream < 20000; ++stream)
    for (std::uint64_t i = 0; i < 5; ++i) ++landed[{i, shuffled(3, stream, i, 5)}];
  CHECK(landed.size() == 25);
  for (const auto& [where, count] : landed) CHECK(std::abs(count - 4000) < 5 * 57);
}

TEST_CASE("random patches lie evenly over pictures of any sizes, held-out ones apart", "[app]") {
  const TemporaryFolder folder;
  const std::vector<Image> images{unique(9, 7), unique(5, 12)};
  put_pgm(folder / "a.pgm", images[0]);
  put_pgm(folder / "b.pgm", images[1]);
  std::vector<VectorXd> patches = all_patches(read_image(folder / "a.pgm"), 4, 4);
  const auto second = all_patches(read_image(folder / "b.pgm"), 4, 4);
  patches.insert(patches.end(), second.begin(), second.end());
  REQUIRE(patches.size() == 24 + 18);

  const Prepared prepared({"data=" + folder.path().string(), "patch=4", "test_samples=7"}, 5);
  const LearningData& data = prepared.data;
  CHECK(data.features == 32);
  CHECK(data.split);
  CHECK(data.width == 4);
  CHECK(data.height == 4);
  CHECK(data.distinct == 0);
  CHECK(data.truth.size() == 0);
  CHECK(!data.label);
  std::set<std::size_t> held_out;
  REQUIRE(data.test.cols() == 7);
  for (Index i = 0; i < 7; ++i) held_out.insert(which(patches, join_channels(data.test.col(i))));
  CHECK(held_out.size() == 7);
  CHECK(*held_out.rbegin() < patches.size());
  constexpr int draws = 3500;
  std::map<std::size_t, int> drawn;
  for (int k = 0; k < draws; ++k) {
    const VectorXd x = data.sample(static_cast<std::uint64_t>(k));
    CHECK(x.minCoeff() >= 0);
    CHECK_THAT(x.norm(), WithinAbs(4, 1e-12));
    ++drawn[which(patches, join_channels(x))];
  }
  CHECK(drawn.size() == 35);  // all but those held out
  for (const auto& [patch, count] : drawn) {
    CHECK(held_out.count(patch) == 0);
    CHECK(std::abs(count - 100) < 50);  // 5 deviations
  }
  CHECK(prepared.resolved.get<std::string>("data") ==
        std::filesystem::canonical(folder.path()).string());
  CHECK(prepared.resolved.get<int>("patch") == 4);
  CHECK(prepared.resolved.get<std::string>("channels") == "split");
  CHECK(prepared.resolved.get<double>("amplitude") == 4);
}

TEST_CASE("sample k depends on seed and k alone", "[app]") {
  for (const std::string name : {"auto", "synthetic"}) {
    const Prepared once({"data=" + name}, 3), again({"data=" + name}, 3),
        other({"data=" + name}, 4);
    CHECK(once.data.test == again.data.test);
    CHECK(once.data.test != other.data.test);
    std::vector<VectorXd> parallel(40);
    Parallel(2).for_each(40, [&](std::size_t k) { parallel[k] = again.data.sample(k); });
    for (std::uint64_t k = 40; k-- > 0;) {
      CHECK(once.data.sample(k) == parallel[k]);
      CHECK(once.data.sample(k) != once.data.sample(k + 1));
      CHECK(once.data.sample(k) != other.data.sample(k));
    }
    // What is resolved gives the same again.
    Settings repeated;
    declare_learning_data(repeated);
    repeated.read_toml(once.resolved.to_toml("x"), "x.toml");
    Run run(repeated);
    run.seed = 3;
    CHECK(prepare_learning_data(run).sample(17) == once.data.sample(17));
  }
}

TEST_CASE("dead leaves are there without any file", "[app]") {
  const Prepared prepared({}, 1, true);
  CHECK(prepared.data.features == 128);
  CHECK(prepared.data.test.cols() == 50);
  CHECK(prepared.resolved.get<std::string>("data") == "dead-leaves");
  for (std::uint64_t k = 0; k < 300; ++k) {
    const VectorXd x = prepared.data.sample(k);
    CHECK(std::abs(join_channels(x).sum()) < 1e-11);
    CHECK_THAT(x.norm(), WithinAbs(4, 1e-12));  // none is flat
  }
}

TEST_CASE("flat patches are drawn anew, and flat pictures refused", "[app]") {
  const TemporaryFolder folder;
  Image image{40, 40, std::vector<float>(1600, .25F)};
  for (std::size_t i = 0; i < 1600; ++i)
    if (i % 40 >= 20) image.pixels[i] = .3F + .002F * static_cast<float>(i % 2);
  image.pixels[0] = 1;  // 2 % of the contrast is .0007 then
  put_pgm(folder / "flat.pgm", image);
  const std::string data = "data=" + (folder / "flat.pgm").string();
  const Prepared prepared({data, "patch=3", "amplitude=0", "test_samples=10"}, 1);
  for (std::uint64_t k = 0; k < 200; ++k) CHECK(prepared.data.sample(k).norm() > 3 * .02 * .02);
  std::fill(image.pixels.begin(), image.pixels.end(), .3F);
  put_pgm(folder / "flat.pgm", image);
  for (const std::string more : {"channels=split", "whiten=true"})
    CHECK_THAT(failure({data, "patch=3", more}), Contains("drawn in a row were flat"));
  CHECK(Prepared({data, "patch=3", "channels=single"}).data.features == 9);
}

TEST_CASE("whitened patches come from the whitened picture", "[app]") {
  const TemporaryFolder folder;
  put_pgm(folder / "a.pgm", unique(12, 10));
  const auto patches = all_patches(whiten(read_image(folder / "a.pgm")), 5, 2);
  const Prepared prepared({"data=" + (folder / "a.pgm").string(), "patch=5", "whiten=true",
                           "amplitude=2", "test_samples=3"});
  for (std::uint64_t k = 0; k < 20; ++k)
    CHECK(which(patches, join_channels(prepared.data.sample(k))) < patches.size());
}

TEST_CASE("sets are learned whole, row by row, and tested on their test files", "[app]") {
  const TemporaryFolder folder;
  put(folder / "train-images-idx3-ubyte", idx_images(40, 100));
  put(folder / "train-labels-idx1-ubyte", idx_labels(40, 100));
  const std::string file = "data=" + (folder / "train-images-idx3-ubyte").string();
  const auto check = [&](const Prepared& prepared, std::uint64_t rows, std::size_t tests) {
    const LearningData& data = prepared.data;
    CHECK(data.features == 6);
    CHECK(!data.split);
    CHECK(data.width == 3);
    CHECK(data.height == 2);
    REQUIRE(data.distinct == rows);
    REQUIRE(data.test.cols() == static_cast<Index>(tests));
    std::set<long> held_out;
    for (Index i = 0; i < data.test.cols(); ++i) {
      const long number = number_of(data.test.col(i));
      CHECK(data.test_labels.at(static_cast<std::size_t>(i)) == number);
      CHECK_THAT(data.test.col(i).norm(), WithinAbs(4, 1e-12));
      held_out.insert(number);
    }
    CHECK(held_out.size() == tests);
    std::vector<long> orders[2];
    for (std::uint64_t k = 0; k < 2 * rows; ++k) {
      const long number = number_of(data.sample(k));
      CHECK(data.label(k) == number);
      CHECK(held_out.count(number) == 0);
      orders[k / rows].push_back(number);
    }
    CHECK((rows == 1 || orders[0] != orders[1]));  // shuffled anew
    for (auto& order : orders) {
      CHECK((rows == 1 || !std::is_sorted(order.begin(), order.end())));
      CHECK(std::set<long>(order.begin(), order.end()).size() == rows);
    }
  };
  check(Prepared({file}), 32, 8);  // a fifth
  check(Prepared({file, "test_samples=39"}), 1, 39);
  put(folder / "t10k-images-idx3-ubyte.gz", gzip(idx_images(10, 1)));
  put(folder / "t10k-labels-idx1-ubyte.gz", gzip(idx_labels(10, 1)));
  check(Prepared({file, "test_samples=9"}), 40, 9);
  check(Prepared({file}), 40, 10);
  CHECK_THAT(failure({file, "test_samples=11"}), Contains("there are 10; ask for less"));
  check(Prepared({"data=" + folder.path().string(), "test_samples=9"}), 40, 9);
  std::filesystem::create_directory_symlink(folder.path(), folder / "mnist");
  const DataFolder named(folder.path());
  check(Prepared({"data=mnist", "test_samples=9"}), 40, 9);

  const Prepared raw({file, "amplitude=0"});
  const double first = raw.data.sample(0)[0];
  CHECK_THAT(first * 255, WithinAbs(std::round(first * 255), 1e-12));
  CHECK(raw.data.sample(0)[1] == 20.0 / 255);
  const Prepared cut({file, "patch=2", "test_samples=3", "channels=single", "amplitude=0"});
  CHECK(cut.data.features == 4);
  CHECK_THAT(255 * cut.data.sample(0)[3], WithinAbs(std::round(255 * cut.data.sample(0)[3]), 1e-4));
  CHECK(cut.data.sample(0).maxCoeff() <= 139. / 255 + 1e-6);
  CHECK(Prepared({file, "whiten=true"}).data.features == 12);  // signed, so split

  put(folder / "t10k-images-idx3-ubyte.gz",
      gzip(std::string("\0\0\x08\x03", 4) + big32(10) + big32(1) + big32(1) + "abcdefghij"));
  CHECK_THAT(failure({file}), Contains("samples of 6 values, but 1 in its test set"));
}

TEST_CASE("rows of both signs become two channels", "[app]") {
  const TemporaryFolder folder;
  std::srand(1);
  const MatrixXd rows = MatrixXd::Random(30, 5);
  write_npy(folder / "a.npy", rows);
  const std::string file = "data=" + (folder / "a.npy").string();
  const Prepared prepared({file, "amplitude=0"});
  CHECK(prepared.data.split);
  CHECK(prepared.data.width == 0);
  std::set<Index> seen;
  for (std::uint64_t k = 0; k < prepared.data.distinct; ++k)
    for (Index i = 0; i < 30; ++i)
      if (join_channels(prepared.data.sample(k)) == rows.row(i).transpose()) seen.insert(i);
  CHECK(seen.size() == 24);
  CHECK_THAT(failure({file, "channels=single"}), Contains("negative values; use split"));
  CHECK_THAT(failure({file, "patch=2"}), Contains("no images; use patch = 0"));
  CHECK_THAT(failure({file, "whiten=true"}), Contains("'whiten' = true: the data holds no pict"));
  write_npy(folder / "a.npy", MatrixXd(MatrixXd::Ones(1, 5)));
  CHECK_THAT(failure({file}), Contains("one sample cannot be both"));
}

TEST_CASE("synthetic samples are sums of true atoms", "[app]") {
  const Prepared prepared({"data=synthetic", "noise=0", "test_samples=20"}, 9);
  const LearningData& data = prepared.data;
  REQUIRE(data.truth.rows() == 32);
  REQUIRE(data.truth.cols() == 24);
  CHECK(data.truth.minCoeff() == 0);  // the negative half of Gaussian entries
  CHECK((data.truth.colwise().norm().array() - 1).abs().maxCoeff() < 1e-14);
  const auto qr = data.truth.colPivHouseholderQr();
  VectorXd uses = VectorXd::Zero(24);
  double total = 0;
  const auto check = [&](const VectorXd& x) {
    const VectorXd a = qr.solve(x);
    CHECK((data.truth * a - x).norm() < 1e-12);
    for (const double value : a) CHECK((std::abs(value) < 1e-10 || (value > .5 && value < 1.5)));
    CHECK((a.array() > .1).count() == 3);
    uses += (a.array() > .1).cast<double>().matrix();
    total += a.sum();
  };
  for (std::uint64_t k = 0; k < 2000; ++k) check(data.sample(k));
  // Binomial with mean 250 and deviation 15; the mean of 6000 uniform draws, deviation .0037.
  CHECK((uses.array() - 250).abs().maxCoeff() < 5 * 15);
  CHECK_THAT(total / 6000, WithinAbs(1, 5 * .0037));
  for (Index i = 0; i < 20; ++i) {
    check(data.test.col(i));
    for (std::uint64_t k = 0; k < 100; ++k) CHECK(data.sample(k) != data.test.col(i));
  }

  const Prepared noisy(
      {"data=synthetic", "noise=0.2", "features=40", "true_atoms=2", "sparsity=1", "amplitude=3"});
  CHECK(noisy.data.features == 40);
  CHECK(noisy.data.truth.cols() == 2);
  CHECK(noisy.data.sample(0).minCoeff() == 0);
  CHECK_THAT(noisy.data.sample(0).norm(), WithinAbs(3, 1e-12));
  CHECK(prepared.resolved.get<double>("amplitude") == 0);
}

TEST_CASE("settings of learning data that do not fit are refused", "[app]") {
  CHECK_THAT(failure({"data=synthetic", "patch=8"}), Contains("--set: 'patch' = 8: synthetic"));
  CHECK_THAT(failure({"data=synthetic", "whiten=true"}), Contains("'whiten' = true: synthetic"));
  CHECK_THAT(failure({"data=synthetic", "channels=split"}), Contains("use single"));
  CHECK_THAT(failure({"data=synthetic", "true_atoms=2", "sparsity=3"}),
             Contains("'sparsity' = 3: there are 2 true atoms"));
  for (const std::string key : {"features", "true_atoms", "sparsity", "noise"})
    CHECK_THAT(failure({key + "=1"}), Contains("'" + key + "' = 1: only data = synthetic"));
  CHECK_THAT(failure({"patch=0"}), Contains("'patch' = 0: dead leaves are learned by patches"));
  CHECK_THAT(failure({"patch=300"}), Contains("patch = 300 does not fit a picture of 256 x 256"));
  CHECK_THAT(failure({"whiten=true", "channels=single"}), Contains("both signs; use split"));
  CHECK_THAT(
      failure({"patch=250", "test_samples=392"}),
      Contains("'test_samples' = 392: there are 392, of which some must be left to learn from"));
  CHECK_THAT(failure({"data=/no/such"}), Contains("check the path or the name"));
  CHECK_THAT(failure({"channels=both"}), Contains("one of split, single"));
  CHECK_THAT(failure({"patch=-1"}), Contains("from 0 to 4096"));
  CHECK_THAT(failure({"amplitude=-1"}), Contains("'amplitude' = -1"));
  CHECK_THAT(failure({"test_samples=0"}), Contains("'test_samples' = 0"));
}
