// Learning by contrast against the plain formula applied to every synapse at every signal.
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/random.hpp"
#include "plasticity/contrast.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

struct Shown {
  double activity, error;
};

/// A row as the engine leads it: the row first, then the carry, then synapses with a factor.
struct Led {
  Contrast::Params params;
  Contrast::Row row{};
  std::vector<Contrast::Synapse> synapses;

  void signal(float payload, const std::vector<Shown>& shown) {
    row.signal(params, payload);
    const double carry = Contrast::carry(params, row);
    for (std::size_t i = 0; i < synapses.size(); ++i) {
      if (carry != 1) Contrast::scale(synapses[i], carry);
      const double f = Contrast::factor(params, shown[i]);
      if (f != 0 && payload != 0) Contrast::on_signal(params, synapses[i], row, f);
    }
  }
  double weight(std::size_t i) const {
    return Contrast::gain(params, row) * Contrast::weight(params, synapses[i]);
  }
};

}  // namespace

TEST_CASE("contrast is w <- max(0, (1 - decay) w - rate p f) over 10,000 signals", "[rule]") {
  struct Setting {
    double rate, decay, halving, strength;
  };
  for (const Setting& c :
       {Setting{0.04, 3e-4, 0, 1}, Setting{0.05, 0.01, 0, -1}, Setting{0.5, 0.3, 0, 0.7},
        Setting{0.1, 0.02, 300, 2}, Setting{0.1, 0, 0, 1}, Setting{0.1, 0.9999999, 0, 1}}) {
    INFO("rate " << c.rate << ", decay " << c.decay << ", halving " << c.halving);
    RandomStream random{.seed = 31};
    Led led{
        {.rate = c.rate, .decay = c.decay, .halving = c.halving, .strength = c.strength}, {}, {}};
    std::vector<double> truth, error;  // error: what single precision may have cost so far
    for (int i = 0; i < 12; ++i) {
      led.synapses.push_back(Contrast::synapse(led.params, random.uniform()));
      truth.push_back(Contrast::weight(led.params, led.synapses.back()));
    }
    error.assign(12, 0.0);
    std::size_t positive = 0, zero = 0;
    for (int k = 0; k < 10000; ++k) {
      const float payload = random.below(3) == 0 ? 0.0F : static_cast<float>(random.normal());
      std::vector<Shown> shown(12);
      for (auto& s : shown) s = {99, random.below(3) == 0 ? 0.0 : random.normal()};
      led.signal(payload, shown);
      const double pace = c.halving > 0 ? 1 / (1 + k / c.halving) : 1;
      for (std::size_t i = 0; i < 12; ++i) {
        const double change = pace * c.rate * static_cast<double>(payload) * shown[i].error;
        truth[i] = std::max(0.0, (1 - pace * c.decay) * truth[i] - change);
        error[i] *= 1 - pace * c.decay;
        if (change != 0) error[i] += 0x1p-24 * truth[i];
        INFO("signal " << k << ", synapse " << i);
        REQUIRE(std::isfinite(led.weight(i)));
        REQUIRE_THAT(led.weight(i) / c.strength,
                     WithinAbs(truth[i], 1.001 * error[i] + 1e-11 * truth[i] + 1e-40));
        ++(truth[i] > 0 ? positive : zero);
      }
    }
    CHECK(positive > 10000);
    CHECK(zero > 1000);
  }
}

TEST_CASE("contrast learns from what it is told to look at, at the pace of its halvings",
          "[rule]") {
  const Shown shown{0.5, -2};
  Contrast::Params p{.rate = 0.125};
  CHECK(Contrast::factor(p, shown) == -2);
  p.shows = Contrast::Shows::activity;
  CHECK(Contrast::factor(p, shown) == 0.5);
  // The k-th step is rate p f / (1 + k/h): together rate p f h (H(h + n - 1) - H(h - 1)).
  Led led{{.rate = 0.001, .halving = 10}, {}, {{0}}};
  double truth = 0;
  for (int k = 0; k < 90; ++k) {
    led.signal(1, {{0, -1}});
    truth += 0.001 * 10 / (10 + k);
  }
  CHECK_THAT(led.weight(0), WithinRel(truth, 1e-5));
  CHECK(led.row.signals == 90);
  // Decay alone: the product of 1 - decay / (1 + k/h), without the synapse being touched.
  Led idle{{.rate = 1, .decay = 0.5, .halving = 4, .strength = -3}, {}, {{0.7F}}};
  double rest = static_cast<double>(0.7F);
  for (int k = 0; k < 12; ++k) {
    idle.signal(0, {{1, 1}});
    rest *= 1 - 0.5 / (1 + k / 4.0);
  }
  CHECK(idle.synapses[0].weight == 0.7F);
  CHECK_THAT(idle.weight(0), WithinRel(-3 * rest, 1e-14));
  // Lessons of three signals: one decay and one pace each.
  Led thrice{{.rate = 0.001, .decay = 0.1, .halving = 4, .signals = 3}, {}, {{0.5F}}};
  rest = 0.5;
  for (int k = 0; k < 30; ++k) {
    const double pace = 1 / (1 + k / 3 / 4.0);
    if (k % 3 == 0) rest *= 1 - pace * 0.1;
    rest += pace * 0.001;
    thrice.signal(1, {{0, -1}});
    CHECK_THAT(thrice.weight(0), WithinRel(rest, 1e-5));
  }
}

TEST_CASE("contrast refuses what makes no sense", "[rule]") {
  const auto refuses = [](Contrast::Params p, const char* what) {
    CHECK_THAT(error_of([&] { Contrast::check(p); }), Contains(what));
  };
  refuses({.rate = -1}, "rate");
  refuses({.rate = std::nan("")}, "rate");
  refuses({.decay = 1}, "decay");
  refuses({.decay = -0.1}, "decay");
  refuses({.halving = -1}, "halving");
  refuses({.strength = INFINITY}, "strength");
  refuses({.signals = 0}, "signals");
  refuses({.signals = 1.5}, "signals");
  CHECK_THAT(error_of([] { Contrast::synapse({}, -0.5); }), Contains("-0.5"));
  CHECK_THAT(error_of([] { Contrast::synapse({}, std::nan("")); }), Contains("weight"));
}
