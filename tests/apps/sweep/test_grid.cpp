// Values of a sweep and their grid, against lists written by hand.
#include <string>
#include <vector>

#include "apps/sweep/grid.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Texts = std::vector<std::string>;

namespace {

Settings declared() {
  Settings s;
  s.integer("seed", 1, "seed").at_least(0);
  s.real("scale", 1.0, "scale");
  s.text("name", "a", "name");
  s.text("kind", "one", "kind").one_of({"one", "two"});
  s.flag("on", false, "on");
  return s;
}

Texts values(const std::string& assignment) { return parse_axis(declared(), assignment).values; }

}  // namespace

TEST_CASE("Lists and ranges of a sweep are the values that they say", "[app]") {
  CHECK(values("seed=3") == Texts{"3"});
  CHECK(values("seed=1,2,40") == Texts{"1", "2", "40"});
  CHECK(values("seed=2..5") == Texts{"2", "3", "4", "5"});
  CHECK(values("seed=1..10:4") == Texts{"1", "4", "7", "10"});
  CHECK(values("seed=1..16:5:log") == Texts{"1", "2", "4", "8", "16"});
  CHECK(values("seed=0,2..3,9") == Texts{"0", "2", "3", "9"});
  CHECK(values("scale=-1,1e-3,1e3") == Texts{"-1", "0.001", "1000"});
  CHECK(values("scale=-1..1:5") == Texts{"-1", "-0.5", "0", "0.5", "1"});
  CHECK(values("scale=1..1e6:7:log") ==
        Texts{"1", "10", "100", "1000", "10000", "100000", "1000000"});
  CHECK(values("scale=1e-3..10:5:log") == Texts{"0.001", "0.01", "0.1", "1", "10"});
  CHECK(values("name=../a,b") == Texts{"../a", "b"});
  CHECK(values("name=300,100;50") == Texts{"300,100", "50"});
  CHECK(values("kind=two,one") == Texts{"two", "one"});
  CHECK(values("on=no,true") == Texts{"false", "true"});
}

TEST_CASE("What is no list of values of a setting is refused", "[app]") {
  const auto error = [](const std::string& assignment) {
    return error_of([&] { values(assignment); });
  };
  for (const char* empty : {"seed=", "seed", "seed=1,", "seed=,1", "seed=1,,2", "name=a;"})
    CHECK_THAT(error(empty), Contains("empty value"));
  CHECK_THAT(error("sed=1"), Contains("unknown setting 'sed'; did you mean 'seed'?"));
  CHECK_THAT(error("seed=-1"), Contains("'seed' = -1: expected a whole number >= 0"));
  CHECK_THAT(error("seed=1,x"), Contains("'seed' = x: expected"));
  CHECK_THAT(error("kind=on"), Contains("expected one of one, two"));
  CHECK_THAT(error("seed=1,2,01"), Contains("1 comes twice"));
  CHECK_THAT(error("scale=1,1.0"), Contains("1 comes twice"));
  CHECK_THAT(error("seed=1..3:5"), Contains("comes twice"));  // there are but three
  for (const char* bad : {"scale=1..2", "scale=1..2:3:lin", "scale=1..2:3:log:4", "scale=..2:3",
                          "scale=1..:3", "scale=1..inf:3", "scale=a..b:3"})
    CHECK_THAT(error(bad), Contains("expected a range as a..b:n"));
  for (const char* broken : {"seed=1.5..4", "seed=1..4.5:3"})
    CHECK_THAT(error(broken), Contains("whole numbers at both ends"));
  CHECK_THAT(error("scale=2..1:3"), Contains("a < b"));
  CHECK_THAT(error("scale=0..1:3:log"), Contains("a > 0"));
  for (const char* n : {"scale=1..2:1", "scale=1..2:0", "scale=1..2:-3", "scale=1..2:",
                        "scale=1..2:99999999999999999999", "scale=1..2:10001", "seed=0..10000"})
    CHECK_THAT(error(n), Contains("2 to 10000 values"));
}

TEST_CASE("A grid has each combination once, the last setting fastest", "[app]") {
  const Grid grid = parse_grid(declared(), {"kind=one,two", "scale=0.5", "seeds=3"});
  REQUIRE(grid.size() == 6);
  std::vector<Texts> points;
  for (std::size_t p = 0; p < 6; ++p)
    points.push_back({grid.value(p, 0), grid.value(p, 1), grid.value(p, 2)});
  CHECK(points == std::vector<Texts>{{"one", "0.5", "1"},
                                     {"one", "0.5", "2"},
                                     {"one", "0.5", "3"},
                                     {"two", "0.5", "1"},
                                     {"two", "0.5", "2"},
                                     {"two", "0.5", "3"}});
  CHECK(grid.axes[2].key == "seed");
  const auto error = [](const Texts& assignments) {
    return error_of([&] { parse_grid(declared(), assignments); });
  };
  CHECK_THAT(error({"seed=1", "scale=1", "seed=2"}), Contains("'seed' is given twice"));
  CHECK_THAT(error({"seed=1..200", "scale=1..2:51"}), Contains("10200 points"));
  CHECK_THAT(error({"seeds=0"}), Contains("how many"));
  Settings own = declared();  // of a scenario that has the name for itself
  own.integer("seeds", 5, "trainings");
  CHECK(parse_grid(own, {"seeds=2,4"}).axes[0].key == "seeds");
}
