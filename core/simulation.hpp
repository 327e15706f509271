// A network placed on neurocores and running: the facade that applications use.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/barrier.hpp"
#include "core/congestion.hpp"
#include "core/counts.hpp"
#include "core/machine.hpp"
#include "core/mapping.hpp"
#include "core/network.hpp"
#include "core/neurocore.hpp"
#include "core/noc.hpp"
#include "core/parallel.hpp"
#include "core/scheduler.hpp"
#include "core/trace.hpp"

namespace clockless {

struct RunOptions {
  std::uint64_t seed = 1;
  unsigned threads = 1;
  std::size_t cores = 1;  ///< neurocores asked for; zero-delay clusters stay whole
  Kernel kernel = Kernel::automatic;
  Machine machine{};  ///< whose delays move spikes, from Fidelity::latency up
  /// Firing rate of a neuron, over 1024 of its spikes, beyond which activity counts as diverging.
  double max_rate_hz = std::numeric_limits<double>::infinity();
  /// Signals to learn from change no weight but are kept for take_lessons(): for replicas of a
  /// network, which learn from what all of them were told.
  bool defer_learning = false;
};

/// The weights of a projection of levels, by neurocore.
using LevelWeights = std::vector<std::vector<float>>;
using LevelLessons = std::vector<std::vector<LevelLesson>>;
using LevelChanges = std::vector<std::vector<LevelChange>>;

/// What the synapses of a projection were to learn from.
using Lessons = std::vector<BlockLessons>;

class Simulation {
 public:
  /// Places the network by Mapping::contiguous. Keeps what it needs of it. Throws Error where the
  /// options cannot be met (Kernel::dense for a network without a dense layer).
  explicit Simulation(const Network& network, RunOptions options = {});
  /// Places it as told. Throws Error for a mapping of another network and if
  /// neurons joined by zero delay are on different cores.
  Simulation(const Network& network, const Mapping& mapping, RunOptions options);

  /// Sets one state variable of a population at now(), before what happens at that time.
  template <NeuronModel M>
  void set(Population<M> population, double M::State::*variable, std::span<const double> values);
  template <NeuronModel M>
  void set(Population<M> population, double M::State::*variable, double value);
  /// The same for whole states, one per neuron: the quick way to begin a replica.
  template <NeuronModel M>
  void set(Population<M> population, std::span<const typename M::State> states);

  /// One state variable, or a whole state, as it is at now(). Reading changes nothing.
  template <NeuronModel M>
  std::vector<double> read(Population<M> population, double M::State::*variable) const;
  template <NeuronModel M>
  typename M::State state(Population<M> population, std::uint32_t place) const;
  template <NeuronModel M>
  std::vector<typename M::State> states(Population<M> population) const;

  /// Does everything before t; now() is then t. Throws Error when activity diverges; only
  /// restart() is of use then.
  void run_until(Time t);
  Time now() const { return now_; }

  /// Runs until `after` (> 0) a neuron of the population fired, or to the limit; whether it fired.
  /// So something outside the network can hear of a spike as if by an axon of that delay, and the
  /// bits depend on no window.
  bool run_until_spike(AnyPopulation population, Duration after, Time limit = never);

  /// Begins anew at time 0: neurons, traces, counts and hash; weights stay as they are.
  void restart(std::uint64_t seed);

  /// Replaces RunOptions::max_rate_hz, for replicas that differ in what they may legitimately do.
  void limit_rate(double max_rate_hz);

  /// Records a population's spikes from now on.
  void record(AnyPopulation population);
  /// Recorded spikes since the last call, by time, then neuron.
  std::vector<Spike> take_spikes();
  /// Spikes of each neuron since the start.
  std::vector<std::uint64_t> spike_counts(AnyPopulation population) const;

  /// Notes from now on what neurocores and links do, the last `events` of all, shared out evenly;
  /// changes no bit. A restart forgets what was noted. take_trace() returns it, and ends it.
  void trace(std::size_t events);
  Trace take_trace();
  /// What reaches a neuron by synapses of other weights than 0, by (projection, source).
  struct InputSource {
    std::uint32_t projection;
    NeuronId neuron;
    friend auto operator<=>(const InputSource&, const InputSource&) = default;
  };
  std::vector<InputSource> inputs_of(NeuronId neuron) const;
  const Network& network() const { return network_; }
  const Machine& machine() const { return machine_; }

  Counts counts() const;
  /// Where packets waited, and what each core counted, since the simulation was built, restarts or
  /// not.
  Congestion congestion() const;
  /// A number that all spikes (neuron, tick, payload) enter: equal runs have equal hashes.
  std::uint64_t spike_hash() const;
  /// The synapses of a projection with their present weights, by (pre, delay, post).
  Edges synapses(AnyProjection projection) const;

  /// The weights of a projection that learns on signals, bit for bit; and back. Both orders are
  /// those of the same network under the same mapping. Throws Error for weights of other sizes.
  template <class R>
  LearnedWeights<R> learned(Projection<R> projection) const;
  template <class R>
  void restore(Projection<R> projection, const LearnedWeights<R>& weights);

  /// What came since the last call, where learning is deferred.
  Lessons take_lessons(AnyProjection projection);
  /// Learns from another simulation's lessons, of the same network and mapping, in the order in
  /// which they came. Returns the number of plasticity updates; counts() does not hold them.
  std::uint64_t teach(AnyProjection projection, const Lessons& lessons);

  // -- of projections made by Network::hold
  /// All weights, bit for bit, and back; what neurons are held at is corrected. Throws Error for
  /// weights of other sizes.
  LevelWeights level_weights(AnyProjection projection) const;
  /// The copies that its synapses keep of the reverse weights: of i → j as an edge i → j.
  Edges copied_weights(AnyProjection projection) const;
  void restore_levels(AnyProjection projection, const LevelWeights& weights);
  /// Removes synapses for good, and frees their memory: keep(pre place, post place).
  void keep_only(AnyProjection projection,
                 const std::function<bool(std::uint32_t, std::uint32_t)>& keep);
  std::size_t synapse_bytes(AnyProjection projection) const;
  /// Σ weight · level of each neuron, recomputed: what it must be held at.
  std::vector<double> held_inputs(AnyPopulation population) const;
  /// As take_lessons and teach; what became of the weights is returned.
  LevelLessons take_level_lessons(AnyProjection projection);
  LevelChanges teach_levels(AnyProjection projection, const LevelLessons& lessons);
  /// Makes another simulation's weights those of this one, too, of the same network and mapping;
  /// false where its kernel keeps its own. From then on only the other is taught, and this one
  /// hears what changed. Weights are restored and removed here before they are at the other.
  bool share_levels(AnyProjection projection, Simulation& owner);
  void hear_levels(AnyProjection projection, const LevelChanges& changes);

  bool uses_dense_kernel(AnyPopulation p) const { return dense_[p.number]; }
  std::size_t cores() const { return cores_.size(); }
  /// Those that hold neurons.
  std::size_t cores_used() const;
  /// Packets on their way.
  std::uint64_t packets_pending() const;

 private:
  struct Part {  // a population's share of one core
    std::uint32_t core;
    std::uint32_t slice;
  };

  /// The parts of a population; Error if it is not of this network.
  const std::vector<Part>& parts(AnyPopulation) const;
  void check(const Mapping&) const;
  void choose_kernels(Kernel, const Mapping&);
  void build_slices(const Mapping&);
  Duration build_rows(const Mapping&);
  Duration connect_reports(std::uint32_t projection,
                           const std::vector<std::pair<std::uint32_t, Axon>>& to_neuron);
  void run(Time t, Duration after);
  void send_reports();
  template <class Work>
  void each_level_block(AnyProjection projection, Work work) const;

  template <NeuronModel M>
  ModelSlice<M>& typed(const Part& part) const {
    return static_cast<ModelSlice<M>&>(cores_[part.core]->slice(part.slice));
  }

  Axon axon_of(Axon axon, CoreId from, const Load& load, Duration departure) const;
  void follow_each_other(std::vector<Axon>& axons, CoreId from) const;
  Duration least_delay(const Axon& axon, Duration departure) const;

  Network network_;
  Machine machine_;
  Parallel parallel_;
  std::vector<std::unique_ptr<Neurocore>> cores_;
  std::unique_ptr<Noc> noc_;                    // where packets are routed
  std::unique_ptr<Barrier> barrier_;            // where the chip has them
  std::vector<std::vector<Part>> parts_;        // per population
  std::vector<bool> dense_;                     // per population
  std::vector<std::vector<RowBlock*>> blocks_;  // per projection
  Duration lookahead_ = forever;
  Time now_{};
  Time traced_since_{};
  bool failed_ = false;  // activity diverged: cores stand at different times
};

template <NeuronModel M>
void Simulation::set(Population<M> population, double M::State::*variable,
                     std::span<const double> values) {
  if (values.size() != population.size)
    throw Error("setting " + std::to_string(values.size()) + " values for the " +
                std::to_string(population.size) + " neurons of a population");
  for (std::uint32_t i = 0; i < population.size; ++i)
    if (!std::isfinite(values[i]))
      throw Error("the value set for " + network_.describe(population[i]) + " is no finite number");
  for (const Part& part : parts(population)) {
    ModelSlice<M>& slice = typed<M>(part);
    std::vector<typename M::State> states(slice.size());
    slice.read_all(now_, states);
    for (std::uint32_t i = 0; i < slice.size(); ++i)
      states[i].*variable = values[slice.places()[i]];
    slice.write_all(now_, states);
  }
}

template <NeuronModel M>
void Simulation::set(Population<M> population, double M::State::*variable, double value) {
  set(population, variable, std::vector<double>(population.size, value));
}

template <NeuronModel M>
void Simulation::set(Population<M> population, std::span<const typename M::State> states) {
  if (states.size() != population.size)
    throw Error("setting " + std::to_string(states.size()) + " states for the " +
                std::to_string(population.size) + " neurons of a population");
  for (const Part& part : parts(population)) {
    ModelSlice<M>& slice = typed<M>(part);
    std::vector<typename M::State> here(slice.size());
    for (std::uint32_t i = 0; i < slice.size(); ++i) here[i] = states[slice.places()[i]];
    slice.write_all(now_, here);
  }
}

template <NeuronModel M>
std::vector<double> Simulation::read(Population<M> population, double M::State::*variable) const {
  std::vector<double> values;
  for (const typename M::State& state : states(population)) values.push_back(state.*variable);
  return values;
}

template <NeuronModel M>
std::vector<typename M::State> Simulation::states(Population<M> population) const {
  std::vector<typename M::State> all(population.size);
  for (const Part& part : parts(population)) {
    const ModelSlice<M>& slice = typed<M>(part);
    std::vector<typename M::State> here(slice.size());
    slice.read_all(now_, here);
    for (std::uint32_t i = 0; i < slice.size(); ++i) all[slice.places()[i]] = here[i];
  }
  return all;
}

template <NeuronModel M>
typename M::State Simulation::state(Population<M> population, std::uint32_t place) const {
  for (const Part& part : parts(population)) {
    const ModelSlice<M>& slice = typed<M>(part);
    const auto places = slice.places();
    const auto found = std::lower_bound(places.begin(), places.end(), place);
    if (found != places.end() && *found == place)
      return slice.read(static_cast<std::uint32_t>(found - places.begin()), now_);
  }
  throw Error("neuron " + std::to_string(place) + " asked for in a population of " +
              std::to_string(population.size));
}

template <class R>
LearnedWeights<R> Simulation::learned(Projection<R> projection) const {
  LearnedWeights<R> all;
  for (const RowBlock* block : blocks_[projection.number]) {
    const LearnedWeights<R> part = static_cast<const LearnedBlock<R>*>(block)->learned();
    all.synapses.insert(all.synapses.end(), part.synapses.begin(), part.synapses.end());
    all.rows.insert(all.rows.end(), part.rows.begin(), part.rows.end());
  }
  return all;
}

template <class R>
void Simulation::restore(Projection<R> projection, const LearnedWeights<R>& weights) {
  std::size_t synapse = 0, row = 0;
  std::vector<LearnedWeights<R>> parts;
  for (const RowBlock* block : blocks_[projection.number]) {
    LearnedWeights<R> part = static_cast<const LearnedBlock<R>*>(block)->learned();
    for (auto& y : part.synapses)
      if (synapse++ < weights.synapses.size()) y = weights.synapses[synapse - 1];
    for (auto& r : part.rows)
      if (row++ < weights.rows.size()) r = weights.rows[row - 1];
    parts.push_back(std::move(part));
  }
  if (synapse != weights.synapses.size() || row != weights.rows.size())
    throw Error("restoring " + std::to_string(weights.synapses.size()) + " synapses in " +
                std::to_string(weights.rows.size()) + " rows of a projection that has " +
                std::to_string(synapse) + " in " + std::to_string(row));
  for (std::size_t b = 0; b < parts.size(); ++b)
    static_cast<LearnedBlock<R>*>(blocks_[projection.number][b])->restore(parts[b], now_);
}

}  // namespace clockless
