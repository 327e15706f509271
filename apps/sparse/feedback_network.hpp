// The two-layer spiking network that learns a dictionary by feedback and contrast (Lin & Tang 2018,
// arXiv:1805.08952, equation 8 and Algorithm 1).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include "core/machine.hpp"
#include "core/network.hpp"
#include "neurons/pacemaker.hpp"
#include "neurons/phased_if.hpp"
#include "neurons/tally.hpp"
#include "plasticity/contrast.hpp"

namespace clockless {

/// M features, N atoms. With a whole network H = F B, F = Bᵀ = Dᵀ.
struct FeedbackWeights {
  Eigen::MatrixXd forward;   ///< F, atoms x features
  Eigen::MatrixXd feedback;  ///< B, features x atoms: the dictionary
  Eigen::MatrixXd lateral;   ///< H, atoms x atoms; its diagonal is the thresholds
};

struct FeedbackOptions {
  double duration = 20;         ///< of each of the two phases, in τ
  double kappa = 0.7;           ///< κ, strength of the feedback in the second phase
  double lambda1 = 0.1;         ///< weight of the code's l1 norm
  double lambda2 = 0.01;        ///< decay of the dictionary: mean activity becomes λ₂/λ₁
  double reweighting = 1;       ///< s ← diag(H)^reweighting; 1 is Algorithm 1
  double learning_rate = 0.03;  ///< η_D; 0 learns nothing
  double lateral_rate = 0.33;   ///< η_H
  double halving = 0;           ///< samples after which both rates are half: η/(1 + p/halving)
  bool anticipate = false;      ///< H moves by what a lesson makes of FB, too; not in Algorithm 1
  double safe_step = 0;  ///< bound on η_H Σ‖ã‖² over replicas, which must stay below 2; 0: none
  PhasedIf::Readout readout = PhasedIf::Readout::rate;
  double jitter = 0;       ///< each modulator comes late by up to so much of a phase
  double pause = 1e-3;     ///< between modulators, beside what jitter needs, in tau
  double tau_s = 0.01;     ///< the neurons' time constant
  std::uint64_t seed = 1;  ///< of the jitter
  /// Copies of the network, each of which lives through another sample before all learn.
  std::size_t replicas = 1;
  Kernel kernel = Kernel::automatic;
  std::size_t cores = 1;
  Machine machine{};
};

/// The network as a description, shared by replicas.
///
/// Input neurons (one per feature) and coding neurons (one per atom) reach each other and the
/// coding neurons themselves without delay. A pacemaker's neurons tell each of
/// them, by modulator events over axons of their own delay: onset, feedback, end, learn; the last
/// passes a tally, which adds to it the power ‖ã‖² that it heard of from the coding neurons. Where
/// they anticipate, another tally has told them ‖g_D‖² of the inputs before, and a last modulator
/// makes them tell their synapses a second time. With
/// jitter, inputs begin before the others, and more events keep the windows clear of the time in
/// which neurons are in different phases.
class FeedbackNetwork {
 public:
  /// Throws Error for weights whose sizes do not fit, that are negative or not finite, for a
  /// threshold that is 0, and for options out of range.
  FeedbackNetwork(const FeedbackWeights& weights, const FeedbackOptions& options);

  const FeedbackOptions& options() const { return options_; }
  const Network& network() const { return network_; }
  std::uint32_t features() const { return inputs_.size; }
  std::uint32_t atoms() const { return codes_.size; }
  Population<PhasedIf> inputs() const { return inputs_; }
  Population<PhasedIf> codes() const { return codes_; }
  Projection<Contrast> forward() const { return forward_; }
  Projection<Contrast> feedback() const { return feedback_; }
  Projection<Contrast> lateral() const { return lateral_; }
  const std::vector<double>& thresholds() const { return thresholds_; }
  const PhasedIf::Params& code_params() const { return code_params_; }
  /// From one sample's onset to the next.
  Duration period() const { return period_; }

 private:
  /// Whom the pacemaker's neurons tell what; some only where modulators come late, some only of
  /// those that anticipate.
  enum Modulator : std::uint32_t {
    onset,
    codes_onset,
    feedback_on,
    close,
    watch,
    close_again,
    end,
    force,
    learn,
    teach,
    anticipate,
    teach_again,
    modulators
  };
  void connect_modulators();

  FeedbackOptions options_;
  std::vector<double> thresholds_;
  PhasedIf::Params code_params_;
  Network network_;
  std::array<std::uint32_t, modulators> teller_{};  // pacemaker neuron of each
  Population<Pacemaker> pacemaker_;
  Population<Tally> tally_;
  Population<PhasedIf> inputs_, codes_;
  Projection<Contrast> forward_, feedback_, lateral_;
  Duration period_{};
};

/// How far the network is from a whole one.
struct FeedbackConsistency {
  double consistency;  ///< 1 − ‖H − FB‖/‖FB‖ (Frobenius)
  double symmetry;     ///< cosine between F and Bᵀ as vectors
};
FeedbackConsistency consistency(const FeedbackWeights& weights);

}  // namespace clockless
