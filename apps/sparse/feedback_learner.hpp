// The feedback network running: sample after sample, or some of them on replicas at the same time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <Eigen/Core>

#include "apps/sparse/feedback_network.hpp"
#include "apps/trace/traced.hpp"
#include "core/parallel.hpp"
#include "core/simulation.hpp"

namespace clockless {

/// All that a learner goes on from, bit for bit, between two stretches.
struct FeedbackState {
  std::uint64_t presented = 0;
  LearnedWeights<Contrast> forward, feedback, lateral;
  std::vector<double> norms, latches, lessons;  ///< of the coding neurons
  Counts counts;                                ///< so far
  std::uint64_t spike_hash = 0;
};

/// A network that learns as it lives through samples.
///
/// Of more than one replica each lives through another sample with the same weights. Then all learn
/// from all of them, one after another in the order of the samples: the learning rates are those of
/// a sample, and what each replica's neurons and synapses were told is all that is passed on. The
/// bits do not depend on the number of threads.
class FeedbackLearner {
 public:
  /// Samples after which a single network begins anew at time 0, with what was learned. Only there
  /// its state is nothing but what was learned, so that another can go on from it.
  static constexpr std::uint64_t stretch = 256;

  /// Keeps a reference to `network`.
  explicit FeedbackLearner(const FeedbackNetwork& network, unsigned threads = 1);
  FeedbackLearner(const FeedbackNetwork& network, const Mapping& mapping, unsigned threads);

  /// Lives through one sample (features): both phases, and learns. Throws Error when activity
  /// diverges, by a neuron's rate or a code's cost above most_cost; the learner is of no use then.
  static constexpr double most_cost = 4;
  void present(const Eigen::VectorXd& x) { present(std::span(&x, 1)); }
  /// The same for up to options().replicas samples at once.
  void present(std::span<const Eigen::VectorXd> samples);

  std::uint64_t presented() const { return presented_; }
  /// What the codes of the samples last presented were like.
  struct Code {
    double activity;  ///< mean of ã
    double power;     ///< ‖ã‖²
    /// λ₁ Σ s_i ã_i in units of ½‖x‖², what no code at all costs. One that settles lies below 1;
    /// above, H lies below the feedback FB and activity grows, first slowly.
    double cost;
    Counts counts;  ///< without what replicas learn together
  };
  std::span<const Code> last() const { return last_; }
  /// Keeps the spikes of both layers from now on: spikes() are those of the last sample.
  void record();
  const std::vector<Spike>& spikes() const { return spikes_; }
  /// Notes up to so many events of the last sample of those presented together, until it is taken.
  void trace(const TraceRequest& request) { trace_ = request; }
  std::optional<Traced> take_traced();
  /// When the last sample began, on the clock of spikes().
  Time began() const;

  Counts counts() const;
  std::uint64_t spike_hash() const;
  /// Of all simulations, in this process.
  Congestion congestion() const;
  double simulated_s() const;  ///< of all replicas together

  bool between_stretches() const { return replicas() || presented_ % stretch == 0; }
  /// Only between stretches (std::logic_error elsewhere).
  FeedbackState state() const;
  /// Goes on from there. Throws Error for a state of another network.
  void restore(const FeedbackState& state);

  /// What the neurons know of the last sample, before replicas tell each other; by feature, by
  /// atom.
  std::vector<PhasedIf::State> inputs() const { return newest_->states(network_.inputs()); }
  std::vector<PhasedIf::State> codes() const { return newest_->states(network_.codes()); }
  /// Present weights.
  FeedbackWeights weights() const;

  const FeedbackNetwork& network() const { return network_; }
  /// The one that holds the weights.
  Simulation& simulation() { return master(); }

 private:
  struct Lived;
  class Workers;

  bool replicas() const { return network_.options().replicas > 1; }
  Simulation& master() { return *simulations_[0]; }
  const Simulation& master() const { return *simulations_[0]; }
  void begin_stretch();
  void live(Simulation& simulation, const Eigen::VectorXd& x, std::uint64_t number, Time until);
  void present_alone(const Eigen::VectorXd& x);
  void present_to_replicas(std::span<const Eigen::VectorXd> samples);
  void learn_from(std::span<const Eigen::VectorXd> samples, std::span<Lived> lived);
  Traced traced(Simulation& simulation, std::uint64_t number) const;
  void note(const Eigen::VectorXd& x, const std::vector<PhasedIf::State>& codes,
            const Counts& counts);

  const FeedbackNetwork& network_;
  Parallel parallel_;
  std::vector<std::unique_ptr<Simulation>> simulations_;  // one a thread; the first has the weights
  const Simulation* newest_;                              // lived through the last sample
  std::vector<PhasedIf::State> codes_;                    // as they are to go on
  std::vector<Code> last_;
  bool failed_ = false;  // activity diverged
  std::uint64_t presented_ = 0;
  Counts counts_;  // of the stretches before
  std::uint64_t spike_hash_ = 0;
  std::vector<Spike> spikes_;
  TraceRequest trace_;
  std::optional<Traced> traced_;
};

}  // namespace clockless
