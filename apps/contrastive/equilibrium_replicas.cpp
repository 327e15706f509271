// Copies of a spiking network of equilibrium propagation.
#include "apps/contrastive/equilibrium_replicas.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "apps/interrupt.hpp"
#include "core/error.hpp"
#include "core/random.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;

namespace {

/// Each copy draws for itself.
std::uint64_t seed_of(std::uint64_t seed, std::size_t replica) {
  return replica == 0 ? seed : random_bits(seed, 0x7265706c696361, replica);  // 'replica'
}

/// A copy's share of the hash of all. Shares of stretches add up, as those of copies do.
std::uint64_t share(std::size_t replica, std::uint64_t hash) { return (2 * replica + 1) * hash; }

}  // namespace

EquilibriumReplicas::EquilibriumReplicas(const EquilibriumNetwork& network,
                                         const ContrastiveGraph& graph, std::size_t replicas,
                                         const RunOptions& options)
    : EquilibriumReplicas(
          network, graph, replicas,
          Mapping::contiguous(network.network(), options.cores, options.machine.splits_clusters()),
          options) {}

EquilibriumReplicas::EquilibriumReplicas(const EquilibriumNetwork& network,
                                         const ContrastiveGraph& graph, std::size_t replicas,
                                         const Mapping& mapping, const RunOptions& options)
    : network_(network), parallel_(options.threads) {
  if (replicas == 0) throw Error("equilibrium network: 0 replicas; give at least 1");
  for (std::size_t r = 0; r < replicas; ++r) {
    RunOptions own = options;
    own.seed = seed_of(options.seed, r);
    if (replicas > 1) own.threads = 1;
    own.defer_learning = replicas > 1;
    learners_.push_back(std::make_unique<EquilibriumLearner>(network, graph, mapping, own));
  }
  for (std::size_t r = 1; r < replicas; ++r)
    for (const auto& part : network.parts())
      if (!learners_[r]->simulation().share_levels(part.projection, first().simulation()))
        throw std::logic_error("replicas on a kernel that cannot share weights");
}

void EquilibriumReplicas::restart(std::uint64_t seed) {
  for (std::size_t r = 0; r < size(); ++r) learners_[r]->restart(seed_of(seed, r));
}

MatrixXd EquilibriumReplicas::learn(const MatrixXd& x, const MatrixXd& targets, double strength) {
  const auto n = static_cast<std::size_t>(x.cols());
  if (n > size() || targets.cols() != x.cols())
    throw Error(fmt::format("equilibrium network: {} samples and {} targets for {} replicas", n,
                            targets.cols(), size()));
  MatrixXd outputs(network_.outputs(), x.cols());
  const auto live = [&](std::size_t r) {
    const auto k = static_cast<Index>(r);
    outputs.col(k) = learners_[r]->learn(x.col(k), targets.col(k), strength);
  };
  parallel_.for_each(n, live);
  for (std::size_t r = 0; r < n; ++r) lessons_.push_back(learners_[r]->decision());
  if (size() == 1) return outputs;
  const auto& parts = network_.parts();
  std::vector<std::vector<LevelLessons>> lessons(parts.size());  // of each part by each copy
  for (std::size_t k = 0; k < parts.size(); ++k)
    for (std::size_t r = 0; r < n; ++r)
      lessons[k].push_back(learners_[r]->simulation().take_level_lessons(parts[k].projection));
  // The first copy has the weights, the others hear what became of them.
  std::vector<std::vector<LevelChanges>> changes(parts.size());
  for (std::size_t k = 0; k < parts.size(); ++k)
    for (const LevelLessons& of_sample : lessons[k])
      changes[k].push_back(first().simulation().teach_levels(parts[k].projection, of_sample));
  parallel_.for_each(size() - 1, [&](std::size_t r) {
    for (std::size_t k = 0; k < parts.size(); ++k)
      for (const LevelChanges& of_sample : changes[k])
        learners_[r + 1]->simulation().hear_levels(parts[k].projection, of_sample);
  });
  for (const auto& of_part : changes)
    for (const LevelChanges& of_sample : of_part)
      for (const auto& of_core : of_sample) updates_ += of_core.size();
  return outputs;
}

MatrixXd EquilibriumReplicas::test(const MatrixXd& x) {
  MatrixXd outputs = MatrixXd::Zero(network_.outputs(), x.cols());
  const auto copies = static_cast<Index>(size());
  std::vector<std::optional<Decision>> decisions(static_cast<std::size_t>(x.cols()));
  const auto live = [&](std::size_t r) {
    for (Index k = static_cast<Index>(r); k < x.cols() && !interrupted(); k += copies) {
      outputs.col(k) = learners_[r]->test(x.col(k));
      decisions[static_cast<std::size_t>(k)] = learners_[r]->decision();
    }
  };
  if (size() == 1)
    live(0);
  else
    parallel_.for_each(size(), live);
  for (const auto& decision : decisions)
    if (decision) tests_.push_back(*decision);
  return outputs;
}

// The first, which has the weights, comes last; then the others see them.
void EquilibriumReplicas::prune(const ContrastiveGraph& graph) {
  for (std::size_t r = size(); r-- > 0;) learners_[r]->prune(graph);
  for (std::size_t r = 1; r < size(); ++r) learners_[r]->see_weights();
}
void EquilibriumReplicas::change_weights(const std::function<float(float)>& change) {
  for (std::size_t r = size(); r-- > 0;) learners_[r]->change_weights(change);
  for (std::size_t r = 1; r < size(); ++r) learners_[r]->see_weights();
}

template <class Of>
auto EquilibriumReplicas::sum(Of of) const {
  auto total = of(first());
  for (std::size_t r = 1; r < size(); ++r) total += of(*learners_[r]);
  return total;
}

EquilibriumState EquilibriumReplicas::state() const {
  EquilibriumState state = first().state();
  state.presented = presented();
  state.unsettled = unsettled();
  state.settlings = settlings();
  state.counts = counts();
  state.simulated_s = simulated_s();
  for (std::size_t r = 1; r < size(); ++r)
    state.spike_hash += share(r, learners_[r]->state().spike_hash);
  return state;
}

void EquilibriumReplicas::restore(const EquilibriumState& state, std::uint64_t seed) {
  EquilibriumState rest;
  rest.weights = state.weights;
  rest.stretches = state.stretches;
  for (std::size_t r = 1; r < size(); ++r) learners_[r]->restore(rest, seed_of(seed, r));
  first().restore(state, seed);
  for (std::size_t r = 1; r < size(); ++r) learners_[r]->see_weights();
  updates_ = 0;
}

std::uint64_t EquilibriumReplicas::presented() const {
  return sum([](const EquilibriumLearner& l) { return l.presented(); });
}
std::uint64_t EquilibriumReplicas::unsettled() const {
  return sum([](const EquilibriumLearner& l) { return l.unsettled(); });
}
std::uint64_t EquilibriumReplicas::settlings() const {
  return sum([](const EquilibriumLearner& l) { return l.settlings(); });
}
Counts EquilibriumReplicas::counts() const {
  Counts counts = sum([](const EquilibriumLearner& l) { return l.counts(); });
  counts.plasticity_updates += updates_;
  return counts;
}
double EquilibriumReplicas::simulated_s() const {
  return sum([](const EquilibriumLearner& l) { return l.simulated_s(); });
}
Congestion EquilibriumReplicas::congestion() const {
  Congestion all;
  for (const auto& learner : learners_) all += learner->congestion();
  return all;
}
std::uint64_t EquilibriumReplicas::spike_hash() const {
  std::uint64_t hash = first().spike_hash();
  for (std::size_t r = 1; r < size(); ++r) hash += share(r, learners_[r]->spike_hash());
  return hash;
}
double EquilibriumReplicas::held_error() const {
  double most = 0;
  for (const auto& learner : learners_) most = std::max(most, learner->held_error());
  return most;
}

}  // namespace clockless
