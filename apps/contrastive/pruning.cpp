// Choosing edges to remove.
#include "apps/contrastive/pruning.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include <fmt/format.h>

#include "apps/data/shuffle.hpp"
#include "core/error.hpp"
#include "core/random.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;

namespace {

/// Calls f(edge, weight) for each edge, column by column, inputs first.
template <class F>
void for_each_edge(const ContrastiveGraph& g, F f) {
  for (Index to = 0; to < g.cells(); ++to) {
    for (Index from = 0; from < g.inputs(); ++from)
      if (g.input_mask(from, to) != 0)
        f(GraphEdge{true, from, to}, std::as_const(g.input_weights(from, to)));
    for (Index from = 0; from < g.cells(); ++from)
      if (g.recurrent_mask(from, to) != 0)
        f(GraphEdge{false, from, to}, std::as_const(g.recurrent(from, to)));
  }
}

std::vector<GraphEdge> in_order(std::vector<GraphEdge> edges) {
  std::sort(edges.begin(), edges.end());
  return edges;
}

}  // namespace

EdgeProbabilities removal_probabilities(const ContrastiveGraph& g, const SoftmaxPruning& o) {
  if (!(o.per_cell >= 0) || !(o.temperature > 0) || !(o.tolerance >= 0))
    throw Error(
        fmt::format("pruning: {} edges per cell, temperature {}, tolerance {}; none may be "
                    "negative, and the temperature not 0",
                    o.per_cell, o.temperature, o.tolerance));
  const auto probability = [&](const auto& weights, const auto& mask) -> MatrixXd {
    return mask.array() * (-weights.array().abs() / o.temperature).exp();
  };
  EdgeProbabilities p{
      probability(g.input_weights.topRows(g.inputs()), g.input_mask.topRows(g.inputs())),
      probability(g.recurrent, g.recurrent_mask)};
  for (Index j = 0; j < g.cells(); ++j) {
    const double sum = p.input.col(j).sum() + p.recurrent.col(j).sum();
    const auto finish = [&](auto column, const auto& weights) {
      for (Index i = 0; i < column.size(); ++i)
        column[i] = std::abs(weights[i]) > o.tolerance || column[i] == 0
                        ? 0
                        : std::min(1.0, o.per_cell * column[i] / sum);
    };
    finish(p.input.col(j), g.input_weights.col(j));
    finish(p.recurrent.col(j), g.recurrent.col(j));
  }
  return p;
}

std::vector<GraphEdge> prune_by_softmax(const ContrastiveGraph& g, const SoftmaxPruning& options,
                                        std::uint64_t seed, std::uint64_t epoch) {
  const EdgeProbabilities p = removal_probabilities(g, options);
  const std::uint64_t key = random_bits(seed, 0x736f6674, 0);  // streams of its own: 'soft'
  std::vector<GraphEdge> out;
  for_each_edge(g, [&](const GraphEdge& e, double) {
    const Index row = e.from_input ? e.from : g.inputs() + e.from;
    RandomStream draw{key, epoch, static_cast<std::uint64_t>(row * g.cells() + e.to)};
    if (draw.uniform() <= (e.from_input ? p.input : p.recurrent)(e.from, e.to)) out.push_back(e);
  });
  return in_order(std::move(out));
}

std::vector<GraphEdge> prune_by_magnitude(const ContrastiveGraph& g, Index count) {
  std::vector<std::pair<double, GraphEdge>> edges;
  for_each_edge(g, [&](const GraphEdge& e, double w) { edges.emplace_back(std::abs(w), e); });
  const auto wanted = std::min(edges.size(), static_cast<std::size_t>(std::max<Index>(count, 0)));
  std::partial_sort(edges.begin(), edges.begin() + static_cast<std::ptrdiff_t>(wanted),
                    edges.end());
  std::vector<GraphEdge> out;
  for (std::size_t i = 0; i < wanted; ++i) out.push_back(edges[i].second);
  return in_order(std::move(out));
}

std::vector<GraphEdge> prune_at_random(const ContrastiveGraph& g, Index count, std::uint64_t seed,
                                       std::uint64_t epoch) {
  std::vector<GraphEdge> edges;
  for_each_edge(g, [&](const GraphEdge& e, double) { edges.push_back(e); });
  const std::uint64_t key = random_bits(seed, 0x616e79, 0);  // streams of its own: 'any'
  const auto wanted = std::min(edges.size(), static_cast<std::size_t>(std::max<Index>(count, 0)));
  std::vector<GraphEdge> out;
  for (std::size_t i = 0; i < wanted; ++i)
    out.push_back(edges[shuffled(key, epoch, i, edges.size())]);
  return in_order(std::move(out));
}

std::vector<GraphEdge> edges_to_remove(const PruningPlan& plan, const ContrastiveGraph& graph,
                                       Index all, int epoch, std::uint64_t seed) {
  if (plan.by == PruningPlan::By::none || epoch < plan.first_epoch || epoch > plan.last_epoch)
    return {};
  const auto beyond = [&](double way) {
    const double left = static_cast<double>(all) * std::pow(std::max(1 - plan.share, 1e-9), way);
    return std::max<Index>(0, graph.synapses() - static_cast<Index>(std::llround(left)));
  };
  const auto number = static_cast<std::uint64_t>(epoch);
  const Index surplus = beyond(static_cast<double>(epoch - plan.first_epoch + 1) /
                               static_cast<double>(plan.last_epoch - plan.first_epoch + 1));
  if (plan.by == PruningPlan::By::magnitude) return prune_by_magnitude(graph, surplus);
  if (plan.by == PruningPlan::By::random) return prune_at_random(graph, surplus, seed, number);
  const auto drawn = prune_by_softmax(graph, plan.softmax, seed, number);
  const auto most = static_cast<std::size_t>(beyond(1));
  if (drawn.size() <= most) return drawn;
  std::vector<GraphEdge> some;  // any of them: the list is in order of cells
  const std::uint64_t key = random_bits(seed, 0x736f6d65, 0);  // streams of its own: 'some'
  for (std::size_t i = 0; i < most; ++i)
    some.push_back(drawn[shuffled(key, number, i, drawn.size())]);
  return in_order(std::move(some));
}

void remove_edges(ContrastiveGraph& g, const std::vector<GraphEdge>& edges) {
  for (const GraphEdge& e : edges) {
    (e.from_input ? g.input_weights : g.recurrent)(e.from, e.to) = 0;
    (e.from_input ? g.input_mask : g.recurrent_mask)(e.from, e.to) = 0;
  }
}

}  // namespace clockless
