// Sigma-delta neurons whose thresholds do not match.
#include "neurons/sigma_delta.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;

TEST_CASE("a spike never makes the opposite one due, however low the threshold came out",
          "[model]") {
  const SigmaDelta::Params p{.tau_s = 1, .threshold = 1.0 / 16, .hysteresis = 0.05};
  for (const double band : {0.3, 0.9, 1.0, 1.5}) {
    SigmaDelta::State s;
    s.band = band;
    s.input = 1;  // drives it up to 1
    int spikes = 0;
    for (; s.level < 0.9 && spikes < 100; ++spikes) {
      const Duration wait = SigmaDelta::until_fire(p, s);
      REQUIRE(wait != forever);
      SigmaDelta::advance(p, s, wait);
      const double before = s.level;
      SigmaDelta::fire(p, s);
      CHECK(s.level > before);  // never down
    }
    INFO("band " << band);
    CHECK(spikes == 15);
  }
}
