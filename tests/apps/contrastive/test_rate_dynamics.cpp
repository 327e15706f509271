// Rate dynamics: equilibria against closed forms and the conditions that define them, steps against
// exact flows.
#include <cmath>

#include "apps/contrastive/rate_dynamics.hpp"
#include "tests/apps/contrastive/nets.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinAbs;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// Largest violation of: f = 0 within (0, 1), f ≤ 0 at 0, f ≥ 0 at 1.
double violation(const RateDynamics& dynamics, const MatrixXd& s) {
  const MatrixXd f = dynamics.velocity(s);
  double most = 0;
  for (Index k = 0; k < s.cols(); ++k)
    for (Index j = 0; j < s.rows(); ++j) {
      REQUIRE((s(j, k) >= 0 && s(j, k) <= 1));
      if (s(j, k) > 0) most = std::max(most, -f(j, k));
      if (s(j, k) < 1) most = std::max(most, f(j, k));
    }
  return most;
}

}  // namespace

TEST_CASE("equilibria fulfil their conditions", "[app][contrastive]") {
  Index clipped = 0;
  for (const GraphKind kind : {GraphKind::layered, GraphKind::complete})
    for (const Leak leak : {Leak::unit, Leak::contractive})
      for (std::uint64_t seed = 0; seed < 10; ++seed) {
        const bool contractive = leak == Leak::contractive;
        const ContrastiveGraph g = small_graph(kind, leak, seed, contractive ? 4 : 1);
        const RateDynamics free(g, uniform_draws(5, 3, seed));
        const MatrixXd y = uniform_draws(3, 3, seed + 100);
        const RateDynamics nudged = free.nudged(VectorXd::Constant(3, .5), y);
        for (const RateDynamics& dynamics :
             {free, nudged, nudged.corrected(free.settle().states)}) {
          const Settled settled = dynamics.settle();
          CHECK(settled.converged());
          CHECK(violation(dynamics, settled.states) < 1e-10);
          clipped += (settled.states.array() == 0 || settled.states.array() == 1).count();
          if (!contractive) continue;
          const Settled again = dynamics.settle_from(uniform_draws(g.cells(), 3, seed + 5));
          CHECK((again.states - settled.states).cwiseAbs().maxCoeff() < 1e-9);  // the only one
        }
      }
  CHECK(clipped > 50);
}

TEST_CASE("two cells settle where the linear system says", "[app][contrastive]") {
  GraphOptions o;
  o.kind = GraphKind::complete;
  o.inputs = o.outputs = 1;
  o.hidden = {1};
  ContrastiveGraph g = make_graph(o);
  g.recurrent << 0, .3, -.5, 0;
  g.input_weights << .8, 0, .1, .2;
  const RateDynamics free(g, MatrixXd{{.5}});
  // h = .5 − .5 o, o = .2 + .3 h.
  const MatrixXd s = free.settle().states;
  CHECK_THAT(s(0, 0), WithinAbs(.4 / 1.15, 1e-12));
  CHECK_THAT(s(1, 0), WithinAbs(.35 / 1.15, 1e-12));
  // 1.5 o = .2 + .3 h + .5 · 1.
  const MatrixXd t = free.nudged(VectorXd{{.5}}, MatrixXd{{1}}).settle().states;
  CHECK_THAT(t(0, 0), WithinAbs(.4 / 1.65, 1e-12));
  CHECK_THAT(t(1, 0), WithinAbs(.85 / 1.65, 1e-12));
}

TEST_CASE("steps follow the flow", "[app][contrastive]") {
  // Alone, a cell's exponential step is its exact flow, and clipping it at the end changes nothing.
  GraphOptions o;
  o.kind = GraphKind::complete;
  o.inputs = 1;
  o.hidden = {2};
  o.outputs = 1;
  o.gain = 0;
  ContrastiveGraph alone = make_graph(o);
  alone.input_weights.row(1) << .6, 1.7, -.2;
  const RateDynamics apart(alone, MatrixXd{{0}});
  MatrixXd s = MatrixXd::Constant(3, 1, .5);
  apart.step(s, .7, Stepping::exponential);
  CHECK_THAT(s(0, 0), WithinAbs(.6 - .1 * std::exp(-.7), 1e-15));
  CHECK_THAT(s(1, 0), WithinAbs(1 - .5 * std::exp(-.7), 1e-15));
  CHECK_THAT(s(2, 0), WithinAbs(.5 * std::exp(-.7), 1e-15));
  s.setConstant(.5);
  apart.step(s, .7, Stepping::euler);
  CHECK_THAT(s(0, 0), WithinAbs(.5 + .7 * .1, 1e-15));
  CHECK(s(1, 0) == 1);
  CHECK_THAT(s(2, 0), WithinAbs(.5 - .7 * .7, 1e-15));

  // Together, both converge to the same trajectory with first order, while no target is clipped.
  const ContrastiveGraph g = small_graph(GraphKind::complete, Leak::unit, 3, .2);
  const RateDynamics dynamics(g, uniform_draws(5, 2, 1));
  const MatrixXd start = MatrixXd::Constant(11, 2, .45);
  const MatrixXd target = start + dynamics.velocity(start);
  REQUIRE((target.minCoeff() > .05 && target.maxCoeff() < .95));
  const auto run = [&](Stepping stepping, int steps) {
    MatrixXd states = start;
    for (int i = 0; i < steps; ++i) dynamics.step(states, .5 / steps, stepping);
    return states;
  };
  const MatrixXd fine = 2 * run(Stepping::euler, 2000) - run(Stepping::euler, 1000);
  for (const Stepping stepping : {Stepping::euler, Stepping::exponential}) {
    const double coarse = (run(stepping, 20) - fine).norm();
    const double halved = (run(stepping, 40) - fine).norm();
    CHECK(coarse < .02);
    CHECK_THAT(coarse / halved, WithinAbs(2, .1));
  }
}

TEST_CASE("what does not settle is reported", "[app][contrastive]") {
  GraphOptions o;
  o.kind = GraphKind::complete;
  o.inputs = o.outputs = 1;
  o.hidden = {1};
  ContrastiveGraph spiral = make_graph(o);
  spiral.recurrent << 0, 1e4, -1e4, 0;
  spiral.input_weights << 1e4, 0, 0, -5e3;
  const Settled settled = RateDynamics(spiral, MatrixXd{{.5, .5}}).settle({1e-12, 200});
  CHECK(settled.unsettled == 2);
  CHECK(!settled.converged());
  CHECK(settled.iterations == 200);
  const ContrastiveGraph g = small_graph(GraphKind::layered, Leak::unit, 1);
  const RateDynamics dynamics(g, MatrixXd::Zero(5, 2));
  CHECK_THAT(error_of([&] { dynamics.nudged(VectorXd::Ones(2), MatrixXd::Ones(3, 2)); }),
             Contains("nudging"));
  ContrastiveGraph negative = small_graph(GraphKind::complete, Leak::outgoing, 1, 1, 0);
  const RateDynamics running(negative, MatrixXd::Zero(5, 1));
  MatrixXd s = MatrixXd::Zero(11, 1);
  CHECK_THAT(error_of([&] { running.step(s, .1, Stepping::exponential); }),
             Contains("a leak is not positive"));
}
