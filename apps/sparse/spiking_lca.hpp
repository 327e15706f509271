// The LASSO solved by spikes: the one-layer spiking LCA (Tang, Lin & Davies, arXiv:1705.05475; Lin
// & Tang, arXiv:1805.08952) and its readouts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "core/simulation.hpp"
#include "neurons/if_current.hpp"

namespace clockless {

/// In what width the lateral weights are held. int8 has one scale, the largest weight / 127.
enum class WeightWidth { float64, float32, int8 };

struct LcaOptions {
  bool signed_codes = false;  ///< codes of both signs, by a neuron for each of (D, −D)
  double tau_s = 0.01;        ///< the neurons' time constant
  double delay = 0;           ///< of the lateral spikes, in τ; above 0 the layer may be split
  double lateral = 1;         ///< times −DᵀD between atoms; only 1 solves the LASSO
  WeightWidth weights = WeightWidth::float64;
  std::size_t cores = 1;
  unsigned threads = 1;  ///< for one simulation; replicas go on threads of their own
  Kernel kernel = Kernel::automatic;
  Machine machine{};
};

/// One problem min ½‖x − D a‖² + λ Σ|a_i|, as the network sees it.
struct LcaInput {
  Eigen::VectorXd correlation;  ///< Dᵀx, atoms
  double energy = 0;            ///< ‖x‖²
  double lambda = 0;            ///< > 0
};

/// The network of one dictionary, shared by all replicas: θ_i = ‖d_i‖², W_ij = −d_iᵀd_j. Neuron i
/// is atom i; for signed codes neuron K + i is −(atom i).
class LcaNetwork {
 public:
  /// dictionary: features x atoms. Throws Error as check_dictionary(), and for options that make no
  /// sense. Stops early after Ctrl-C, without weights: then do not simulate it.
  explicit LcaNetwork(Eigen::MatrixXd dictionary, LcaOptions options = {});

  const Eigen::MatrixXd& dictionary() const { return dictionary_; }
  const Eigen::MatrixXd& gram() const { return gram_; }
  const Eigen::VectorXd& thresholds() const { return thresholds_; }  ///< neurons
  const LcaOptions& options() const { return options_; }
  Eigen::Index atoms() const { return dictionary_.cols(); }
  Eigen::Index neurons() const { return thresholds_.size(); }
  const Network& network() const { return network_; }
  Population<IfCurrent> population() const { return population_; }
  std::size_t synapses() const { return synapses_; }          ///< weights that are not zero
  std::size_t weight_bytes() const { return weight_bytes_; }  ///< of the whole matrix

  /// Throws Error for another number of features, values that are not finite and λ ≤ 0.
  LcaInput input(const Eigen::VectorXd& x, double lambda) const;
  /// Values of all neurons as one per atom: for signed codes a₊ − a₋.
  Eigen::VectorXd fold(const Eigen::VectorXd& of_neurons) const;
  /// Spikes of a neuron per τ that no network that settles goes beyond. At rest λ Σa ≤ ½‖x‖² (the
  /// objective is below that of a = 0); on the way each neuron is driven by at most ‖x‖/‖d‖ of its
  /// own and, for a while, by others.
  double rate_limit(const LcaInput& input) const;

 private:
  template <class Weight>
  void connect(const LcaOptions& options);

  Eigen::MatrixXd dictionary_, gram_;
  LcaOptions options_;
  Eigen::VectorXd thresholds_;
  Network network_;
  Population<IfCurrent> population_;
  std::size_t synapses_ = 0, weight_bytes_ = 0;
};

/// All neurons at one moment.
struct LcaMoment {
  double time = 0;                   ///< in τ
  Eigen::VectorXd spikes;            ///< since the start
  Eigen::VectorXd voltage, current;  ///< ρ, μ
};

/// What happened between two moments, L = their distance in τ; one value per neuron. Exactly, for
/// any two moments: slack = β − (Θ − W)·rate + drift (dictionary-learning theory, section 1).
struct LcaWindow {
  Eigen::VectorXd rate;   ///< a = spikes / L
  Eigen::VectorXd slack;  ///< e = Δρ / L = u − Θa, the slack of the optimality conditions
  Eigen::VectorXd drift;  ///< Δ = −Δμ / L, which vanishes as the currents settle
};
LcaWindow window(const LcaMoment& from, const LcaMoment& to);

/// Codes of one problem, one value per atom.
struct LcaCodes {
  Eigen::VectorXd count;     ///< spikes / T over [0, T]
  Eigen::VectorXd tail;      ///< the same over [T/4, T]: without the spikes of the start
  Eigen::VectorXd membrane;  ///< max(u, 0)/θ over [T/4, T] with u = θa + Δρ/L: the most accurate
};

/// One running copy of an LcaNetwork.
class SpikingLca {
 public:
  /// Keeps a reference to `network`.
  explicit SpikingLca(const LcaNetwork& network);
  SpikingLca(const LcaNetwork& network, const Mapping& mapping);

  /// Begins anew at 0 with ρ = 0, μ = β = Dᵀx − λ.
  void start(const LcaInput& input);
  /// Runs to `time` (in τ); run_until() throws Error when activity diverges.
  void run_until(double time);
  /// The present moment; the codes need no currents, and reading takes time.
  LcaMoment now(bool with_currents = true) const;
  /// start(), then the readouts of [0, duration] (in τ).
  LcaCodes code(const LcaInput& input, double duration);
  /// The readouts at the present moment; `quarter` is the moment at T/4.
  LcaCodes codes(const LcaMoment& quarter) const;

  /// For recording, counts and the hash.
  Simulation& simulation() { return simulation_; }
  const Simulation& simulation() const { return simulation_; }

 private:
  const LcaNetwork& network_;
  Simulation simulation_;
  std::vector<IfCurrent::State> initial_;
};

}  // namespace clockless
