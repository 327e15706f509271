// Reading optdigits files: rows by hand, the real pair, and errors that say where.
#include <string>
#include <vector>

#include "apps/data/optdigits.hpp"
#include "tests/apps/data/files.hpp"

using namespace clockless;
using Catch::Matchers::Contains;

namespace {

/// Pixel i is (i + shift) mod 17.
std::string row(int shift, const std::string& label) {
  std::string text;
  for (int i = 0; i < 64; ++i) text += std::to_string((i + shift) % 17) + ",";
  return text + label;
}

std::string failure(const std::string& text) {
  return error_of([&] { decode_optdigits(text, "part"); });
}

}  // namespace

TEST_CASE("optdigits rows are pixels and a label", "[app][data]") {
  for (const std::string end : {"\n", "\r\n", "\n\n"}) {
    const Samples samples = decode_optdigits(row(0, "7") + end + row(3, "0"), "part");
    REQUIRE(samples.values.rows() == 64);
    REQUIRE(samples.values.cols() == 2);
    for (Eigen::Index i = 0; i < 64; ++i) {
      CHECK(samples.values(i, 0) == static_cast<double>(i % 17));
      CHECK(samples.values(i, 1) == static_cast<double>((i + 3) % 17));
    }
    CHECK(samples.labels == std::vector{7, 0});
    CHECK(samples.width == 8);
    CHECK(samples.height == 8);
  }
}

TEST_CASE("what is no optdigits file says where", "[app][data]") {
  CHECK_THAT(failure(""), Contains("part: no digit"));
  CHECK_THAT(failure("\n\n"), Contains("part: no digit"));
  CHECK_THAT(failure(row(0, "1") + "\n" + row(1, "10")),
             Contains("part: line 2, label: \"10\" is no whole number from 0 to 9"));
  CHECK_THAT(failure(row(0, "")), Contains("line 1, label: \"\""));
  CHECK_THAT(failure(row(0, "1,2")), Contains("line 1: 66 values, where 64 pixels and a label"));
  CHECK_THAT(failure("1,2,3"), Contains("line 1: 3 values"));
  for (const std::string bad : {"17", "-1", "1.5", " 1", "x", "99999999999999999999"}) {
    std::string text = row(0, "1");
    text.replace(0, 1, bad);
    CHECK_THAT(failure("\n" + text),
               Contains("part: line 2, pixel 0: \"" + bad + "\" is no whole"));
  }
  const std::string whole = row(0, "1") + "\n" + row(1, "2") + "\n";
  const std::size_t one_row = row(0, "1").size();
  check_truncations(whole, one_row, [](std::span<const std::byte> bytes) {
    decode_optdigits({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "part");
  });
  CHECK_THAT(error_of([] { read_optdigits("/no/such"); }), Contains("/no/such: cannot read"));
}

TEST_CASE("UCI's pair of files is read", "[app][data]") {
  for (const auto& [name, rows, zeros] :
       {std::tuple{"optdigits.tra", 3823, 376}, std::tuple{"optdigits.tes", 1797, 178}}) {
    const auto path = shared_file(std::string("digits8x8/") + name);
    if (path.empty()) return;
    const Samples samples = read_optdigits(path);
    CHECK(samples.values.cols() == rows);  // rows and zeros as in UCI's optdigits.names
    CHECK(std::count(samples.labels.begin(), samples.labels.end(), 0) == zeros);
    CHECK(samples.values.minCoeff() == 0);
    CHECK(samples.values.maxCoeff() == 16);
  }
}
