// Gradients at equilibria against finite differences, contrastive rules against gradients.
#include <algorithm>
#include <cmath>
#include <vector>

#include "apps/contrastive/contrast.hpp"
#include "apps/contrastive/rate_equilibrium.hpp"
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

constexpr SettleOptions precise{1e-14, 20000};

double cost_at_equilibrium(const ContrastiveGraph& g, const MatrixXd& x, const MatrixXd& y) {
  const Settled settled = RateDynamics(g, x).settle(precise);
  REQUIRE(settled.converged());
  return .5 * (y - settled.states.bottomRows(g.outputs())).squaredNorm();
}

/// No cell at the edge of being clipped, no weight at that of its sign: the cost is smooth around.
bool smooth(const ContrastiveGraph& g, const MatrixXd& x, const MatrixXd& s) {
  constexpr double margin = 1e-3;
  const MatrixXd f = RateDynamics(g, x).velocity(s);
  for (Index k = 0; k < s.cols(); ++k)
    for (Index j = 0; j < s.rows(); ++j) {
      const bool clipped = s(j, k) == 0 || s(j, k) == 1;
      if ((clipped ? std::abs(f(j, k)) : std::min(s(j, k), 1 - s(j, k))) < margin) return false;
    }
  return ((1 - g.recurrent_mask.array()) + g.recurrent.array().abs() > margin).all();
}

/// −dC/dW of every edge and bias by central differences.
WeightChange differences(ContrastiveGraph g, const MatrixXd& x, const MatrixXd& y) {
  WeightChange out = WeightChange::zero(g);
  const auto fill = [&](MatrixXd& weights, const MatrixXd& mask, MatrixXd& change) {
    for (Index i = 0; i < weights.rows(); ++i)
      for (Index j = 0; j < weights.cols(); ++j) {
        if (mask(i, j) == 0) continue;
        const double before = weights(i, j), h = 1e-5;
        weights(i, j) = before + h;
        const double above = cost_at_equilibrium(g, x, y);
        weights(i, j) = before - h;
        const double below = cost_at_equilibrium(g, x, y);
        weights(i, j) = before;
        change(i, j) = (below - above) / (2 * h);
      }
  };
  fill(g.input_weights, g.input_mask, out.input);
  fill(g.recurrent, g.recurrent_mask, out.recurrent);
  return out;
}

double largest(const WeightChange& change) {
  return std::max(change.input.cwiseAbs().maxCoeff(), change.recurrent.cwiseAbs().maxCoeff());
}

double cosine_with_exact(const ContrastiveGraph& g, const ContrastOptions& options,
                         std::uint64_t seed, bool symmetric = false) {
  const MatrixXd x = uniform_draws(5, 1, seed), y = uniform_draws(3, 1, seed + 1000);
  const Contrasted contrasted = contrast_phases(g, x, y, options);
  REQUIRE(contrasted.unsettled == 0);
  WeightChange exact = exact_descent(g, x, contrasted.free_states, y);
  if (symmetric) exact = symmetrised(exact);
  return gradient_cosine(contrasted.change, exact);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

TEST_CASE("implicit gradients agree with finite differences", "[app][contrastive]") {
  struct Case {
    GraphKind kind;
    Leak leak;
    double gain, base_leak;
  };
  for (const Case& c :
       {Case{GraphKind::layered, Leak::unit, 1, 1}, Case{GraphKind::skip, Leak::unit, .6, 1},
        Case{GraphKind::complete, Leak::contractive, 1, .8},
        Case{GraphKind::complete, Leak::outgoing, 1, 2.5}}) {
    Index unclipped = 0;
    int compared = 0;
    for (std::uint64_t seed = 0; compared < 4; ++seed) {
      REQUIRE(seed < 40);
      const ContrastiveGraph g = small_graph(c.kind, c.leak, seed, c.gain, c.base_leak);
      const MatrixXd x = uniform_draws(5, 2, seed), y = uniform_draws(3, 2, seed + 9);
      const MatrixXd s = RateDynamics(g, x).settle(precise).states;
      if (!smooth(g, x, s)) continue;
      ++compared;
      unclipped += (s.array() > 0 && s.array() < 1).count();
      WeightChange error = differences(g, x, y);
      const double scale = largest(error);
      WeightChange exact = exact_descent(g, x, s, y);
      exact *= -1;
      error += exact;
      CAPTURE(static_cast<int>(c.kind), static_cast<int>(c.leak), seed);
      CHECK(scale > .01);
      CHECK(largest(error) / scale < 1e-6);
    }
    CHECK(unclipped > 4 * 11);  // more than half
  }
}

TEST_CASE("weighted costs have weighted gradients", "[app][contrastive]") {
  const ContrastiveGraph g = small_graph(GraphKind::complete, Leak::contractive, 2);
  const MatrixXd x = uniform_draws(5, 2, 1), y = uniform_draws(3, 2, 2);
  const MatrixXd s = RateDynamics(g, x).settle(precise).states;
  WeightChange sum = WeightChange::zero(g);
  for (Index k = 0; k < 3; ++k) {
    WeightChange part = exact_descent(g, x, s, y, VectorXd::Unit(3, k));
    part *= 1 + static_cast<double>(k);
    sum += part;
  }
  WeightChange whole = exact_descent(g, x, s, y, VectorXd{{1, 2, 3}});
  whole *= -1;
  sum += whole;
  CHECK(largest(sum) < 1e-14);
}

TEST_CASE("asymmetric equilibrium propagation finds the gradient of any directed net",
          "[app][contrastive]") {
  ContrastOptions corrected;
  corrected.rule = ContrastRule::vector_field;
  corrected.corrected = true;
  corrected.beta = .01;
  corrected.settle = {1e-13, 20000};
  ContrastOptions plain = corrected, one_sided = corrected, from_free = corrected;
  plain.corrected = false;
  one_sided.corrected = false;
  one_sided.rule = ContrastRule::one_sided;
  from_free.centred = false;
  std::vector<double> plain_cosines, one_sided_cosines;
  for (std::uint64_t seed = 0; seed < 24; ++seed) {
    const ContrastiveGraph g = small_graph(GraphKind::complete, Leak::contractive, seed, 2);
    CAPTURE(seed);
    CHECK(cosine_with_exact(g, corrected, seed) >= .999);
    CHECK(cosine_with_exact(g, from_free, seed) >= .999);
    plain_cosines.push_back(cosine_with_exact(g, plain, seed));
    one_sided_cosines.push_back(cosine_with_exact(g, one_sided, seed));
  }
  CHECK(median(plain_cosines) < .99);  // it is the correction that does it
  CHECK(median(one_sided_cosines) < median(plain_cosines));
  CHECK(median(one_sided_cosines) > .5);
}

TEST_CASE("the product rule finds the gradient of symmetric nets", "[app][contrastive]") {
  ContrastOptions options;
  options.beta = .001;
  options.settle = {1e-13, 20000};
  int compared = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed)
    for (const GraphKind kind : {GraphKind::layered, GraphKind::skip}) {
      const ContrastiveGraph g = small_graph(kind, Leak::unit, seed, .7);
      const MatrixXd x = uniform_draws(5, 1, seed), s = RateDynamics(g, x).settle(precise).states;
      const double least = s.bottomRows(3).minCoeff(), most = s.bottomRows(3).maxCoeff();
      if (!smooth(g, x, s) || least <= 0 || most >= 1) continue;
      ++compared;
      CAPTURE(seed);
      CHECK(cosine_with_exact(g, options, seed, true) >= .9999);
      ContrastOptions vector_field = options;
      vector_field.rule = ContrastRule::vector_field;
      CHECK(cosine_with_exact(g, vector_field, seed) >= .9999);
    }
  CHECK(compared >= 20);
  // Directed weights are another matter.
  const ContrastiveGraph directed = small_graph(GraphKind::complete, Leak::unit, 1, 1);
  CHECK(cosine_with_exact(directed, options, 1, true) < .99);
}

TEST_CASE("the error of centred nudging is of second order", "[app][contrastive]") {
  const ContrastiveGraph g = small_graph(GraphKind::complete, Leak::contractive, 5, 1);
  const MatrixXd x = uniform_draws(5, 1, 5), y = uniform_draws(3, 1, 6);
  const auto error = [&](double beta, bool centred) {
    ContrastOptions o;
    o.rule = ContrastRule::vector_field;
    o.corrected = true;
    o.beta = beta;
    o.centred = centred;
    o.settle = {1e-14, 20000};
    Contrasted contrasted = contrast_phases(g, x, y, o);
    WeightChange exact = exact_descent(g, x, contrasted.free_states, y);
    exact *= -1;
    contrasted.change += exact;
    return largest(contrasted.change);
  };
  CHECK_THAT(error(.08, false) / error(.04, false), WithinAbs(2, .2));
  CHECK_THAT(error(.08, true) / error(.04, true), WithinAbs(4, .3));
}

TEST_CASE("rules are sums over samples of their terms", "[app][contrastive]") {
  for (const Leak leak : {Leak::unit, Leak::outgoing, Leak::contractive}) {
    ContrastiveGraph g = small_graph(GraphKind::complete, leak, 7);
    g.recurrent(2, 3) = g.recurrent_mask(2, 3) = 0;  // pruned
    g.input_weights(1, 2) = g.input_mask(1, 2) = 0;
    const MatrixXd x = uniform_draws(5, 2, 1), from = uniform_draws(11, 2, 2),
                   to = uniform_draws(11, 2, 3);
    const double span = .4;
    const auto change = [&](ContrastRule rule) { return contrast(g, rule, x, from, to, span); };
    const WeightChange product = change(ContrastRule::product);
    const WeightChange one_sided = change(ContrastRule::one_sided);
    const WeightChange field = change(ContrastRule::vector_field);
    for (Index i = 0; i < 11; ++i)
      for (Index j = 0; j < 11; ++j) {
        double both = 0, target = 0, own = 0;
        for (Index k = 0; k < 2; ++k) {
          both += to(i, k) * to(j, k) - from(i, k) * from(j, k);
          target += (to(i, k) + from(i, k)) / 2 * (to(j, k) - from(j, k));
          own += (to(i, k) + from(i, k)) / 2 * (to(i, k) - from(i, k));
        }
        if (i == j || (i == 2 && j == 3)) both = target = own = 0;
        const double slope = leak == Leak::unit       ? 0
                             : leak == Leak::outgoing ? 1
                             : g.recurrent(i, j) > 0  ? 1
                                                      : -1;
        CHECK_THAT(product.recurrent(i, j), WithinAbs(both / span, 1e-13));
        CHECK_THAT(one_sided.recurrent(i, j), WithinAbs(target / span, 1e-13));
        CHECK_THAT(field.recurrent(i, j), WithinAbs((target - slope * own) / span, 1e-13));
      }
    MatrixXd with_bias(6, 2);
    with_bias << x, MatrixXd::Ones(1, 2);
    MatrixXd input = with_bias * (to - from).transpose() / span;
    input.topRightCorner(5, 3).setZero();  // no direct edges
    input(1, 2) = 0;
    for (const WeightChange& each : {product, one_sided, field})
      CHECK((each.input - input).cwiseAbs().maxCoeff() < 1e-13);
    apply(g, field, 2, 3);
    CHECK(g.recurrent(2, 3) == 0);
    CHECK(g.input_weights(1, 2) == 0);
  }
}

TEST_CASE("cosines are those of all weights together", "[app][contrastive]") {
  const WeightChange a{MatrixXd{{3}}, MatrixXd{{0, 4}}}, b{MatrixXd{{4}}, MatrixXd{{0, -3}}};
  CHECK_THAT(gradient_cosine(a, a), WithinAbs(1, 1e-15));
  CHECK_THAT(gradient_cosine(a, b), WithinAbs(0, 1e-15));
  WeightChange c = a;
  c *= -2;
  CHECK_THAT(gradient_cosine(a, c), WithinAbs(-1, 1e-15));
  c *= 0;
  CHECK(std::isnan(gradient_cosine(a, c)));
}
