// Exact gradients and contrastive rules.
#include "apps/contrastive/contrast.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <Eigen/LU>
#include <fmt/format.h>

#include "core/error.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

WeightChange WeightChange::zero(const ContrastiveGraph& graph) {
  return {MatrixXd::Zero(graph.inputs() + 1, graph.cells()),
          MatrixXd::Zero(graph.cells(), graph.cells())};
}

WeightChange& WeightChange::operator+=(const WeightChange& other) {
  input += other.input;
  recurrent += other.recurrent;
  return *this;
}

WeightChange& WeightChange::operator*=(double factor) {
  input *= factor;
  recurrent *= factor;
  return *this;
}

void apply(ContrastiveGraph& graph, const WeightChange& change, double input_rate,
           double recurrent_rate) {
  graph.input_weights += input_rate * change.input;
  for (const auto& b : graph.blocks)
    graph.recurrent.block(b.from, b.to, b.from_size, b.to_size) +=
        recurrent_rate * change.recurrent.block(b.from, b.to, b.from_size, b.to_size);
}

namespace {

MatrixXd recurrent_outer(const ContrastiveGraph& graph, const MatrixXd& pre, const MatrixXd& post) {
  MatrixXd out = MatrixXd::Zero(graph.cells(), graph.cells());
  for (const auto& b : graph.blocks) {
    auto part = out.block(b.from, b.to, b.from_size, b.to_size);
    part.noalias() =
        pre.middleRows(b.from, b.from_size) * post.middleRows(b.to, b.to_size).transpose();
    part.array() *= graph.recurrent_mask.block(b.from, b.to, b.from_size, b.to_size).array();
  }
  return out;
}

}  // namespace

WeightChange outer(const ContrastiveGraph& graph, const Eigen::Ref<const MatrixXd>& x,
                   const MatrixXd& pre, const MatrixXd& post) {
  WeightChange change{MatrixXd(graph.inputs() + 1, graph.cells()),
                      recurrent_outer(graph, pre, post)};
  change.input.topRows(graph.inputs()).noalias() = x * post.transpose();
  change.input.row(graph.inputs()) = post.rowwise().sum().transpose();
  change.input.array() *= graph.input_mask.array();
  return change;
}

void subtract_leak_part(const ContrastiveGraph& graph, const MatrixXd& pre, const MatrixXd& post,
                        WeightChange& change) {
  if (graph.leak == Leak::unit) return;
  const VectorXd own = pre.cwiseProduct(post).rowwise().sum();
  const MatrixXd& slopes = graph.leak == Leak::outgoing ? graph.recurrent_mask : graph.recurrent;
  for (const auto& b : graph.blocks)
    change.recurrent.block(b.from, b.to, b.from_size, b.to_size) -=
        own.segment(b.from, b.from_size).asDiagonal() *
        slopes.block(b.from, b.to, b.from_size, b.to_size).cwiseSign();
}

WeightChange exact_descent(const ContrastiveGraph& graph, const Eigen::Ref<const MatrixXd>& x,
                           const MatrixXd& states, const MatrixXd& targets,
                           const VectorXd& weights) {
  const MatrixXd jacobian = graph.jacobian();
  MatrixXd adjoint = MatrixXd::Zero(states.rows(), states.cols());
  for (Index k = 0; k < states.cols(); ++k) {
    std::vector<Index> free;
    for (Index j = 0; j < states.rows(); ++j)
      if (states(j, k) > 0 && states(j, k) < 1) free.push_back(j);
    if (free.empty()) continue;
    VectorXd slope = VectorXd::Zero(states.rows());
    slope.tail(graph.outputs()) = states.col(k).tail(graph.outputs()) - targets.col(k);
    if (weights.size() > 0) slope.tail(graph.outputs()).array() *= weights.array();
    const Eigen::PartialPivLU<MatrixXd> lu(MatrixXd(jacobian(free, free)).transpose());
    const VectorXd solution = lu.solve(slope(free));
    if (!solution.allFinite())
      throw Error(
          fmt::format("gradient: the Jacobian of sample {} is singular, its equilibrium is "
                      "not isolated; use the contractive leak",
                      k));
    for (std::size_t i = 0; i < free.size(); ++i)
      adjoint(free[i], k) = solution[static_cast<Index>(i)];
  }
  WeightChange change = outer(graph, x, states, adjoint);
  subtract_leak_part(graph, states, adjoint, change);
  return change;
}

WeightChange contrast(const ContrastiveGraph& graph, ContrastRule rule,
                      const Eigen::Ref<const MatrixXd>& x, const MatrixXd& from, const MatrixXd& to,
                      double span) {
  const MatrixXd middle = 0.5 * (from + to), difference = (to - from) / span;
  WeightChange change = outer(graph, x, middle, difference);
  if (rule == ContrastRule::product) change.recurrent += recurrent_outer(graph, difference, middle);
  if (rule == ContrastRule::vector_field) subtract_leak_part(graph, middle, difference, change);
  return change;
}

double gradient_cosine(const WeightChange& a, const WeightChange& b) {
  const auto product = [](const WeightChange& u, const WeightChange& v) {
    return u.input.cwiseProduct(v.input).sum() + u.recurrent.cwiseProduct(v.recurrent).sum();
  };
  const double norms = std::sqrt(product(a, a)) * std::sqrt(product(b, b));
  return norms > 0 ? product(a, b) / norms : std::numeric_limits<double>::quiet_NaN();
}

WeightChange symmetrised(WeightChange change) {
  change.recurrent = (change.recurrent + change.recurrent.transpose()).eval();
  return change;
}

}  // namespace clockless
