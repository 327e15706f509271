// The teacher's phases, step by step: what it says when, and what chance makes of it.
#include <cmath>
#include <optional>
#include <vector>

#include "neurons/teacher.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;
using Catch::Matchers::WithinAbs;

namespace {

struct Said {
  double at;             ///< in τ, since the start
  unsigned bundles = 0;  ///< as bits
  float payload = 0;
  bool is(std::uint8_t bundle) const { return bundles == 1U << bundle; }
};

constexpr double tau_s = 1e-3;

/// A teacher alone; `hears(t)`: whether an output fires every τ/2 at time t.
class Alone {
 public:
  explicit Alone(Teacher::Params params, std::uint64_t seed = 1) : params_(params) {
    params_.tau_s = tau_s;
    Teacher::check(params_);
    Teacher::start(params_, state_, {seed, NeuronId{3}, 0});
  }
  Said next(double outputs_until = 0) {
    for (;;) {
      const Duration wait = Teacher::until_fire(params_, state_);
      const Duration half = from_seconds(0.5 * tau_s);
      if (tau() < outputs_until && wait > half) {  // an output fires meanwhile
        go(half);
        Teacher::receive(params_, state_, {1, 0, now_});
        continue;
      }
      go(wait);
      const Emission e = Teacher::fire(params_, state_);
      REQUIRE(e.sent);
      return {tau(), e.bundles, e.payload};
    }
  }
  /// What it says from one request up to the next.
  std::vector<Said> sample() {
    std::vector<Said> all{pending_ ? *pending_ : next()};
    REQUIRE(all[0].is(Teacher::request));
    for (;;) {
      const Said said = next();
      if (said.is(Teacher::request)) {
        pending_ = said;
        return all;
      }
      all.push_back(said);
    }
  }
  Teacher::State& state() { return state_; }
  double tau() const { return seconds(now_) / tau_s; }

 private:
  void go(Duration d) {
    Teacher::advance(params_, state_, d);
    now_ += d;
  }
  Teacher::Params params_;
  Teacher::State state_{};
  Time now_{};
  std::optional<Said> pending_;
};

Teacher::Params fixed() {
  Teacher::Params p;
  p.settling = Teacher::Settling::fixed;
  p.random_sign = false;
  return p;
}

/// Standard errors from `expected` of a share seen in n draws.
double z(double share, double expected, double n) {
  return std::abs(share - expected) / std::sqrt(expected * (1 - expected) / n);
}

}  // namespace

TEST_CASE("teacher: one sample after the other, each phase as long as told", "[model]") {
  Teacher::Params p = fixed();
  p.conductance = 0.25;
  Alone teacher(p);
  teacher.state().strength = 0.125;
  for (int k = 0; k < 3; ++k) {
    const auto said = teacher.sample();
    REQUIRE(said.size() == 7);
    const std::uint8_t bundles[] = {Teacher::request,    Teacher::present, Teacher::attend,
                                    Teacher::nudge,      Teacher::attend,  Teacher::nudge,
                                    Teacher::consolidate};
    const float payloads[] = {1, 1, 0.125F, 0.25F, -0.125F, 0, 1};
    const double after[] = {0, 0.5, 20, 0, 12, 0, 12};
    for (std::size_t i = 0; i < 7; ++i) {
      INFO(k << ", " << i);
      CHECK(said[i].is(bundles[i]));
      CHECK(said[i].payload == payloads[i]);
      if (i > 0) CHECK_THAT(said[i].at - said[i - 1].at, WithinAbs(after[i], 1e-9));
    }
  }
}

TEST_CASE("teacher: without a learning rate nothing is nudged", "[model]") {
  Alone teacher(fixed());
  teacher.state().strength = 0;
  CHECK(teacher.sample().size() == 2);
}

TEST_CASE("teacher: chance has the shares that are asked for", "[model]") {
  Teacher::Params p = fixed();
  p.random_sign = true;
  p.unlabelled = 0.2;
  p.nudged_first = 0.3;
  p.nudges = 1.5;
  Alone teacher(p, 7);
  constexpr int samples = 20'000;
  int unlabelled = 0, first = 0, twice = 0, towards = 0, nudges = 0;
  for (int k = 0; k < samples; ++k) {
    const auto said = teacher.sample();
    int here = 0;
    for (const Said& s : said)
      if (s.is(Teacher::nudge) && s.payload != 0) {
        ++here;
        towards += s.payload > 0;
      }
    nudges += here;
    unlabelled += here == 0;
    twice += here == 2;
    first += said[1].is(Teacher::nudge);
    // Nudged first, it learns from the release only.
    if (said[1].is(Teacher::nudge)) {
      REQUIRE(said[2].is(Teacher::present));
      REQUIRE(said[3].is(Teacher::attend));
      CHECK(std::signbit(said[3].payload) != std::signbit(said[1].payload));
    }
    if (here == 0) CHECK(said.size() == 2);
    CHECK(here <= 2);
  }
  const double labelled = samples - unlabelled;
  CHECK(z(unlabelled / double{samples}, 0.2, samples) < 4);
  CHECK(z(first / labelled, 0.3, labelled) < 4);
  CHECK(z(twice / labelled, 0.5, labelled) < 4);
  CHECK(z(towards / double(nudges), 0.5, nudges) < 4);
}

TEST_CASE("teacher: random phases last U times their mean, at least half of it", "[model]") {
  Teacher::Params p = fixed();
  p.settling = Teacher::Settling::random;
  p.longest_tau = 1e5;
  Alone teacher(p, 11);
  constexpr int samples = 20'000;
  double sum = 0, squares = 0;
  for (int k = 0; k < samples; ++k) {
    const auto said = teacher.sample();
    const double u = (said[2].at - said[1].at) / p.free_tau;
    const double nudged = (said[4].at - said[3].at) / p.nudged_tau;
    CHECK(u >= 0.5 - 1e-9);
    CHECK(nudged >= 0.5 - 1e-9);
    sum += u;
    squares += (u - 1) * (u - 1);
  }
  // U = ½ + ½ Exp(1): mean 1, variance ¼, of which the estimate has a variance of ½ / n.
  CHECK_THAT(sum / samples, WithinAbs(1, 4 * 0.5 / std::sqrt(samples)));
  CHECK_THAT(squares / samples, WithinAbs(0.25, 4 * std::sqrt(0.5 / samples)));
}

TEST_CASE("teacher: quiet begins anew at each output spike, and patience ends", "[model]") {
  Teacher::Params p = fixed();
  p.settling = Teacher::Settling::quiet;
  Alone teacher(p);
  teacher.next();  // request
  const Said present = teacher.next();
  REQUIRE(present.is(Teacher::present));
  const Said attend = teacher.next(10);  // outputs fire up to 10 τ
  REQUIRE(attend.is(Teacher::attend));
  CHECK(attend.at > 10 + p.quiet_tau - 0.51);
  CHECK(attend.at < 10 + p.quiet_tau + 0.51);
  CHECK(teacher.state().unsettled == 0);
  teacher.next();  // nudge
  const double from = teacher.tau();
  const Said impatient = teacher.next(1e4);
  CHECK_THAT(impatient.at - from, WithinAbs(p.longest_tau, 1e-6));
  CHECK(teacher.state().unsettled == 1);
  CHECK(teacher.state().settlings == 2);
}

TEST_CASE("teacher: gathering ends as often as it is said, or late without an onset", "[model]") {
  Teacher::Params p = fixed();
  p.reminders = 3;
  Alone reminding(p);
  const auto said = reminding.sample();
  REQUIRE(said.size() == 9);
  for (std::size_t i = 6; i < 9; ++i) {
    CHECK(said[i].bundles == (1U << Teacher::consolidate | 1U << Teacher::nudge));
    CHECK(said[i].payload == 0);
  }
  p = fixed();
  p.onset = false;
  Alone late(p);
  CHECK(late.sample().size() == 6);  // m stays as the sample changes ...
  const auto second = late.sample();
  REQUIRE(second.size() == 7);
  CHECK(second[1].is(Teacher::present));
  CHECK(second[2].is(Teacher::consolidate));  // ... and what that does is learned, too
}
