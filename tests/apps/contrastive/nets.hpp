// Small random networks and data for tests of contrastive learning.
#pragma once

#include <cstdint>

#include <Eigen/Core>

#include "apps/contrastive/graph.hpp"
#include "core/random.hpp"

namespace clockless {

/// rows x columns of draws uniform in (0, 1].
inline Eigen::MatrixXd uniform_draws(Eigen::Index rows, Eigen::Index columns, std::uint64_t seed) {
  RandomStream random{seed, 77};
  Eigen::MatrixXd out(rows, columns);
  for (double& value : out.reshaped()) value = random.uniform();
  return out;
}

/// 5 inputs, 8 hidden cells (layered, skip: 5 and 3), 3 outputs; biases that keep most cells
/// unclipped.
inline ContrastiveGraph small_graph(GraphKind kind, Leak leak, std::uint64_t seed, double gain = 1,
                                    double base_leak = 1) {
  GraphOptions o;
  o.kind = kind;
  o.inputs = 5;
  o.hidden = {8};
  if (kind != GraphKind::complete) o.hidden = {5, 3};
  o.outputs = 3;
  o.leak = leak;
  o.base_leak = base_leak;
  o.gain = gain;
  o.bias = 0.4;
  o.seed = seed;
  return make_graph(o);
}

/// 12 inputs, 10 hidden cells, 3 outputs.
inline GraphOptions small(GraphKind kind, Leak leak, std::uint64_t seed) {
  GraphOptions o;
  o.kind = kind;
  o.leak = leak;
  o.inputs = 12;
  o.hidden = {10};
  o.outputs = 3;
  o.gain = leak == Leak::contractive ? 1 : 2;
  o.bias = 0.1;
  o.seed = seed;
  return o;
}

/// n draws uniform in (0, 1], those of another number independent.
inline Eigen::VectorXd random_sample(Eigen::Index n, std::uint64_t seed, std::uint64_t number) {
  RandomStream random{seed, number};
  Eigen::VectorXd x(n);
  for (double& v : x) v = random.uniform();
  return x;
}

}  // namespace clockless
