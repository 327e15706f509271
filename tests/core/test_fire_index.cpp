// The index of predicted firings against a plain search.
#include <algorithm>
#include <vector>

#include "core/fire_index.hpp"
#include "core/random.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;

TEST_CASE("fire index: earliest and its lowest place, as a plain search finds them",
          "[unit][fire_index]") {
  for (const std::size_t size : {1U, 2U, 63U, 64U, 65U, 1000U, 4096U, 4097U, 10'000U}) {
    INFO(size << " places");
    RandomStream random{3, size};
    FireIndex fires(size);
    std::vector<Time> plain(size, never);
    const auto n = static_cast<std::uint32_t>(size);
    for (int step = 0; step < 600; ++step) {
      for (std::uint32_t k = random.below(6); k-- > 0;) {
        // Few distinct times, so that there are ties; some predictions vanish, and runs of
        // neighbours move together.
        const Time t = random.below(4) == 0 ? never : Time{Duration{random.below(50)}};
        const std::uint32_t from = random.below(n);
        const std::uint32_t to = std::min(n, from + (random.below(8) == 0 ? 200 : 1));
        for (std::uint32_t i = from; i < to; ++i) fires.set(i, plain[i] = t);
      }
      const auto least = std::min_element(plain.begin(), plain.end());
      REQUIRE(fires.earliest() == *least);
      if (*least != never)
        REQUIRE(fires.first_at(*least) == static_cast<std::size_t>(least - plain.begin()));
    }
    for (std::size_t i = 0; i < size; ++i) REQUIRE(fires[i] == plain[i]);
  }
}

TEST_CASE("fire index: nobody fires never", "[unit][fire_index]") {
  CHECK(FireIndex().earliest() == never);
  CHECK(FireIndex(100).earliest() == never);
}

TEST_CASE("fire index: the front is overtaken, withdrawn and taken up again",
          "[unit][fire_index]") {
  FireIndex fires(5000);
  const auto at = [](std::int64_t t) { return Time{Duration{t}}; };
  fires.set(4999, at(10));
  CHECK(fires.earliest() == at(10));
  fires.set(70, at(10));
  CHECK(fires.first_at(fires.earliest()) == 70);
  fires.set(70, at(30));
  CHECK(fires.first_at(fires.earliest()) == 4999);
  fires.set(4999, never);
  CHECK(fires.first_at(fires.earliest()) == 70);
}
