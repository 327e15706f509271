// A network for contrastive learning: inputs that are clamped, cells that drive each other along
// weighted edges, and a leak.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <Eigen/Core>

namespace clockless {

/// Which edges there are.
/// - layered: inputs -> first hidden layer <-> … <-> outputs, feedback along every edge between
/// cells;
/// - skip: as well between layers that are not neighbours, and inputs -> all cells;
/// - complete: inputs -> hidden, and every ordered pair of cells, outputs included, with a weight
/// of
///   its own (Farinha et al. 2020).
enum class GraphKind { layered, skip, complete };

/// The leak L_j of a cell, by the weights W_jk that leave it for other cells:
/// unit: 1; outgoing: λ + Σ_k W_jk (Farinha et al. 2020, with λ = 0); contractive: λ + Σ_k |W_jk|,
/// with which μ₁ of the Jacobian is −λ for any weights: one equilibrium, reached from everywhere.
enum class Leak { unit, outgoing, contractive };

struct GraphOptions {
  GraphKind kind = GraphKind::layered;
  Eigen::Index inputs = 0;           ///< P ≥ 1, without the bias
  std::vector<Eigen::Index> hidden;  ///< cells a layer, each ≥ 1; of a complete graph one number
  Eigen::Index outputs = 0;          ///< ≥ 1
  bool direct_edges = false;         ///< complete: inputs -> outputs, too
  Leak leak = Leak::unit;
  double base_leak = 1;  ///< λ of outgoing (≥ 0) and contractive (> 0)
  /// Weights are drawn from N(0, gain · 0.5/√n), n the cells of the layer they come from (complete:
  /// all hidden ones); where `deviation` is set, from N(0, deviation).
  double gain = 2;
  std::optional<double> deviation;
  double bias = 0;           ///< of every cell at first
  double feedback_gain = 1;  ///< layered, skip: W_ji = this · W_ij at first, i in the lower layer
  /// layered, skip: W_ji is drawn by itself, with `feedback_gain` times the deviation of W_ij.
  bool directed = false;
  std::uint64_t seed = 0;
};

/// Weights may be changed by anyone who leaves those without an edge at 0. Cells are numbered layer
/// by layer, outputs last.
struct ContrastiveGraph {
  GraphKind kind = GraphKind::layered;
  Leak leak = Leak::unit;
  double base_leak = 1;
  std::vector<Eigen::Index> layers;  ///< cells a layer: hidden ones, then outputs
  Eigen::MatrixXd input_weights;     ///< P+1 x cells; the last row holds the biases
  Eigen::MatrixXd recurrent;         ///< cells x cells: (i, j) is the weight from i to j
  Eigen::MatrixXd input_mask;        ///< 1 where there is an edge, 0 where not (never or pruned)
  Eigen::MatrixXd recurrent_mask;

  /// A part of `recurrent` that may hold edges; all other parts are zero.
  struct Block {
    Eigen::Index from, from_size, to, to_size;
  };
  std::vector<Block> blocks;

  Eigen::Index inputs() const { return input_weights.rows() - 1; }
  Eigen::Index cells() const { return recurrent.rows(); }
  Eigen::Index outputs() const { return layers.back(); }
  Eigen::Index first_output() const { return cells() - outputs(); }

  /// Edges there are. Biases are no edges.
  Eigen::Index synapses() const;
  /// L of each cell.
  Eigen::VectorXd leaks() const;
  /// W_inᵀ x + bias, cells x samples. Throws Error where x is not inputs x samples.
  Eigen::MatrixXd input_drive(const Eigen::Ref<const Eigen::MatrixXd>& x) const;
  /// drive += Wᵀ s (or W s, along reversed edges) for cells x samples.
  void add_recurrent_drive(const Eigen::MatrixXd& s, Eigen::MatrixXd& drive,
                           bool reversed = false) const;
  /// Jacobian of ṡ = Wᵀ s + … − L s where nothing is clipped: Wᵀ − diag(L).
  Eigen::MatrixXd jacobian() const;
};

/// Throws Error for sizes, gains and leaks that make no graph.
ContrastiveGraph make_graph(const GraphOptions& options);

/// −max μ₁(J) = min_j (L_j − Σ_k |W_jk|): while positive, distances in the ℓ₁ norm shrink at least
/// at that rate, with any cells clipped.
double contraction_margin(const ContrastiveGraph& graph);

/// ‖W − Wᵀ‖ / ‖W + Wᵀ‖ (Frobenius) of the weights between cells: 0 where they are symmetric, about
/// 1 where they are drawn each by itself.
double asymmetry(const ContrastiveGraph& graph);

/// The largest real part of an eigenvalue of the Jacobian: positive means that the unclipped
/// dynamics run away. O(cells³).
double spectral_abscissa(const ContrastiveGraph& graph);

}  // namespace clockless
