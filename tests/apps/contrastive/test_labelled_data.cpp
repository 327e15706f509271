// Labelled data: truth tables, splits that are those of scikit-learn, sets of files, wrong
// settings.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "apps/contrastive/labelled_data.hpp"
#include "apps/contrastive/output_code.hpp"
#include "apps/data/optdigits.hpp"
#include "tests/apps/data/files.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Eigen::Index;
using Eigen::MatrixXd;

namespace {

struct Prepared {
  explicit Prepared(const std::vector<std::string>& assignments) {
    declare_labelled_data(settings);
    for (const auto& each : assignments) settings.assign(each, "--set");
    Run run(settings);
    data = prepare_labelled_data(run);
    resolved = run.resolved;
  }
  Settings settings, resolved;
  LabelledData data;
};

LabelledData prepared(const std::vector<std::string>& assignments) {
  return Prepared(assignments).data;
}

std::string failure(const std::vector<std::string>& assignments) {
  return error_of([&] { prepared(assignments); });
}

/// n rows of optdigits whose first two pixels tell the number of the row, and its label is n % 10.
std::string numbered_digits(int n) {
  std::string text;
  for (int row = 0; row < n; ++row) {
    text += std::to_string(row % 16) + "," + std::to_string(row / 16);
    for (int i = 2; i < 64; ++i) text += ",16";
    text += "," + std::to_string(row % 10) + "\n";
  }
  return text;
}

std::vector<int> numbers(const MatrixXd& samples) {
  std::vector<int> out;
  for (Index i = 0; i < samples.cols(); ++i)
    out.push_back(static_cast<int>(16 * samples(0, i) + 256 * samples(1, i)));
  return out;
}

std::string idx_images(const std::string& bytes) {
  return std::string("\0\0\x08\x03", 4) + big32(bytes.size() / 2) + big32(1) + big32(2) + bytes;
}
std::string idx_labels(const std::string& bytes) {
  return std::string("\0\0\x08\x01", 4) + big32(bytes.size()) + bytes;
}

}  // namespace

TEST_CASE("truth tables are learned and tested whole", "[app][contrastive]") {
  const std::vector<std::pair<std::string, bool (*)(bool, bool)>> tables = {
      {"and", [](bool a, bool b) { return a && b; }},
      {"or", [](bool a, bool b) { return a || b; }},
      {"xor", [](bool a, bool b) { return a != b; }}};
  for (const auto& [name, function] : tables) {
    const LabelledData data = prepared({"data=" + name});
    REQUIRE(data.train.cols() == 4);
    std::set<std::pair<double, double>> rows;
    for (Index i = 0; i < 4; ++i) {
      CHECK((data.train_labels[static_cast<std::size_t>(i)] == 1) ==
            function(data.train(0, i) == 1, data.train(1, i) == 1));
      rows.emplace(data.train(0, i), data.train(1, i));
    }
    CHECK(rows.size() == 4);
    CHECK(data.test == data.train);
    CHECK(data.test_labels == data.train_labels);
    CHECK(data.classes == 2);
  }
  CHECK(prepared({"data=not"}).train == MatrixXd{{0, 1}});
  CHECK(prepared({"data=not"}).train_labels == std::vector{1, 0});
  CHECK(prepared({"data=id"}).train_labels == std::vector{0, 1});
}

TEST_CASE("digits are split as scikit-learn splits them", "[app][contrastive]") {
  const auto file = shared_file("digits8x8/optdigits.tes");
  if (file.empty()) return;
  const DataFolder folder(file.parent_path().parent_path());
  const Samples all = read_optdigits(file);
  // First and last rows of both sides by train_test_split(range(1797), test_size=.2,
  // random_state=seed) of scikit-learn 1.2.1 on numpy 1.24.2.
  struct Golden {
    std::string seed;
    std::vector<Index> test, last_test, train, last_train;
  };
  for (const Golden& golden :
       {Golden{"0", {1081, 1707, 927, 713}, {638, 829}, {1109, 940, 192}, {559, 684}},
        Golden{"1", {1227, 1576, 202, 1184}, {953, 763}, {1328, 1562, 750}, {235, 1061}},
        Golden{"2", {154, 564, 1444, 1394}, {1257, 1700}, {1066, 181, 853}, {527, 1192}}}) {
    const LabelledData data = prepared({"data=digits8x8", "split_seed=" + golden.seed});
    REQUIRE(data.train.cols() == 1437);
    REQUIRE(data.test.cols() == 360);
    const auto check = [&](const MatrixXd& samples, const std::vector<int>& labels, Index at,
                           const std::vector<Index>& rows) {
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const Index column = at + static_cast<Index>(i);
        CHECK(16 * samples.col(column) == all.values.col(rows[i]));
        CHECK(labels[static_cast<std::size_t>(column)] ==
              all.labels[static_cast<std::size_t>(rows[i])]);
      }
    };
    check(data.test, data.test_labels, 0, golden.test);
    check(data.test, data.test_labels, 358, golden.last_test);
    check(data.train, data.train_labels, 0, golden.train);
    check(data.train, data.train_labels, 1435, golden.last_train);
    CHECK(data.width == 8);
    CHECK(data.classes == 10);
  }
  const LabelledData uci = prepared({"data=digits8x8", "split=uci"});
  CHECK(uci.train.cols() == 3823);
  CHECK(16 * uci.test == all.values);
}

TEST_CASE("what is held out is not trained on", "[app][contrastive]") {
  const TemporaryFolder folder;
  put(folder / "optdigits.tra", numbered_digits(100));
  put(folder / "optdigits.tes", numbered_digits(60));
  const std::string data = "data=" + folder.path().string();
  for (const std::string& name :
       {data, "data=" + (folder / "optdigits.tra").string(), data + "/optdigits.tes"}) {
    const Prepared held({name, "split=uci", "validation=0.25", "train_samples=70"});
    const auto trained = numbers(held.data.train), tested = numbers(held.data.test);
    CHECK(trained.size() == 70);
    CHECK(tested.size() == 25);
    std::set<int> all(trained.begin(), trained.end());
    all.insert(tested.begin(), tested.end());
    CHECK(all.size() == 95);
    CHECK(*all.rbegin() > 60);  // rows of the training set, which the test set lacks
    for (std::size_t i = 0; i < 25; ++i) CHECK(held.data.test_labels[i] == tested[i] % 10);
    for (std::size_t i = 0; i < 70; ++i) CHECK(held.data.train_labels[i] == trained[i] % 10);
    CHECK(!std::is_sorted(tested.begin(), tested.end()));
    CHECK(held.resolved.get<std::string>("split") == "uci");
    CHECK_THAT(held.data.origin, Contains("25 held out"));
  }
  CHECK(numbers(prepared({data, "validation=0.25"}).test) !=
        numbers(prepared({data, "validation=0.25", "split_seed=1"}).test));
  const LabelledData parity = prepared({data, "task=parity"});
  CHECK(parity.classes == 2);
  for (std::size_t i = 0; i < 12; ++i) CHECK(parity.test_labels[i] == numbers(parity.test)[i] % 2);
  CHECK(prepared({data}).test.cols() == 12);  // a fifth
  CHECK_THAT(failure({data, "split=uci", "train_samples=101"}), Contains("there are 100"));
  CHECK_THAT(failure({data, "split=uci", "validation=0.001"}), Contains("none would be left"));
  std::filesystem::remove(folder / "optdigits.tra");
  CHECK(prepared({data}).train.cols() == 48);
  CHECK_THAT(failure({data, "split=uci"}), Contains("optdigits.tra: cannot read"));
}

TEST_CASE("sets like MNIST come with their test set", "[app][contrastive]") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "mnist");
  const DataFolder named(folder.path());
  const auto place = folder / "mnist";
  put(place / "train-images-idx3-ubyte.gz", gzip(idx_images(std::string("\0\xff\x33\0\1\2", 6))));
  put(place / "train-labels-idx1-ubyte", idx_labels(std::string("\0\1\2", 3)));
  put(place / "t10k-images-idx3-ubyte", idx_images("\xff\xff"));
  put(place / "t10k-labels-idx1-ubyte", idx_labels("\3"));
  for (const std::string& name :
       {std::string("mnist"), place.string(), (place / "train-images-idx3-ubyte.gz").string()}) {
    const LabelledData data = prepared({"data=" + name});
    CHECK(data.train == MatrixXd{{0, .2, 1. / 255}, {1, 0, 2. / 255}});
    CHECK(data.test == MatrixXd{{1}, {1}});
    CHECK(data.train_labels == std::vector{0, 1, 2});
    CHECK(data.test_labels == std::vector{3});
    CHECK(data.classes == 4);
    CHECK(data.width == 2);
    CHECK(data.height == 1);
  }
  put(place / "t10k-images-idx3-ubyte",
      std::string("\0\0\x08\x03", 4) + big32(1) + big32(1) + big32(1) + "a");
  CHECK_THAT(failure({"data=mnist"}), Contains("samples of 2 values, but 1 in its test set"));
  std::filesystem::remove(place / "t10k-labels-idx1-ubyte");
  CHECK_THAT(failure({"data=mnist"}), Contains("no labels; put X-labels"));
  std::filesystem::remove(place / "t10k-images-idx3-ubyte");
  CHECK_THAT(failure({"data=mnist"}), Contains("no test set beside it"));
}

TEST_CASE("data that cannot be learned is refused", "[app][contrastive]") {
  const TemporaryFolder folder;
  const DataFolder named(folder.path());
  CHECK_THAT(failure({"data=digits8x8"}),
             Contains("digits8x8: not found; looked in " + (folder / "digits8x8").string()));
  CHECK_THAT(failure({"data=xor", "split=uci"}), Contains("'split' = uci: only digits8x8 has it"));
  CHECK_THAT(failure({"data=xor", "validation=0.5"}),
             Contains("'validation' = 0.5: a truth table"));
  for (const char* part : {"train_samples=5", "train_samples=2", "split_seed=1"})
    CHECK_THAT(failure({"data=xor", part}), Contains("learned whole"));
  CHECK_THAT(failure({"data=xor", "task=parity"}), Contains("two classes only"));
  const TemporaryFolder empty;
  CHECK_THAT(failure({"data=" + empty.path().string()}),
             Contains("an empty folder") && Contains("optdigits.tra"));
  CHECK_THAT(failure({"data=nand"}), Contains("check the path or the name"));
  std::string zeros;
  for (int i = 0; i < 64; ++i) zeros += "0,";
  put(folder / "optdigits.tes", zeros + "0\n" + zeros + "0\n");
  CHECK_THAT(failure({"data=" + folder.path().string()}), Contains("all samples are of class 0"));
  put(folder / "optdigits.tes", zeros + "1\n");
  CHECK_THAT(failure({"data=" + folder.path().string()}), Contains("one row cannot be both"));
}

TEST_CASE("each epoch takes all samples in an order of its own", "[app][contrastive]") {
  for (const Index n : {1, 2, 7, 100}) {
    std::vector<std::vector<Index>> orders;
    for (std::uint64_t epoch = 0; epoch < 4; ++epoch) {
      orders.push_back(epoch_order(5, epoch, n));
      std::vector<Index> sorted = orders.back();
      std::sort(sorted.begin(), sorted.end());
      REQUIRE(sorted.size() == static_cast<std::size_t>(n));
      for (Index i = 0; i < n; ++i) CHECK(sorted[static_cast<std::size_t>(i)] == i);
    }
    if (n < 100) continue;
    CHECK(orders[0] != orders[1]);
    CHECK(orders[0] == epoch_order(5, 0, n));
    CHECK(orders[0] != epoch_order(6, 0, n));
  }
}

TEST_CASE("outputs show labels and say them", "[app][contrastive]") {
  CHECK(one_hot({2, 0}, 3) == MatrixXd{{0, 1}, {0, 0}, {1, 0}});
  CHECK(one_hot({1, 0}, 1) == MatrixXd{{1, 0}});
  CHECK(decide(MatrixXd{{.1, .7}, {.3, .7}}) == std::vector{1, 0});
  CHECK(decide(MatrixXd{{.5, .51}}) == std::vector{0, 1});
  CHECK(accuracy({1, 2, 3, 4}, {1, 2, 0, 0}) == .5);
  CHECK_THAT(error_of([] { one_hot({3}, 3); }), Contains("label 3 for 3 outputs"));
  CHECK_THAT(error_of([] { one_hot({2}, 1); }), Contains("label 2 for 1 outputs"));
}
