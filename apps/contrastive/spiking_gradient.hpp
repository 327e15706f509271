// Weight changes of the spiking network beside the exact gradient.
#pragma once

#include <cstdint>

#include <Eigen/Core>

#include "apps/contrastive/equilibrium_network.hpp"
#include "apps/contrastive/graph.hpp"

namespace clockless {

/// Cosine between what a network at the graph's weights learns of samples x (inputs x samples) with
/// targets (outputs x samples), summed over `contexts` orders in which it meets them, and −dC/dW of
/// C = Σ ½ w (y − s)² at the rates' free equilibria, w = 1, or the leak with a relative nudge; for
/// the product rule on symmetric weights, which it keeps so, by the weights that both directions
/// share. The network's rates are replaced by small ones, so that it stays where it is.
double spiking_gradient_cosine(const ContrastiveGraph& graph, const SpikingOptions& options,
                               const Eigen::MatrixXd& x, const Eigen::MatrixXd& targets,
                               int contexts, std::uint64_t seed);

}  // namespace clockless
