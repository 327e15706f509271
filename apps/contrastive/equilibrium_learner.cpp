// The spiking network of equilibrium propagation running.
#include "apps/contrastive/equilibrium_learner.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <stdexcept>

#include <fmt/format.h>

#include "apps/sparse/replicas.hpp"
#include "core/error.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using Part = EquilibriumNetwork::Part;

EquilibriumLearner::EquilibriumLearner(const EquilibriumNetwork& network,
                                       const ContrastiveGraph& graph, const RunOptions& options)
    : EquilibriumLearner(
          network, graph,
          Mapping::contiguous(network.network(), options.cores, options.machine.splits_clusters()),
          options) {}

EquilibriumLearner::EquilibriumLearner(const EquilibriumNetwork& network,
                                       const ContrastiveGraph& graph, const Mapping& mapping,
                                       const RunOptions& options)
    : network_(network), edges_(graph), simulation_(network.network(), mapping, options) {
  prune(graph);
  restart(options.seed);
}

void EquilibriumLearner::restart(std::uint64_t seed) {
  if (simulation_.now() != Time{}) {
    counts_ += simulation_.counts();
    spike_hash_ += replica_hash(stretches_++, simulation_.spike_hash());
    simulated_s_ += seconds(simulation_.now());
    const Teacher::State teacher = simulation_.state(network_.teacher(), 0);
    unsettled_ += teacher.unsettled;
    settlings_ += teacher.settlings;
  }
  simulation_.restart(seed);
  give_weights(edges_);
  set_leaks();
  asked_ = false;
  simulation_.set(network_.bias(), &LevelSensor::State::value, 1.0);
}

// What each cell would have heard of its synapses if it had lived with them.
void EquilibriumLearner::set_leaks() {
  const VectorXd leaks = edges_.leaks();
  for (const auto& group : network_.groups()) {
    const VectorXd own = leaks.segment(group.first, group.size);
    simulation_.set(group.population, &SigmaDelta::State::conductance,
                    std::span<const double>(own.data(), static_cast<std::size_t>(own.size())));
  }
}

VectorXd EquilibriumLearner::test(const VectorXd& x) {
  show(x, nullptr, 0);
  await_request();
  return outputs();
}

VectorXd EquilibriumLearner::test(const VectorXd& x, Duration every,
                                  const std::function<void(const VectorXd&)>& watch) {
  show(x, nullptr, 0);
  const SpikingOptions& o = network_.options();
  // The request came at most an answer ago; then the teacher waits, has x shown, and x arrives.
  simulation_.run_until(simulation_.now() + Duration{1} +
                        from_seconds((o.teacher.answer_tau + 2 * o.delay_tau) * o.tau_s));
  const auto requests = [&] { return simulation_.spike_counts(network_.reader())[0]; };
  const std::uint64_t before = requests();
  while (requests() == before) {
    watch(states());
    simulation_.run_until(simulation_.now() + std::min(every, network_.answer()));
  }
  return outputs();
}

VectorXd EquilibriumLearner::learn(const VectorXd& x, const VectorXd& target, double strength) {
  show(x, &target, strength);
  await_request();
  return outputs();
}

void EquilibriumLearner::await_request() {
  const Time shown = simulation_.now();
  const Counts before = counts();
  simulation_.run_until_spike(network_.reader(), network_.answer());
  decision_ = {simulation_.now() - shown, counts() - before};
}

// Answers the teacher, who has asked for a sample or does so first.
void EquilibriumLearner::show(const VectorXd& x, const VectorXd* target, double strength) {
  const auto inputs = static_cast<Index>(network_.inputs().size);
  if (x.size() != inputs || (target && target->size() != network_.outputs()))
    throw Error(fmt::format(
        "equilibrium network: a sample of {} values and {} targets for {} inputs "
        "and {} outputs",
        x.size(), target ? target->size() : network_.outputs(), inputs, network_.outputs()));
  if (!asked_) simulation_.run_until_spike(network_.reader(), network_.answer());
  asked_ = true;
  ++presented_;
  simulation_.set(network_.inputs(), &LevelSensor::State::value,
                  std::span<const double>(x.data(), static_cast<std::size_t>(inputs)));
  simulation_.set(network_.teacher(), &Teacher::State::strength, target ? strength : 0.0);
  if (target)
    simulation_.set(
        network_.output_cells(), &SigmaDelta::State::label,
        std::span<const double>(target->data(), static_cast<std::size_t>(target->size())));
}

VectorXd EquilibriumLearner::outputs() const {
  const std::vector<double> s =
      simulation_.read(network_.output_cells(), &SigmaDelta::State::value);
  return Eigen::Map<const VectorXd>(s.data(), network_.outputs());
}

EquilibriumState EquilibriumLearner::state() const {
  if (simulation_.now() != Time{}) throw std::logic_error("a state in the middle of a stretch");
  EquilibriumState state{{},         presented_,  stretches_, unsettled_,
                         settlings_, spike_hash_, counts_,    simulated_s_};
  for (const Part& part : network_.parts())
    state.weights.push_back(simulation_.level_weights(part.projection));
  return state;
}

void EquilibriumLearner::restore(const EquilibriumState& state, std::uint64_t seed) {
  if (state.weights.size() != network_.parts().size())
    throw Error("equilibrium network: a state of another network");
  for (std::size_t k = 0; k < state.weights.size(); ++k)
    simulation_.restore_levels(network_.parts()[k].projection, state.weights[k]);
  simulation_.restart(0);
  restart(seed);
  presented_ = state.presented;
  stretches_ = state.stretches;
  unsettled_ = state.unsettled;
  settlings_ = state.settlings;
  spike_hash_ = state.spike_hash;
  counts_ = state.counts;
  simulated_s_ = state.simulated_s;
}

void EquilibriumLearner::take_weights(const EquilibriumLearner& other) {
  for (const Part& part : network_.parts())
    simulation_.restore_levels(part.projection, other.simulation_.level_weights(part.projection));
  see_weights();
}

void EquilibriumLearner::change_weights(const std::function<float(float)>& change) {
  for (const Part& part : network_.parts()) {
    if (part.from == Part::From::bias) continue;
    LevelWeights weights = simulation_.level_weights(part.projection);
    for (auto& core : weights)
      for (float& w : core) w = w == 0 ? w : change(w);
    simulation_.restore_levels(part.projection, weights);
  }
  see_weights();
}

void EquilibriumLearner::give_weights(ContrastiveGraph& graph) const {
  for (const Part& part : network_.parts()) {
    MatrixXd& all = part.from == Part::From::cells ? graph.recurrent : graph.input_weights;
    auto block = all.block(part.first_row, part.first_cell, part.rows, part.cells);
    block.setZero();
    for (const Edge& e : simulation_.synapses(part.projection)) block(e.pre, e.post) = e.weight;
  }
}

void EquilibriumLearner::see_weights() {
  give_weights(edges_);
  set_leaks();
}

void EquilibriumLearner::prune(const ContrastiveGraph& graph) {
  edges_.input_mask = graph.input_mask;
  edges_.recurrent_mask = graph.recurrent_mask;
  for (const Part& part : network_.parts()) {
    const MatrixXd& all = part.from == Part::From::cells ? graph.recurrent_mask : graph.input_mask;
    const MatrixXd mask = all.block(part.first_row, part.first_cell, part.rows, part.cells);
    const bool own = part.from == Part::From::cells && part.first_row == part.first_cell;
    const Index absent = own ? part.rows : 0;  // i → i never was
    if (static_cast<Index>(mask.sum()) == mask.size() - absent) continue;
    simulation_.keep_only(part.projection,
                          [&](std::uint32_t i, std::uint32_t j) { return mask(i, j) != 0; });
  }
  see_weights();
}

template <class Variable>
VectorXd EquilibriumLearner::of_cells(Variable variable) const {
  VectorXd all(network_.groups().back().first + network_.groups().back().size);
  for (const auto& group : network_.groups()) {
    const std::vector<double> values = simulation_.read(group.population, variable);
    all.segment(group.first, group.size) =
        Eigen::Map<const VectorXd>(values.data(), static_cast<Index>(values.size()));
  }
  return all;
}
VectorXd EquilibriumLearner::states() const {
  return of_cells<double SigmaDelta::State::*>(&SigmaDelta::State::value);
}
VectorXd EquilibriumLearner::levels() const {
  return of_cells<double SigmaDelta::State::*>(&SigmaDelta::State::level);
}
VectorXd EquilibriumLearner::leaks() const {
  return of_cells<double SigmaDelta::State::*>(&SigmaDelta::State::conductance);
}

double EquilibriumLearner::held_error() const {
  double most = 0;
  for (const auto& group : network_.groups()) {
    const std::vector<double> held = simulation_.read(group.population, &SigmaDelta::State::input);
    const std::vector<double> wanted = simulation_.held_inputs(group.population);
    for (std::size_t i = 0; i < held.size(); ++i)
      most = std::max(most, std::abs(held[i] - wanted[i]));
  }
  return most;
}

double EquilibriumLearner::copy_error() const {
  if (network_.options().rule != SpikingOptions::Rule::asymmetric) return 0;
  ContrastiveGraph graph = edges_;
  give_weights(graph);
  double most = 0;
  for (const Part& part : network_.parts())
    for (const Edge& e : simulation_.copied_weights(part.projection))
      most = std::max(most, std::abs(e.weight - graph.recurrent(part.first_cell + e.post,
                                                                part.first_row + e.pre)));
  return most;
}

std::uint64_t EquilibriumLearner::unsettled() const {
  return unsettled_ + simulation_.state(network_.teacher(), 0).unsettled;
}
std::uint64_t EquilibriumLearner::settlings() const {
  return settlings_ + simulation_.state(network_.teacher(), 0).settlings;
}
std::size_t EquilibriumLearner::synapse_bytes() const {
  std::size_t bytes = 0;
  for (const Part& part : network_.parts()) bytes += simulation_.synapse_bytes(part.projection);
  return bytes;
}
Counts EquilibriumLearner::counts() const { return counts_ + simulation_.counts(); }
std::uint64_t EquilibriumLearner::spike_hash() const {
  return spike_hash_ + replica_hash(stretches_, simulation_.spike_hash());
}

}  // namespace clockless
