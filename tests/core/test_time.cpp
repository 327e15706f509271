// Time: predictions are never early, written times are nearest, nothing overflows.
#include <cmath>

#include "core/random.hpp"
#include "core/time.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;

TEST_CASE("time: a prediction is rounded up to a tick", "[unit][time]") {
  CHECK(round_up(0.0).count() == 0);
  CHECK(round_up(1e-12).count() == 1);
  CHECK(round_up(1e-15).count() == 1);
  CHECK(round_up(5e-324).count() == 1);
  CHECK(round_up(1.5e-12).count() == 2);
  CHECK(round_up(1.0).count() == 1'000'000'000'000);
  CHECK(round_up(-1.0).count() == 0);
}

TEST_CASE("time: a prediction is never early and less than a tick late", "[unit][time]") {
  RandomStream random{1, 1, 0};
  for (int k = 0; k < 100'000; ++k) {
    // From a tick to an hour. The product s × 10^12 may round by half a unit in its last place.
    const double s = std::exp(random.uniform() * std::log(3.6e15)) * 1e-12;
    const long double exact = static_cast<long double>(s) * 1e12L;
    const long double slack = exact * 0x1p-53L;
    const auto tick = static_cast<long double>(round_up(s).count());
    REQUIRE(tick >= exact - slack);
    REQUIRE(tick < exact + slack + 1.0L);
  }
}

TEST_CASE("time: a whole number of ticks survives seconds and back", "[unit][time]") {
  RandomStream random{1, 2, 0};
  for (int k = 0; k < 100'000; ++k) {
    const auto ticks = static_cast<std::int64_t>(random.bits() >> (13 + random.below(51)));
    const Duration d{ticks};
    REQUIRE(round_up(seconds(d)) >= d);
    REQUIRE(round_up(seconds(d)) <= d + Duration{1});
    if (ticks < (std::int64_t{1} << 50)) REQUIRE(from_seconds(seconds(d)) == d);
  }
}

TEST_CASE("time: what lies beyond the range is forever", "[unit][time]") {
  CHECK(round_up(HUGE_VAL) == forever);
  CHECK(round_up(std::nan("")) == forever);
  CHECK(round_up(1e7) == forever);
  CHECK(round_up(9.3e6) == forever);
  CHECK(round_up(9.1e6).count() == 9'100'000'000'000'000'000);
}

TEST_CASE("time: written times go to the nearest tick", "[unit][time]") {
  CHECK(from_seconds(0.1).count() == 100'000'000'000);
  CHECK(from_seconds(1.4e-12).count() == 1);
  CHECK(from_seconds(1.6e-12).count() == 2);
  CHECK(from_seconds(-0.25).count() == -250'000'000'000);
  CHECK(at_seconds(2.5).time_since_epoch().count() == 2'500'000'000'000);
  CHECK(seconds(at_seconds(2.5)) == 2.5);
  CHECK(seconds(Duration{1}) == 1e-12);
}

TEST_CASE("time: adding to a time stays at never", "[unit][time]") {
  const Time t = at_seconds(1.0);
  CHECK(later(t, Duration{5}) == t + Duration{5});
  CHECK(later(t, forever) == never);
  CHECK(later(Time{}, forever) == never);
  CHECK(later(never, Duration{0}) == never);
  CHECK(later(never, forever) == never);
  CHECK(later(never - Duration{2}, Duration{1}) == never - Duration{1});
  CHECK(later(never - Duration{2}, Duration{3}) == never);
}
