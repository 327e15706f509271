// Changes of the weights: exact gradients at an equilibrium, and what contrastive rules make of
// two.
#pragma once

#include <Eigen/Core>

#include "apps/contrastive/graph.hpp"

namespace clockless {

/// A change of a graph's weights, in the same shapes; 0 where there is no edge.
struct WeightChange {
  Eigen::MatrixXd input;      ///< P+1 x cells
  Eigen::MatrixXd recurrent;  ///< cells x cells

  static WeightChange zero(const ContrastiveGraph& graph);
  WeightChange& operator+=(const WeightChange& other);
  WeightChange& operator*=(double factor);
};

/// Adds it to the graph's weights, the recurrent part at a rate of its own.
void apply(ContrastiveGraph& graph, const WeightChange& change, double input_rate,
           double recurrent_rate);

/// For each edge i -> j the product of (pre, post): the sum over samples of pre_i post_j, with x
/// and the bias before input edges. x is inputs x samples, the others cells x samples.
WeightChange outer(const ContrastiveGraph& graph, const Eigen::Ref<const Eigen::MatrixXd>& x,
                   const Eigen::MatrixXd& pre, const Eigen::MatrixXd& post);

/// An edge i -> j changes the leak of i, too, and so f_i by −∂L_i/∂W_ij s_i: subtracts
/// ∂L_i/∂W_ij · Σ pre_i post_i, where outer() gave Σ pre_i post_j. Nothing for the unit leak.
void subtract_leak_part(const ContrastiveGraph& graph, const Eigen::MatrixXd& pre,
                        const Eigen::MatrixXd& post, WeightChange& change);

/// −dC/dW of C = Σ ½ w_k (y_k − s_k)² over outputs k and samples at the free equilibria `states`,
/// by implicit differentiation: −dC/dW = (∂f/∂W)ᵀ λ with Jᵀ λ = ∂C/∂s over the cells that are not
/// clipped (all others have λ = 0). The derivative of the leak is part of it. `weights` are the w
/// of the outputs; none: 1. O(cells³) a sample. Throws Error where J is singular.
WeightChange exact_descent(const ContrastiveGraph& graph,
                           const Eigen::Ref<const Eigen::MatrixXd>& x,
                           const Eigen::MatrixXd& states, const Eigen::MatrixXd& targets,
                           const Eigen::VectorXd& weights = {});

/// Rules that see two equilibria, ds apart, and the states s half-way between them.
/// - product: Δ(s_i s_j) = s_i ds_j + s_j ds_i (Scellier & Bengio 2017): −dC/dW of symmetric
/// weights;
/// - one_sided: s_i ds_j (Farinha et al. 2020);
/// - vector_field: (∂f/∂W)ᵀ ds (Scellier et al. 2018): one_sided with the unit leak,
///   s_i (ds_j − ds_i) with the outgoing, s_i (ds_j − sgn(W_ij) ds_i) with the contractive one.
///   Exact for symmetric weights, with corrected dynamics for any.
enum class ContrastRule { product, one_sided, vector_field };

/// The rule's change of the weights, summed over samples, divided by `span`: the difference of the
/// nudges at `to` and `from` (β, or 2β where they are ±β), for which it tends to −dC/dW.
WeightChange contrast(const ContrastiveGraph& graph, ContrastRule rule,
                      const Eigen::Ref<const Eigen::MatrixXd>& x, const Eigen::MatrixXd& from,
                      const Eigen::MatrixXd& to, double span);

/// Σ a b / √(Σ a² Σ b²) over all weights; NaN where one of them is zero.
double gradient_cosine(const WeightChange& a, const WeightChange& b);

/// The change by weights that are kept symmetric: recurrent + recurrentᵀ.
WeightChange symmetrised(WeightChange change);

}  // namespace clockless
