// Preparing labelled samples.
#include "apps/contrastive/labelled_data.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <optional>
#include <random>
#include <utility>

#include <fmt/format.h>
#include <zlib.h>

#include "apps/data/optdigits.hpp"
#include "apps/data/samples.hpp"
#include "apps/data/shuffle.hpp"
#include "core/error.hpp"
#include "core/random.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;
namespace fs = std::filesystem;

namespace {
constexpr std::string_view set_names = "and, or, xor, not, id, digits8x8, mnist, fashion-mnist";
}

Setting& declare_labelled_data(Settings& s, const std::string& data) {
  Setting& declared =
      s.text("data", data, fmt::format("{}, a file or a folder of these", set_names));
  s.text("split", std::nullopt,
         "of digits8x8: uci (3,823 rows and 1,797 for tests) or sklearn (the latter, four fifths "
         "and one); default: sklearn")
      .one_of({"uci", "sklearn"});
  s.integer("split_seed", 0, "draws the split of sklearn and what is held out for validation")
      .range(0, 4294967295.0);
  s.text("task", "class", "what to tell: the class, or the parity of its number")
      .one_of({"class", "parity"});
  s.integer("train_samples", std::nullopt, "train on so many only; default: all").range(1, 1e9);
  s.real("validation", 0,
         "share of the training set held out and tested on instead of the test set")
      .range(0, 0.9);
  return declared;
}

namespace {

using Rows = std::vector<Index>;

void keep(MatrixXd& samples, std::vector<int>& labels, const Rows& rows) {
  samples = MatrixXd(samples(Eigen::all, rows));
  std::vector<int> kept;
  for (const Index i : rows) kept.push_back(labels[static_cast<std::size_t>(i)]);
  labels = std::move(kept);
}

struct TruthTable {
  std::string_view name;
  Index inputs;
  std::vector<int> labels;  // of 00, 01, 10, 11, or 0, 1
};

/// Farinha et al. 2020.
const TruthTable* truth_table(std::string_view name) {
  static const std::vector<TruthTable> tables = {{"and", 2, {0, 0, 0, 1}},
                                                 {"or", 2, {0, 1, 1, 1}},
                                                 {"xor", 2, {0, 1, 1, 0}},
                                                 {"not", 1, {1, 0}},
                                                 {"id", 1, {0, 1}}};
  const auto found = std::find_if(tables.begin(), tables.end(),
                                  [&](const TruthTable& t) { return t.name == name; });
  return found == tables.end() ? nullptr : &*found;
}

LabelledData rows_of(const TruthTable& table) {
  LabelledData data;
  data.train.resize(table.inputs, static_cast<Index>(table.labels.size()));
  for (Index row = 0; row < data.train.cols(); ++row)
    for (Index i = 0; i < table.inputs; ++i)
      data.train(i, row) = static_cast<double>(row >> (table.inputs - 1 - i) & 1);
  data.test = data.train;
  data.train_labels = data.test_labels = table.labels;
  data.origin = table.name;
  return data;
}

/// The folder of the pair of files that `data` means, if it means them.
std::optional<fs::path> digits_folder(const std::string& data) {
  const fs::path path(data);
  if (path.filename() == "optdigits.tra" || path.filename() == "optdigits.tes")
    return path.parent_path();
  std::vector<fs::path> folders = {path};
  if (data == "digits8x8") folders = data_folders(data);
  std::error_code ignored;
  for (const fs::path& folder : folders)
    for (const char* file : {"optdigits.tra", "optdigits.tes"})
      if (fs::exists(folder / file, ignored)) return folder;
  if (data != "digits8x8") return std::nullopt;
  std::string looked;
  for (const fs::path& folder : folders) looked += (looked.empty() ? "" : ", ") + folder.string();
  throw Error(fmt::format(
      "digits8x8: not found; looked in {}; put UCI's optdigits.tra and optdigits.tes into a folder "
      "digits8x8 and set CLOCKLESS_DATA to the folder above",
      looked));
}

/// numpy.random.RandomState(seed).permutation(n): Fisher-Yates from the end, each place drawn by
/// rejection below the next power of two. std::mt19937 is specified to the bit.
Rows numpy_permutation(std::uint32_t seed, Index n) {
  std::mt19937 generator(seed);
  Rows rows(static_cast<std::size_t>(n));
  std::iota(rows.begin(), rows.end(), 0);
  for (std::size_t i = rows.size() - 1; i > 0; --i) {
    std::size_t mask = 1;
    while (mask < i) mask = 2 * mask + 1;
    std::size_t j = i + 1;
    while (j > i) j = generator() & mask;
    std::swap(rows[i], rows[j]);
  }
  return rows;
}

LabelledData digits(Run& run, const fs::path& folder) {
  const Settings& s = run.settings;
  const auto split = s.has("split") ? s.get<std::string>("split") : std::string("sklearn");
  constexpr double scale = 1.0 / 16;
  LabelledData data;
  Samples test = read_optdigits(folder / "optdigits.tes");
  data.test = scale * test.values;
  data.test_labels = std::move(test.labels);
  data.width = test.width;
  data.height = test.height;
  if (split == "uci") {
    Samples train = read_optdigits(folder / "optdigits.tra");
    data.train = scale * train.values;
    data.train_labels = std::move(train.labels);
  } else {
    if (data.test.cols() < 2)
      throw Error(fmt::format("{}: one row cannot be both learned and tested; get the file again",
                              test.origin));
    // train_test_split(X, y, test_size=0.2, random_state=split_seed) of scikit-learn.
    const Rows rows = numpy_permutation(s.get<std::uint32_t>("split_seed"), data.test.cols());
    const auto first_train = rows.begin() + static_cast<std::ptrdiff_t>(
                                                std::ceil(0.2 * static_cast<double>(rows.size())));
    data.train = data.test;
    data.train_labels = data.test_labels;
    keep(data.train, data.train_labels, Rows(first_train, rows.end()));
    keep(data.test, data.test_labels, Rows(rows.begin(), first_train));
  }
  run.resolve("split", split);
  run.resolve("data", fs::canonical(folder).string());
  data.origin = fmt::format("{}, split {}", fs::canonical(folder).string(), split);
  return data;
}

Samples all_samples(const SampleSource& source) {
  if (source.count() == 0) throw Error(source.name() + ": no samples in this file; get it again");
  Samples samples = source.load({{{0, source.count() - 1}}});
  if (samples.labels.empty())
    throw Error(fmt::format("{}: no labels; put X-labels-idx1-ubyte beside X-images-idx3-ubyte",
                            samples.origin));
  return samples;
}

LabelledData image_set(Run& run) {
  const auto name = run.settings.get<std::string>("data");
  std::error_code ignored;
  if (name != "mnist" && name != "fashion-mnist" && !fs::exists(name, ignored))
    throw Error(fmt::format(
        "data \"{}\": neither a file, a folder nor one of {}; check the path or the name", name,
        set_names));
  if (fs::is_directory(name, ignored) && fs::is_empty(name, ignored))
    throw Error(fmt::format(
        "{}: an empty folder; put there train-images-idx3-ubyte, t10k-images-idx3-ubyte and the "
        "labels of both, or UCI's optdigits.tra and optdigits.tes",
        name));
  const SampleSource source(training_data(name));
  const auto test_set = test_set_beside(source);
  if (!test_set)
    throw Error(fmt::format(
        "{}: no test set beside it; name train-images-idx3-ubyte, with t10k-images-idx3-ubyte and "
        "the labels of both in its folder",
        source.name()));
  Samples train = all_samples(source), test = all_samples(*test_set);
  if (train.values.rows() != test.values.rows())
    throw Error(fmt::format("{}: samples of {} values, but {} in its test set {}; get both again",
                            train.origin, train.values.rows(), test.values.rows(), test.origin));
  const double scale = natural_scale(train.values);
  for (Samples* samples : {&train, &test}) {
    samples->values *= scale;
    if (samples->values.minCoeff() < 0 || samples->values.maxCoeff() > 1)
      throw Error(fmt::format("{}: its values are neither bytes nor from 0 to 1; rescale them",
                              samples->origin));
  }
  run.resolve("data", source.name());
  return {std::move(train.values),
          std::move(test.values),
          std::move(train.labels),
          std::move(test.labels),
          0,
          train.width,
          train.height,
          source.name()};
}

void number_classes(LabelledData& data, bool parity) {
  constexpr int most_classes = 1000;
  for (std::vector<int>* labels : {&data.train_labels, &data.test_labels})
    for (int& label : *labels) {
      if (label < 0 || label >= most_classes)
        throw Error(
            fmt::format("{}: label {}, where classes are numbered from 0 to {} at most; "
                        "renumber them",
                        data.origin, label, most_classes - 1));
      if (parity) label %= 2;
      data.classes = std::max(data.classes, label + 1);
    }
  if (data.classes < 2)
    throw Error(data.origin + ": all samples are of class 0, nothing is to be learned; give two");
}

/// A random choice of the training set to be tested on, and how many of the rest to train on.
void choose_rows(Run& run, LabelledData& data, bool truth_table) {
  const Settings& s = run.settings;
  const auto share = s.get<double>("validation");
  const Index n = data.train.cols();
  const auto held_out = static_cast<Index>(std::llround(share * static_cast<double>(n)));
  if (truth_table) {
    constexpr auto whole = "a truth table is learned whole; leave it out";
    if (share > 0) s.fail("validation", whole);
    if (s.has("train_samples") && s.get<Index>("train_samples") != n)
      s.fail("train_samples", whole);
    if (s.get<std::int64_t>("split_seed") != 0) s.fail("split_seed", whole);
    if (s.get<std::string>("task") != "class")
      s.fail("task", "a truth table has two classes only; leave it out");
  }
  if (share > 0 && (held_out == 0 || held_out == n))
    s.fail("validation", fmt::format("of {} samples none would be left on one side", n));
  const Index left = n - held_out;
  const Index wanted = s.has("train_samples") ? s.get<Index>("train_samples") : left;
  if (wanted > left)
    s.fail("train_samples", fmt::format("there are {} to train on; ask for less", left));
  run.resolve("train_samples", static_cast<std::int64_t>(wanted));
  if (wanted == n) return;
  Rows rows = epoch_order(random_bits(s.get<std::uint64_t>("split_seed"), 0x73706c6974, 0), 0, n);
  if (held_out > 0) {  // streams of its own: the letters 'split'
    data.test = data.train;
    data.test_labels = data.train_labels;
    keep(data.test, data.test_labels, Rows(rows.begin(), rows.begin() + held_out));
    data.origin += fmt::format(", tested on {} held out of its training set", held_out);
  }
  keep(data.train, data.train_labels,
       Rows(rows.begin() + held_out, rows.begin() + held_out + wanted));
}

}  // namespace

LabelledData prepare_labelled_data(Run& run) {
  const Settings& s = run.settings;
  const auto name = s.get<std::string>("data");
  const TruthTable* table = truth_table(name);
  const auto folder = table != nullptr ? std::nullopt : digits_folder(name);
  if (!folder && s.has("split")) s.fail("split", "only digits8x8 has it; leave it out");
  LabelledData data = table != nullptr ? rows_of(*table)
                      : folder         ? digits(run, *folder)
                                       : image_set(run);
  number_classes(data, s.get<std::string>("task") == "parity");
  choose_rows(run, data, table != nullptr);
  return data;
}

Rows epoch_order(std::uint64_t seed, std::uint64_t epoch, Index n) {
  const std::uint64_t key = random_bits(seed, 0x6f72646572, 0);  // streams of its own: 'order'
  Rows rows;
  for (Index i = 0; i < n; ++i)
    rows.push_back(static_cast<Index>(
        shuffled(key, epoch, static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(n))));
  return rows;
}

std::uint32_t checksum(const LabelledData& data) {
  uLong sum = 0;
  const auto add = [&](const auto* values, auto count) {
    sum = crc32_z(sum, reinterpret_cast<const unsigned char*>(values),
                  static_cast<std::size_t>(count) * sizeof *values);
  };
  for (const Eigen::MatrixXd* samples : {&data.train, &data.test})
    add(samples->data(), samples->size());
  for (const std::vector<int>* labels : {&data.train_labels, &data.test_labels})
    add(labels->data(), labels->size());
  return static_cast<std::uint32_t>(sum);
}

}  // namespace clockless
