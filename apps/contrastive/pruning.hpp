// Which edges of a network to remove for good: by Farinha et al. 2020, the weakest, or any.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include "apps/contrastive/graph.hpp"

namespace clockless {

/// An edge of a graph, from an input or a cell to a cell.
struct GraphEdge {
  bool from_input = false;
  Eigen::Index from = 0;  ///< input or cell, as said
  Eigen::Index to = 0;    ///< cell
  auto operator<=>(const GraphEdge&) const = default;
};

struct SoftmaxPruning {
  double per_cell = 1;  ///< κ ≥ 0: about how many edges a cell loses at a time; 1 in the paper
  double temperature = 5;   ///< T > 0, the paper's; far above the weights it chooses evenly
  double tolerance = 0.01;  ///< |W| above it is never removed, ≥ 0
};

/// A probability for each edge, 0 where there is none.
struct EdgeProbabilities {
  Eigen::MatrixXd input;      ///< P x cells: biases are kept
  Eigen::MatrixXd recurrent;  ///< cells x cells
};

/// min(1, κ e^{−|W_ij|/T} / Σ_i e^{−|W_ij|/T}) over the edges i -> j there are, inputs and cells
/// alike; 0 for |W_ij| above the tolerance (Farinha et al. 2020, their published program, with κ =
/// 1). Throws Error for options out of range.
EdgeProbabilities removal_probabilities(const ContrastiveGraph& graph,
                                        const SoftmaxPruning& options);

/// Edges drawn with these probabilities, each on its own: a function of (graph, seed, epoch).
std::vector<GraphEdge> prune_by_softmax(const ContrastiveGraph& graph,
                                        const SoftmaxPruning& options, std::uint64_t seed,
                                        std::uint64_t epoch);

/// The `count` edges of least |W| in the whole graph (all, where there are fewer), in order of
/// GraphEdge.
std::vector<GraphEdge> prune_by_magnitude(const ContrastiveGraph& graph, Eigen::Index count);

/// `count` edges drawn evenly from all (all, where there are fewer), in order of GraphEdge.
std::vector<GraphEdge> prune_at_random(const ContrastiveGraph& graph, Eigen::Index count,
                                       std::uint64_t seed, std::uint64_t epoch);

/// Which edges are removed after each epoch from the first_epoch on, until `share` of all are gone.
struct PruningPlan {
  enum class By { none, paper, magnitude, random } by = By::none;
  double share = 0.9;
  SoftmaxPruning softmax;
  double l1 = 0;  ///< weights shrink by it after each epoch
  int first_epoch = 1, last_epoch = 1;
};

/// Those to remove after `epoch` (from 1), of a graph that had `all` edges at first: evenly in the
/// logarithm, so that each time the same share of what is left goes; by the paper as many as it
/// draws.
std::vector<GraphEdge> edges_to_remove(const PruningPlan& plan, const ContrastiveGraph& graph,
                                       Eigen::Index all, int epoch, std::uint64_t seed);

/// Takes the edges out for good: weight and mask become 0, and nothing that learns changes them
/// again.
void remove_edges(ContrastiveGraph& graph, const std::vector<GraphEdge>& edges);

}  // namespace clockless
