// Every model that integrates against its own solution in extended precision and real time: no
// spike more than one tick away, over 10,000 random trains each, and no lateness that adds up.
#include <cmath>

#include "neurons/if_current.hpp"
#include "neurons/lif.hpp"
#include "neurons/lif_exp_current.hpp"
#include "neurons/linear_if.hpp"
#include "tests/support/alone.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;
using namespace clockless::test;
using Real = long double;

namespace {

constexpr int trains = 10000;
constexpr Real one_tick = 1 + 1e-3L;

Real ps(double s) { return static_cast<Real>(from_seconds(s).count()); }

struct CurrentReference {
  Real tau, beta, theta, rho = 0, mu = 0;
  Real above(Real t) const {
    const Real x = t / tau;
    return rho + beta * x + (mu - beta) * (1 - std::exp(-x)) - theta;
  }
  void pass(Real t) {
    rho = above(t) + theta;
    mu = beta + (mu - beta) * std::exp(-t / tau);
  }
  void receive(Input in) { mu += in.amount; }
  float fire() {
    rho = 0;
    return 1;
  }
};

struct LeakyReference {
  Lif::Params p;
  Real drive, v, refractory = 0;
  Real settled() const { return p.v_rest + drive; }
  Real above(Real t) const {
    const Real free = std::max(t - refractory, 0.0L);
    return settled() + (v - settled()) * std::exp(-free / (p.tau_m_s * 1e12L)) - p.v_threshold;
  }
  void pass(Real t) {
    v = above(t) + p.v_threshold;
    refractory = std::max(refractory - t, 0.0L);
  }
  void receive(Input in) {
    if (refractory <= 0) v += in.amount;
  }
  float fire() {
    v = p.v_reset;
    refractory = ps(p.refractory_s);
    return 1;
  }
};

struct CurrentsReference {
  LifExpCurrent::Params p;
  Real drive, v, current[2] = {0, 0}, refractory = 0;
  Real tau(int k) const { return 1e12L * (k == 0 ? p.tau_excitatory_s : p.tau_inhibitory_s); }
  Real above(Real t) const {
    const Real m = 1e12L * p.tau_m_s;
    const Real held = std::min(t, refractory), x = t - held;
    const Real rest = p.v_rest + drive;
    Real result = rest + (v - rest) * std::exp(-x / m);
    for (int k = 0; k < 2; ++k) {
      const Real i = current[k] * std::exp(-held / tau(k));
      result += tau(k) == m
                    ? i * x / m * std::exp(-x / m)
                    : i * tau(k) / (tau(k) - m) * (std::exp(-x / tau(k)) - std::exp(-x / m));
    }
    return result - p.v_threshold;
  }
  void pass(Real t) {
    v = above(t) + p.v_threshold;
    for (int k = 0; k < 2; ++k) current[k] *= std::exp(-t / tau(k));
    refractory = std::max(refractory - t, 0.0L);
  }
  void receive(Input in) { current[in.port] += in.amount; }
  float fire() {
    v = p.v_reset;
    refractory = ps(p.refractory_s);
    return 1;
  }
};

struct LinearReference {
  LinearIf::Params p;
  Real drive, theta, plus = 0, minus = 0;
  Real minus_now(Real t) const {
    return p.signed_pair ? minus + (-drive - p.lambda) * t / (1e12L * p.tau_s) : -1e30L;
  }
  Real plus_now(Real t) const { return plus + (drive - p.lambda) * t / (1e12L * p.tau_s); }
  Real above(Real t) const { return std::max(plus_now(t), minus_now(t)) - theta; }
  void pass(Real t) {
    plus = plus_now(t);
    minus = minus_now(t);
  }
  void receive(Input in) {
    plus += in.amount;
    minus -= in.amount;
  }
  float fire() {
    const Real sign = plus > minus ? 1 : -1;
    plus -= sign * theta;
    if (p.signed_pair) minus += sign * theta;
    return static_cast<float>(sign);
  }
};

struct Tally {
  Real worst = 0;
  std::size_t spikes = 0;
  void add(const std::vector<Firing>& model, const std::vector<Firing>& reference) {
    worst = std::max(worst, worst_error(model, reference));
    spikes += reference.size();
  }
  void require(std::size_t least) const {
    INFO(spikes << " spikes, worst error " << worst << " ticks");
    CHECK(worst <= one_tick);
    CHECK(spikes >= least);
  }
};

Input kick(RandomStream& r, double size) { return {size * r.normal(), 0}; }

}  // namespace

TEST_CASE("if_current: a spike within a tick of the true one", "[model][exactness]") {
  RandomStream random{.seed = 21};
  const IfCurrent::Params params{.tau_s = 0.02};
  Tally tally;
  for (int i = 0; i < trains; ++i) {
    const double drive = 2 * random.normal(), threshold = 0.2 + random.uniform();
    const auto train = random_train(random, 8, 0.01, [](RandomStream& r) { return kick(r, 3); });
    const IfCurrent::State state{.drive = drive, .threshold = threshold};
    tally.add(run_model<IfCurrent>(params, state, train),
              run_reference(CurrentReference{ps(params.tau_s), drive, threshold}, train, 32));
  }
  tally.require(trains);
}

TEST_CASE("lif: a spike within a tick of the true one", "[model][exactness]") {
  RandomStream random{.seed = 22};
  for (const double refractory_s : {0.002, 0.0}) {
    const Lif::Params params{.refractory_s = refractory_s};
    Tally tally;
    for (int i = 0; i < trains; ++i) {
      const double drive = 15 + 10 * random.normal();
      const auto train = random_train(random, 8, 0.01, [](RandomStream& r) { return kick(r, 8); });
      const Lif::State state{.voltage = params.v_rest, .drive = drive};
      tally.add(run_model<Lif>(params, state, train),
                run_reference(LeakyReference{params, drive, params.v_rest}, train, 32));
    }
    tally.require(trains);
  }
}

TEST_CASE("lif_exp_current: a spike within a tick of the true one", "[model][exactness]") {
  RandomStream random{.seed = 23};
  struct Constants {
    double excitatory, inhibitory, refractory;
  };
  // Faster, slower and as slow as the membrane; the last in its limit on both sides.
  for (const Constants c : {Constants{0.002, 0.005, 0.002}, Constants{0.010, 0.010, 0},
                            Constants{0.0100001, 0.03, 0.001}, Constants{0.02, 0.001, 0}}) {
    const LifExpCurrent::Params params{.tau_excitatory_s = c.excitatory,
                                       .tau_inhibitory_s = c.inhibitory,
                                       .refractory_s = c.refractory};
    Tally tally;
    for (int i = 0; i < trains / 4; ++i) {
      const double drive = 12 + 8 * random.normal();
      const auto train = random_train(random, 8, 0.008, [](RandomStream& r) {
        const bool inhibits = r.below(3) == 0;
        return Input{(inhibits ? -60 : 60) * r.uniform(), static_cast<std::uint8_t>(inhibits)};
      });
      const LifExpCurrent::State state{.voltage = params.v_rest, .drive = drive};
      tally.add(run_model<LifExpCurrent>(params, state, train),
                run_reference(CurrentsReference{params, drive, params.v_rest}, train, 32));
    }
    tally.require(trains / 4);
  }
}

TEST_CASE("linear_if: a spike within a tick of the true one, alone and as a signed pair",
          "[model][exactness]") {
  RandomStream random{.seed = 24};
  for (const bool pair : {false, true}) {
    const LinearIf::Params params{.tau_s = 0.01, .lambda = 0.1, .signed_pair = pair};
    Tally tally;
    for (int i = 0; i < trains; ++i) {
      const double drive = random.normal(), threshold = 0.2 + random.uniform();
      const auto train = random_train(random, 8, 0.01, [](RandomStream& r) { return kick(r, 1); });
      const LinearIf::State state{.drive = drive, .threshold = threshold};
      tally.add(run_model<LinearIf>(params, state, train),
                run_reference(LinearReference{params, drive, threshold}, train, 32));
    }
    tally.require(trains);
  }
}

TEST_CASE("no lateness adds up over 10,000 spikes of a constant drive", "[model][exactness]") {
  const auto last_error = [](const std::vector<Firing>& firings, Real period_ps, Real extra_ps) {
    REQUIRE(firings.size() >= 10000);
    const auto n = static_cast<Real>(firings.size());
    const Real truth = n * period_ps + (n - 1) * extra_ps;
    return firings.back().ps - truth;  // 0 … 1 tick
  };
  const std::vector<Arrival> end = {{at_seconds(200), {}}};
  for (const double refractory_s : {0.002, 0.0}) {
    const Lif::Params p{.refractory_s = refractory_s};
    const auto spikes = run_model<Lif>(p, {.voltage = p.v_rest, .drive = 21.7}, end);
    const Real period = -1e10L * std::log1p(-15.0L / static_cast<Real>(21.7));
    CHECK(std::abs(last_error(spikes, period, ps(refractory_s)) - 0.5L) <= 0.51L);

    const LifExpCurrent::Params q{.refractory_s = refractory_s};
    const auto same = run_model<LifExpCurrent>(q, {.voltage = q.v_rest, .drive = 21.7}, end);
    CHECK(std::abs(last_error(same, period, ps(refractory_s)) - 0.5L) <= 0.51L);
  }
  const IfCurrent::Params c{.tau_s = 0.003};
  const auto spikes = run_model<IfCurrent>(c, {.current = 0.37, .drive = 0.37}, end);
  CHECK(std::abs(last_error(spikes, 0.003e12L / static_cast<Real>(0.37), 0) - 0.5L) <= 0.51L);
}
