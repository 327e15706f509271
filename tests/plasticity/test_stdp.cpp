// STDP against closed forms and a brute-force double sum over all pairs.
#include <cmath>
#include <vector>

#include "core/random.hpp"
#include "plasticity/stdp.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

using Ticks = std::vector<std::int64_t>;

constexpr std::int64_t ms = 1'000'000'000;

/// One synapse of the engine: arrivals before a firing at the same tick, as the contract calls
/// them.
struct OneSynapse {
  Stdp::Params params;
  Stdp::Synapse synapse;
  Stdp::Pre pre{};
  Stdp::Post post{};

  void arrive(std::int64_t tick) {
    const Time t{Duration{tick}};
    Stdp::on_pre(params, synapse, pre, post, AnyState{}, t);
    pre.spike(params, t);
    keeps_bounds();
  }
  void fire(std::int64_t tick) {
    const Time t{Duration{tick}};
    Stdp::on_post(params, synapse, pre, post, AnyState{}, t);
    post.spike(params, t);
    keeps_bounds();
  }
  void run(const Ticks& pres, const Ticks& posts) {
    std::size_t i = 0, j = 0;
    while (i < pres.size() || j < posts.size())
      if (j == posts.size() || (i < pres.size() && pres[i] <= posts[j]))
        arrive(pres[i++]);
      else
        fire(posts[j++]);
  }
  void keeps_bounds() const {
    const double w = Stdp::weight(params, synapse);
    if (!(w >= params.w_min && w <= params.w_max)) FAIL("weight " << w << " out of bounds");
  }
};

double learn(const Stdp::Params& params, double w, const Ticks& pres, const Ticks& posts) {
  OneSynapse one{params, Stdp::synapse(params, w)};
  one.run(pres, posts);
  return Stdp::weight(params, one.synapse);
}

Stdp::Params asymmetric() {
  Stdp::Params p;
  p.tau_plus_s = 17e-3;
  p.tau_minus_s = 34e-3;
  p.a_plus = 0.01;
  p.a_minus = 0.006;
  p.w_min = -1.0;
  p.w_max = 3.0;
  return p;
}

Ticks poisson(std::uint64_t stream, double rate_hz, std::size_t count) {
  RandomStream random{2008, stream, 0};
  Ticks ticks;
  for (double t = 0; ticks.size() < count;)
    ticks.push_back(static_cast<std::int64_t>(1e12 * (t += random.exponential() / rate_hz)));
  return ticks;
}

/// The same learning from the definition: at each spike, a sum over all spikes before it at the
/// other end, in long double and without traces.
long double by_all_pairs(const Stdp::Params& p, long double w, const Ticks& pres,
                         const Ticks& posts) {
  const long double range = static_cast<long double>(p.w_max) - p.w_min;
  const auto sum = [](const Ticks& spikes, std::size_t count, std::int64_t t, double tau_s) {
    long double total = 0;
    for (std::size_t k = 0; k < count; ++k)
      total += std::exp(-static_cast<long double>(t - spikes[k]) * 1e-12L / tau_s);
    return total;
  };
  std::size_t i = 0, j = 0;
  while (i < pres.size() || j < posts.size()) {
    if (j == posts.size() || (i < pres.size() && pres[i] <= posts[j])) {
      const long double x = (w - p.w_min) / range;
      w -= range * p.a_minus * std::pow(x, static_cast<long double>(p.mu_minus)) *
           sum(posts, j, pres[i], p.tau_minus_s);
      ++i;
    } else {
      const long double x = (p.w_max - w) / range;
      w += range * p.a_plus * std::pow(x, static_cast<long double>(p.mu_plus)) *
           sum(pres, i, posts[j], p.tau_plus_s);
      ++j;
    }
  }
  return w;
}

}  // namespace

TEST_CASE("STDP: one pair moves the weight by the exponential window", "[rule][stdp]") {
  const Stdp::Params p = asymmetric();
  const std::int64_t start = 500 * ms;
  for (const std::int64_t delta :
       {std::int64_t{1}, ms / 7, ms, 5 * ms, 17 * ms, 34 * ms, 100 * ms, 400 * ms}) {
    const double s = static_cast<double>(delta) * 1e-12;
    CHECK_THAT(learn(p, 1.0, {start}, {start + delta}) - 1.0,
               WithinAbs(4.0 * 0.01 * std::exp(-s / 17e-3), 1e-15));
    CHECK_THAT(learn(p, 1.0, {start}, {start - delta}) - 1.0,
               WithinAbs(-4.0 * 0.006 * std::exp(-s / 34e-3), 1e-15));
  }
  CHECK(learn(p, 1.0, {start}, {}) == 1.0);
  CHECK(learn(p, 1.0, {}, {start}) == 1.0);
}

TEST_CASE("STDP: a pair at one tick counts once, in the order it happened", "[rule][stdp]") {
  const Stdp::Params p = asymmetric();
  OneSynapse arrival_first{p, {1.0}};
  arrival_first.arrive(ms);
  arrival_first.fire(ms);
  CHECK_THAT(arrival_first.synapse.weight, WithinAbs(1.0 + 4.0 * 0.01, 1e-15));
  OneSynapse firing_first{p, {1.0}};
  firing_first.fire(ms);
  firing_first.arrive(ms);
  CHECK_THAT(firing_first.synapse.weight, WithinAbs(1.0 - 4.0 * 0.006, 1e-15));
}

TEST_CASE("STDP: triplets are the sum of their pairs", "[rule][stdp]") {
  const Stdp::Params p = asymmetric();
  const auto plus = [](double d_ms) { return 4.0 * 0.01 * std::exp(-d_ms / 17.0); };
  const auto minus = [](double d_ms) { return 4.0 * 0.006 * std::exp(-d_ms / 34.0); };
  // pre 10, post 15, pre 40; then post 10, pre 15, post 40; then two pres before one post.
  CHECK_THAT(learn(p, 1.0, {10 * ms, 40 * ms}, {15 * ms}),
             WithinAbs(1.0 + plus(5) - minus(25), 1e-15));
  CHECK_THAT(learn(p, 1.0, {15 * ms}, {10 * ms, 40 * ms}),
             WithinAbs(1.0 - minus(5) + plus(25), 1e-15));
  CHECK_THAT(learn(p, 1.0, {10 * ms, 12 * ms}, {20 * ms}),
             WithinAbs(1.0 + plus(10) + plus(8), 1e-15));
  CHECK_THAT(learn(p, 1.0, {20 * ms}, {10 * ms, 12 * ms}),
             WithinAbs(1.0 - minus(10) - minus(8), 1e-15));
}

TEST_CASE("STDP: every pair of random trains counts", "[rule][stdp]") {
  Stdp::Params p = asymmetric();
  for (const double mu : {0.0, 0.02, 0.5, 1.0}) {
    p.mu_plus = mu;
    p.mu_minus = mu == 0.5 ? 0.25 : mu;
    // Steps so small that the weight stays within its bounds, which would break the sum.
    p.a_plus = mu == 0 ? 1e-5 : mu * 1e-2;
    p.a_minus = 0.6 * p.a_plus;
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      const Ticks pres = poisson(2 * seed, 40.0, 1000);
      const Ticks posts = poisson(2 * seed + 1, 25.0, 700);
      const auto expected = by_all_pairs(p, 1.25L, pres, posts);
      REQUIRE(expected > p.w_min);
      REQUIRE(expected < p.w_max);
      CHECK(std::abs(expected - 1.25L) > 1e-4L);
      CHECK_THAT(learn(p, 1.25, pres, posts), WithinRel(static_cast<double>(expected), 1e-12));
    }
  }
}

TEST_CASE("STDP: the weight keeps its bounds", "[rule][stdp]") {
  Stdp::Params p = asymmetric();
  p.a_plus = p.a_minus = 0.9;
  for (const double mu : {0.0, 0.5, 1.0}) {
    p.mu_plus = p.mu_minus = mu;
    // Each step is checked inside OneSynapse.
    learn(p, p.w_max, poisson(10, 200.0, 2000), poisson(11, 200.0, 2000));
    learn(p, p.w_min, poisson(12, 200.0, 2000), poisson(13, 200.0, 2000));
  }
  p.mu_plus = p.mu_minus = 0.0;
  CHECK(learn(p, 2.9, {10 * ms}, {11 * ms}) == p.w_max);
  CHECK(learn(p, -0.9, {11 * ms}, {10 * ms}) == p.w_min);
}

TEST_CASE("STDP: a soft bound scales the step by the room left", "[rule][stdp]") {
  Stdp::Params p;
  p.w_max = 2.0;
  p.a_plus = p.a_minus = 0.1;
  p.mu_plus = 1.0;
  p.mu_minus = 0.5;
  CHECK_THAT(learn(p, 1.5, {ms}, {ms}), WithinAbs(1.5 + 2.0 * 0.1 * 0.25, 1e-15));
  const double s = 1e-3 / p.tau_minus_s;
  CHECK_THAT(learn(p, 0.5, {2 * ms}, {ms}), WithinAbs(0.5 - 2.0 * 0.1 * 0.5 * std::exp(-s), 1e-15));
  CHECK(learn(p, 2.0, {ms}, {ms}) == 2.0);
  CHECK(learn(p, 0.0, {2 * ms}, {ms}) == 0.0);
}

TEST_CASE("STDP: parameters and weights out of range are named", "[rule][stdp]") {
  Stdp::check({});
  Stdp::check(asymmetric());
  const double nan = std::nan(""), infinity = HUGE_VAL;
  const auto refuses = [](double Stdp::Params::*parameter, const char* name,
                          std::vector<double> values) {
    for (const double value : values) {
      Stdp::Params p;
      p.*parameter = value;
      INFO(name << " = " << value);
      CHECK(error_of([&] { Stdp::check(p); }).find(name) != std::string::npos);
    }
  };
  refuses(&Stdp::Params::tau_plus_s, "tau_plus_s", {0.0, -1.0, nan, infinity});
  refuses(&Stdp::Params::tau_minus_s, "tau_minus_s", {0.0, -1.0, nan, infinity});
  refuses(&Stdp::Params::a_plus, "a_plus", {nan, infinity});
  refuses(&Stdp::Params::a_minus, "a_minus", {nan, -infinity});
  refuses(&Stdp::Params::w_min, "w_min", {1.0, 2.0, nan, -infinity});
  refuses(&Stdp::Params::w_max, "w_max", {0.0, -1.0, nan, infinity});
  refuses(&Stdp::Params::mu_plus, "mu_plus", {-0.1, 1.1, nan});
  refuses(&Stdp::Params::mu_minus, "mu_minus", {-0.1, 1.1, nan});
  for (const double w : {-0.001, 1.001, nan, infinity})
    CHECK(error_of([&] { Stdp::synapse({}, w); }).find("initial weight") != std::string::npos);
}
