// Edges, first weights and leaks.
#include "apps/contrastive/graph.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <string>

#include <Eigen/Eigenvalues>
#include <fmt/format.h>

#include "core/error.hpp"
#include "core/random.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr Index most_cells = Index{1} << 14;  // 2 GiB a matrix

void check(const GraphOptions& o) {
  const auto refuse = [](const std::string& why) { throw Error("graph: " + why); };
  if (o.inputs < 1 || o.outputs < 1)
    refuse(fmt::format("{} inputs and {} outputs; give one of each at least", o.inputs, o.outputs));
  Index cells = o.outputs;
  for (const Index n : o.hidden) {
    if (n < 1) refuse(fmt::format("a hidden layer of {} cells; give each one at least", n));
    cells += std::min(n, most_cells);
  }
  if (o.hidden.empty()) refuse("no hidden layer; give one");
  if (cells > most_cells)
    refuse(fmt::format("{} cells; {} are the most that are held as matrices", cells, most_cells));
  if (o.kind == GraphKind::complete && o.hidden.size() > 1)
    refuse(fmt::format("{} hidden layers, but a complete one has no layers; give one number",
                       o.hidden.size()));
  if (o.kind == GraphKind::complete && o.feedback_gain != 1)
    refuse("feedback_gain is of layers, a complete graph has none; leave it at 1");
  if (o.directed && o.feedback_gain < 0)
    refuse(
        fmt::format("feedback_gain is {}, of weights that are drawn by themselves; give at least 0",
                    o.feedback_gain));
  if (!(o.gain >= 0) || !std::isfinite(o.gain) || !std::isfinite(o.feedback_gain) ||
      !std::isfinite(o.bias) ||
      (o.deviation && (!(*o.deviation >= 0) || !std::isfinite(*o.deviation))))
    refuse("gain and deviation must be finite and not negative, feedback_gain and bias finite");
  if (!(o.base_leak >= 0) || !std::isfinite(o.base_leak) ||
      (o.leak == Leak::contractive && o.base_leak == 0))
    refuse(
        fmt::format("base_leak is {}; it must be finite and not negative, of the contractive "
                    "leak positive",
                    o.base_leak));
}

/// Draws the weights of a matrix, entry by entry: those of entry (i, j) depend on nothing else.
class WeightDraws {
 public:
  WeightDraws(std::uint64_t seed, std::uint64_t purpose) : key_(random_bits(seed, purpose, 0)) {}

  void fill(Eigen::Ref<MatrixXd> weights, Index first_row, Index first_column, double deviation) {
    for (Index i = 0; i < weights.rows(); ++i)
      for (Index j = 0; j < weights.cols(); ++j) {
        RandomStream stream{key_, static_cast<std::uint64_t>(first_row + i) << 32 |
                                      static_cast<std::uint64_t>(first_column + j)};
        weights(i, j) = deviation * stream.normal();
      }
  }

 private:
  std::uint64_t key_;
};

}  // namespace

ContrastiveGraph make_graph(const GraphOptions& o) {
  check(o);
  ContrastiveGraph g;
  g.kind = o.kind;
  g.leak = o.leak;
  g.base_leak = o.leak == Leak::unit ? 1 : o.base_leak;
  g.layers = o.hidden;
  g.layers.push_back(o.outputs);
  const Index cells = std::accumulate(g.layers.begin(), g.layers.end(), Index{0});
  g.input_weights = g.input_mask = MatrixXd::Zero(o.inputs + 1, cells);
  g.recurrent = g.recurrent_mask = MatrixXd::Zero(cells, cells);
  g.input_weights.row(o.inputs).setConstant(o.bias);
  g.input_mask.row(o.inputs).setOnes();
  WeightDraws from_inputs(o.seed, 0x696e70757473), between(o.seed, 0x63656c6c73);  // inputs, cells
  const auto deviation = [&](Index from) {
    return o.deviation.value_or(o.gain * 0.5 / std::sqrt(static_cast<double>(from)));
  };
  const auto connect_inputs = [&](Index to, Index size) {
    from_inputs.fill(g.input_weights.block(0, to, o.inputs, size), 0, to, deviation(o.inputs));
    g.input_mask.block(0, to, o.inputs, size).setOnes();
  };
  const auto block_of = [&](const ContrastiveGraph::Block& b) {
    g.blocks.push_back(b);
    g.recurrent_mask.block(b.from, b.to, b.from_size, b.to_size).setOnes();
    return g.recurrent.block(b.from, b.to, b.from_size, b.to_size);
  };

  if (o.kind == GraphKind::complete) {
    between.fill(block_of({0, cells, 0, cells}), 0, 0, deviation(cells - o.outputs));
    g.recurrent.diagonal().setZero();
    g.recurrent_mask.diagonal().setZero();
    connect_inputs(0, o.direct_edges ? cells : cells - o.outputs);
    return g;
  }
  Index from = 0;
  for (std::size_t a = 0; a < g.layers.size(); from += g.layers[a++]) {
    if (a == 0 || o.kind == GraphKind::skip) connect_inputs(from, g.layers[a]);
    Index to = from + g.layers[a];
    for (std::size_t b = a + 1; b < g.layers.size(); to += g.layers[b++]) {
      if (b > a + 1 && o.kind == GraphKind::layered) break;
      auto up = block_of({from, g.layers[a], to, g.layers[b]});
      between.fill(up, from, to, deviation(g.layers[a]));
      auto back = block_of({to, g.layers[b], from, g.layers[a]});
      if (o.directed)
        between.fill(back, to, from, o.feedback_gain * deviation(g.layers[a]));
      else
        back = o.feedback_gain * up.transpose();
    }
  }
  return g;
}

Index ContrastiveGraph::synapses() const {
  return static_cast<Index>(
      std::llround(input_mask.topRows(inputs()).sum() + recurrent_mask.sum()));
}

VectorXd ContrastiveGraph::leaks() const {
  switch (leak) {
    case Leak::unit:
      return VectorXd::Ones(cells());
    case Leak::outgoing:
      return recurrent.rowwise().sum().array() + base_leak;
    case Leak::contractive:
      return recurrent.cwiseAbs().rowwise().sum().array() + base_leak;
  }
  return {};
}

MatrixXd ContrastiveGraph::input_drive(const Eigen::Ref<const MatrixXd>& x) const {
  if (x.rows() != inputs())
    throw Error(fmt::format("graph: samples of {} values for {} inputs; give the same", x.rows(),
                            inputs()));
  MatrixXd drive = input_weights.topRows(inputs()).transpose() * x;
  drive.colwise() += input_weights.row(inputs()).transpose();
  return drive;
}

void ContrastiveGraph::add_recurrent_drive(const MatrixXd& s, MatrixXd& drive,
                                           bool reversed) const {
  for (const Block& b : blocks) {
    const auto weights = recurrent.block(b.from, b.to, b.from_size, b.to_size);
    if (reversed)
      drive.middleRows(b.from, b.from_size).noalias() += weights * s.middleRows(b.to, b.to_size);
    else
      drive.middleRows(b.to, b.to_size).noalias() +=
          weights.transpose() * s.middleRows(b.from, b.from_size);
  }
}

MatrixXd ContrastiveGraph::jacobian() const {
  MatrixXd j = recurrent.transpose();
  j.diagonal() -= leaks();
  return j;
}

double contraction_margin(const ContrastiveGraph& graph) {
  return (graph.leaks() - graph.recurrent.cwiseAbs().rowwise().sum()).minCoeff();
}

double asymmetry(const ContrastiveGraph& graph) {
  const MatrixXd& w = graph.recurrent;
  const double even = (w + w.transpose()).norm();
  return even > 0 ? (w - w.transpose()).norm() / even : 0.0;
}

double spectral_abscissa(const ContrastiveGraph& graph) {
  return Eigen::EigenSolver<MatrixXd>(graph.jacobian(), false).eigenvalues().real().maxCoeff();
}

}  // namespace clockless
