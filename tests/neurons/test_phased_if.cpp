// The neuron of dictionary learning against its own solution in extended precision, the identities
// of its windows, and whatever order modulators may come in.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "neurons/phased_if.hpp"
#include "tests/support/alone.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/conformance.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;
using namespace clockless::test;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using Real = long double;
using Phase = PhasedIf::Record::Phase;
using Role = PhasedIf::Role;
using Readout = PhasedIf::Readout;

namespace {

constexpr double tau_s = 0.02;

/// One window as it is defined, from the equations of motion alone.
struct Span {
  Real length = 0, spikes = 0, integral = 0;  // ∫μ dt / τ
  Real charge = 0, lateral = 0;               // all that came in, and at that port
  Real rise = 0, fall = 0, drive = 0, theta = 0;
};

/// μ̇ = (β − μ)/τ, ρ̇ = μ/τ in real time, led by modulators.
struct Reference {
  PhasedIf::Params p;
  Real latch, norm, tau = 1e12L * static_cast<Real>(tau_s);
  Real rho = 0, mu = 0, beta = 0, theta = 1;
  bool silent = false;
  Span here{}, without{}, with{};
  Real began_rho = 0, began_mu = 0;

  Real rises(Real t) const { return beta * t / tau - (mu - beta) * std::expm1(-t / tau); }
  Real above(Real t) const { return silent ? -1 : rho + rises(t) - theta; }
  void pass(Real t) {
    here.integral += rises(t);
    here.length += t / tau;
    rho += rises(t);
    mu += (mu - beta) * std::expm1(-t / tau);
  }
  float fire() {
    rho = 0;
    ++here.spikes;
    return 1;
  }
  void begin() {
    here = {};
    here.drive = beta;
    here.theta = theta;
    began_rho = rho;
    began_mu = mu;
  }
  Span finish() {
    here.rise = rho - began_rho;
    here.fall = began_mu - mu;
    return here;
  }
  void receive(Input in) {
    switch (in.port) {
      case PhasedIf::lateral:
        here.lateral += in.amount;
        [[fallthrough]];
      case PhasedIf::forward:
        here.charge += in.amount;
        mu += in.amount;
        break;
      case PhasedIf::onset:
        theta = norm;
        silent = false;
        rho = p.start_voltage * theta;
        mu = beta = latch;
        begin();
        break;
      case PhasedIf::feedback:
        without = finish();
        beta = (1 - static_cast<Real>(p.kappa)) * latch;
        begin();
        break;
      case PhasedIf::end:
        with = finish();
        silent = true;
        break;
      default:
        break;
    }
  }
};
struct Led {  // run_reference takes a neuron by value
  Reference* neuron;
  Real above(Real t) const { return neuron->above(t); }
  void pass(Real t) { neuron->pass(t); }
  void receive(Input in) { neuron->receive(in); }
  float fire() { return neuron->fire(); }
};

/// The model's neuron, led event by event.
struct Neuron {
  PhasedIf::Params params;
  PhasedIf::State state{};
  Time now{};
  std::vector<Firing> spikes{};
  std::vector<Emission> emissions{};

  void run(Time until) {
    for (;;) {
      const Duration wait = PhasedIf::until_fire(params, state);
      if (wait >= until - now) break;
      fire_after(wait);
    }
    PhasedIf::advance(params, state, until - now);
    now = until;
  }
  void fire_after(Duration wait) {
    PhasedIf::advance(params, state, wait);
    now += wait;
    emissions.push_back(PhasedIf::fire(params, state));
    if (!emissions.back().signal)
      spikes.push_back(
          {static_cast<Real>(now.time_since_epoch().count()), emissions.back().payload});
  }
  void receive(Time at, std::uint8_t port, double amount = 1) {
    run(at);
    PhasedIf::receive(params, state, {amount, port, at});
  }
  /// What it says at once, until it is quiet.
  std::vector<Emission> says() {
    const std::size_t before = emissions.size();
    while (PhasedIf::until_fire(params, state) == Duration{}) fire_after({});
    return {emissions.begin() + static_cast<std::ptrdiff_t>(before), emissions.end()};
  }
};

/// Forward and lateral inputs around the modulators of one sample, at random times.
std::vector<Arrival> random_sample(RandomStream& random) {
  std::vector<Arrival> train;
  Time t{};
  for (const std::uint8_t modulator : {PhasedIf::onset, PhasedIf::feedback, PhasedIf::end}) {
    for (std::uint32_t k = modulator == PhasedIf::onset ? 0 : 4 + random.below(5); k > 0; --k) {
      if (random.below(6) != 0) t += from_seconds(0.5 * tau_s * random.exponential());
      train.push_back({t, {1.2 * random.normal(), static_cast<std::uint8_t>(random.below(2)), t}});
    }
    t += from_seconds(tau_s * random.exponential());
    train.push_back({t, {1, modulator, t}});
  }
  return train;
}

PhasedIf::Params random_params(RandomStream& random) {
  PhasedIf::Params p;
  p.tau_s = tau_s;
  p.role = random.below(2) ? Role::input : Role::coding;
  p.readout = random.below(2) ? Readout::rate : Readout::current;
  p.kappa = 0.1 + 0.8 * random.uniform();
  p.start_voltage = random.below(2) ? 0.5 : 0.0;
  return p;
}

/// A coding neuron at the end of a sample with given activity and error.
PhasedIf::State lesson(double norm, double activity, double error) {
  PhasedIf::State s;
  s.norm = norm;
  s.activity = activity;
  s.error = error;
  s.phase = Phase::compared;
  return s;
}
PhasedIf::State taught(const PhasedIf::Params& p, PhasedIf::State s, double power) {
  PhasedIf::receive(p, s, {power, PhasedIf::learn, Time{}});
  return s;
}

}  // namespace

TEST_CASE("phased_if: spikes within a tick of the true ones, through both phases",
          "[model][exactness]") {
  RandomStream random{.seed = 41};
  Real worst = 0;
  std::size_t spikes = 0;
  for (int sample = 0; sample < 10000; ++sample) {
    const auto p = random_params(random);
    const double latch = 2 * random.normal(), norm = 0.3 + random.uniform();
    auto train = random_sample(random);
    Reference reference{p, latch, norm};
    const auto truth = run_reference(Led{&reference}, train, 32);
    Neuron neuron{p};
    neuron.state.latch = latch;
    neuron.state.norm = norm;
    for (const Arrival& a : train) neuron.receive(a.at, a.input.port, a.input.amount);
    worst = std::max(worst, worst_error(neuron.spikes, truth));
    spikes += truth.size();
  }
  INFO(spikes << " spikes, worst error " << worst << " ticks");
  CHECK(worst <= 1.001L);
  CHECK(spikes > 20000);
}

TEST_CASE("phased_if: windows are what was seen, and e = β − Ha + Δ over each",
          "[model][exactness]") {
  RandomStream random{.seed = 42};
  std::size_t spikes = 0;
  for (int sample = 0; sample < 3000; ++sample) {
    INFO("sample " << sample);
    const auto p = random_params(random);
    const double latch = 2 * random.normal(), norm = 0.3 + random.uniform();
    const auto train = random_sample(random);
    Reference r{p, latch, norm};
    (void)run_reference(Led{&r}, train, 32);
    Neuron neuron{p};
    neuron.state.latch = latch;
    neuron.state.norm = norm;
    for (const Arrival& a : train) neuron.receive(a.at, a.input.port, a.input.amount);
    const PhasedIf::State& s = neuron.state;
    REQUIRE(s.phase == Phase::compared);
    const auto same = [](double x, Real y, const Span& w) {
      // A spike's tick is up to one late: what was integrated since counts in the window.
      const Real unsure = (1e-10L + 1e-12L * std::abs(y)) * (1 + 1 / w.length);
      REQUIRE(std::abs(static_cast<Real>(x) - y) <= unsure);
    };
    for (const auto& [w, truth] : {std::pair{s.without, r.without}, std::pair{s.with, r.with}}) {
      const Real L = truth.length;
      const double l = static_cast<double>(L);
      REQUIRE_THAT(w.length, WithinRel(l, 1e-12));
      REQUIRE_THAT(w.rate, WithinRel(static_cast<double>(truth.spikes / L), 1e-12));
      same(w.slack, truth.rise / L, truth);
      same(w.drift, truth.fall / L, truth);
      same(w.lateral, truth.lateral / L, truth);
      // u = e + θa is the mean current; e = β − Ha + Δ with −Ha = −θa + what came in.
      same(w.slack + norm * w.rate, truth.integral / L, truth);
      same(w.slack, truth.drive - truth.theta * truth.spikes / L + truth.charge / L + w.drift,
           truth);
      spikes += static_cast<std::size_t>(truth.spikes);
    }
    const Span &a = r.without, &b = r.with;
    const Real x = a.spikes / a.length, y = b.spikes / b.length;
    const Real rest = 1 - static_cast<Real>(p.kappa);
    Span shorter = a.length < b.length ? a : b;
    REQUIRE_THAT(s.activity, WithinRel(static_cast<double>(y), 1e-12));
    if (p.role == Role::coding) {
      const Real ha = (a.theta * x - a.lateral / a.length) - (b.theta * y - b.lateral / b.length);
      if (p.readout == Readout::rate)
        same(s.error, rest * ha + rest * a.rise / a.length - b.rise / b.length, shorter);
      else  // e − Δ is the mean of what came in and of the drive, less what spikes took
        same(s.error,
             rest * (ha + a.drive + a.charge / a.length - a.theta * x) -
                 (b.drive + b.charge / b.length - b.theta * y),
             shorter);
    } else if (p.readout == Readout::rate) {
      same(s.error, y - x, shorter);
    } else {
      // The mean of what came in, and of the drive, exactly: (b + f)_κ − (b + f)_0 without Δ.
      same(s.error,
           (b.drive + b.charge / b.length) - (a.drive + a.charge / a.length) + (1 - b.theta) * y -
               (1 - a.theta) * x,
           shorter);
    }
  }
  CHECK(spikes > 5000);
}

TEST_CASE("phased_if: says its activity² to the tally, then its lesson, each once", "[model]") {
  for (const Role role : {Role::input, Role::coding}) {
    INFO("role " << static_cast<int>(role));
    Neuron n{{.role = role, .kappa = 0.5}};
    n.state.latch = 2;
    n.receive(at_seconds(1), PhasedIf::onset);
    n.receive(at_seconds(5.2), PhasedIf::feedback);
    CHECK(n.spikes.size() == 8);  // at rate 2
    for (const Emission& e : n.emissions) CHECK((e.bundles == 1 && !e.signal && e.payload == 1));
    n.receive(at_seconds(15.3), PhasedIf::end);
    const auto first = n.says();
    for (std::size_t k = 8; k < n.spikes.size(); ++k)
      CHECK((n.emissions[k].bundles == 3 && !n.emissions[k].signal));
    CHECK_THAT(n.state.activity,
               WithinRel(static_cast<double>(n.spikes.size() - 8) / n.state.with.length, 1e-12));
    CHECK(n.state.activity > 0.9);
    REQUIRE(first.size() == (role == Role::coding ? 1 : 0));
    if (role == Role::coding) {
      CHECK((first[0].signal && first[0].sent && first[0].bundles == 4));
      CHECK(first[0].payload == static_cast<float>(n.state.activity * n.state.activity));
    }
    // Silent from now on, whatever comes in.
    const auto spikes = n.spikes.size();
    n.receive(at_seconds(15.3), PhasedIf::forward, 100);
    n.receive(at_seconds(15.4), PhasedIf::lateral, 100);
    CHECK(PhasedIf::until_fire(n.params, n.state) == forever);
    n.receive(at_seconds(20), PhasedIf::learn, 0.5);
    const auto said = n.says();
    REQUIRE(said.size() == 1);
    CHECK((said[0].signal && said[0].bundles == 3));
    CHECK(said[0].payload ==
          static_cast<float>(role == Role::coding ? n.state.activity : n.state.error));
    n.receive(at_seconds(21), PhasedIf::learn, 0.5);
    CHECK(n.says().empty());
    n.run(at_seconds(1000));
    CHECK(n.spikes.size() == spikes);
    n.receive(at_seconds(1000), PhasedIf::onset);
    n.run(at_seconds(1002));
    CHECK((n.spikes.size() > spikes) == (role == Role::input));  // driven by x, or by −λ₁s
  }
  // Nothing to announce of a neuron that did not fire, but its row shall know that time passed.
  Neuron quiet{{.role = Role::coding}};
  quiet.state.latch = -1;
  quiet.receive(at_seconds(1), PhasedIf::onset);
  quiet.receive(at_seconds(2), PhasedIf::feedback);
  quiet.receive(at_seconds(3), PhasedIf::end);
  CHECK(quiet.says().empty());
  quiet.receive(at_seconds(4), PhasedIf::learn, 1);
  REQUIRE(quiet.says().size() == 1);
  CHECK(quiet.emissions[0].payload == 0);
}

TEST_CASE("phased_if: one that waits tells its lesson at teach, once, and as it was at learn",
          "[model]") {
  for (const Role role : {Role::input, Role::coding})
    for (const bool waits : {false, true}) {
      INFO("role " << static_cast<int>(role) << ", waits " << waits);
      Neuron n{{.role = role, .waits = waits, .kappa = 0.5, .learning_rate = 0.1}};
      n.state.latch = 2;
      n.receive(at_seconds(1), PhasedIf::onset);
      n.receive(at_seconds(6), PhasedIf::feedback);
      n.receive(at_seconds(16), PhasedIf::end);
      (void)n.says();
      n.receive(at_seconds(17), PhasedIf::teach);  // too early: nothing to tell yet
      CHECK(n.says().empty());
      const double norm = n.state.norm;
      n.receive(at_seconds(18), PhasedIf::learn, 0.5);
      CHECK((n.state.norm != norm) == (role == Role::coding));  // its own H_ii at once
      const auto at_learn = n.says();
      CHECK(at_learn.size() == (waits ? 0 : 1));
      n.receive(at_seconds(19), PhasedIf::learn, 9);  // twice is once
      CHECK(n.says().empty());
      n.receive(at_seconds(20), PhasedIf::teach);
      const auto at_teach = n.says();
      REQUIRE(at_teach.size() == (waits ? 1 : 0));
      const Emission lesson = waits ? at_teach[0] : at_learn.at(0);
      CHECK((lesson.signal && lesson.bundles == 3));
      CHECK(lesson.payload ==
            static_cast<float>(role == Role::coding ? n.state.activity : n.state.error));
      n.receive(at_seconds(21), PhasedIf::teach);
      CHECK(n.says().empty());
    }
}

TEST_CASE("phased_if: H_ii learns by its rule, with decay, halving, safe step and floor",
          "[model]") {
  PhasedIf::Params p{.role = Role::coding, .kappa = 0.8, .lambda = 0.4, .learning_rate = 0.2};
  p.decay = 0.01;
  auto s = taught(p, lesson(1.5, 0.5, 0.3), 2.0);
  CHECK_THAT(s.norm, WithinRel(1.5 - 0.2 / 0.8 * 0.3 * 0.5 - 0.01 * 1.5, 1e-15));
  CHECK_THAT(s.latch, WithinRel(-0.4 * s.norm, 1e-15));  // s ← diag(H)
  CHECK(s.power == 2.0);
  CHECK(s.lessons == 1);
  CHECK(s.error == 0.3);
  // The k-th lesson at 1 / (1 + k/3) of both rates.
  p.halving = 3;
  s = lesson(1.5, 0.5, 0.3);
  double norm = 1.5;
  for (int k = 0; k < 10; ++k) {
    s.phase = Phase::compared;
    s = taught(p, s, 2.0);
    const double pace = 1 / (1 + k / 3.0);
    norm -= pace * 0.2 / 0.8 * 0.3 * 0.5 + pace * 0.01 * norm;
    CHECK_THAT(s.norm, WithinRel(norm, 1e-14));
  }
  // Safe: η ‖a‖² = 0.2 · 2 > 0.1 turns the error, for its synapses too, down to a quarter.
  p.halving = 0;
  p.safe_step = 0.1;
  s = taught(p, lesson(1.5, 0.5, 0.3), 2.0);
  CHECK_THAT(s.error, WithinRel(0.3 / 4, 1e-15));
  CHECK_THAT(s.norm, WithinRel(1.5 - 0.2 / 0.8 * 0.3 / 4 * 0.5 - 0.01 * 1.5, 1e-15));
  CHECK(taught(p, lesson(1.5, 0.5, 0.3), 0.49).error == 0.3);  // safe anyway
  // A paced step is safe earlier.
  p.halving = 1;
  auto later = lesson(1.5, 0.5, 0.3);
  later.lessons = 3;
  CHECK(taught(p, later, 1.9).error == 0.3);
  // Floor.
  p.safe_step = 0;
  p.least_norm = 0.05;
  s = taught(p, lesson(0.1, 100, 100), 1);
  CHECK(s.norm == 0.05);
  CHECK(s.latch == -0.4 * 0.05);
  // An input neuron has no norm to learn.
  p.role = Role::input;
  const auto input = taught(p, lesson(1.5, 0.5, 0.3), 2);
  CHECK((input.norm == 1.5 && input.latch == 0 && input.lessons == 0));
}

TEST_CASE("phased_if: what anticipates sees q = F (b_k - b_0) and tells its synapses twice",
          "[model]") {
  RandomStream random{.seed = 43};
  for (int sample = 0; sample < 500; ++sample) {
    INFO("sample " << sample);
    auto p = random_params(random);
    p.role = Role::coding;
    p.anticipates = true;
    p.lambda = 0.2;
    p.learning_rate = 0.3;
    p.dictionary_rate = 0.02;
    p.halving = 5;
    const double norm = 0.3 + random.uniform();
    const auto train = random_sample(random);
    Reference r{p, 2 * random.normal(), norm};
    (void)run_reference(Led{&r}, train, 32);
    Neuron n{p};
    n.state.latch = static_cast<double>(r.latch);
    n.state.norm = norm;
    n.state.lessons = 2;
    for (const Arrival& a : train) n.receive(a.at, a.input.port, a.input.amount);
    const auto forward = [](const Span& w) { return (w.charge - w.lateral) / w.length; };
    const auto q = static_cast<double>(forward(r.with) - forward(r.without));
    const double unsure =
        1e-8 * (1 + 1 / static_cast<double>(std::min(r.with.length, r.without.length)));
    REQUIRE_THAT(n.state.feedforward, WithinAbs(q, unsure));
    (void)n.says();
    const double error = n.state.error, a = n.state.activity, seen = n.state.feedforward;
    const Time later = n.now + from_seconds(1);
    n.receive(later, PhasedIf::force, 7);
    n.receive(later, PhasedIf::learn, 0.5);
    // To first order the change of (FB)_ij is −η (ã_i q_j + q_i ã_j), η = η_D/κ, and to second
    // order + η² ‖g‖² ã_i ã_j; the terms in ã_j now.
    const double pace = 1 / (1 + 2 / 5.0), eta = pace * 0.02 / p.kappa, h = pace * 0.3 / p.kappa;
    REQUIRE_THAT(h * n.state.error, WithinAbs(h * error + eta * seen - eta * eta * 7 * a, 1e-12));
    double h_ii = norm - h * n.state.error * a;
    REQUIRE_THAT(n.state.norm, WithinAbs(std::max(h_ii, 1e-3), 1e-12));
    h_ii = n.state.norm;
    auto said = n.says();
    REQUIRE(said.size() == 1);
    CHECK((said[0].signal && said[0].bundles == 3));
    CHECK(said[0].payload == static_cast<float>(a));
    // And those in q_j, by the same rate, to lateral synapses alone.
    n.receive(later, PhasedIf::anticipate);
    REQUIRE_THAT(h * n.state.error, WithinAbs(eta * a, 1e-12));
    REQUIRE_THAT(n.state.norm, WithinAbs(std::max(h_ii - eta * seen * a, 1e-3), 1e-12));
    CHECK(n.state.latch == -0.2 * n.state.norm);
    said = n.says();
    REQUIRE(said.size() == 1);
    CHECK((said[0].signal && said[0].bundles == 1));
    CHECK(said[0].payload == static_cast<float>(seen));
    n.receive(later, PhasedIf::anticipate);  // once
    CHECK(n.says().empty());
  }
  // An input tells the tally its error, and nothing at `anticipate`.
  Neuron input{{.anticipates = true}};
  input.state.latch = 2;
  for (const auto& [t, port] :
       {std::pair{0.0, PhasedIf::onset}, {10.0, PhasedIf::feedback}, {20.0, PhasedIf::end}})
    input.receive(at_seconds(t), port);
  auto said = input.says();
  REQUIRE(said.size() == 1);
  CHECK((said[0].signal && said[0].bundles == 4));
  CHECK(said[0].payload == static_cast<float>(input.state.error * input.state.error));
  input.receive(at_seconds(21), PhasedIf::learn);
  CHECK(input.says().size() == 1);
  input.receive(at_seconds(22), PhasedIf::anticipate);
  CHECK(input.says().empty());
}

TEST_CASE("phased_if: modulators that are lost, late, early or twice there corrupt nothing",
          "[model]") {
  const PhasedIf::Params p{
      .role = Role::coding, .lambda = 0.1, .learning_rate = 0.1, .decay = 0.01};
  const auto sample = [&](Neuron& n, double from, std::vector<std::uint8_t> ports) {
    double t = from;
    for (const std::uint8_t port : ports) {
      n.receive(at_seconds(t), port, 0.5);
      (void)n.says();
      t += 10;
    }
  };
  using Ports = std::vector<std::uint8_t>;
  constexpr auto onset = PhasedIf::onset, feedback = PhasedIf::feedback, end = PhasedIf::end,
                 learn = PhasedIf::learn;
  const auto fresh = [&] {
    Neuron n{p};
    n.state.latch = 0.7;
    return n;
  };
  const auto same = [](const PhasedIf::State& a, const PhasedIf::State& b) {
    return a.activity == b.activity && a.error == b.error && a.norm == b.norm &&
           a.lessons == b.lessons && a.phase == b.phase && a.latch == b.latch;
  };
  Neuron good = fresh();
  sample(good, 0, {onset, feedback, end, learn});
  REQUIRE(good.state.lessons == 1);
  REQUIRE(good.state.activity > 0);

  // Twice or out of turn within a sample: as if it had not come.
  for (const Ports& ports :
       {Ports{onset, feedback, end, learn, learn, learn}, Ports{onset, feedback, end, learn, end},
        Ports{onset, feedback, end, learn, feedback, end, learn}}) {
    Neuron n = fresh();
    sample(n, 0, ports);
    CHECK(same(n.state, good.state));
    n.run(at_seconds(1000));
    CHECK(n.spikes.size() == good.spikes.size());
  }
  {
    Neuron n = fresh();  // a lesson that comes too early teaches nothing, and harms none
    n.receive(at_seconds(0), onset);
    n.receive(at_seconds(3), learn, 9);
    n.receive(at_seconds(7), PhasedIf::anticipate + 1, 9);  // a port of no meaning
    n.receive(at_seconds(10), feedback);
    n.receive(at_seconds(11), feedback);
    n.receive(at_seconds(12), learn, 9);
    n.receive(at_seconds(20), end);
    CHECK(n.says().size() == 1);
    n.receive(at_seconds(30), learn, 0.5);
    CHECK(n.says().size() == 1);
    CHECK(same(n.state, good.state));
  }
  // A lost modulator: no lesson of that sample, silence at `end`, nothing of the sample before
  // shown to others, and the next sample as ever.
  for (const Ports& ports :
       {Ports{onset, end, learn}, Ports{onset, feedback, learn}, Ports{onset, learn},
        Ports{feedback, end, learn}, Ports{end, learn}, Ports{learn}}) {
    Neuron n = fresh();
    sample(n, 0, ports);
    CHECK(n.state.lessons == 0);
    CHECK(n.state.norm == 1);
    CHECK(n.state.activity == 0);
    for (const Emission& e : n.emissions) CHECK_FALSE(e.signal);
    if (std::find(ports.begin(), ports.end(), end) != ports.end() || ports[0] == feedback)
      CHECK(PhasedIf::until_fire(p, n.state) == forever);
    sample(n, 100, {onset, feedback, end, learn});
    CHECK(same(n.state, good.state));

    Neuron second = good;
    second.state.latch = 0.7;
    sample(second, 100, ports);
    CHECK(second.state.lessons == 1);
    if (ports[0] == onset) CHECK((second.state.activity == 0 && second.state.error == 0));
  }
  // A new onset in the middle, or with a lesson still to come, begins anew.
  for (const Ports& ports : {Ports{onset, onset, feedback, end, learn},
                             Ports{onset, feedback, onset, feedback, end, learn},
                             Ports{onset, feedback, end, onset, feedback, end, learn}}) {
    Neuron n = fresh();
    sample(n, 0, ports);
    CHECK(same(n.state, good.state));
  }
  // Of those that anticipate, too: a lost `force` is none, not that of the sample before.
  {
    auto foreseeing = p;
    foreseeing.anticipates = true;
    foreseeing.dictionary_rate = 0.05;
    constexpr auto force = PhasedIf::force, anticipate = PhasedIf::anticipate;
    const auto h_after = [&](const std::vector<Ports>& samples) {
      Neuron n{foreseeing};
      double t = 0;
      for (const Ports& ports : samples) {
        n.state.latch = 0.7;
        n.state.norm = 1;
        n.state.lessons = 0;
        sample(n, t, ports);
        t += 100;
      }
      return n.state.norm;
    };
    const Ports whole{onset, feedback, end, force, learn, anticipate};
    const Ports without_force{onset, feedback, end, learn, anticipate};
    REQUIRE(h_after({whole}) != h_after({without_force}));
    CHECK(h_after({whole, without_force}) == h_after({without_force}));
    CHECK(h_after({without_force, whole}) == h_after({whole}));
    // Without `anticipate` the first half of the lesson stands; without `learn` there is none.
    CHECK(h_after({{onset, feedback, end, force, anticipate}}) == 1);
    CHECK(h_after({{onset, feedback, end, force, anticipate, learn}}) ==
          h_after({{onset, feedback, end, force, learn}}));
  }
  // Windows of no length compare nothing.
  Neuron n = fresh();
  for (const auto port : {onset, feedback, end, learn}) n.receive(at_seconds(1), port, 0.5);
  CHECK((n.state.activity == 0 && n.state.error == 0 && n.state.lessons == 1));
  CHECK(Words(but_silence(n.state)).finite());
}

TEST_CASE("phased_if: a window counts from watch to close, and from phase to phase without",
          "[model]") {
  using Ports = std::vector<std::pair<double, std::uint8_t>>;
  constexpr auto onset = PhasedIf::onset, feedback = PhasedIf::feedback, end = PhasedIf::end,
                 learn = PhasedIf::learn, watch = PhasedIf::watch, close = PhasedIf::close;
  // The same neuron and the same inputs throughout, so that it spikes at the same times.
  const auto led = [&](Role role, Readout readout, Ports ports) {
    Neuron n{{.role = role, .readout = readout, .kappa = 0.4, .start_voltage = 0.5}};
    n.state.latch = 1.7;
    n.state.norm = 0.8;
    for (const double t : {3.3, 6.1, 8.7, 12.4, 15.9, 17.2, 21.8})
      ports.push_back({t, t < 10 ? PhasedIf::lateral : PhasedIf::forward});
    std::sort(ports.begin(), ports.end());
    for (const auto& [t, port] : ports) n.receive(at_seconds(t), port, 0.3);
    return n;
  };
  const auto between = [](const Neuron& n, double from, double to) {
    return static_cast<double>(
        std::count_if(n.spikes.begin(), n.spikes.end(), [&](const Firing& f) {
          return f.ps >= 1e12L * static_cast<Real>(from) && f.ps < 1e12L * static_cast<Real>(to);
        }));
  };
  for (const Role role : {Role::input, Role::coding})
    for (const Readout readout : {Readout::rate, Readout::current}) {
      CAPTURE(static_cast<int>(role), static_cast<int>(readout));
      const Ports phases{{0, onset}, {11, feedback}, {24, end}};
      const auto more = [&](const Ports& others) {
        Ports all = phases;
        all.insert(all.end(), others.begin(), others.end());
        return led(role, readout, all);
      };
      const auto is = [&](const Neuron& n, const PhasedIf::Window& w, double from, double to) {
        CAPTURE(from, to);
        CHECK_THAT(w.length, WithinRel(to - from, 1e-12));
        CHECK_THAT(w.rate, WithinRel(between(n, from, to) / (to - from), 1e-12));
        const double came =
            0.3 * ((from < 3.3 && to > 3.3) + (from < 6.1 && to > 6.1) + (from < 8.7 && to > 8.7));
        CHECK_THAT(w.lateral, WithinAbs(came / (to - from), 1e-12));
        CHECK(between(n, from, to) > 3);
      };
      const Neuron plain = more({});
      is(plain, plain.state.without, 0, 11);
      is(plain, plain.state.with, 11, 24);
      const Neuron both = more({{2, watch}, {8, close}, {13, watch}, {22, close}});
      is(both, both.state.without, 2, 8);
      is(both, both.state.with, 13, 22);
      CHECK(both.spikes.size() == plain.spikes.size());  // watching changes nothing it does
      CHECK(both.state.activity == both.state.with.rate);
      const double rest = 1 - 0.4;
      if (role == Role::input && readout == Readout::rate)
        CHECK(both.state.error == both.state.with.rate - both.state.without.rate);
      if (role == Role::coding && readout == Readout::rate)
        CHECK_THAT(both.state.error,
                   WithinAbs(rest * ((0.8 * both.state.without.rate - both.state.without.lateral) -
                                     (0.8 * both.state.with.rate - both.state.with.lateral)) +
                                 rest * both.state.without.slack - both.state.with.slack,
                             1e-12));
      CHECK(both.state.error != plain.state.error);

      // Only one of the two; the later watch and the first close of several.
      const Neuron begun = more({{2, watch}, {13, watch}});
      is(begun, begun.state.without, 2, 11);
      is(begun, begun.state.with, 13, 24);
      const Neuron ended = more({{8, close}, {22, close}});
      is(ended, ended.state.without, 0, 8);
      is(ended, ended.state.with, 11, 22);
      const Neuron twice = more({{1, watch}, {2, watch}, {8, close}, {9, close}, {23, close}});
      is(twice, twice.state.without, 2, 8);
      is(twice, twice.state.with, 11, 23);

      // Out of turn: before the onset, after the end, and after the lesson.
      const auto same = [](const Neuron& a, const Neuron& b) {
        const PhasedIf::State &x = a.state, &y = b.state;
        return x.activity == y.activity && x.error == y.error && x.norm == y.norm &&
               x.phase == y.phase && x.lessons == y.lessons && a.spikes.size() == b.spikes.size() &&
               x.with.length == y.with.length && x.without.length == y.without.length;
      };
      const Neuron late = more({{25, close}, {26, watch}, {27, close}});
      CHECK(same(late, plain));
      const Neuron taught = more({{30, learn}});
      CHECK(same(more({{30, learn}, {31, watch}, {32, close}}), taught));
      Neuron early = Neuron{plain.params};
      early.state.latch = 1.7;
      for (const auto port : {watch, close, watch, close}) early.receive(at_seconds(0), port);
      CHECK((early.spikes.empty() && early.state.phase == Phase::none));
      // A window closed in one sample is open in the next.
      Neuron next = both;
      next.receive(at_seconds(100), onset);
      next.receive(at_seconds(110), feedback);
      next.receive(at_seconds(125), end);
      CHECK_THAT(next.state.without.length, WithinRel(10, 1e-12));
      CHECK_THAT(next.state.with.length, WithinRel(15, 1e-12));
    }
}

TEST_CASE("phased_if: keeps the contract in either role, and refuses what makes no sense",
          "[model]") {
  check_model<PhasedIf>({.role = Role::coding,
                         .start_voltage = 0.5,
                         .learning_rate = 0.1,
                         .decay = 0.01,
                         .halving = 5,
                         .safe_step = 0.3});
  check_model<PhasedIf>({.readout = Readout::current, .kappa = 0.3});
  const auto refuses = [](PhasedIf::Params p, const char* what) {
    CHECK_THAT(error_of([&] { PhasedIf::check(p); }), Contains(what));
  };
  refuses({.tau_s = 0}, "tau_s");
  refuses({.kappa = 0}, "kappa");
  refuses({.kappa = 1}, "kappa");
  refuses({.kappa = std::nan("")}, "kappa");
  refuses({.start_voltage = 1}, "start_voltage");
  refuses({.lambda = -1}, "lambda");
  refuses({.learning_rate = INFINITY}, "learning_rate");
  refuses({.decay = 1}, "decay");
  refuses({.halving = -1}, "halving");
  refuses({.safe_step = std::nan("")}, "safe_step");
  refuses({.least_norm = 0}, "least_norm");
}
