// How well spikes learn: cosines with the exact gradient of small random networks.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "apps/contrastive/spiking_gradient.hpp"
#include "tests/apps/contrastive/nets.hpp"

namespace clockless {

/// Between what spikes learn of five samples and the exact gradient, the median over `seeds`
/// networks: those of small() with weights and biases by which hardly anything is clipped, where
/// the gradient would be that of one side.
inline double median_cosine(GraphKind kind, Leak leak, bool directed, SpikingOptions options,
                            double threshold, std::size_t seeds) {
  std::vector<double> cosines;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    GraphOptions o = small(kind, leak, seed);
    o.directed = directed;
    o.gain = 0.6;
    o.bias = 0.4;
    options.threshold = threshold;
    options.relative_nudge = leak == Leak::contractive;
    options.teacher.conductance = 0.2;
    options.seed = seed;
    Eigen::MatrixXd x(12, 5), targets = Eigen::MatrixXd::Zero(3, 5);
    for (Eigen::Index k = 0; k < 5; ++k) {
      x.col(k) = random_sample(12, seed, static_cast<std::uint64_t>(k));
      targets(k % 3, k) = 1;
    }
    cosines.push_back(spiking_gradient_cosine(make_graph(o), options, x, targets, 20, seed));
  }
  std::sort(cosines.begin(), cosines.end());
  std::printf("threshold 1/%g: median cosine %.4f, least %.4f\n", 1 / threshold, cosines[seeds / 2],
              cosines[0]);
  return cosines[seeds / 2];
}

}  // namespace clockless
