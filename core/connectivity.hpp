// Who is connected to whom: patterns as plain lists of edges, and whole weight matrices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/time.hpp"

namespace clockless {

/// One synapse: places inside the two populations, its weight and its axonal delay.
struct Edge {
  std::uint32_t pre = 0;
  std::uint32_t post = 0;
  double weight = 0;
  Duration delay{0};
  friend bool operator==(const Edge&, const Edge&) = default;
};
using Edges = std::vector<Edge>;

// All patterns give their edges sorted by (pre, post), multapses side by side. They throw Error for
// populations above 2^32 − 1 neurons, edges that no memory holds, weights that are not finite and
// negative delays. Random ones are a function of the seed alone, on every machine.

/// A weight, or a delay, of the synapse pre → post; asked once for each edge, in the edges' order.
using WeightOf = std::function<double(std::uint32_t pre, std::uint32_t post)>;
using DelayOf = std::function<Duration(std::uint32_t pre, std::uint32_t post)>;

WeightOf constant(double weight);
DelayOf constant(Duration delay);

/// Every pre to every post. `self == false`, here and below, leaves out i → i (autapses; meant for
/// a population connected to itself).
Edges all_to_all(std::size_t pre, std::size_t post, const WeightOf&, const DelayOf&,
                 bool self = true);
/// i → i. Throws Error when the sizes differ.
Edges one_to_one(std::size_t pre, std::size_t post, const WeightOf&, const DelayOf&);
/// Exactly `in_degree` sources for each post, drawn with replacement if `multapses`, else without.
/// A post's sources do not depend on how many posts there are. Throws Error when there are too few.
Edges fixed_in_degree(std::size_t pre, std::size_t post, std::size_t in_degree, std::uint64_t seed,
                      const WeightOf&, const DelayOf&, bool self = true, bool multapses = false);
/// Each pair with probability p, independently (geometric skips: the cost is that of the edges).
/// A pre's targets do not depend on how many pres there are. Throws Error for p outside 0 to 1.
Edges fixed_probability(std::size_t pre, std::size_t post, double p, std::uint64_t seed,
                        const WeightOf&, const DelayOf&, bool self = true);

/// Synapses that are drawn when they are asked for, source by source, and kept nowhere: for
/// networks whose list of edges would not fit into memory though their synapses do.
struct DrawnEdges {
  std::size_t pre = 0;
  std::size_t post = 0;
  /// Appends those of one source; the same whenever asked.
  std::function<void(std::uint32_t pre, Edges& edges)> of;
};
/// The edges of fixed_probability.
DrawnEdges drawn_with_probability(std::size_t pre, std::size_t post, double p, std::uint64_t seed,
                                  WeightOf, DelayOf, bool self = true);

/// The non-zero entries of a matrix, `weights[pre * post_count + post]`. Throws Error for another
/// size.
Edges from_matrix(std::size_t pre, std::size_t post, std::span<const double> weights,
                  Duration delay = {});

/// A 2-D convolution as synapses. Neurons of a layer are numbered channel-major:
/// (channel · height + y) · width + x.
struct Convolution {
  std::size_t in_channels = 1, in_height = 1, in_width = 1;
  std::size_t out_channels = 1, kernel_height = 1, kernel_width = 1;
  std::size_t stride_y = 1, stride_x = 1, padding_y = 0, padding_x = 0;
  /// (in + 2 padding − kernel) / stride + 1, rounded down. Throws Error where nothing comes out.
  std::size_t out_height() const;
  std::size_t out_width() const;
};
/// `kernel[((o · in_channels + i) · kernel_height + ky) · kernel_width + kx]`, cross-correlation as
/// in the deep-learning libraries; a zero is no synapse. Throws Error for sizes that do not fit, a
/// stride of 0 and a padding as wide as the kernel.
Edges convolution(const Convolution&, std::span<const double> kernel, Duration delay = {});

/// A full weight matrix, one contiguous row per pre neuron, shared by all simulations that use it.
/// A zero is no synapse.
template <class Weight>
struct DenseMatrix {
  std::size_t pre = 0;
  std::size_t post = 0;
  std::shared_ptr<const Weight[]> weights;
  const Weight* row(std::size_t i) const { return weights.get() + i * post; }
};

}  // namespace clockless
