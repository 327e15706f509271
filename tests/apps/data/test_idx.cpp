// IDX by hand-built bytes, by truncation and corruption, and by the real sets.
#include <numeric>

#include "apps/data/idx.hpp"
#include "tests/apps/data/files.hpp"

using namespace clockless;
using Catch::Matchers::Contains;

namespace {

std::string idx(char type, const std::vector<unsigned long>& shape, const std::string& data) {
  std::string out = {0, 0, type, static_cast<char>(shape.size())};
  for (const auto n : shape) out += big32(n);
  return out + data;
}

std::vector<double> values(const IdxArray& array) {
  std::vector<double> out;
  for (std::size_t i = 0; i < array.items() * array.item_size(); ++i) out.push_back(array.at(i));
  return out;
}

IdxArray decode(const std::string& bytes) { return decode_idx(bytes_of(bytes), "part"); }

const auto decode_part = [](std::span<const std::byte> data) { return decode_idx(data, "part"); };

}  // namespace

TEST_CASE("every IDX element type is read, plain and gzipped", "[app][data]") {
  struct Case {
    char type;
    std::string data;
    std::vector<double> expected;
  };
  const std::vector<Case> cases{
      {0x08, std::string("\x00\x7f\xff", 3), {0, 127, 255}},
      {0x09, std::string("\x00\x7f\xff", 3), {0, 127, -1}},
      {0x0B, std::string("\x01\x02\xff\xfe\x80\x00", 6), {258, -2, -32768}},
      {0x0C,
       big32(0x01020304) + big32(0xffffffff) + big32(0x80000000),
       {16909060, -1, -2147483648.}},
      {0x0D, big32(0x3fc00000) + big32(0xbf000000) + big32(0x7f7fffff), {1.5, -.5, 0x1.fffffep127}},
      {0x0E,
       big32(0x3ff80000) + big32(0) + big32(0xc0000000) + big32(1) + big32(0) + big32(1),
       {1.5, -0x1.0000000000001p1, 0x1p-1074}},
  };
  for (const auto& [type, data, expected] : cases) {
    CAPTURE(static_cast<int>(type));
    const std::string plain = idx(type, {3}, data);
    for (const std::string& bytes : {plain, gzip(plain)}) {
      const IdxArray array = decode(bytes);
      CHECK(array.shape == std::vector<std::size_t>{3});
      CHECK(array.item_size() == 1);
      CHECK(values(array) == expected);
    }
  }
}

TEST_CASE("IDX arrays of any rank are cut into samples", "[app][data]") {
  std::string data(24, '\0');
  std::iota(data.begin(), data.end(), '\1');
  const IdxArray array = decode(idx(8, {2, 3, 4}, data));
  CHECK(array.items() == 2);
  CHECK(array.item_size() == 12);
  std::vector<double> item(12), expected(12);
  array.copy_item(1, item);
  std::iota(expected.begin(), expected.end(), 13);
  CHECK(item == expected);
  CHECK(decode(idx(8, std::vector<unsigned long>(255, 1), "x")).shape.size() == 255);
  CHECK(decode(idx(8, {0, 5}, "")).items() == 0);
}

TEST_CASE("gzip files of several members are one file", "[app][data]") {
  const std::string plain = idx(8, {4}, "abcd");
  CHECK(values(decode(gzip(plain.substr(0, 5)) + gzip(plain.substr(5)))) ==
        std::vector<double>{97, 98, 99, 100});
  CHECK_THAT(error_of([&] { decode(gzip(plain) + "excess"); }), Contains("foreign bytes"));
}

TEST_CASE("truncated and corrupt IDX ends in one clear error", "[app][data]") {
  const std::string plain = idx(11, {2, 3}, "abcdefghijkl");
  check_truncations(plain, plain.size(), decode_part);
  check_corruptions(plain, decode_part);
  const std::string packed = gzip(plain);
  check_truncations(packed, packed.size(), decode_part);
  check_corruptions(packed, decode_part);
  std::string wrong_sum = packed;
  wrong_sum[packed.size() - 8] ^= 1;
  CHECK_THAT(error_of([&] { decode(wrong_sum); }), Contains("incorrect data check"));

  CHECK_THAT(error_of([&] { decode(plain + "x"); }), Contains("holds more"));
  CHECK_THAT(error_of([&] { decode(gzip(plain + "x")); }), Contains("holds more"));
  CHECK_THAT(error_of([&] { decode("P5 1 1"); }), Contains("no IDX file"));
  CHECK_THAT(error_of([&] { decode(idx(8, {}, "")); }), Contains("no IDX file"));
  CHECK_THAT(error_of([&] { decode(idx(10, {1}, "x")); }), Contains("no IDX file"));
}

TEST_CASE("impossible IDX sizes are refused before memory is taken", "[app][data]") {
  const unsigned long huge = 0xffffffff;
  CHECK_THAT(error_of([&] { decode(idx(14, {huge, huge, huge}, "")); }), Contains("overflows"));
  CHECK_THAT(error_of([&] { decode(idx(8, {huge}, "abc")); }), Contains("4294967295 bytes"));
  CHECK_THAT(error_of([&] { decode(gzip(idx(8, {huge}, "abc"))); }), Contains("4294967295 bytes"));
  // A real bomb: a megabyte of zeros in a kilobyte, its header asking for three bytes.
  CHECK_THAT(error_of([&] { decode(gzip(idx(8, {3}, std::string(1 << 20, '\0')))); }),
             Contains("holds more"));
}

TEST_CASE("files that are not there or are folders are named", "[app][data]") {
  const TemporaryFolder folder;
  CHECK_THAT(error_of([&] { read_idx(folder / "none"); }),
             Contains("none: cannot read: No such file or directory"));
  CHECK_THAT(error_of([&] { read_idx(folder.path()); }), Contains("Is a directory"));
}

TEST_CASE("MNIST and Fashion-MNIST sum up to what Python finds in them", "[app][data]") {
  struct Set {
    const char* file;
    std::size_t items;
    double first, last, all;
  };
  for (const auto& [file, items, first, last, all] :
       {Set{"mnist/t10k-images-idx3-ubyte.gz", 10000, 18454, 41833, 264923200},
        Set{"mnist/train-images-idx3-ubyte.gz", 60000, 27525, 20920, 1567298545},
        Set{"fashion-mnist/t10k-images-idx3-ubyte.gz", 10000, 33456, 24390, 573469082}}) {
    const auto path = shared_file(file);
    if (path.empty()) continue;
    CAPTURE(file);
    const IdxArray array = read_idx(path);
    CHECK(array.shape == std::vector<std::size_t>{items, 28, 28});
    CHECK(array.data.size() == items * 784);
    std::vector<double> item(784);
    const auto sum = [&](std::size_t i) {
      array.copy_item(i, item);
      return std::accumulate(item.begin(), item.end(), 0.0);
    };
    CHECK(sum(0) == first);
    CHECK(sum(items - 1) == last);
    double total = 0;
    for (const std::byte b : array.data) total += static_cast<double>(b);
    CHECK(total == all);
  }
  const auto labels = shared_file("mnist/t10k-labels-idx1-ubyte.gz");
  if (labels.empty()) return;
  const auto digits = values(read_idx(labels));
  CHECK(std::vector(digits.begin(), digits.begin() + 5) == std::vector<double>{7, 2, 1, 0, 4});
  CHECK(std::accumulate(digits.begin(), digits.end(), 0.0) == 44434);
}
