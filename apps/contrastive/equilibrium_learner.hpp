// The spiking network of equilibrium propagation running: sample after sample.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <Eigen/Core>

#include "apps/contrastive/equilibrium_network.hpp"
#include "apps/contrastive/graph.hpp"
#include "apps/contrastive/pruning.hpp"
#include "apps/decisions.hpp"
#include "core/simulation.hpp"

namespace clockless {

/// All that a learner goes on from, bit for bit, after restart().
struct EquilibriumState {
  std::vector<LevelWeights> weights;  ///< of each part of the network
  std::uint64_t presented = 0, stretches = 0, unsettled = 0, settlings = 0, spike_hash = 0;
  Counts counts;
  double simulated_s = 0;
};

/// Lives through samples, and learns from those that it is given a target for.
class EquilibriumLearner {
 public:
  /// Keeps a reference to `network`, which was made of `graph`.
  EquilibriumLearner(const EquilibriumNetwork& network, const ContrastiveGraph& graph,
                     const RunOptions& options = {});
  EquilibriumLearner(const EquilibriumNetwork& network, const ContrastiveGraph& graph,
                     const Mapping& mapping, const RunOptions& options);

  /// Time begins anew with the present weights; all cells at rest. What follows depends on nothing
  /// else, so that a run can go on from here.
  void restart(std::uint64_t seed);

  /// Shows x (inputs, each 0 to 1) and returns what the outputs are at the end, their s: of a
  /// sample without target after the free settling. With a target (outputs) it is learned at
  /// `strength` (> 0) times the learning rate. Throws Error for other sizes and when activity
  /// diverges.
  Eigen::VectorXd test(const Eigen::VectorXd& x);
  Eigen::VectorXd learn(const Eigen::VectorXd& x, const Eigen::VectorXd& target,
                        double strength = 1);

  /// The same for a sample without target, telling watch(states) every `every` (at most half the
  /// teacher's answer_tau) from when x has reached the cells until the next is asked for.
  Eigen::VectorXd test(const Eigen::VectorXd& x, Duration every,
                       const std::function<void(const Eigen::VectorXd&)>& watch);

  /// Right after restart() (std::logic_error elsewhere); and back. Throws Error for a state of
  /// another network.
  EquilibriumState state() const;
  void restore(const EquilibriumState& state, std::uint64_t seed);

  /// Present weights of another learner of the same network, on as many neurocores.
  void take_weights(const EquilibriumLearner& other);
  /// Every weight but biases becomes change(weight), 0 stays 0.
  void change_weights(const std::function<float(float)>& change);
  /// Present weights into the graph they came from; of removed synapses 0, and 0 in its masks.
  void give_weights(ContrastiveGraph& graph) const;
  /// Removes the synapses for which the graph has no edge any more.
  void prune(const ContrastiveGraph& graph);
  /// Cells keep the leaks of the present weights: after somebody else has changed those that are
  /// shared.
  void see_weights();

  /// s and ŝ of all cells, in the graph's order.
  Eigen::VectorXd states() const;
  Eigen::VectorXd levels() const;
  /// The leaks that cells keep by themselves.
  Eigen::VectorXd leaks() const;
  /// Largest difference between what a cell is held at and Σ W ŝ.
  double held_error() const;
  /// Between the weights and the copies that reverse synapses keep of them, the largest; 0 where
  /// none are kept.
  double copy_error() const;

  /// Presentations, and how many settlings were cut short by the teacher's patience.
  std::uint64_t presented() const { return presented_; }
  std::uint64_t unsettled() const;
  std::uint64_t settlings() const;
  /// The last sample: from its presentation, an answer after a request of the teacher, to an answer
  /// after the next.
  const Decision& decision() const { return decision_; }
  std::size_t synapse_bytes() const;
  Counts counts() const;
  std::uint64_t spike_hash() const;
  Congestion congestion() const { return simulation_.congestion(); }
  std::size_t cores_used() const { return simulation_.cores_used(); }
  double simulated_s() const { return simulated_s_ + seconds(simulation_.now()); }
  Simulation& simulation() { return simulation_; }
  const EquilibriumNetwork& network() const { return network_; }

 private:
  void show(const Eigen::VectorXd& x, const Eigen::VectorXd* target, double strength);
  Eigen::VectorXd outputs() const;
  void await_request();
  void set_leaks();
  template <class Variable>
  Eigen::VectorXd of_cells(Variable variable) const;

  const EquilibriumNetwork& network_;
  ContrastiveGraph edges_;  // for its masks and leaks
  Simulation simulation_;
  bool asked_ = false;  // the teacher waits for a sample
  std::uint64_t presented_ = 0, stretches_ = 0;
  Counts counts_;  // of the stretches before
  std::uint64_t spike_hash_ = 0, unsettled_ = 0, settlings_ = 0;
  double simulated_s_ = 0;
  Decision decision_;
};

}  // namespace clockless
