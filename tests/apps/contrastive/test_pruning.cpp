// Pruning: probabilities by hand and by counting, choices by brute force.
#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "apps/contrastive/pruning.hpp"
#include "apps/contrastive/rate_equilibrium.hpp"
#include "tests/apps/contrastive/nets.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinAbs;
using Eigen::Index;
using Eigen::MatrixXd;

namespace {

ContrastiveGraph graph(std::uint64_t seed = 1) {
  return small_graph(GraphKind::complete, Leak::contractive, seed);
}

std::vector<GraphEdge> all_edges(const ContrastiveGraph& g) {
  return prune_by_magnitude(g, g.synapses());
}

double weight(const ContrastiveGraph& g, const GraphEdge& e) {
  return (e.from_input ? g.input_weights : g.recurrent)(e.from, e.to);
}

}  // namespace

TEST_CASE("a cell's edges are removed by the softmax of their weakness", "[app][contrastive]") {
  ContrastiveGraph g = graph();
  // All that is left to cell 4: input 0 with .3, cell 1 with −.1, cell 7 with .9.
  g.input_mask.col(4).head(5).setZero();
  g.recurrent_mask.col(4).setZero();
  g.input_weights.col(4).head(5).setZero();
  g.recurrent.col(4).setZero();
  g.input_mask(0, 4) = g.recurrent_mask(1, 4) = g.recurrent_mask(7, 4) = 1;
  g.input_weights(0, 4) = .3;
  g.recurrent(1, 4) = -.1;
  g.recurrent(7, 4) = .9;
  const EdgeProbabilities p = removal_probabilities(g, {1.2, .5, .8});
  const double sum = std::exp(-.6) + std::exp(-.2) + std::exp(-1.8);
  CHECK_THAT(p.input(0, 4), WithinAbs(1.2 * std::exp(-.6) / sum, 1e-15));
  CHECK_THAT(p.recurrent(1, 4), WithinAbs(1.2 * std::exp(-.2) / sum, 1e-15));
  CHECK(p.recurrent(7, 4) == 0);  // strong
  CHECK(p.input.col(4).tail(4).isZero());
  CHECK(removal_probabilities(g, {50, .5, .8}).recurrent(1, 4) == 1);
  CHECK_THAT(error_of([&] { removal_probabilities(g, {1, 0, 1}); }), Contains("temperature 0"));
  CHECK_THAT(error_of([&] { removal_probabilities(g, {-1, 1, 1}); }), Contains("-1 edges"));
}

TEST_CASE("without strong edges a cell loses kappa of them on average", "[app][contrastive]") {
  const ContrastiveGraph g = graph();
  const EdgeProbabilities p = removal_probabilities(g, {3, 5, 100});
  for (Index j = 0; j < g.cells(); ++j)
    CHECK_THAT(p.input.col(j).sum() + p.recurrent.col(j).sum(), WithinAbs(3, 1e-12));

  // Each edge comes out as often as its probability says, and in every epoch anew.
  constexpr int epochs = 4000;
  const SoftmaxPruning options{3, .1, .2};
  const EdgeProbabilities expected = removal_probabilities(g, options);
  std::map<GraphEdge, int> counts;
  std::size_t pairs = 0;
  for (std::uint64_t epoch = 0; epoch < epochs; ++epoch) {
    const auto edges = prune_by_softmax(g, options, 5, epoch);
    CHECK(std::is_sorted(edges.begin(), edges.end()));
    for (const GraphEdge& e : edges) ++counts[e];
    const bool first = std::binary_search(edges.begin(), edges.end(), GraphEdge{true, 0, 0});
    pairs += first && std::binary_search(edges.begin(), edges.end(), GraphEdge{true, 1, 0}) ? 1 : 0;
  }
  double worst = 0;
  for (const GraphEdge& e : all_edges(g)) {
    const double q = (e.from_input ? expected.input : expected.recurrent)(e.from, e.to);
    if (q == 0 || q == 1)
      CHECK(counts[e] == q * epochs);
    else
      worst = std::max(worst, std::abs(counts[e] - q * epochs) / std::sqrt(q * (1 - q) * epochs));
  }
  CHECK(worst < 4.5);
  CHECK(worst > 1);  // draws, not rounded expectations
  const double both = expected.input(0, 0) * expected.input(1, 0);
  CHECK(std::abs(static_cast<double>(pairs) - both * epochs) < 5 * std::sqrt(both * epochs) + 1);
  CHECK(prune_by_softmax(g, options, 5, 3) == prune_by_softmax(g, options, 5, 3));
  CHECK(prune_by_softmax(g, options, 5, 3) != prune_by_softmax(g, options, 6, 3));
}

TEST_CASE("magnitude takes the weakest and chance takes any", "[app][contrastive]") {
  const ContrastiveGraph g = graph(3);
  const auto edges = all_edges(g);
  CHECK(static_cast<Index>(edges.size()) == g.synapses());
  const auto weakest = prune_by_magnitude(g, 20);
  REQUIRE(weakest.size() == 20);
  double strongest_removed = 0, weakest_kept = 1e9;
  for (const GraphEdge& e : edges) {
    const double w = std::abs(weight(g, e));
    if (std::binary_search(weakest.begin(), weakest.end(), e))
      strongest_removed = std::max(strongest_removed, w);
    else
      weakest_kept = std::min(weakest_kept, w);
  }
  CHECK(strongest_removed < weakest_kept);
  std::map<GraphEdge, int> counts;
  constexpr int draws = 3000;
  for (std::uint64_t epoch = 0; epoch < draws; ++epoch) {
    const auto chosen = prune_at_random(g, 30, 2, epoch);
    CHECK(chosen.size() == 30);
    CHECK(std::adjacent_find(chosen.begin(), chosen.end()) == chosen.end());
    for (const GraphEdge& e : chosen) ++counts[e];
  }
  const double q = 30. / static_cast<double>(edges.size());
  for (const GraphEdge& e : edges)
    CHECK(std::abs(counts[e] - q * draws) < 5 * std::sqrt(q * (1 - q) * draws));
  CHECK(prune_at_random(g, 1'000'000, 1, 1).size() == edges.size());
  CHECK(prune_by_magnitude(g, -1).empty());
}

TEST_CASE("removed edges are gone for good", "[app][contrastive]") {
  ContrastiveGraph g = graph();
  const MatrixXd biases = g.input_weights.row(5);
  const auto edges = prune_at_random(g, 40, 1, 0);
  const Index before = g.synapses();
  remove_edges(g, edges);
  CHECK(g.synapses() == before - 40);
  CHECK(g.input_weights.row(5) == biases);
  LabelledData data;
  data.train = data.test = uniform_draws(5, 12, 3);
  for (int i = 0; i < 12; ++i) data.train_labels.push_back(i % 3);
  data.test_labels = data.train_labels;
  data.classes = 3;
  EquilibriumOptions options;
  options.contrast.rule = ContrastRule::vector_field;
  options.epochs = 3;
  const ContrastiveGraph untrained = g;
  train_rate_equilibrium(g, data, options);
  CHECK(g.recurrent != untrained.recurrent);
  for (const GraphEdge& e : edges) CHECK(weight(g, e) == 0);
  for (const auto& others : {prune_by_magnitude(g, 1000), prune_at_random(g, 1000, 1, 1),
                             prune_by_softmax(g, {9, 5, 9}, 1, 1)})
    for (const GraphEdge& e : others) CHECK(!std::binary_search(edges.begin(), edges.end(), e));
}
