// Weights that do not learn, in the three widths machines store.
#include <cmath>

#include "core/fixed.hpp"
#include "core/random.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;

static_assert(sizeof(Fixed::Synapse) == 8);
static_assert(sizeof(FixedFloat::Synapse) == 4);
static_assert(sizeof(FixedInt8::Synapse) == 1);

TEST_CASE("fixed weights: double and float keep what they can", "[unit][fixed]") {
  for (const double w : {0.0, 1.0, -0.1, 1e-30, 3.14159265358979}) {
    CHECK(Fixed::weight({}, Fixed::synapse({}, w)) == w);
    CHECK(FixedFloat::weight({}, FixedFloat::synapse({}, w)) ==
          static_cast<double>(static_cast<float>(w)));
  }
}

TEST_CASE("fixed weights: int8 is the nearest of 255 levels", "[unit][fixed]") {
  const FixedInt8::Params p{0.05};
  RandomStream random{8, 0, 0};
  for (int k = 0; k < 10'000; ++k) {
    const double w = (2.0 * random.uniform() - 1.0) * 127 * p.scale;
    const double stored = FixedInt8::weight(p, FixedInt8::synapse(p, w));
    for (const double other : {stored - p.scale, stored + p.scale})
      REQUIRE(std::abs(stored - w) <= std::abs(other - w) + 1e-14);
  }
  for (int units = -127; units <= 127; ++units) {
    const auto synapse = FixedInt8::synapse(p, units * p.scale);
    CHECK(synapse.weight == units);
    CHECK(FixedInt8::weight(p, synapse) == p.scale * units);
  }
  CHECK(FixedInt8::synapse({1.0}, 127.4).weight == 127);
  CHECK(FixedInt8::synapse({1.0}, -127.4).weight == -127);
}

TEST_CASE("fixed weights: int8 refuses what does not fit", "[unit][fixed]") {
  const double nan = std::nan(""), infinity = HUGE_VAL;
  const auto refused = [](double scale, double w) {
    INFO("weight " << w << " at scale " << scale);
    CHECK(error_of([&] { FixedInt8::synapse({scale}, w); }).find("scale") != std::string::npos);
  };
  refused(1.0, 127.6);
  refused(1.0, -128.0);
  refused(0.01, 1.5);
  refused(1.0, 1e300);
  refused(1.0, nan);
  refused(1.0, -infinity);
  refused(0.0, 1.0);
  refused(0.0, 0.0);
  refused(nan, 1.0);
}
