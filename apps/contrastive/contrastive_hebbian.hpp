// Contrastive Hebbian learning (Movellan 1991; Xie & Seung 2003): outputs clamped to their targets
// against outputs left free.
#pragma once

#include <Eigen/Core>

#include "apps/contrastive/contrast.hpp"
#include "apps/contrastive/graph.hpp"
#include "apps/contrastive/rate_dynamics.hpp"

namespace clockless {

/// The fixed points s = clip(drive(s)) of a graph with the unit leak for samples x (inputs x
/// samples) with its outputs at the targets (outputs x samples): cells x samples, from the states
/// `start`. Each sweep goes through the layers backwards and forwards.
Settled settle_clamped(const ContrastiveGraph& graph, const Eigen::Ref<const Eigen::MatrixXd>& x,
                       const Eigen::MatrixXd& targets, Eigen::MatrixXd start,
                       const SettleOptions& options = {});

/// The rule on a layered graph whose weights back are `feedback` = γ times those forward, summed
/// over samples: γ^(l−L) Δ(s_i s_j) of edges into layer l of L, for edges back γ times that, so
/// that they stay so. As γ → 0 the change of the forward weights tends to back-propagation's
/// −d ½‖y − s‖² / dW (Xie & Seung 2003, section 3), as far as nothing is clipped but cells that
/// back-propagation takes for off, too.
WeightChange contrastive_hebbian(const ContrastiveGraph& graph,
                                 const Eigen::Ref<const Eigen::MatrixXd>& x,
                                 const Eigen::MatrixXd& targets, double feedback,
                                 const SettleOptions& options = {});

}  // namespace clockless
