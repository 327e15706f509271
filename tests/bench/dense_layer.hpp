// Spiking LCA on the dense kernel, one layer running for some time: what `bench dense` measures.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <Eigen/Dense>

#include "core/random.hpp"
#include "core/simulation.hpp"
#include "neurons/if_current.hpp"
#include "tests/support/bench.hpp"

namespace clockless::bench {

struct DenseLayer {
  std::string name;
  Eigen::MatrixXd dictionary;  // features x atoms
  Eigen::VectorXd x;
  double lambda;
  double duration;  // in tau
};

/// x = D a with N/32 non-zeros in [0.5, 1.5], Gaussian unit atoms, N/2 features.
inline DenseLayer gaussian_layer(int atoms, double duration) {
  RandomStream random{11, static_cast<std::uint64_t>(atoms)};
  DenseLayer layer{
      fmt::format("gaussian {}", atoms), Eigen::MatrixXd(atoms / 2, atoms), {}, 0.1, duration};
  for (auto& v : layer.dictionary.reshaped()) v = random.normal();
  layer.dictionary.colwise().normalize();
  Eigen::VectorXd code = Eigen::VectorXd::Zero(atoms);
  for (int k = 0; k < atoms / 32; ++k) code[32 * k] = 0.5 + random.uniform();
  layer.x = layer.dictionary * code;
  return layer;
}

class DenseRun {
 public:
  explicit DenseRun(const DenseLayer& layer)
      : n_(static_cast<std::size_t>(layer.dictionary.cols())),
        duration_(layer.duration),
        weights_(new float[n_ * n_]) {
    const Eigen::MatrixXd gram = layer.dictionary.transpose() * layer.dictionary;
    const auto at = [](std::size_t i) { return static_cast<Eigen::Index>(i); };
    for (std::size_t i = 0; i < n_; ++i)
      for (std::size_t j = 0; j < n_; ++j)
        weights_.get()[i * n_ + j] = i == j ? 0.0F : static_cast<float>(-gram(at(i), at(j)));
    code_ = network_.add<IfCurrent>("code", n_);
    network_.connect(code_, code_, DenseMatrix<float>{n_, n_, weights_});
    simulation_ = std::make_unique<Simulation>(network_);
    drive_ = layer.dictionary.transpose() * layer.x;
    drive_.array() -= layer.lambda;
    threshold_ = gram.diagonal();
  }

  /// Runs from the beginning to the end; nanoseconds per synaptic event.
  double repeat() {
    const std::span<const double> beta(drive_.data(), n_);
    simulation_->restart(1);
    simulation_->set(code_, &IfCurrent::State::drive, beta);
    simulation_->set(code_, &IfCurrent::State::current, beta);
    simulation_->set(code_, &IfCurrent::State::threshold,
                     std::span<const double>(threshold_.data(), n_));
    simulation_->record(code_);
    const double start = cpu_seconds();
    simulation_->run_until(at_seconds(duration_));
    const double took = cpu_seconds() - start;
    spikes_ = simulation_->take_spikes();
    return 1e9 * took / static_cast<double>(counts().synaptic_events);
  }

  /// Of the last repetition.
  Counts counts() const { return simulation_->counts(); }
  const std::vector<Spike>& spikes() const { return spikes_; }
  std::vector<std::uint64_t> spike_counts() { return simulation_->spike_counts(code_); }

  const float* row(std::uint32_t source) const { return weights_.get() + source * n_; }

 private:
  std::size_t n_;
  double duration_;
  std::shared_ptr<float[]> weights_;
  Network network_;
  Population<IfCurrent> code_;
  std::unique_ptr<Simulation> simulation_;
  Eigen::VectorXd drive_, threshold_;
  std::vector<Spike> spikes_;
};

}  // namespace clockless::bench
