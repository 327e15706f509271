// The dense-layer kernel: a population in which every spike reaches (nearly) every neuron.
//
// In the model's frame a neuron's coordinates change at inputs only, so inputs may be applied late
// as long as nobody would have fired in between. Neurons near threshold are *active*: each input
// reaches them at once. All others *sleep*: inputs go into a log and draw on a budget that the
// sleepers' distance from threshold guarantees until a deadline. When budget or deadline runs out
// the log is applied to all, the spikes of one source at once, and who is active is decided anew.
// The spikes are those of the general path; a population here is one zero-delay cluster, so it is
// whole under every mapping and its bits do not depend on the mapping either.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/dense_kernel.hpp"
#include "core/dense_pace.hpp"
#include "core/first_crossing.hpp"
#include "core/frame.hpp"
#include "core/slice.hpp"

namespace clockless {

template <NeuronModel M>
requires Framed<M>
class DenseSlice final : public ModelSlice<M> {
  using Frame = typename M::Frame;
  using Moment = typename Frame::Moment;
  using State = typename M::State;
  static constexpr std::size_t X = Frame::coordinates;
  using Neuron = FrameNeuron<X, Frame::constants>;
  using Factors = std::array<double, X>;

 public:
  DenseSlice(std::uint32_t base, std::vector<std::uint32_t> places, typename M::Params params)
      : ModelSlice<M>(base, std::move(places), std::move(params)) {}

  /// Makes rows of weights known, one after another in memory; returns the number of the first.
  template <class Weight>
  std::uint32_t add_rows(const Weight* weights, std::size_t rows, std::uint8_t port) {
    const auto first = static_cast<std::uint32_t>(rows_.size());
    for (std::size_t i = 0; i < rows; ++i) {
      DenseRow row;
      if constexpr (std::is_same_v<Weight, float>)
        row.floats = weights + i * this->size();
      else
        row.doubles = weights + i * this->size();
      row.port = port;
      row.moved = moved_by<M>(port);
      row.strong_begin = row.strong_end = static_cast<std::uint32_t>(strong_.size());
      strong_.resize(strong_.size() + most_strong());
      rows_.push_back(row);
      weights_changed(first + static_cast<std::uint32_t>(i));
    }
    place_in_log_.assign(rows_.size(), none);
    return first;
  }

  // -- for rules that change weights
  /// To be called before weights change: logged inputs still need them as they were.
  void before_learning(Time t) {
    if (!log_.empty()) tidy(t);
  }
  /// All weights of the row may have changed.
  void weights_changed(std::uint32_t r) {
    DenseRow& row = rows_[r];
    if (row.floats)
      summarise(row.floats, this->size(), most_strong(), row, top_);
    else
      summarise(row.doubles, this->size(), most_strong(), row, top_);
    std::copy(top_.begin(), top_.end(), strong_.begin() + row.strong_begin);
    row.strong_end = row.strong_begin + static_cast<std::uint32_t>(top_.size());
  }
  /// Nearly all weights of the row have changed. Keeps what is known of the row true, not tight.
  void weights_swept(std::uint32_t r) {
    DenseRow& row = rows_[r];
    row.floats ? bound_weights(row.floats, this->size(), row)
               : bound_weights(row.doubles, this->size(), row);
  }
  /// One weight of the row is now w. Keeps what is known of the row true, not tight.
  void weight_changed(std::uint32_t r, std::uint32_t i, double w) {
    DenseRow& row = rows_[r];
    row.loose = true;
    row.most_negative = std::max(row.most_negative, -w);
    if (w <= row.typical) return;
    for (std::uint32_t k = row.strong_begin; k < row.strong_end; ++k)
      if (strong_[k].post == i) {
        strong_[k].excess = w - row.typical;
        return;
      }
    row.typical = w;
  }
  void set_gain(std::uint32_t r, double gain) { rows_[r].gain = gain; }

  /// A neuron's record, and who changed since the list was last begun anew (a neuron may be listed
  /// twice).
  const RecordOf<M>& record(std::uint32_t i) const requires KeepsRecord<M> {
    return record_of<M>(states_[i]);
  }
  struct Changes {
    std::uint64_t list = 0;  ///< number of the list
    std::vector<std::uint32_t> who;
  };
  const Changes& changes() const { return changes_; }

  void restart(std::uint64_t seed) override {
    const std::uint32_t n = this->size();
    all_.resize(n);
    slot_.assign(n, none);
    margin_.assign(n, 0.0);
    active_.clear();
    log_.clear();
    due_.clear();
    double most_typical = 0;  // rows of equal weights are known equally well, whatever came before
    for (std::uint32_t r = 0; r < rows_.size(); ++r) {
      if (rows_[r].loose) weights_changed(r);
      most_typical = std::max(most_typical, std::abs(rows_[r].gain) * rows_[r].typical);
    }
    states_.resize(n);
    begin_changes();
    origin_ = now_ = epoch_start_ = Time{};
    moment_time_ = Time{};
    moment_ = Frame::moment(this->params_, Duration{});
    used_ = budget_ = 0;
    pace_.restart(most_typical, Frame::span_s(this->params_));
    fired_at_ = never;
    for (std::uint32_t i = 0; i < n; ++i) put(i, moment_, this->newborn(seed, i));
    stale_ = true;
  }

  Time next() override {
    if (stale_) wake(now_);
    if (!crossing_.known()) {
      Candidates candidates{*this, at(now_)};
      crossing_.find(candidates, now_, 0.5 * pace_.foreign_interval_s());
    }
    const Time next = std::min(crossing_.at(), crossing_.look_again());
    return std::min(next, due_.empty() ? deadline_ : now_);
  }

  SliceBase::Firing fire(Time t, Counts& counts) override {
    if (!due_.empty() && (t != crossing_.at() || due_.front() <= active_.who(crossing_.slot())))
      return fire_due(t, counts);
    if (t != crossing_.at()) {
      if (t == crossing_.look_again())
        crossing_.come_to(t);
      else
        wake(t);  // the deadline
      return {0, {.sent = false}};
    }
    now_ = t;
    ++counts.neuron_updates;
    const std::size_t a = crossing_.slot();
    const std::uint32_t i = active_.who(a);
    State& state = leave(i, at(t), active_.neuron(a));
    const Emission emission = M::fire(this->params_, state);
    active_.assign(a, enter(i, at(t), state));
    crossing_.fired(t);
    fired_at_ = t;
    return {i, emission};
  }

  /// Inputs at a port that is not linear, such as modulators; `targets` and `weights` of one row.
  void apply_events(std::span<const std::uint32_t> targets, std::span<const double> weights,
                    std::uint8_t port, Time t, double payload) {
    rest(t);
    if (targets.size() * 8 >= this->size()) tidy(t);
    for (std::size_t k = 0; k < targets.size(); ++k) {
      const std::uint32_t i = targets[k];
      const Neuron before = present(i);
      State& state = leave(i, at(t), before);
      const Neuron unchanged = Frame::enter(this->params_, at(t), state);
      M::receive(this->params_, state, {weights[k] * payload, port, t});
      keep(i, unchanged, enter(i, at(t), state));
      if (is_due(state)) becomes_due(i);
    }
  }

  void receive_at(std::uint32_t i, Input input) override {
    const double weight = 1;
    apply_events({&i, 1}, {&weight, 1}, input.port, input.at, input.amount);
  }

  /// One input to every neuron: row `r` at t.
  void apply(std::uint32_t r, Time t, double payload) {
    rest(t);
    crossing_.forget();
    const DenseRow& row = rows_[r];
    payload *= row.gain;
    Factors factors = Frame::factors(this->params_, at(t), row.port);
    for (double& f : factors) f *= payload;
    log_.push_back({r, factors});
    if (t != fired_at_) pace_.note_foreign();
    if (row.floats)
      active_.add(row.floats, factors, row.moved);
    else
      active_.add(row.doubles, factors, row.moved);
    draw_budget(row, payload);
  }

  State read(std::uint32_t i, Time t) const override {
    State state = states_[i];
    Frame::leave(this->params_,
                 t == moment_time_ ? moment_ : Frame::moment(this->params_, t - origin_),
                 present(i), state);
    return state;
  }

  void read_all(Time t, std::vector<State>& states) const override {
    FrameColumns<M> all = all_;
    accumulate(rows_, totals(), streams_, all.addresses(), this->size());
    active_.give(all);
    const Moment m = Frame::moment(this->params_, t - origin_);
    for (std::uint32_t i = 0; i < this->size(); ++i) {
      states[i] = states_[i];
      Frame::leave(this->params_, m, all.load(i), states[i]);
    }
  }

  void write(std::uint32_t i, Time t, const State& state) override {
    begin_writing(t);
    put(i, at(t), state);
  }

  void write_all(Time t, const std::vector<State>& states) override {
    begin_writing(t);
    const Moment m = at(t);
    for (std::uint32_t i = 0; i < this->size(); ++i) put(i, m, states[i]);
  }

  std::uint32_t synapses(std::uint32_t r) const { return rows_[r].synapses; }

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  struct Entry {
    std::uint32_t row;
    Factors factors;
  };

  // The active ones, as those who may cross, at one moment.
  struct Candidates {
    DenseSlice& slice;
    const Moment& moment;
    void bound() {
      slice.bounded_from_ = moment;
      slice.active_.bound(slice.params_, moment);
    }
    double bound_of(std::size_t a) const { return slice.active_.bound_of(a); }
    void raise(std::size_t a, double s) { slice.active_.set_bound(a, s); }
    std::size_t first() const { return slice.active_.first(); }
    std::size_t size() const { return slice.active_.size(); }
    void tighten(std::size_t a) { slice.active_.tighten(slice.params_, slice.bounded_from_, a); }
    Duration until_fire(std::size_t a) {
      Frame::leave(slice.params_, moment, slice.active_.neuron(a), slice.solving_);
      return M::until_fire(slice.params_, slice.solving_);
    }
    std::uint32_t who(std::size_t a) const { return slice.active_.who(a); }
  };

  // A neuron's state, to be changed where it lies, and then to enter again.
  State& leave(std::uint32_t i, const Moment& m, const Neuron& neuron) {
    Frame::leave(this->params_, m, neuron, states_[i]);
    return states_[i];
  }
  Neuron enter(std::uint32_t i, const Moment& m, const State& state) {
    if constexpr (KeepsRecord<M>) {
      if (changes_.who.size() > 4 * std::size_t{this->size()}) begin_changes();
      changes_.who.push_back(i);
    }
    return Frame::enter(this->params_, m, state);
  }
  // Sets one of all, while nobody is active; it may be due for another reason than its voltage.
  void put(std::uint32_t i, const Moment& m, const State& state) {
    states_[i] = state;
    all_.store(i, enter(i, m, state));
    if constexpr (TellsDue<M>)
      if (M::due(this->params_, state)) becomes_due(i);
  }
  void becomes_due(std::uint32_t i) {
    due_.push_back(i);
    std::push_heap(due_.begin(), due_.end(), std::greater<>{});
  }
  void begin_changes() {
    ++changes_.list;
    changes_.who.clear();
  }

  void begin_writing(Time t) {
    tidy(t);
    stale_ = true;
  }

  // Everybody is brought up to date and asleep, so that neurons and weights may be changed.
  void tidy(Time t) {
    const bool old = 2 * seconds(t - origin_) >= Frame::span_s(this->params_);  // after long rest
    if (old || active_.size() != 0 || !log_.empty()) {
      settle(t);
      stale_ = true;
    }
    now_ = t;
  }

  // Time has passed without input; an old origin moves along.
  void rest(Time t) {
    if (seconds(t - origin_) > 2 * Frame::span_s(this->params_)) wake(t);
    now_ = t;
  }

  // A neuron as it is, wherever it is held.
  Neuron present(std::uint32_t i) const {
    if (slot_[i] != none) return active_.neuron(slot_[i]);
    Neuron neuron = all_.load(i);
    for (const Entry& e : log_) rows_[e.row].add_to(neuron.x, i, e.factors);
    return neuron;
  }

  // Puts a neuron back that an event may have changed.
  void keep(std::uint32_t i, const Neuron& before, const Neuron& after) {
    if (before.x == after.x && before.k == after.k) return;
    crossing_.forget();
    if (deadline_ == never) stale_ = true;  // that all rest is true no longer
    if (slot_[i] == none) {
      if (stale_ && log_.empty()) return all_.store(i, after);
      activate(i);
    }
    active_.assign(slot_[i], after);
  }

  bool is_due(const State& state) const {
    if constexpr (TellsDue<M>)
      return M::due(this->params_, state);
    else
      return M::until_fire(this->params_, state) == Duration::zero();
  }

  // The lowest neuron that an event made due; unless an input since then made it wait again.
  SliceBase::Firing fire_due(Time t, Counts& counts) {
    now_ = t;
    const std::uint32_t i = due_.front();
    State& state = leave(i, at(t), present(i));
    Emission emission{.sent = false};
    if (is_due(state)) {
      const Neuron unchanged = Frame::enter(this->params_, at(t), state);
      emission = M::fire(this->params_, state);
      ++counts.neuron_updates;
      keep(i, unchanged, enter(i, at(t), state));
      if (is_due(state)) return {i, emission};
    }
    std::pop_heap(due_.begin(), due_.end(), std::greater<>{});
    due_.pop_back();
    return {i, emission};
  }

  std::size_t most_strong() const { return std::clamp<std::size_t>(this->size() / 64, 4, 32); }

  const Moment& at(Time t) {
    if (t != moment_time_) {
      moment_ = Frame::moment(this->params_, t - origin_);
      moment_time_ = t;
    }
    return moment_;
  }

  // What an input can at most add to a sleeper is taken off the budget; a row's few strongest
  // targets are watched one by one, or a ± pair's partner would use it up at once.
  void draw_budget(const DenseRow& row, double payload) {
    const double gain = Frame::gain(this->params_, seconds(deadline_ - now_));
    if (payload < 0) {
      pace_.note_use(-payload * row.most_negative);
      used_ += gain * -payload * row.most_negative;
    } else {
      pace_.note_use(payload * row.typical);
      used_ += gain * payload * row.typical;
      for (std::uint32_t k = row.strong_begin; k < row.strong_end; ++k) {
        const StrongTarget& target = strong_[k];
        if (slot_[target.post] != none) continue;
        margin_[target.post] -= gain * payload * target.excess;
        if (margin_[target.post] < budget_) activate(target.post);
      }
    }
    if (used_ > budget_ || log_.size() >= pace_.most_inputs()) stale_ = true;
  }

  void activate(std::uint32_t i) {
    Neuron neuron = all_.load(i);
    for (const Entry& e : log_) rows_[e.row].add_to(neuron.x, i, e.factors);
    slot_[i] = static_cast<std::uint32_t>(active_.size());
    active_.push_back(i, neuron);
  }

  // Applies the log to every sleeper and lays the active ones back among them; all coordinates
  // are then up to date. The origin moves along when it has served long enough.
  void settle(Time t) {
    accumulate(rows_, totals(), streams_, all_.addresses(), this->size());
    log_.clear();
    active_.give(all_);
    for (std::size_t a = 0; a < active_.size(); ++a) slot_[active_.who(a)] = none;
    active_.clear();
    if (2 * seconds(t - origin_) >= Frame::span_s(this->params_)) move_origin(t);
  }

  // The log with the inputs of one row added up.
  const std::vector<Entry>& totals() const {
    totals_.clear();
    for (const Entry& e : log_) {
      std::uint32_t& place = place_in_log_[e.row];
      if (place == none) {
        place = static_cast<std::uint32_t>(totals_.size());
        totals_.push_back(e);
      } else {
        for (std::size_t j = 0; j < X; ++j) totals_[place].factors[j] += e.factors[j];
      }
    }
    for (const Entry& e : totals_) place_in_log_[e.row] = none;
    return totals_;
  }

  void move_origin(Time t) {
    const Moment before = Frame::moment(this->params_, t - origin_);
    origin_ = t;
    moment_time_ = t;
    moment_ = Frame::moment(this->params_, Duration{});
    all_.move_origin(this->params_, before, moment_, this->size());
  }

  // Ends an epoch at t: everybody is brought up to date, then sorted into active and asleep.
  void wake(Time t) {
    const bool idle = log_.empty();
    pace_.end_epoch(log_.size(), seconds(t - epoch_start_), this->size(), active_.size());
    now_ = t;
    settle(t);
    epoch_start_ = t;
    stale_ = false;
    crossing_.forget();
    used_ = 0;
    const std::size_t n = this->size();
    const double left = Frame::span_s(this->params_) - seconds(t - origin_);  // at least half
    double horizon = 0;
    do {
      horizon = std::min(left, pace_.horizon_s());
      budget_ = pace_.budget() * Frame::gain(this->params_, horizon);
      all_.margins(this->params_, at(t), Frame::horizon(this->params_, horizon), n, margin_.data());
      active_.choose(margin_, budget_);
    } while (pace_.shorten(n, active_.size()));  // seen beforehand it costs one more look
    pace_.begin_epoch();
    active_.take(all_);
    for (std::size_t a = 0; a < active_.size(); ++a)
      slot_[active_.who(a)] = static_cast<std::uint32_t>(a);
    deadline_ = idle && all_.at_rest(this->params_, at(t), n)
                    ? never
                    : later(t, std::max(round_up(horizon) - Duration{1}, Duration{1}));
  }

  // Of each its State, in which only the Record is valid; a single one where there is no Record.
  template <class Model>
  struct StatesOf {
    State& operator[](std::uint32_t) { return state; }
    const State& operator[](std::uint32_t) const { return state; }
    void resize(std::size_t) {}
    State state{};
  };
  template <KeepsRecord Model>
  struct StatesOf<Model> : std::vector<State> {};

  FrameColumns<M> all_;  // valid for sleepers, without the log
  StatesOf<M> states_;
  Changes changes_;
  std::vector<std::uint32_t> due_;  // whom an event made due now: a heap, the lowest in front
  ActiveSet<M> active_;
  FirstCrossing crossing_;
  Moment bounded_from_{};            // bounds of the active ones count from there
  State solving_{};                  // scratch: only its flow is set
  std::vector<std::uint32_t> slot_;  // place among the active, or none
  std::vector<double> margin_;       // a sleeper's distance from threshold that the epoch may use
  std::vector<DenseRow> rows_;
  std::vector<StrongTarget> strong_;  // most_strong() places a row
  std::vector<StrongTarget> top_;     // scratch
  std::vector<Entry> log_;
  mutable std::vector<Entry> totals_;                // scratch of totals(), as is
  mutable Streams<Entry> streams_;                   // scratch
  mutable std::vector<std::uint32_t> place_in_log_;  // scratch of totals(), none between calls
  double budget_ = 0, used_ = 0;  // of this epoch: what sleepers stand, what inputs drew
  DensePace pace_;
  Time origin_{}, now_{}, epoch_start_{}, deadline_ = never, moment_time_{}, fired_at_ = never;
  Moment moment_{};
  bool stale_ = true;
};

}  // namespace clockless
