// A slice: the neurons of one population on one neurocore, with the synaptic rows that reach them.
// Types are erased once per packet, never per synapse.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/connectivity.hpp"
#include "core/counts.hpp"
#include "core/fire_index.hpp"
#include "core/load.hpp"
#include "core/neuron.hpp"
#include "core/plasticity.hpp"
#include "core/relaxation.hpp"

namespace clockless {

/// Neurons of one population on one core, without their type.
class SliceBase {
 public:
  virtual ~SliceBase() = default;
  struct Firing {
    std::uint32_t local;
    Emission emission;
  };
  /// The earliest tick at which fire() wants to be called, `never` if none.
  virtual Time next() = 0;
  /// Fires the neuron of lowest number that is due at t == next().
  virtual Firing fire(Time t, Counts&) = 0;
  /// One neuron receives, now.
  virtual void receive_at(std::uint32_t local, Input input) = 0;
  /// All neurons as they start, at time 0.
  virtual void restart(std::uint64_t seed) = 0;

  std::uint32_t size() const { return size_; }
  std::uint32_t first() const { return first_; }
  /// Global number and place in the population of neuron `local`.
  NeuronId id(std::uint32_t local) const { return NeuronId{base_ + places_[local]}; }
  std::span<const std::uint32_t> places() const { return places_; }

 protected:
  /// `base`: number of the population's first neuron; `places`: which of it live here, ascending.
  SliceBase(std::uint32_t base, std::vector<std::uint32_t> places)
      : base_(base), places_(std::move(places)), size_(static_cast<std::uint32_t>(places_.size())) {
    first_ = size_ == 0 ? base_ : base_ + places_[0];
  }
  Birth birth(std::uint64_t seed, std::uint32_t local) const {
    return {seed, id(local), places_[local]};
  }

 private:
  std::uint32_t base_;
  std::vector<std::uint32_t> places_;
  std::uint32_t size_;
  std::uint32_t first_;
};

/// A slice whose model is known: states can be read (a copy, moved to t) and written.
template <NeuronModel M>
class ModelSlice : public SliceBase {
 public:
  virtual typename M::State read(std::uint32_t local, Time t) const = 0;
  /// read() of all neurons; `states` holds size() of them.
  virtual void read_all(Time t, std::vector<typename M::State>& states) const {
    for (std::uint32_t i = 0; i < this->size(); ++i) states[i] = read(i, t);
  }
  virtual void write(std::uint32_t local, Time t, const typename M::State&) = 0;
  /// write() of all neurons.
  virtual void write_all(Time t, const std::vector<typename M::State>& states) {
    for (std::uint32_t i = 0; i < this->size(); ++i) write(i, t, states[i]);
  }
  const typename M::Params& params() const { return params_; }

 protected:
  ModelSlice(std::uint32_t base, std::vector<std::uint32_t> places, typename M::Params params)
      : SliceBase(base, std::move(places)), params_(std::move(params)) {}
  typename M::State newborn(std::uint64_t seed, std::uint32_t local) const {
    typename M::State state{};
    if constexpr (StartsItself<M>) M::start(params_, state, this->birth(seed, local));
    return state;
  }
  typename M::Params params_;
};

/// What targets show to a rule that learns on signals: of each, and who shows something.
struct Factors {
  std::vector<double> of;
  std::vector<std::uint32_t> shown;  ///< those that are not 0
};

/// Signals that passed a block's rows without teaching them, and what targets showed as they did.
struct BlockLessons {
  struct Signal {
    std::uint32_t row;
    float payload;
    std::uint32_t showing;  ///< place in `factors`
  };
  std::vector<Signal> signals;
  std::vector<Factors> factors;

  void add(std::uint32_t row, float payload, const Factors& now, bool changed) {
    if (changed || factors.empty()) factors.push_back(now);
    signals.push_back({row, payload, static_cast<std::uint32_t>(factors.size() - 1)});
  }
};

/// All rows of one projection that reach one slice.
class RowBlock {
 public:
  /// What a row is known by: source's place in its population, and delay.
  struct Key {
    std::uint32_t pre;
    Duration delay;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  virtual ~RowBlock() = default;
  /// What came by it so far, kept by who delivers.
  std::uint64_t messages = 0, synaptic_events = 0;

  /// Applies every synapse of the row at t.
  virtual void deliver(std::uint32_t row, Time t, float payload, Counts&) = 0;
  /// What deliver() or signal() would count.
  virtual Load load(std::uint32_t row, float /*payload*/, bool /*signal*/) const {
    return {1, synapses(row), synapses(row)};
  }
  /// The payload of one spike.
  virtual float unit() const { return 1; }
  /// Synapses of a row.
  virtual std::uint64_t synapses(std::uint32_t row) const = 0;
  /// The row will be delivered soon: asks for its memory.
  virtual void prefetch(std::uint32_t /*row*/) const {}
  /// Whether its synapses take signals to learn from; else a signal is delivered like a spike.
  virtual bool takes_signals() const { return false; }
  virtual void signal(std::uint32_t row, Time t, float payload, Counts& counts) {
    deliver(row, t, payload, counts);
  }
  /// Traces as before the first spike; weights stay.
  virtual void restart() {}
  /// From now on signals that would teach are kept for take_lessons().
  virtual void defer_learning() {}
  virtual BlockLessons take_lessons() { return {}; }
  /// Learns from signals that another block of the same projection was sent. Returns the number of
  /// plasticity updates.
  virtual std::uint64_t teach(const BlockLessons&, Time) { return 0; }
  /// Adds the synapses with their present weights; posts are places in the population.
  virtual void collect(Edges&) const = 0;
  std::span<const Key> keys() const { return keys_; }

 protected:
  std::vector<Key> keys_;
};

/// Rows whose rule learns on signals.
template <class R>
class LearnedBlock : public RowBlock {
 public:
  bool takes_signals() const override { return true; }
  /// A signal to learn from visits synapses only as a lesson.
  Load load(std::uint32_t row, float, bool signal) const override {
    if (signal) return {};
    return {1, this->synapses(row), this->synapses(row)};
  }
  virtual LearnedWeights<R> learned() const = 0;
  /// What learned() gave, of the same sizes.
  virtual void restore(const LearnedWeights<R>&, Time now) = 0;
};

/// Told of each spike on its slice: how rules that learn on post-spikes hear of them.
template <NeuronModel M>
class PostListener {
 public:
  virtual ~PostListener() = default;
  virtual void post_fired(std::uint32_t local, Time t, const typename M::State&, Counts&) = 0;
};

/// Told when a neuron hands over what it has gathered: how rules that learn from levels hear of it.
template <class M>
class LevelListener {
 public:
  virtual ~LevelListener() = default;
  virtual void consolidate(std::uint32_t local, Time t, Counts&) = 0;
};

/// The general slice: any model, any rule; each neuron is moved when something reaches it.
template <NeuronModel M>
class Slice final : public ModelSlice<M> {
 public:
  using State = typename M::State;

  Slice(std::uint32_t base, std::vector<std::uint32_t> places, typename M::Params params)
      : ModelSlice<M>(base, std::move(places), std::move(params)) {}

  void restart(std::uint64_t seed) override {
    const std::uint32_t n = this->size();
    states_.resize(n);
    last_.assign(n, Time{});
    bounded_.assign(n, 0);
    index_ = FireIndex(n);
    for (std::uint32_t i = 0; i < n; ++i) {
      states_[i] = this->newborn(seed, i);
      predict(i);
    }
  }

  Time next() override {
    for (;;) {
      const Time t = index_.earliest();
      if (t == never) return t;
      if constexpr (BoundsFire<M>) {
        const std::size_t i = index_.first_at(t);
        if (bounded_[i]) {  // a lower bound came to the front: now it is worth solving
          bounded_[i] = 0;
          index_.set(i, later(last_[i], M::until_fire(this->params_, states_[i])));
          continue;
        }
      }
      return t;
    }
  }

  SliceBase::Firing fire(Time t, Counts& counts) override {
    const auto i = static_cast<std::uint32_t>(index_.first_at(t));
    move_to(i, t);
    const State before = states_[i];
    const Emission emission = fire_at<M>(this->params_, states_[i], t);
    ++counts.neuron_updates;
    if (emission.sent && !emission.signal)
      for (PostListener<M>* listener : listeners_) listener->post_fired(i, t, before, counts);
    if constexpr (Consolidates<M>) {
      if (emission.consolidates) {
        for (LevelListener<M>* listener : level_listeners_) listener->consolidate(i, t, counts);
        M::consolidated(this->params_, states_[i]);
      }
    }
    predict(i);
    return {i, emission};
  }

  State read(std::uint32_t i, Time t) const override {
    State state = states_[i];
    if (t != last_[i]) M::advance(this->params_, state, t - last_[i]);
    return state;
  }

  void write(std::uint32_t i, Time t, const State& state) override {
    states_[i] = state;
    last_[i] = t;
    predict(i);
  }

  void receive_at(std::uint32_t i, Input input) override {
    move_to(i, input.at);
    receive(i, input);
  }

  void listen(PostListener<M>* listener) { listeners_.push_back(listener); }
  void listen(LevelListener<M>* listener) { level_listeners_.push_back(listener); }

  // The steps of a synaptic event, for row blocks.
  void move_to(std::uint32_t i, Time t) {
    if (t == last_[i]) return;
    M::advance(this->params_, states_[i], t - last_[i]);
    last_[i] = t;
  }
  const State& state(std::uint32_t i) const { return states_[i]; }
  void receive(std::uint32_t i, Input input) {
    M::receive(this->params_, states_[i], input);
    predict(i);
  }

 private:
  void predict(std::uint32_t i) {
    if constexpr (BoundsFire<M>) {
      bounded_[i] = 1;
      index_.set(i, later(last_[i], M::fire_bound(this->params_, states_[i])));
    } else {
      index_.set(i, later(last_[i], M::until_fire(this->params_, states_[i])));
    }
  }

  std::vector<State> states_;
  std::vector<Time> last_;             // when the state was last moved
  std::vector<std::uint8_t> bounded_;  // its entry in index_ is only a lower bound
  FireIndex index_;
  std::vector<PostListener<M>*> listeners_;
  std::vector<LevelListener<M>*> level_listeners_;
};

}  // namespace clockless
