// Spiking-LCA layers of known dictionaries: the networks on which the dense kernel is tested.
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/random.hpp"
#include "core/simulation.hpp"
#include "neurons/if_current.hpp"

namespace clockless::test {

/// min ½‖x − Da‖² + λ Σ a, a ≥ 0, as a layer: weights −(DᵀD − 1), drive Dᵀx − λ, thresholds ‖d‖².
struct Layer {
  std::size_t atoms = 0;
  std::vector<double> weights;  // atoms × atoms
  std::vector<double> drive, threshold;

  template <class Weight>
  DenseMatrix<Weight> matrix() const {
    std::shared_ptr<Weight[]> w(new Weight[weights.size()]);
    for (std::size_t k = 0; k < weights.size(); ++k) w.get()[k] = static_cast<Weight>(weights[k]);
    return {atoms, atoms, w};
  }
  void begin(Simulation& simulation, Population<IfCurrent> code) const {
    simulation.set(code, &IfCurrent::State::drive, drive);
    simulation.set(code, &IfCurrent::State::current, drive);
    simulation.set(code, &IfCurrent::State::threshold, threshold);
  }
};

/// How atoms are drawn. `signed_pairs`: Gaussian, followed by their negatives; `coherent`: positive
/// entries with much in common.
enum class Atoms { gaussian, signed_pairs, coherent };

/// A dictionary of unit atoms and a sample of atoms/32 of them plus noise, with λ = 0.1 ‖Dᵀx‖∞.
inline Layer random_layer(std::size_t features, std::size_t atoms, Atoms kind, std::uint64_t seed) {
  RandomStream random{seed, 1};
  std::vector<std::vector<double>> d(atoms, std::vector<double>(features));
  const auto dot = [&](const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t f = 0; f < features; ++f) sum += a[f] * b[f];
    return sum;
  };
  for (std::size_t i = 0; i < atoms; ++i) {
    const bool mirrored = kind == Atoms::signed_pairs && i >= atoms / 2;
    for (std::size_t f = 0; f < features; ++f)
      d[i][f] = mirrored                  ? -d[i - atoms / 2][f]
                : kind == Atoms::coherent ? 0.3 + random.uniform()
                                          : random.normal();
    if (mirrored) continue;
    const double norm = std::sqrt(dot(d[i], d[i]));
    for (double& v : d[i]) v /= norm;
  }
  std::vector<double> x(features);
  for (double& v : x) v = 0.02 * random.normal();
  for (std::size_t k = 0; k < std::max<std::size_t>(atoms / 32, 3); ++k) {
    const std::size_t i = random.below(static_cast<std::uint32_t>(atoms));
    const double amount = 0.5 + random.uniform();
    for (std::size_t f = 0; f < features; ++f) x[f] += amount * d[i][f];
  }
  Layer layer{atoms, std::vector<double>(atoms * atoms), std::vector<double>(atoms),
              std::vector<double>(atoms)};
  double largest = 0;
  for (std::size_t i = 0; i < atoms; ++i) {
    layer.drive[i] = dot(d[i], x);
    largest = std::fmax(largest, std::abs(layer.drive[i]));
    layer.threshold[i] = dot(d[i], d[i]);
    for (std::size_t j = 0; j < atoms; ++j)
      layer.weights[i * atoms + j] = i == j ? 0.0 : -dot(d[i], d[j]);
  }
  for (double& b : layer.drive) b -= 0.1 * largest;
  return layer;
}

}  // namespace clockless::test
