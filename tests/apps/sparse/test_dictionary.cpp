// Dictionaries: the DCT against its closed form, exemplars against the data they come from.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <set>
#include <string>

#include <Eigen/QR>

#include "apps/sparse/dictionary.hpp"
#include "core/error.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;
using Catch::Matchers::WithinAbs;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

double coherence(const MatrixXd& d) {
  MatrixXd gram = d.transpose() * d;
  gram.diagonal().setZero();
  return gram.size() > 1 ? gram.cwiseAbs().maxCoeff() : 0;
}

template <class Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// A .npy file of 2 x 3 doubles 0 … 5 in C order, written byte by byte.
std::string npy_bytes(const std::string& shape) {
  std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize(117, ' ');
  std::string bytes = std::string("\x93NUMPY\x01", 7) + std::string(1, '\0') + '\x76' + '\0';
  bytes += header + '\n';
  for (int i = 0; i < 6; ++i) {
    const double value = i;
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  return bytes;
}

}  // namespace

TEST_CASE("the complete DCT is the orthonormal DCT-II", "[unit]") {
  const MatrixXd d = overcomplete_dct(8, 8, 64);
  CHECK((d.transpose() * d).isIdentity(1e-13));
  CHECK((d.col(0).array() - 1.0 / 8).abs().maxCoeff() < 1e-15);
  // Its second and third atom: half a cosine along one axis.
  const double pi = std::acos(-1.0);
  for (Index row = 0; row < 8; ++row)
    for (Index column = 0; column < 8; ++column) {
      const Index pixel = 8 * row + column;
      CHECK_THAT(d(pixel, 1),
                 WithinAbs(std::cos(pi * (double(column) + .5) / 8) / std::sqrt(32.0), 1e-14));
      CHECK_THAT(d(pixel, 2),
                 WithinAbs(std::cos(pi * (double(row) + .5) / 8) / std::sqrt(32.0), 1e-14));
    }
  const MatrixXd low = overcomplete_dct(8, 8, 10);
  CHECK(low.isApprox(d.leftCols(10)));
}

TEST_CASE("overcomplete DCT atoms are distinct, of unit norm and zero mean", "[unit]") {
  struct Size {
    Index height, width, atoms;
  };
  for (const auto& [height, width, atoms] :
       {Size{8, 8, 256}, Size{8, 8, 100}, Size{6, 11, 200}, Size{1, 16, 40}, Size{2, 9, 50},
        Size{9, 1, 30}, Size{3, 3, 25}, Size{1, 1, 1}, Size{2, 2, 3}, Size{28, 28, 500}}) {
    CAPTURE(height, width, atoms);
    const MatrixXd d = overcomplete_dct(height, width, atoms);
    REQUIRE(d.rows() == height * width);
    REQUIRE(d.cols() == atoms);
    CHECK((d.colwise().norm().array() - 1).abs().maxCoeff() < 1e-13);
    CHECK(d.col(0).maxCoeff() - d.col(0).minCoeff() < 1e-15);
    if (atoms > 1) CHECK(d.rightCols(atoms - 1).colwise().sum().cwiseAbs().maxCoeff() < 1e-12);
    CHECK(coherence(d) < 1 - 1e-6);
  }
  CHECK(overcomplete_dct(8, 8, 256).fullPivHouseholderQr().rank() == 64);
  CHECK_THROWS_AS(overcomplete_dct(2, 2, 5), Error);
  CHECK_THROWS_AS(overcomplete_dct(1, 2, 3), Error);
  CHECK_THROWS_AS(overcomplete_dct(0, 8, 5), Error);
  CHECK_THROWS_AS(overcomplete_dct(8, 8, 0), Error);
  CHECK_THROWS_AS(overcomplete_dct(8, 8, 1000000000), Error);
  CHECK_THROWS_AS(overcomplete_dct(1000000000, 1000000000, 1), Error);
}

TEST_CASE("exemplars are distinct columns of the data", "[unit]") {
  std::mt19937_64 engine(1);
  MatrixXd samples(6, 40);
  for (double& value : samples.reshaped()) value = double(engine() % 1000);
  samples.col(3).setZero();
  samples.col(4) = 3 * samples.col(5);  // the same atom
  samples.col(6).setConstant(7);
  for (const bool remove_mean : {false, true}) {
    CAPTURE(remove_mean);
    MatrixXd usable = samples;
    if (remove_mean) usable.rowwise() -= samples.colwise().mean();
    const Index most = remove_mean ? 37 : 38;
    const MatrixXd d = exemplars(samples, most, 11, remove_mean);
    std::set<Index> sources;
    for (Index atom = 0; atom < most; ++atom) {
      Index source = 0;
      for (Index i = 0; i < 40; ++i)
        if (usable.col(i).norm() > 1e-9 && usable.col(i).normalized().isApprox(d.col(atom), 1e-12))
          source = i + 1;
      CHECK(source > 0);
      sources.insert(source);
    }
    CHECK(sources.size() == static_cast<std::size_t>(most));
    CHECK(message_of([&] {
            exemplars(samples, most + 1, 11, remove_mean);
          }).find("only " + std::to_string(most) + " of the 40") != std::string::npos);
  }
  CHECK(exemplars(samples, 5, 1) == exemplars(samples, 5, 1));
  CHECK(exemplars(samples, 5, 1) != exemplars(samples, 5, 2));
  CHECK_THROWS_AS(exemplars(samples, 0, 1), Error);
  CHECK_THROWS_AS(exemplars(MatrixXd(6, 0), 1, 1), Error);
  samples(0, 0) = std::nan("");
  CHECK_THROWS_AS(exemplars(samples, 5, 1), Error);
}

TEST_CASE("every sample is as likely to become an atom", "[unit]") {
  const MatrixXd samples = MatrixXd::Identity(10, 10);
  VectorXd drawn = VectorXd::Zero(10);
  for (unsigned seed = 0; seed < 4000; ++seed) drawn += exemplars(samples, 2, seed).rowwise().sum();
  // Binomial with mean 800 and deviation 25; five deviations.
  CHECK(drawn.minCoeff() > 674);
  CHECK(drawn.maxCoeff() < 926);
}

TEST_CASE("a dictionary file is read by columns or by rows", "[unit]") {
  const auto path = std::filesystem::temp_directory_path() /
                    ("clockless-dictionary-" + std::to_string(std::random_device{}()) + ".npy");
  std::ofstream(path, std::ios::binary) << npy_bytes("(2, 3)");
  MatrixXd expected(2, 3);
  expected << 0, 1, 2, 3, 4, 5;
  CHECK(load_dictionary(path, DictionaryLayout::columns) == expected);
  CHECK(load_dictionary(path, DictionaryLayout::rows) == MatrixXd(expected.transpose()));
  std::ofstream(path, std::ios::binary) << npy_bytes("(6,)");
  CHECK_THROWS_AS(load_dictionary(path, DictionaryLayout::columns), Error);
  std::filesystem::remove(path);
  CHECK_THROWS_AS(load_dictionary(path, DictionaryLayout::columns), Error);

  CHECK(parse_dictionary_layout("columns") == DictionaryLayout::columns);
  CHECK(parse_dictionary_layout("rows") == DictionaryLayout::rows);
  CHECK_THROWS_AS(parse_dictionary_layout("row"), Error);
}

TEST_CASE("a faulty dictionary is refused with the atom named", "[unit]") {
  MatrixXd d = MatrixXd::Random(4, 6);
  CHECK_NOTHROW(check_dictionary(d, 4, "d.npy"));
  CHECK(message_of([&] { check_dictionary(d, 6, "d.npy"); }).find("dictionary_layout") !=
        std::string::npos);
  CHECK_THROWS_AS(check_dictionary(d, 5, "d.npy"), Error);
  CHECK_THROWS_AS(check_dictionary(MatrixXd(4, 0), 4, "d.npy"), Error);
  d.col(2).setZero();
  CHECK(message_of([&] { check_dictionary(d, 4, "d.npy"); }).find("d.npy: atom 2 is zero") == 0);
  normalise(d);
  CHECK(d.col(2).isZero(0));
  CHECK_THAT(d.col(3).norm(), WithinAbs(1, 1e-15));
  d(1, 5) = std::numeric_limits<double>::infinity();
  d.col(2).setOnes();
  CHECK(message_of([&] { check_dictionary(d, 4, "d.npy"); }).find("atom 5") != std::string::npos);
}
