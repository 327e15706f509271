// Stepping and settling.
#include "apps/contrastive/rate_dynamics.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

RateDynamics::RateDynamics(const ContrastiveGraph& graph, const Eigen::Ref<const MatrixXd>& x)
    : graph_(&graph), leak_(graph.leaks()), current_(graph.input_drive(x)) {}

RateDynamics RateDynamics::nudged(const VectorXd& conductance, const MatrixXd& target) const {
  const Index outputs = graph_->outputs();
  if (conductance.size() != outputs || target.rows() != outputs || target.cols() != current_.cols())
    throw Error(
        "nudging: give a conductance and a target for every output, and a target for every "
        "sample");
  RateDynamics out = *this;
  out.leak_.tail(outputs) += conductance;
  out.current_.bottomRows(outputs) += conductance.asDiagonal() * target;
  return out;
}

RateDynamics RateDynamics::corrected(const MatrixXd& free_states) const {
  // Wᵀ s + (W − Wᵀ)(s − s⁰) = W s + (Wᵀ − W) s⁰: J is here that of unclipped cells, which clipped
  // ones obey, too, but do not show.
  RateDynamics out = *this;
  MatrixXd back = MatrixXd::Zero(current_.rows(), current_.cols());
  graph_->add_recurrent_drive(free_states, back, !reversed_);
  graph_->add_recurrent_drive(free_states, out.current_, reversed_);
  out.current_ -= back;
  out.reversed_ = !reversed_;
  return out;
}

MatrixXd RateDynamics::velocity(const MatrixXd& s) const {
  MatrixXd f = current_ - leak_.asDiagonal() * s;
  graph_->add_recurrent_drive(s, f, reversed_);
  return f;
}

void RateDynamics::step(MatrixXd& s, double dt, Stepping stepping) const {
  const MatrixXd f = velocity(s);
  if (stepping == Stepping::euler) {
    s = (s + dt * f).cwiseMax(0.0).cwiseMin(1.0);
    return;
  }
  if (!(leak_.minCoeff() > 0))
    throw Error("rate dynamics: a leak is not positive; step by Euler, or choose another leak");
  const Eigen::ArrayXd decay = (-dt * leak_.array()).exp();
  for (Index k = 0; k < s.cols(); ++k) {
    const Eigen::ArrayXd target =
        (s.col(k).array() + f.col(k).array() / leak_.array()).max(0.0).min(1.0);
    s.col(k) = target + (s.col(k).array() - target) * decay;
  }
}

Settled RateDynamics::settle(const SettleOptions& options) const {
  return settle_from(MatrixXd::Zero(current_.rows(), current_.cols()), options);
}

Settled RateDynamics::settle_from(MatrixXd start, const SettleOptions& options) const {
  constexpr int patience = 50;  // iterations in which the residual must fall by a tenth
  constexpr double least_step = 1.0 / 64;
  Settled out{std::move(start), 0, current_.cols()};
  MatrixXd& s = out.states;
  const Eigen::ArrayXd whole_step = leak_.array().abs().max(1.0).inverse();
  Eigen::ArrayXd change(s.rows());
  MatrixXd f(s.rows(), s.cols());
  double alpha = 1, last = 2;
  for (; out.iterations < options.max_iterations; ++out.iterations) {
    f = current_ - leak_.asDiagonal() * s;
    graph_->add_recurrent_drive(s, f, reversed_);
    double residual = 0;
    out.unsettled = 0;
    for (Index k = 0; k < s.cols(); ++k) {
      auto state = s.col(k).array();
      change = whole_step * f.col(k).array();
      const double largest = ((state + change).max(0.0).min(1.0) - state).abs().maxCoeff();
      if (!(largest <= options.tolerance)) ++out.unsettled;
      residual = std::max(residual, largest);
      state = (state + alpha * change).max(0.0).min(1.0);
    }
    if (out.converged()) break;
    if (out.iterations % patience == patience - 1) {
      if (residual > 0.9 * last && alpha > least_step) alpha /= 2;
      last = residual;
    }
  }
  return out;
}

}  // namespace clockless
