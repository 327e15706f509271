// What became of a training: solved, or why not.
#pragma once

#include <string>

#include <Eigen/Core>

#include "apps/contrastive/graph.hpp"

namespace clockless {

/// The first of these that holds, of the free equilibria from s = 0 and from s = 1.
enum class Outcome {
  unsettled,  ///< a sample has none that is reached: a limit cycle, or runaway weights
  ambiguous,  ///< outputs depend by more than 0.01 on where the states began
  solved,     ///< every answer is right, with a mean cost ½‖y − s‖² below 0.02
  stuck,      ///< an output is at the same bound for all samples, where weak nudges do not move it
  undecided,  ///< outputs of all samples lie within 0.1: the saddle at which training begins
  partial,    ///< a local optimum, or not trained long enough
};

/// Samples x (inputs x samples), targets (outputs x samples).
Outcome outcome(const ContrastiveGraph& graph, const Eigen::MatrixXd& x,
                const Eigen::MatrixXd& targets);

/// "solved", "no equilibrium is reached", … for tables.
std::string outcome_text(Outcome outcome);

}  // namespace clockless
