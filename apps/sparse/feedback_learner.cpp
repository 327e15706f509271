// The feedback network running.
#include "apps/sparse/feedback_learner.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "apps/sparse/replicas.hpp"
#include "core/error.hpp"
#include "core/random.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

FeedbackLearner::FeedbackLearner(const FeedbackNetwork& network, unsigned threads)
    : FeedbackLearner(network,
                      Mapping::contiguous(network.network(), network.options().cores,
                                          network.options().machine.splits_clusters()),
                      threads) {}

FeedbackLearner::FeedbackLearner(const FeedbackNetwork& network, const Mapping& mapping,
                                 unsigned threads)
    : network_(network), parallel_(threads), codes_(network.atoms()) {
  const FeedbackOptions& o = network.options();
  const std::size_t simulations =
      std::clamp<std::size_t>(threads, 1, std::max<std::size_t>(1, o.replicas));
  for (std::size_t k = 0; k < simulations; ++k)
    simulations_.push_back(std::make_unique<Simulation>(network.network(), mapping,
                                                        RunOptions{.cores = o.cores,
                                                                   .kernel = o.kernel,
                                                                   .machine = o.machine,
                                                                   .defer_learning = replicas()}));
  newest_ = &master();
  for (std::size_t i = 0; i < codes_.size(); ++i) {
    codes_[i].norm = network.thresholds()[i];
    codes_[i].latch = -o.lambda1;  // s = 1 before the first lesson
  }
  begin_stretch();
}

void FeedbackLearner::record() {
  for (const auto& simulation : simulations_) {
    simulation->record(network_.inputs());
    simulation->record(network_.codes());
  }
}

namespace {

/// What a neuron takes with it where time begins anew: all but what moves.
std::vector<PhasedIf::State> asleep(const std::vector<PhasedIf::State>& neurons) {
  std::vector<PhasedIf::State> all(neurons.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].norm = neurons[i].norm;
    all[i].latch = neurons[i].latch;
    all[i].lessons = neurons[i].lessons;
    all[i].activity = neurons[i].activity;
    all[i].error = neurons[i].error;
    all[i].power = neurons[i].power;
  }
  return all;
}

}  // namespace

void FeedbackLearner::begin_stretch() {
  master().restart(0);  // nothing here is random
  master().set(network_.codes(), asleep(codes_));
}

// -- presenting samples

void FeedbackLearner::live(Simulation& simulation, const VectorXd& x, std::uint64_t number,
                           Time until) {
  const FeedbackOptions& o = network_.options();
  simulation.set(network_.inputs(), &PhasedIf::State::latch,
                 std::span<const double>(x.data(), static_cast<std::size_t>(x.size())));
  if (o.jitter > 0) {
    RandomStream random{o.seed, 1 + number};
    std::vector<double> dither(network_.features());
    for (double& d : dither) d = 0.5 - random.uniform();
    simulation.set(network_.inputs(), &PhasedIf::State::dither, dither);
  }
  // Beyond this no network that settles goes: what drives an atom by itself, and λ₁Σa ≤ ½‖x‖².
  const double energy = x.squaredNorm();
  const double limit = 100 * std::sqrt(energy) + 4 * 0.5 * energy / o.lambda1;
  simulation.limit_rate(std::max(limit, 100.0) / o.tau_s);
  simulation.run_until(until);
}

Traced FeedbackLearner::traced(Simulation& simulation, std::uint64_t number) const {
  return traced_sample(simulation, network_.codes(), fmt::format("sample {}", number), trace_);
}

std::optional<Traced> FeedbackLearner::take_traced() {
  trace_.events = 0;
  return std::exchange(traced_, std::nullopt);
}

void FeedbackLearner::note(const VectorXd& x, const std::vector<PhasedIf::State>& codes,
                           const Counts& counts) {
  Code code{0, 0, 0, counts};
  double dearest = 0;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const double activity = codes[i].activity, threshold = -codes_[i].latch;
    code.activity += activity / static_cast<double>(codes.size());
    code.power += activity * activity;
    code.cost += threshold * activity;
    dearest = std::max(dearest, threshold);
  }
  // A finite window may show some spikes more than that.
  code.cost /= 0.5 * x.squaredNorm() + 8 * dearest / network_.options().duration;
  last_.push_back(code);
  if (code.cost <= most_cost) return;
  failed_ = true;
  throw Error(
      fmt::format("activity diverges in sample {}: its code costs {:.2g} times what no "
                  "code at all does; inhibition H lies below the feedback FB: learn H "
                  "faster or all more slowly",
                  presented_, code.cost));
}

void FeedbackLearner::present(std::span<const VectorXd> samples) {
  const std::size_t most = std::max<std::size_t>(1, network_.options().replicas);
  if (samples.size() > most)
    throw Error(
        fmt::format("feedback network: {} samples at once for {} replicas", samples.size(), most));
  for (const VectorXd& x : samples)
    if (x.size() != static_cast<Index>(network_.features()))
      throw Error(fmt::format("feedback network: a sample of {} values for {} input neurons",
                              x.size(), network_.features()));
  if (failed_)
    throw Error("feedback network: activity diverged before: begin with another learner");
  last_.clear();
  if (replicas())
    present_to_replicas(samples);
  else if (!samples.empty())
    present_alone(samples[0]);
}

void FeedbackLearner::present_alone(const VectorXd& x) {
  const auto in_stretch = static_cast<std::int64_t>(presented_ % stretch);
  if (trace_.events > 0) master().trace(trace_.events);
  const Counts before = master().counts();
  live(master(), x, presented_, Time{} + (in_stretch + 1) * network_.period());
  ++presented_;
  spikes_ = master().take_spikes();
  if (trace_.events > 0) traced_ = traced(master(), presented_);
  const std::vector<PhasedIf::State> codes = master().states(network_.codes());
  note(x, codes, master().counts() - before);
  codes_ = codes;
  if (!between_stretches()) return;
  counts_ += master().counts();
  spike_hash_ += replica_hash(presented_ / stretch - 1, master().spike_hash());
  begin_stretch();
}

/// What a replica brings back from a sample.
struct FeedbackLearner::Lived {
  Lessons forward, feedback, lateral;
  std::vector<PhasedIf::State> codes;
  std::vector<Spike> spikes;
  Counts counts;
  std::uint64_t spike_hash;
  const Simulation* simulation;
  std::optional<Traced> traced;
};

/// The simulations that are free; each gets the master's weights before it is used.
class FeedbackLearner::Workers {
 public:
  explicit Workers(FeedbackLearner& learner) : network_(learner.network_) {
    for (const auto& simulation : learner.simulations_) free_.push_back({simulation.get(), true});
    free_[0].stale = false;
    if (free_.size() == 1) return;
    forward_ = learner.master().learned(network_.forward());
    feedback_ = learner.master().learned(network_.feedback());
    lateral_ = learner.master().learned(network_.lateral());
  }

  template <class Work>
  void with_one(Work work) {
    Worker worker = take();
    if (std::exchange(worker.stale, false)) {
      worker.simulation->restore(network_.forward(), forward_);
      worker.simulation->restore(network_.feedback(), feedback_);
      worker.simulation->restore(network_.lateral(), lateral_);
    }
    try {
      work(*worker.simulation);
    } catch (...) {
      give(worker);
      throw;
    }
    give(worker);
  }

 private:
  struct Worker {
    Simulation* simulation;
    bool stale;
  };
  Worker take() {
    const std::lock_guard lock(mutex_);
    const Worker worker = free_.back();
    free_.pop_back();
    return worker;
  }
  void give(Worker worker) {
    const std::lock_guard lock(mutex_);
    free_.push_back(worker);
  }

  const FeedbackNetwork& network_;
  LearnedWeights<Contrast> forward_, feedback_, lateral_;
  std::mutex mutex_;
  std::vector<Worker> free_;
};

void FeedbackLearner::present_to_replicas(std::span<const VectorXd> samples) {
  Workers workers(*this);
  std::vector<Lived> lived(samples.size());
  parallel_.for_each(samples.size(), [&](std::size_t r) {
    workers.with_one([&](Simulation& simulation) {
      std::vector<PhasedIf::State> codes = asleep(codes_);
      for (PhasedIf::State& neuron : codes) neuron.lessons += static_cast<double>(r);
      simulation.restart(0);
      simulation.set(network_.codes(), codes);
      const bool trace = trace_.events > 0 && r + 1 == samples.size();
      if (trace) simulation.trace(trace_.events);
      live(simulation, samples[r], presented_ + r, Time{} + network_.period());
      lived[r] = {simulation.take_lessons(network_.forward()),
                  simulation.take_lessons(network_.feedback()),
                  simulation.take_lessons(network_.lateral()),
                  simulation.states(network_.codes()),
                  simulation.take_spikes(),
                  simulation.counts(),
                  simulation.spike_hash(),
                  &simulation,
                  {}};
      if (trace) lived[r].traced = traced(simulation, presented_ + r + 1);
    });
  });
  if (lived.empty()) return;
  learn_from(samples, lived);
  newest_ = lived.back().simulation;
  spikes_ = std::move(lived.back().spikes);
  traced_ = std::move(lived.back().traced);
}

void FeedbackLearner::learn_from(std::span<const VectorXd> samples, std::span<Lived> lived) {
  std::array<std::uint64_t, 2> updates{};
  parallel_.for_each(2, [&](std::size_t layer) {  // each layer's synapses by themselves
    for (const Lived& one : lived)
      updates[layer] += layer == 0 ? master().teach(network_.feedback(), one.feedback)
                                   : master().teach(network_.forward(), one.forward) +
                                         master().teach(network_.lateral(), one.lateral);
  });
  counts_.plasticity_updates += updates[0] + updates[1];
  std::vector<double> norms(codes_.size());
  for (std::size_t i = 0; i < norms.size(); ++i) norms[i] = codes_[i].norm;
  for (std::size_t r = 0; r < lived.size(); ++r) {
    const Lived& one = lived[r];
    counts_ += one.counts;
    spike_hash_ += replica_hash(presented_++, one.spike_hash);
    for (std::size_t i = 0; i < norms.size(); ++i) norms[i] += one.codes[i].norm - codes_[i].norm;
    note(samples[r], one.codes, one.counts);
  }
  codes_ = std::move(lived.back().codes);
  for (std::size_t i = 0; i < norms.size(); ++i)
    PhasedIf::take_norm(network_.code_params(), codes_[i], norms[i]);
}

// -- what became of it

Counts FeedbackLearner::counts() const {
  return replicas() ? counts_ : counts_ + master().counts();
}

Congestion FeedbackLearner::congestion() const {
  Congestion all;
  for (const auto& simulation : simulations_) all += simulation->congestion();
  return all;
}

std::uint64_t FeedbackLearner::spike_hash() const {
  const std::uint64_t here = replicas() ? 0 : master().spike_hash();
  return here == 0 ? spike_hash_ : spike_hash_ + replica_hash(presented_ / stretch, here);
}

Time FeedbackLearner::began() const {
  const std::uint64_t last = replicas() || presented_ == 0 ? 0 : (presented_ - 1) % stretch;
  return Time{} + static_cast<std::int64_t>(last) * network_.period();
}

double FeedbackLearner::simulated_s() const {
  return static_cast<double>(presented_) * seconds(network_.period());
}

FeedbackState FeedbackLearner::state() const {
  if (!between_stretches()) throw std::logic_error("a state in the middle of a stretch");
  FeedbackState state;
  state.presented = presented_;
  state.forward = master().learned(network_.forward());
  state.feedback = master().learned(network_.feedback());
  state.lateral = master().learned(network_.lateral());
  for (const PhasedIf::State& code : codes_) {
    state.norms.push_back(code.norm);
    state.latches.push_back(code.latch);
    state.lessons.push_back(code.lessons);
  }
  state.counts = counts_;
  state.spike_hash = spike_hash_;
  return state;
}

void FeedbackLearner::restore(const FeedbackState& state) {
  if (state.norms.size() != network_.atoms() || state.latches.size() != network_.atoms() ||
      state.lessons.size() != network_.atoms())
    throw Error(fmt::format("feedback network: a state of {} coding neurons for a network of {}",
                            state.norms.size(), network_.atoms()));
  master().restore(network_.forward(), state.forward);
  master().restore(network_.feedback(), state.feedback);
  master().restore(network_.lateral(), state.lateral);
  codes_.assign(network_.atoms(), {});
  for (std::size_t i = 0; i < codes_.size(); ++i) {
    codes_[i].norm = state.norms[i];
    codes_[i].latch = state.latches[i];
    codes_[i].lessons = state.lessons[i];
  }
  begin_stretch();
  presented_ = state.presented;
  counts_ = state.counts;
  spike_hash_ = state.spike_hash;
}

FeedbackWeights FeedbackLearner::weights() const {
  FeedbackWeights w;
  const auto fill = [&](Projection<Contrast> projection, Index targets, Index sources) {
    MatrixXd matrix = MatrixXd::Zero(targets, sources);
    for (const Edge& e : master().synapses(projection)) matrix(e.post, e.pre) = e.weight;
    return matrix;
  };
  const Index features = network_.features(), atoms = network_.atoms();
  w.forward = fill(network_.forward(), atoms, features);
  w.feedback = fill(network_.feedback(), features, atoms) / network_.options().kappa;
  w.lateral = -fill(network_.lateral(), atoms, atoms);
  for (Index i = 0; i < atoms; ++i) w.lateral(i, i) = codes_[static_cast<std::size_t>(i)].norm;
  return w;
}

}  // namespace clockless
