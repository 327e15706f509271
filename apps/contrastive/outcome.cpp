// Telling outcomes apart.
#include "apps/contrastive/outcome.hpp"

#include "apps/contrastive/output_code.hpp"
#include "apps/contrastive/rate_dynamics.hpp"

namespace clockless {

using Eigen::MatrixXd;
using Eigen::VectorXd;

Outcome outcome(const ContrastiveGraph& graph, const MatrixXd& x, const MatrixXd& targets) {
  constexpr SettleOptions settle{1e-6, 2000};
  const RateDynamics dynamics(graph, x);
  const Settled low = dynamics.settle(settle);
  const Settled high = dynamics.settle_from(MatrixXd::Ones(graph.cells(), x.cols()), settle);
  if (!low.converged() || !high.converged()) return Outcome::unsettled;
  const MatrixXd s = low.states.bottomRows(graph.outputs());
  if ((high.states.bottomRows(graph.outputs()) - s).cwiseAbs().maxCoeff() > 0.01)
    return Outcome::ambiguous;
  const double cost = 0.5 * (targets - s).squaredNorm() / static_cast<double>(x.cols());
  if (cost < 0.02 && decide(s) == decide(targets)) return Outcome::solved;
  const VectorXd least = s.rowwise().minCoeff(), most = s.rowwise().maxCoeff();
  if ((least.array() >= 1 || most.array() <= 0).any()) return Outcome::stuck;
  return (most - least).maxCoeff() < 0.1 ? Outcome::undecided : Outcome::partial;
}

std::string outcome_text(Outcome outcome) {
  switch (outcome) {
    case Outcome::unsettled:
      return "no equilibrium is reached";
    case Outcome::ambiguous:
      return "the answer depends on the state before";
    case Outcome::solved:
      return "solved";
    case Outcome::stuck:
      return "an output is stuck at a bound";
    case Outcome::undecided:
      return "inputs are not told apart";
    case Outcome::partial:
      return "some answers are wrong";
  }
  return {};
}

}  // namespace clockless
