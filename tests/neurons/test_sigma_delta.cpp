// Sigma-delta neurons whose thresholds do not match, and what hardware loses.
#include <cmath>

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

TEST_CASE("a nudge's conductance is the amount, or in proportion to the leak", "[model]") {
  for (const bool relative : {false, true}) {
    const SigmaDelta::Params p{.tau_s = 1, .initial_leak = 3, .relative_nudge = relative};
    SigmaDelta::State s;
    SigmaDelta::start(p, s, {});
    s.label = 1;
    s.input = 0.5;
    SigmaDelta::receive(p, s, {.amount = 0.5, .port = SigmaDelta::nudge});
    const double conductance = relative ? 1.5 : 0.5;
    SigmaDelta::advance(p, s, from_seconds(100));
    CHECK(s.value == Approx((0.5 + conductance) / (3 + conductance)));
  }
}

TEST_CASE("of spikes and modulators such a share is lost, and levels are told anew", "[model]") {
  const SigmaDelta::Params p{.lost_spikes = 0.2, .lost_modulators = 0.3, .retold = 0.5};
  SigmaDelta::State s;
  SigmaDelta::start(p, s, {.seed = 5});
  constexpr int tries = 4000;
  const auto near = [](int count, double share) {
    return std::abs(count - tries * share) < 4 * std::sqrt(tries * share * (1 - share));
  };
  int heard = 0, told = 0, sent = 0, consolidated = 0;
  for (int k = 0; k < tries; ++k) {
    s.modulator = 0;
    SigmaDelta::receive(p, s, {.amount = 1, .port = SigmaDelta::modulate});
    heard += s.modulator == 1;
    s.modulator = 1;
    s.consolidates = 0;
    SigmaDelta::receive(p, s, {.port = SigmaDelta::consolidate});
    if (s.consolidates != 0) {
      const Emission hands_over = SigmaDelta::fire(p, s);
      CHECK(hands_over.consolidates);
      CHECK(hands_over.signal);
      CHECK(static_cast<double>(hands_over.payload) == s.level);
      ++consolidated;
      told += hands_over.sent;
    }
    s.value = s.level + (s.level < 0.5 ? 1 : -1);
    const double before = s.level;
    const Emission spike = SigmaDelta::fire(p, s);
    CHECK(s.level - before == static_cast<double>(spike.payload));  // it believes it was heard
    CHECK(!spike.signal);
    sent += spike.sent;
  }
  CHECK(near(heard, 0.7));
  CHECK(near(consolidated, 0.7));
  CHECK(near(told, 0.7 * 0.5 * 0.8));  // of those that hand over half; signals are lost, too
  CHECK(near(sent, 0.8));
}

TEST_CASE("mismatch spreads paces and thresholds by its own standard deviation", "[model]") {
  const SigmaDelta::Params p{.tau_s = 1, .mismatch = 0.1};
  constexpr int cells = 4000;
  double pace = 0, band = 0, both = 0;
  for (std::uint32_t i = 0; i < cells; ++i) {
    SigmaDelta::State s;
    SigmaDelta::start(p, s, {5, NeuronId{i}, i});
    pace += std::log(s.pace) * std::log(s.pace);
    band += std::log(s.band) * std::log(s.band);
    both += std::log(s.pace) * std::log(s.band);
  }
  // A variance from n draws is off by √(2/n) of it, 2.2 %; a covariance by √(1/n).
  CHECK(pace / cells == Approx(0.01).epsilon(0.09));
  CHECK(band / cells == Approx(0.01).epsilon(0.09));
  CHECK(std::abs(both / cells) < 4 * 0.01 / std::sqrt(double{cells}));
}
