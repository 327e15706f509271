// Copies of a spiking network that live through samples at the same time and learn from what all of
// them were told.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <Eigen/Core>

#include "apps/contrastive/equilibrium_learner.hpp"
#include "core/parallel.hpp"

namespace clockless {

/// Of one copy no more than that. Of more, each lives through another sample with the same weights;
/// then all learn from all lessons, in the order of the samples, at the rates of one sample. The
/// bits do not depend on the number of threads.
class EquilibriumReplicas {
 public:
  /// Keeps a reference to `network`. `options.threads` are shared among copies; of one copy they
  /// run its neurocores.
  EquilibriumReplicas(const EquilibriumNetwork& network, const ContrastiveGraph& graph,
                      std::size_t replicas, const RunOptions& options);
  EquilibriumReplicas(const EquilibriumNetwork& network, const ContrastiveGraph& graph,
                      std::size_t replicas, const Mapping& mapping, const RunOptions& options);

  std::size_t size() const { return learners_.size(); }
  void restart(std::uint64_t seed);
  /// Learns up to size() samples (columns of x) with their targets; the outputs are columns, too.
  Eigen::MatrixXd learn(const Eigen::MatrixXd& x, const Eigen::MatrixXd& targets, double strength);
  /// What the outputs are for samples x: the k-th on copy k mod size(). Ctrl-C leaves out the rest.
  Eigen::MatrixXd test(const Eigen::MatrixXd& x);

  void prune(const ContrastiveGraph& graph);
  void change_weights(const std::function<float(float)>& change);
  void give_weights(ContrastiveGraph& graph) const { first().give_weights(graph); }

  /// As EquilibriumLearner's, of all copies together.
  EquilibriumState state() const;
  void restore(const EquilibriumState& state, std::uint64_t seed);
  std::uint64_t presented() const;
  std::uint64_t unsettled() const;
  std::uint64_t settlings() const;
  /// All samples in the order in which they came; what copies learn together is in no lesson.
  const std::vector<Decision>& tests() const { return tests_; }
  const std::vector<Decision>& lessons() const { return lessons_; }
  Counts counts() const;
  std::uint64_t spike_hash() const;
  /// Of all copies.
  Congestion congestion() const;
  double simulated_s() const;
  double held_error() const;
  std::size_t synapse_bytes() const { return first().synapse_bytes(); }
  EquilibriumLearner& copy(std::size_t r) { return *learners_[r]; }
  EquilibriumLearner& first() { return *learners_[0]; }
  const EquilibriumLearner& first() const { return *learners_[0]; }

 private:
  template <class Of>
  auto sum(Of of) const;

  const EquilibriumNetwork& network_;
  Parallel parallel_;
  std::vector<std::unique_ptr<EquilibriumLearner>> learners_;
  std::uint64_t updates_ = 0;  // of synapses by lessons, counted once
  std::vector<Decision> tests_, lessons_;
};

}  // namespace clockless
