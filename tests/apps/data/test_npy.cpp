// .npy by bytes as NumPy writes them, by round trips, truncation and corruption.
#include <algorithm>
#include <limits>
#include <numeric>

#include "apps/data/npy.hpp"
#include "tests/apps/data/files.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinAbs;

namespace {

std::string npy(const std::string& dictionary, const std::string& data, int version = 1) {
  std::string out = "\x93NUMPY";
  out += static_cast<char>(version);
  out += '\0';
  const std::string header = dictionary + '\n';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i)
    out += static_cast<char>((header.size() >> (8 * i)) & 0xff);
  return out + header + data;
}

std::string array_of(const std::string& type, const std::string& shape, const std::string& data,
                     bool fortran = false, int version = 1) {
  return npy("{'descr': '" + type + "', 'fortran_order': " + (fortran ? "True" : "False") +
                 ", 'shape': " + shape + ", }",
             data, version);
}

NpyArray decode(const std::string& bytes) { return decode_npy(bytes_of(bytes), "part"); }
std::string failure(const std::string& bytes) {
  return error_of([&] { decode(bytes); });
}

const auto decode_part = [](std::span<const std::byte> data) { return decode_npy(data, "part"); };

}  // namespace

TEST_CASE("every npy element type is read in both byte orders", "[app][data]") {
  struct Case {
    const char* type;
    std::string big;  // two elements
    std::vector<double> expected;
  };
  const std::vector<Case> cases{
      {"f4", big32(0x3fc00000) + big32(0xbf000000), {1.5, -.5}},
      {"f8",
       big32(0x3ff80000) + big32(0) + big32(0xc0000000) + big32(1),
       {1.5, -0x1.0000000000001p1}},
      {"i1", "\x7f\xff", {127, -1}},
      {"u1", "\x7f\xff", {127, 255}},
      {"b1", std::string("\x00\x01", 2), {0, 1}},
      {"i2", "\x01\x02\xff\xfe", {258, -2}},
      {"u2", "\x01\x02\xff\xfe", {258, 65534}},
      {"i4", big32(0x01020304) + big32(0xffffffff), {16909060, -1}},
      {"u4", big32(0x01020304) + big32(0xffffffff), {16909060, 4294967295}},
      {"i8", big32(1) + big32(2) + big32(0xffffffff) + big32(0xfffffffe), {4294967298, -2}},
      {"u8", big32(1) + big32(2) + big32(0x80000000) + big32(0), {4294967298, 0x1p63}},
  };
  for (const auto& [type, big, expected] : cases) {
    CAPTURE(type);
    std::string little = big;
    const auto half = static_cast<std::ptrdiff_t>(big.size() / 2);
    std::reverse(little.begin(), little.begin() + half);
    std::reverse(little.begin() + half, little.end());
    for (int version = 1; version <= 3; ++version) {
      const NpyArray array = decode(array_of(std::string(">") + type, "(2,)", big, false, version));
      CHECK(array.shape == std::vector<std::size_t>{2});
      CHECK(array.values == expected);
      CHECK(decode(array_of(std::string("<") + type, "(2,)", little)).values == expected);
    }
  }
}

TEST_CASE("npy values come in C order whatever the file's", "[app][data]") {
  const std::vector<double> expected{1, 2, 3, 4, 5, 6};
  CHECK(decode(array_of("|u1", "(2, 3)", "\1\2\3\4\5\6")).values == expected);
  CHECK(decode(array_of("|u1", "(2, 3)", "\1\4\2\5\3\6", true)).values == expected);
  // Element (i, j, k, l) of a 2 x 3 x 2 x 2 array, placed by Fortran's rule, must be found by C's.
  std::string fortran(24, '\0');
  std::vector<double> c;
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      for (std::size_t k = 0; k < 2; ++k)
        for (std::size_t l = 0; l < 2; ++l) {
          c.push_back(static_cast<double>(c.size()));
          fortran[i + 2 * (j + 3 * (k + 2 * l))] = static_cast<char>(c.size() - 1);
        }
  CHECK(decode(array_of("|u1", "(2, 3, 2, 2)", fortran, true)).values == c);
  CHECK(decode(array_of("|u1", "()", "\7")).values == std::vector<double>{7});
  CHECK(decode(array_of("<f8", "(0, 9)", "")).values.empty());
  CHECK(decode(npy("{\"shape\":(1,),\"fortran_order\":False,\"descr\":\"|u1\"}", "\7")).values ==
        std::vector<double>{7});
}

TEST_CASE("truncated and corrupt npy ends in one clear error", "[app][data]") {
  for (int version = 1; version <= 3; ++version) {
    const std::string whole = array_of("<i2", "(2, 3)", "abcdefghijkl", version == 2, version);
    check_truncations(whole, whole.size(), decode_part);
    check_corruptions(whole, decode_part);
    CHECK_THAT(failure(whole + "x"), Contains("corrupt npy file"));
    CHECK_THAT(failure(whole.substr(0, whole.size() - 1)), Contains("truncated npy file"));
  }
  CHECK_THAT(failure("hello"), Contains("no npy file"));
  CHECK_THAT(failure(array_of("|u1", "(1,)", "x", false, 4)), Contains("format 4 is not known"));
  CHECK_THAT(failure(npy("{'descr': '|u1', 'shape': (1,), }", "x")), Contains("is missing"));
  CHECK_THAT(failure(npy("{'descr': '|u1', 'descr': '|u1'}", "x")), Contains("repeated key"));
  CHECK_THAT(failure(array_of("|u1", "(-1,)", "x")), Contains("no possible length"));
  CHECK_THAT(failure(array_of("|u1", "(1, 1, 1, 1, 1)", "x")), Contains("more than 4 dimensions"));
  for (const char* type : {"|O", "<c8", "<U4", "<f2", "<i3", "<M8[ns]", "?f4", "<f16"})
    CHECK_THAT(failure(array_of(type, "(1,)", std::string(16, 'x'))), Contains("not supported"));
  CHECK_THAT(
      failure(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "xxxx")),
      Contains("a record are not supported"));
}

TEST_CASE("impossible npy shapes are refused before memory is taken", "[app][data]") {
  CHECK_THAT(failure(array_of("<f8", "(4294967296, 4294967296)", "")), Contains("overflows"));
  CHECK_THAT(failure(array_of("<f8", "(0, 9223372036854775807)", "")), Contains("overflows"));
  CHECK_THAT(failure(array_of("<f8", "(99999999999999999999,)", "")), Contains("length"));
  CHECK_THAT(failure(array_of("<f8", "(1000000000000,)", "12345678")), Contains("truncated"));
}

TEST_CASE("written npy files are read back, and open as NumPy's do", "[app][data]") {
  const TemporaryFolder folder;
  const auto path = folder / "a.npy";
  Eigen::MatrixXd matrix(2, 3);
  matrix << 1, 2, 3, 4, 5.5, -1e300;
  write_npy(path, matrix);
  CHECK(read_npy_matrix(path) == matrix);
  const std::string expected = "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }";
  const std::string bytes = contents(path);
  CHECK(bytes.substr(0, 10) == std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  CHECK(bytes.substr(10, expected.size()) == expected);
  CHECK(bytes.size() == 128 + 6 * 8);
  CHECK(bytes[127] == '\n');

  matrix(1, 2) = .1;
  write_npy(path, matrix, NpyFloat::f4);
  CHECK(read_npy_matrix(path) == matrix.cast<float>().cast<double>());
  const Eigen::VectorXd vector = Eigen::VectorXd::LinSpaced(5, -1, 1);
  write_npy(path, vector);
  const NpyArray array = read_npy(path);
  CHECK(array.shape == std::vector<std::size_t>{5});
  CHECK(Eigen::Map<const Eigen::VectorXd>(array.values.data(), 5) == vector);
  CHECK_THAT(error_of([&] { read_npy_matrix(path); }), Contains("a matrix is wanted"));
  CHECK(folder.entries() == 1);
}

TEST_CASE("values that are not finite are found and named", "[app][data]") {
  const TemporaryFolder folder;
  const auto path = folder / "a.npy";
  Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(2, 2);
  matrix(1, 0) = std::numeric_limits<double>::infinity();
  write_npy(path, matrix);
  CHECK(read_npy(path).values[2] == matrix(1, 0));
  CHECK_THAT(error_of([&] { read_npy_matrix(path); }), Contains("a.npy: value 2 of 4 is inf"));
  CHECK_THAT(error_of([] {
               require_finite(std::vector{0., std::nan("")}, "here");
             }),
             Contains("here: value 1 of 2 is nan"));
}

TEST_CASE("the MNIST dictionary of Lava is what Python finds in it", "[app][data]") {
  const auto path = shared_file("lasso/lava-lca/mnist_pretrained_dictionary.npy");
  if (path.empty()) return;
  const Eigen::MatrixXd d = read_npy_matrix(path);  // Fortran order, f4
  CHECK(d.rows() == 784);
  CHECK(d.cols() == 784);
  CHECK_THAT(d.sum(), WithinAbs(-124.55352449924493, 1e-9));
  CHECK(d(0, 0) == 0.00033132301177829504);
  CHECK(d(1, 0) == -0.005008017644286156);
  CHECK(d(783, 783) == -0.002094116760417819);
}
