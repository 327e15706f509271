// The relaxing flow against library functions and against what it promises.
#include <cmath>
#include <limits>

#include "core/random.hpp"
#include "core/relaxation.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;

TEST_CASE("exp_of_minus is the exponential to an ulp or so", "[unit]") {
  RandomStream random{.seed = 3};
  double worst = 0;
  for (int k = 0; k < 200000; ++k) {
    const double x = std::pow(10.0, 6 * random.uniform() - 4) * random.uniform();
    if (x > 600) continue;
    const double exact = static_cast<double>(std::exp(-static_cast<long double>(x)));
    const double ulp = std::nextafter(exact, 2.0) - exact;
    worst = std::max(worst, std::abs(exp_of_minus(x) - exact) / ulp);
  }
  CHECK(worst <= 2);
  CHECK(exp_of_minus(0.0) == 1.0);
  CHECK(exp_of_minus(1e300) < 1e-300);
  CHECK(exp_of_minus(std::numeric_limits<double>::infinity()) < 1e-300);
}

TEST_CASE("a relaxing value crosses when its closed form says", "[unit]") {
  RandomStream random{.seed = 4};
  int crossings = 0;
  for (int k = 0; k < 20000; ++k) {
    Relaxation r;
    r.rate = std::pow(10.0, 4 * random.uniform() - 2);
    r.gain = random.uniform();
    r.offset = random.normal();
    Relaxed s{random.uniform(), 2 * random.normal()};
    r.up = s.value + 0.1 * random.uniform();
    r.down = s.value - 0.1 * random.uniform();
    const double target = std::min(std::max((s.input + r.offset) * r.gain, 0.0), 1.0);
    REQUIRE(r.target(s.input) == target);
    const double wait = seconds_to_crossing(r, s);
    REQUIRE(crossing_bound(r, s) <= wait);
    if (std::isinf(wait)) {
      REQUIRE((target <= r.up && target >= r.down));
      continue;
    }
    ++crossings;
    // value(t) = target + (value − target) e^{−rate t}, in long double.
    const auto at = [&](double t) {
      return static_cast<double>(
          target + (static_cast<long double>(s.value) - target) *
                       std::exp(-static_cast<long double>(r.rate) * static_cast<long double>(t)));
    };
    const double threshold = target > s.value ? r.up : r.down;
    REQUIRE(at(wait) == Approx(threshold).epsilon(1e-12).margin(1e-14));
    Relaxed half = s, whole = s;
    relax(r, half, from_seconds(0.25 * wait));
    relax(r, half, from_seconds(0.5 * wait) - from_seconds(0.25 * wait));
    relax(r, whole, from_seconds(0.5 * wait));
    REQUIRE(half.value == Approx(whole.value).epsilon(1e-14).margin(1e-15));
  }
  CHECK(crossings > 5000);
}
