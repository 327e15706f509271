// A restricted Boltzmann machine that learns from block Gibbs sampling, by rigid or flexible phases
// (contrastive divergence, Hinton 2002; Williams, Bredenberg & Lajoie 2023).
#pragma once

#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include "apps/contrastive/boltzmann_exact.hpp"
#include "apps/contrastive/phase_plan.hpp"
#include "core/random.hpp"

namespace clockless {

struct RestrictedBoltzmannOptions {
  Eigen::Index copies = 64;    ///< of the network: they share weights, each lives its own phases
  int phase_steps = 20;        ///< K ≥ 1: mean length of a phase, Gibbs steps
  double rate = 0.05;          ///< η ≥ 0, a phase
  double fall = 0;             ///< phases in which η falls to 0, in a straight line; 0: never
  double weight_decay = 5e-4;  ///< ≥ 0, times η, not of biases
  double trace_share = 0.01;   ///< by which a phase moves the slow trace (baseline), in (0, 1]
};

/// Each copy goes from phase to phase: in positive ones a pattern holds its visible units, in
/// negative ones it runs freely from where it stands. At the end of each (or in each of its steps,
/// with 1/K) it learns from its present states, which no other copy sees:
///   ΔW = η m v hᵀ,  m = 1/b in positive phases, −1/(1 − b) in negative ones,
/// b the share of positive phases. Copies' changes are averaged, as a minibatch; in place, half of
/// them begin with a negative phase. By the rigid plan the change of a positive phase is kept and
/// made with that of the negative one after it.
class RestrictedBoltzmannLearner {
 public:
  /// Patterns of 0s and 1s, visible x patterns. Throws Error for options out of range and for plans
  /// that contradict themselves.
  RestrictedBoltzmannLearner(RestrictedBoltzmann initial, const Eigen::MatrixXd& patterns,
                             const RestrictedBoltzmannOptions& options, const PhasePlan& plan,
                             std::uint64_t seed);

  /// Goes on for as many phases of mean length, K · phases Gibbs steps of every copy.
  void learn(std::uint64_t phases);
  const RestrictedBoltzmann& machine() const { return machine_; }

 private:
  struct Copy {
    RandomStream random;
    bool positive = false;
    int data_left = 0;   // further ones of this phase
    int steps_left = 0;  // with this one
  };

  void pass_idle_steps(std::uint64_t end);
  void step();
  void begin(Copy& copy, Eigen::Index place);
  void draw(const Eigen::MatrixXf& input, std::uint32_t stream);
  void gather(double taught);

  RestrictedBoltzmannOptions options_;
  PhasePlan plan_;
  std::uint64_t seed_;
  RestrictedBoltzmann machine_;
  Eigen::MatrixXf weights_;           // the machine's, as units see them
  Eigen::MatrixXf patterns_;          // patterns x visible
  Eigen::MatrixXf visible_, hidden_;  // copies x (units + 1), the last always 1
  Eigen::MatrixXf input_;
  Eigen::ArrayXXf draws_;          // copies x units
  Eigen::VectorXf held_, taught_;  // of copies: whether visible units are held; m where it learns
  Eigen::MatrixXd change_, trace_;
  double gathered_ = 0;  // phases that change_ is of, per copy
  std::vector<Copy> copies_;
  std::uint64_t steps_ = 0;
};

}  // namespace clockless
