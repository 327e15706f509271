// Graphs for contrastive learning: their edges, leaks and measures, by counting and by definition.
#include <cmath>
#include <limits>
#include <vector>

#include "apps/contrastive/graph.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinAbs;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

GraphOptions options(GraphKind kind, std::vector<Index> hidden) {
  GraphOptions o;
  o.kind = kind;
  o.inputs = 7;
  o.hidden = std::move(hidden);
  o.outputs = 3;
  o.seed = 4;
  return o;
}

/// ‖m‖₁, the largest sum of a column.
double norm1(const MatrixXd& m) { return m.cwiseAbs().colwise().sum().maxCoeff(); }

}  // namespace

TEST_CASE("each kind of graph has its edges", "[app][contrastive]") {
  const ContrastiveGraph layered = make_graph(options(GraphKind::layered, {5, 4}));
  CHECK(layered.cells() == 12);
  CHECK(layered.first_output() == 9);
  CHECK(layered.synapses() == 7 * 5 + 2 * (5 * 4 + 4 * 3));
  const ContrastiveGraph skip = make_graph(options(GraphKind::skip, {5, 4}));
  CHECK(skip.synapses() == 7 * 12 + 2 * (5 * 4 + 4 * 3 + 5 * 3));
  for (const ContrastiveGraph& graph : {layered, skip}) {
    CHECK(graph.recurrent == graph.recurrent.transpose());
    CHECK(graph.recurrent_mask.diagonal().isZero());
  }
  const ContrastiveGraph complete = make_graph(options(GraphKind::complete, {5}));
  CHECK(complete.synapses() == 7 * 5 + 8 * 7);
  CHECK((complete.recurrent - complete.recurrent.transpose()).cwiseAbs().maxCoeff() > .1);
  GraphOptions direct = options(GraphKind::complete, {5});
  direct.direct_edges = true;
  CHECK(make_graph(direct).synapses() == 7 * 8 + 8 * 7);
  GraphOptions stronger = options(GraphKind::layered, {5});
  stronger.feedback_gain = 3;
  const ContrastiveGraph fed = make_graph(stronger);
  CHECK(fed.recurrent.block(5, 0, 3, 5) == 3 * fed.recurrent.block(0, 5, 5, 3).transpose());
}

TEST_CASE("directed layers draw the weights back by themselves", "[app][contrastive]") {
  GraphOptions o = options(GraphKind::layered, {100, 80});
  CHECK(asymmetry(make_graph(o)) == 0);
  o.directed = true;
  o.feedback_gain = 3;
  const ContrastiveGraph g = make_graph(o);
  const auto up = g.recurrent.block(0, 100, 100, 80), back = g.recurrent.block(100, 0, 80, 100);
  CHECK(back.norm() == Approx(3 * up.norm()).epsilon(.03));
  // Cosine of 8,000 independent draws: 1/√8000 is its deviation.
  const double cosine = up.cwiseProduct(back.transpose()).sum() / (up.norm() * back.norm());
  CHECK(std::abs(cosine) < 5 / std::sqrt(8000.0));
  CHECK(g.synapses() == make_graph(options(GraphKind::layered, {100, 80})).synapses());
  // ‖W − Wᵀ‖ and ‖W + Wᵀ‖ are the same where entries do not know of each other.
  CHECK(asymmetry(g) == Approx(1).epsilon(.05));
  ContrastiveGraph odd = g;
  odd.recurrent = (g.recurrent - g.recurrent.transpose()) / 2;
  odd.recurrent(0, 100) += 1e-3;
  CHECK(asymmetry(odd) > 1e3);
}

TEST_CASE("weights lie on edges only, with the deviation asked for", "[app][contrastive]") {
  GraphOptions o = options(GraphKind::skip, {100, 80});
  o.inputs = 400;
  o.gain = 3;
  o.bias = .25;
  const ContrastiveGraph g = make_graph(o);
  CHECK((g.input_weights.array() * (1 - g.input_mask.array())).isZero());
  CHECK((g.recurrent.array() * (1 - g.recurrent_mask.array())).isZero());
  CHECK((g.input_weights.row(400).array() == .25).all());
  const auto deviation = [](const MatrixXd& w) {
    return std::sqrt(w.squaredNorm() / static_cast<double>(w.size()));
  };
  // Standard errors of the deviation: 1/√(2n) of it.
  CHECK_THAT(deviation(g.input_weights.topRows(400)),
             WithinAbs(.075, 5 * .075 / std::sqrt(146400.)));
  CHECK_THAT(deviation(g.recurrent.block(0, 100, 100, 80)),
             WithinAbs(.15, 5 * .15 / std::sqrt(16000.)));
  CHECK_THAT(deviation(g.recurrent.block(100, 180, 80, 3)),
             WithinAbs(1.5 / std::sqrt(80.), 5 * .17 / std::sqrt(480.)));
  CHECK(make_graph(o).recurrent == g.recurrent);
  o.seed = 5;
  CHECK(make_graph(o).recurrent != g.recurrent);
  o.deviation = .05;
  CHECK_THAT(deviation(make_graph(o).input_weights.topRows(400)), WithinAbs(.05, .001));
}

TEST_CASE("drives follow the edges, both ways", "[app][contrastive]") {
  for (const GraphKind kind : {GraphKind::layered, GraphKind::skip, GraphKind::complete}) {
    GraphOptions o = options(kind, {6});
    o.bias = .5;
    const ContrastiveGraph g = make_graph(o);
    std::srand(3);
    const MatrixXd x = MatrixXd::Random(7, 4), s = MatrixXd::Random(9, 4);
    MatrixXd with_bias(8, 4);
    with_bias << x, MatrixXd::Ones(1, 4);
    CHECK((g.input_drive(x) - g.input_weights.transpose() * with_bias).cwiseAbs().maxCoeff() <
          1e-14);
    MatrixXd forwards = MatrixXd::Ones(9, 4), backwards = MatrixXd::Zero(9, 4);
    g.add_recurrent_drive(s, forwards);
    g.add_recurrent_drive(s, backwards, true);
    CHECK((forwards - MatrixXd::Ones(9, 4) - g.recurrent.transpose() * s).norm() < 1e-14);
    CHECK((backwards - g.recurrent * s).norm() < 1e-14);
  }
}

TEST_CASE("leaks and contraction margins are those of the definition", "[app][contrastive]") {
  for (const Leak leak : {Leak::unit, Leak::outgoing, Leak::contractive}) {
    GraphOptions o = options(GraphKind::complete, {6});
    o.leak = leak;
    o.base_leak = .7;
    ContrastiveGraph g = make_graph(o);
    for (Index i = 0; i < 9; ++i) {
      double sum = .7, magnitude = .7;
      for (Index k = 0; k < 9; ++k) {
        sum += g.recurrent(i, k);
        magnitude += std::abs(g.recurrent(i, k));
      }
      const double expected = leak == Leak::unit ? 1 : leak == Leak::outgoing ? sum : magnitude;
      CHECK_THAT(g.leaks()[i], WithinAbs(expected, 1e-14));
    }
    // μ₁(J) = lim (‖1 + hJ‖₁ − 1)/h (Lozinskii 1958).
    const double h = 1e-7;
    const double measure = (norm1(MatrixXd::Identity(9, 9) + h * g.jacobian()) - 1) / h;
    CHECK_THAT(contraction_margin(g), WithinAbs(-measure, 1e-7));
    if (leak == Leak::contractive) CHECK_THAT(contraction_margin(g), WithinAbs(.7, 1e-13));
    CHECK(spectral_abscissa(g) <= -contraction_margin(g) + 1e-12);  // Re λ ≤ μ of any norm
  }
  GraphOptions o = options(GraphKind::complete, {1});
  o.outputs = 1;
  ContrastiveGraph pair = make_graph(o);
  pair.recurrent << 0, 2, 8, 0;  // eigenvalues −1 ± √16
  CHECK_THAT(spectral_abscissa(pair), WithinAbs(3, 1e-12));
}

TEST_CASE("graphs that cannot be are refused", "[app][contrastive]") {
  const auto failure = [](auto change) {
    GraphOptions o = options(GraphKind::layered, {5});
    change(o);
    return error_of([&] { make_graph(o); });
  };
  CHECK_THAT(failure([](auto& o) { o.inputs = 0; }), Contains("0 inputs"));
  CHECK_THAT(failure([](auto& o) { o.hidden = {}; }), Contains("no hidden layer"));
  CHECK_THAT(failure([](auto& o) { o.hidden = {3, 0}; }), Contains("a hidden layer of 0"));
  CHECK_THAT(failure([](auto& o) { o.hidden = {1'000'000}; }), Contains("are the most"));
  CHECK_THAT(failure([](auto& o) {
               o.hidden = {3, 4}, o.kind = GraphKind::complete;
             }),
             Contains("2 hidden layers"));
  CHECK_THAT(failure([](auto& o) { o.feedback_gain = -2, o.directed = true; }),
             Contains("feedback_gain"));
  CHECK_THAT(failure([](auto& o) { o.feedback_gain = 2, o.kind = GraphKind::complete; }),
             Contains("feedback_gain"));
  CHECK_THAT(failure([](auto& o) { o.gain = -1; }), Contains("gain"));
  CHECK_THAT(failure([](auto& o) { o.bias = std::numeric_limits<double>::quiet_NaN(); }),
             Contains("bias"));
  CHECK_THAT(failure([](auto& o) { o.base_leak = 0, o.leak = Leak::contractive; }),
             Contains("base_leak is 0"));
  const ContrastiveGraph g = make_graph(options(GraphKind::layered, {5}));
  CHECK_THAT(error_of([&] { g.input_drive(MatrixXd::Zero(6, 1)); }),
             Contains("samples of 6 values for 7 inputs"));
}
