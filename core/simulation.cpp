#include "core/simulation.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace clockless {

Simulation::Simulation(const Network& network, RunOptions options)
    : Simulation(network,
                 Mapping::contiguous(network, options.cores, options.machine.splits_clusters()),
                 options) {}

Simulation::Simulation(const Network& network, const Mapping& mapping, RunOptions options)
    : network_(network), machine_(options.machine), parallel_(options.threads) {
  check(mapping);
  choose_kernels(options.kernel, mapping);
  build_slices(mapping);
  lookahead_ = build_rows(mapping);
  if (machine_.routes()) noc_ = std::make_unique<Noc>(machine_);
  for (std::uint32_t c = 0; c < cores_.size(); ++c)
    cores_[c]->set_network(CoreId{c}, network_.neurons());
  for (auto& core : cores_) core->run_on(machine_);
  if (machine_.step > Duration{}) {
    std::vector<std::uint64_t> neurons(cores_.size());
    for (const CoreId core : mapping.core_of) ++neurons[index(core)];
    barrier_ = std::make_unique<Barrier>(machine_, std::move(neurons));
  }
  limit_rate(options.max_rate_hz);
  if (options.defer_learning)
    for (const auto& blocks : blocks_)
      for (RowBlock* block : blocks) block->defer_learning();
  restart(options.seed);
}

void Simulation::check(const Mapping& mapping) const {
  const std::uint32_t n = network_.neurons();
  if (mapping.core_of.size() != n)
    throw Error("the mapping places " + std::to_string(mapping.core_of.size()) +
                " neurons, the network has " + std::to_string(n) +
                ": start from Mapping::contiguous of the same network");
  for (std::uint32_t i = 0; i < n; ++i)
    if (index(mapping.core_of[i]) >= mapping.cores)
      throw Error("the mapping puts " + network_.describe(NeuronId{i}) + " on neurocore " +
                  std::to_string(index(mapping.core_of[i])) + ", but has only " +
                  std::to_string(mapping.cores) + ", numbered from 0");
  if (machine_.fidelity != Fidelity::ideal && machine_.mesh.cores() < mapping.cores)
    throw Error("a mapping onto " + std::to_string(mapping.cores) +
                " neurocores and a machine of " + std::to_string(machine_.mesh.cores()) +
                ": give it a mesh that holds them");
  if (machine_.step < Duration{} ||
      (machine_.step > Duration{} && machine_.fidelity != Fidelity::ideal))
    throw Error(
        "barriers wait for all delays, so that no delay moves a spike: they go with "
        "fidelity = ideal and a step above 0");
  if (machine_.core_buffer > 0 && machine_.fidelity < Fidelity::queued)
    throw Error("packets wait at neurocores from fidelity = queued on: leave core_buffer at 0");
}

void Simulation::run_until(Time t) { run(t, forever); }

bool Simulation::run_until_spike(AnyPopulation population, Duration after, Time limit) {
  if (after <= Duration{}) throw Error("a spike can only be told of after it: give a time above 0");
  for (const Part& part : parts(population)) cores_[part.core]->await(part.slice);
  run(limit, after);
  return now_ < limit;
}

void Simulation::run(Time t, Duration after) {
  if (failed_) throw Error("activity diverged before: restart() this simulation or build another");
  if (t < now_) throw Error("a simulation cannot run backwards: ask for a time after now()");
  try {
    Scheduler scheduler(cores_, noc_.get(), barrier_.get(), lookahead_, parallel_);
    if (after == forever)
      scheduler.run(t);
    else
      t = scheduler.run_awaiting(t, after);
  } catch (const Runaway& r) {
    failed_ = true;
    throw Error("activity diverges at " + network_.describe(r.neuron) +
                ", t = " + std::to_string(seconds(r.at)) + " s: " +
                (r.instant ? "zero-delay spikes excite each other without end within one instant"
                           : "its firing rate exceeds the limit") +
                "; weaken excitatory weights, or raise thresholds or inhibition");
  }
  now_ = t;
  if (barrier_ && t != never) barrier_->pass(t);
}

void Simulation::restart(std::uint64_t seed) {
  failed_ = false;
  now_ = traced_since_ = Time{};
  const auto lost = noc_ ? noc_->pending_by_core() : std::vector<std::uint64_t>(cores_.size());
  for (std::size_t c = 0; c < cores_.size(); ++c) cores_[c]->restart(seed, lost[c]);
  if (noc_) noc_->restart();
  if (barrier_) barrier_->restart();
}

const std::vector<Simulation::Part>& Simulation::parts(AnyPopulation p) const {
  const auto populations = network_.populations();
  if (p.number >= populations.size() || populations[p.number]->population.first != p.first ||
      populations[p.number]->population.size != p.size)
    throw Error("a population was asked for that is not of the simulated network");
  return parts_[p.number];
}

void Simulation::limit_rate(double max_rate_hz) {
  if (!(max_rate_hz >= 0))
    throw Error("max_rate_hz is " + std::to_string(max_rate_hz) +
                ": give a rate of 0 or more; infinity is no limit");
  for (auto& core : cores_) core->set_rate_limit(max_rate_hz);
}

void Simulation::record(AnyPopulation population) {
  for (const Part& part : parts(population)) cores_[part.core]->record(part.slice, true);
}

std::vector<Spike> Simulation::take_spikes() {
  std::vector<Spike> spikes;
  for (auto& core : cores_) {
    const auto here = core->take_spikes();
    spikes.insert(spikes.end(), here.begin(), here.end());
  }
  std::stable_sort(spikes.begin(), spikes.end(), [](const Spike& a, const Spike& b) {
    return std::pair(a.at, a.source) < std::pair(b.at, b.source);
  });
  return spikes;
}

std::vector<std::uint64_t> Simulation::spike_counts(AnyPopulation population) const {
  std::vector<std::uint64_t> counts(population.size);
  for (const Part& part : parts(population)) {
    const auto places = cores_[part.core]->slice(part.slice).places();
    const auto here = cores_[part.core]->spike_counts(part.slice);
    for (std::size_t i = 0; i < places.size(); ++i) counts[places[i]] = here[i];
  }
  return counts;
}

Counts Simulation::counts() const {
  Counts total;
  for (const auto& core : cores_) total += core->counts();
  if (barrier_) total += barrier_->counts();
  return total;
}

std::size_t Simulation::cores_used() const {
  std::vector<bool> used(cores_.size(), false);
  for (const auto& parts : parts_)
    for (const Part& part : parts) used[part.core] = true;
  return static_cast<std::size_t>(std::count(used.begin(), used.end(), true));
}

Congestion Simulation::congestion() const {
  Congestion all;
  const auto routed = noc_ ? noc_->pending_by_core() : std::vector<std::uint64_t>(cores_.size());
  for (std::size_t c = 0; c < cores_.size(); ++c) {
    all.cores.push_back(cores_[c]->waits());
    if (machine_.fidelity >= Fidelity::queued)
      all.cores.back().in_flight = cores_[c]->packets_pending() + routed[c];
  }
  if (noc_) all.links = noc_->links();
  for (std::uint32_t p = 0; p < parts_.size(); ++p)
    for (const Part& part : parts_[p])
      all.shares.push_back({part.core, p, cores_[part.core]->counts_in_all(part.slice)});
  for (std::uint32_t j = 0; j < blocks_.size(); ++j) {
    const ProjectionSpec& spec = *network_.projections()[j];
    ProjectionUse use{spec.pre.number, spec.post.number, 0, 0};
    for (const RowBlock* block : blocks_[j]) {
      use.messages += block->messages;
      use.synaptic_events += block->synaptic_events;
    }
    all.projections.push_back(use);
  }
  if (barrier_) all.steps = barrier_->took();
  return all;
}

std::uint64_t Simulation::spike_hash() const {
  std::uint64_t hash = 0;
  for (const auto& core : cores_) hash += core->spike_hash();
  return hash;
}

Edges Simulation::synapses(AnyProjection projection) const {
  Edges edges;
  for (const RowBlock* block : blocks_[projection.number]) block->collect(edges);
  const auto before = [](const Edge& a, const Edge& b) {
    return std::tie(a.pre, a.delay, a.post) < std::tie(b.pre, b.delay, b.post);
  };
  if (!std::is_sorted(edges.begin(), edges.end(), before))  // on one core they mostly are
    std::stable_sort(edges.begin(), edges.end(), before);
  return edges;
}

Lessons Simulation::take_lessons(AnyProjection projection) {
  Lessons lessons;
  for (RowBlock* block : blocks_[projection.number]) lessons.push_back(block->take_lessons());
  return lessons;
}

std::uint64_t Simulation::teach(AnyProjection projection, const Lessons& lessons) {
  const auto& blocks = blocks_[projection.number];
  if (lessons.size() != blocks.size())
    throw Error("lessons for " + std::to_string(lessons.size()) +
                " neurocores taught to a projection that is on " + std::to_string(blocks.size()));
  std::uint64_t updates = 0;
  for (std::size_t b = 0; b < blocks.size(); ++b) updates += blocks[b]->teach(lessons[b], now_);
  return updates;
}

std::uint64_t Simulation::packets_pending() const {
  std::uint64_t pending = 0;
  for (const auto& core : cores_) pending += core->packets_pending();
  if (noc_) pending += noc_->pending();
  return pending;
}

}  // namespace clockless
