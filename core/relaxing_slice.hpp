// The relaxing kernel: a population whose neurons relax to targets that held inputs set.
//
// An input reaches (nearly) every neuron, so all are brought to now together, in columns: one
// exponential a neuron where their rates differ, one for all where they do not. A firing moves the
// thresholds of its own neuron only, and what it has been told in its Record need not move anybody.
// Each neuron is moved when a row reaches its slice, whatever the mapping, so the bits do not
// depend on it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "core/first_crossing.hpp"
#include "core/least_bound.hpp"
#include "core/relaxation.hpp"
#include "core/slice.hpp"

namespace clockless {

template <Relaxes M>
class RelaxingSlice final : public ModelSlice<M> {
  using State = typename M::State;
  using Record = typename M::Record;

 public:
  RelaxingSlice(std::uint32_t base, std::vector<std::uint32_t> places, typename M::Params params)
      : ModelSlice<M>(base, std::move(places), std::move(params)) {}

  void restart(std::uint64_t seed) override {
    const std::uint32_t n = this->size();
    states_.resize(n);
    for (auto* column : {&value_, &input_, &target_, &since_, &rate_, &gain_, &offset_, &low_,
                         &high_, &up_, &down_})
      column->assign(n, 0.0);
    origin_ = now_ = Time{};
    due_.clear();
    crossing_ = {};
    interval_s_ = 0;
    begin_changes();
    for (std::uint32_t i = 0; i < n; ++i) put(i, this->newborn(seed, i));
    even_ = true;
  }

  Time next() override {
    if (!crossing_.known()) {
      Candidates candidates{*this};
      crossing_.find(candidates, now_, 0.5 * interval_s_);
    }
    return due_.empty() ? std::min(crossing_.at(), crossing_.look_again()) : now_;
  }

  SliceBase::Firing fire(Time t, Counts& counts) override {
    if (!due_.empty() && (t != crossing_.at() || due_.front() <= crossing_.slot()))
      return fire_due(t, counts);
    if (t != crossing_.at()) {
      crossing_.come_to(t);
      return {0, {.sent = false}};
    }
    const auto i = static_cast<std::uint32_t>(crossing_.slot());
    crossing_.fired(t);
    come_to(t);
    return {i, fire(i, t, counts)};
  }

  // -- for rows
  /// Everybody is brought to t.
  void move_to(Time t) {
    come_to(t);
    if (t - origin_ > longest) move_origin();
    const double ticks = ticks_at(t);
    if (even_ && ticks == since_[0]) return;
    const std::size_t n = this->size();
    double* value = value_.data();
    double* since = since_.data();
    const double *target = target_.data(), *rate = rate_.data();
    if (even_ && even_rates()) {
      const double decay = exp_of_minus((ticks - since[0]) * rate[0]);
      for (std::size_t i = 0; i < n; ++i) {
        value[i] = target[i] + (value[i] - target[i]) * decay;
        since[i] = ticks;
      }
    } else {
      for (std::size_t i = 0; i < n; ++i) {
        const double decay = exp_of_minus((ticks - since[i]) * rate[i]);
        value[i] = target[i] + (value[i] - target[i]) * decay;
        since[i] = ticks;
      }
    }
    even_ = true;
  }
  /// Inputs change by weights[i] · amount, at the time everybody was brought to.
  void add(const float* weights, double amount) {
    const std::size_t n = this->size();
    double *input = input_.data(), *target = target_.data();
    const double *gain = gain_.data(), *offset = offset_.data(), *low = low_.data(),
                 *high = high_.data();
    for (std::size_t i = 0; i < n; ++i) {
      input[i] += static_cast<double>(weights[i]) * amount;
      const double aim = (input[i] + offset[i]) * gain[i];
      const double above = aim > low[i] ? aim : low[i];
      target[i] = above < high[i] ? above : high[i];
    }
    crossing_.forget();
  }
  /// The same for some of them.
  void add(const std::uint32_t* targets, const float* weights, std::size_t count, double amount) {
    for (std::size_t k = 0; k < count; ++k) {
      const std::uint32_t i = targets[k];
      input_[i] += static_cast<double>(weights[k]) * amount;
      target_[i] = aim(i);
    }
    crossing_.forget();
  }
  /// One neuron's input is off by so much, for its weights have changed.
  void correct(std::uint32_t i, Time t, double change) {
    if (change == 0) return;
    come_to(t);
    move(i, t);
    input_[i] += change;
    target_[i] = aim(i);
    crossing_.forget();
  }
  double input(std::uint32_t i) const { return input_[i]; }

  /// Inputs at other ports, such as modulators; `targets` and `weights` of one row.
  void apply_events(std::span<const std::uint32_t> targets, std::span<const double> weights,
                    std::uint8_t port, Time t, double payload) {
    come_to(t);
    if constexpr (NotesInputs<M>)
      if (M::only_noted(port)) return note(targets, weights, port, t, payload);
    for (std::size_t k = 0; k < targets.size(); ++k) {
      const std::uint32_t i = targets[k];
      State state = read(i, t);
      const double value = state.value;
      M::receive(this->params_, state, {weights[k] * payload, port, t});
      keep(i, t, state, value);
      if (M::due(this->params_, states_[i])) becomes_due(i);
    }
  }

  void receive_at(std::uint32_t i, Input input) override {
    const double weight = 1;
    apply_events({&i, 1}, {&weight, 1}, input.port, input.at, input.amount);
  }

  const Record& record(std::uint32_t i) const { return states_[i]; }
  /// Those whose record rules look at, or did, and which has changed since the list was begun anew
  /// (one may be listed twice).
  struct Changes {
    std::uint64_t list = 0;
    std::vector<std::uint32_t> who;
  };
  const Changes& changes() const { return changes_; }
  void listen(LevelListener<M>* listener) { listeners_.push_back(listener); }

  State read(std::uint32_t i, Time t) const override {
    State state = states_[i];
    Relaxed& flow = state;
    flow = {value_at(i, t), input_[i]};
    return state;
  }
  void write(std::uint32_t i, Time t, const State& state) override {
    come_to(t);
    since_[i] = ticks_at(t);
    even_ = false;
    put(i, state);
    crossing_.forget();
  }

 private:
  static constexpr Duration longest{std::int64_t{1} << 50};  // ticks that a double still counts
  static constexpr double s_per_tick = 1 / ticks_per_second;

  double ticks_at(Time t) const { return static_cast<double>((t - origin_).count()); }
  double value_at(std::uint32_t i, Time t) const {
    const double ticks = ticks_at(t) - since_[i];
    return ticks == 0 ? value_[i]
                      : target_[i] + (value_[i] - target_[i]) * exp_of_minus(ticks * rate_[i]);
  }
  double aim(std::uint32_t i) const {
    const double wanted = (input_[i] + offset_[i]) * gain_[i];
    const double above = wanted > low_[i] ? wanted : low_[i];
    return above < high_[i] ? above : high_[i];
  }
  Relaxation relaxation_of(std::uint32_t i) const {
    return {rate_[i] * ticks_per_second, gain_[i], offset_[i], low_[i], high_[i], up_[i], down_[i]};
  }

  void note(std::span<const std::uint32_t> targets, std::span<const double> weights,
            std::uint8_t port, Time t, double payload) {
    for (std::size_t k = 0; k < targets.size(); ++k) {
      const std::uint32_t i = targets[k];
      const bool showed = shows(states_[i]);
      M::receive(this->params_, states_[i], {weights[k] * payload, port, t});
      if (showed || shows(states_[i])) changed(i);
      if (M::due(this->params_, states_[i])) becomes_due(i);
    }
  }

  void come_to(Time t) {
    if (t == now_) return;
    interval_s_ += (seconds(t - now_) - interval_s_) / 64;
    now_ = t;
  }
  bool even_rates() {
    if (!rates_known_) {
      rates_known_ = true;
      rates_even_ =
          std::all_of(rate_.begin(), rate_.end(), [this](double rate) { return rate == rate_[0]; });
    }
    return rates_even_;
  }

  void move(std::uint32_t i, Time t) {
    const double ticks = ticks_at(t);
    if (ticks == since_[i]) return;
    value_[i] = value_at(i, t);
    since_[i] = ticks;
    even_ = false;
  }
  void move_origin() {
    const double ticks = ticks_at(now_);
    for (double& since : since_) since -= ticks;
    origin_ = now_;
  }

  // Takes a whole state, at the time its since_ says.
  void put(std::uint32_t i, const State& state) {
    take_record(i, state);
    const Relaxation r = M::relaxation(this->params_, states_[i]);
    value_[i] = state.value;
    input_[i] = state.input;
    if (rate_[i] != r.rate * s_per_tick) rates_known_ = false;
    rate_[i] = r.rate * s_per_tick;
    gain_[i] = r.gain;
    offset_[i] = r.offset;
    low_[i] = r.low;
    high_[i] = r.high;
    up_[i] = r.up;
    down_[i] = r.down;
    target_[i] = aim(i);
    if (M::due(this->params_, states_[i])) becomes_due(i);
  }

  // Puts a neuron back that something at t may have changed, when it had `value`.
  void keep(std::uint32_t i, Time t, const State& state, double value) {
    const Relaxation r = M::relaxation(this->params_, state);
    const bool flows = state.input != input_[i] || r.rate * s_per_tick != rate_[i] ||
                       r.gain != gain_[i] || r.offset != offset_[i] || r.low != low_[i] ||
                       r.high != high_[i] || state.value != value;
    if (flows) {
      since_[i] = ticks_at(t);
      even_ = false;
      put(i, state);
      crossing_.forget();
    } else {
      take_record(i, state);
      up_[i] = r.up;
      down_[i] = r.down;
    }
  }
  void take_record(std::uint32_t i, const State& state) {
    if (shows(states_[i]) || shows(state)) changed(i);
    states_[i] = state;
  }
  void changed(std::uint32_t i) {
    if (changes_.who.size() > 4 * std::size_t{this->size()}) begin_changes();
    changes_.who.push_back(i);
  }
  static bool shows([[maybe_unused]] const Record& record) {
    if constexpr (Consolidates<M>)
      return M::shows(record);
    else
      return false;
  }
  void begin_changes() {
    ++changes_.list;
    changes_.who.clear();
  }
  void becomes_due(std::uint32_t i) {
    due_.push_back(i);
    std::push_heap(due_.begin(), due_.end(), std::greater<>{});
  }

  Emission fire(std::uint32_t i, Time t, Counts& counts) {
    State state = read(i, t);
    const double value = state.value;
    const Emission emission = fire_at<M>(this->params_, state, t);
    ++counts.neuron_updates;
    keep(i, t, state, value);
    if constexpr (Consolidates<M>) {
      if (!emission.consolidates) return emission;
      for (LevelListener<M>* listener : listeners_) listener->consolidate(i, t, counts);
      state = read(i, t);
      const double held_value = state.value;
      M::consolidated(this->params_, state);
      keep(i, t, state, held_value);
    }
    return emission;
  }
  // The lowest neuron that an event made due; unless one since then made it wait again.
  SliceBase::Firing fire_due(Time t, Counts& counts) {
    const std::uint32_t i = due_.front();
    Emission emission{.sent = false};
    if (M::due(this->params_, states_[i])) {
      const double up = up_[i], down = down_[i];
      emission = fire(i, t, counts);
      if (up != up_[i] || down != down_[i]) crossing_.forget();
      if (M::due(this->params_, states_[i])) return {i, emission};
    }
    std::pop_heap(due_.begin(), due_.end(), std::greater<>{});
    due_.pop_back();
    return {i, emission};
  }

  // All of them, as those who may cross.
  struct Candidates {
    RelaxingSlice& slice;

    void bound() { slice.bound(); }
    double bound_of(std::size_t i) const { return slice.bounds_[i]; }
    void raise(std::size_t i, double s) { slice.bounds_.raise(i, s); }
    std::size_t first() const { return slice.bounds_.first(); }
    std::size_t size() const { return slice.size(); }
    void tighten(std::size_t) {}
    // From when it was last moved: what now is depends on the mapping, and roundings on that.
    Duration until_fire(std::size_t place) const {
      const auto i = static_cast<std::uint32_t>(place);
      const Duration whole =
          round_up(seconds_to_next(slice.relaxation_of(i), {slice.value_[i], slice.input_[i]}));
      if (whole == forever) return forever;
      const Duration past{static_cast<std::int64_t>(slice.ticks_at(slice.now_) - slice.since_[i])};
      return std::max(whole - past, Duration{});
    }
    std::uint32_t who(std::size_t i) const { return static_cast<std::uint32_t>(i); }
  };
  void bound() {
    const std::size_t n = this->size();
    const double now = ticks_at(now_);
    double* out = bounds_.resize(n);
    const double *value = value_.data(), *target = target_.data(), *since = since_.data(),
                 *rate = rate_.data(), *up = up_.data(), *down = down_.data();
    for (std::size_t i = 0; i < n; ++i) {
      // Chosen without arithmetic in a branch, or compilers keep the branch and the loop is slow.
      const double way = target[i] - value[i], above = up[i], below = down[i];
      const double room = (way > 0 ? 1.0 : -1.0) * ((way > 0 ? above : below) - value[i]);
      const double reach = std::abs(way);
      const double some = std::max(room, 0.0);
      const double speed = std::max(reach * rate[i], 1e-300);
      const double ticks = some / speed * (1 - 1e-12) - (now - since[i]);
      const double rest = std::max(ticks * s_per_tick, 0.0);
      out[i] = rest + (reach > some ? 0.0 : std::numeric_limits<double>::infinity());
    }
    bounds_.search();
  }

  // Columns, a number per neuron.
  std::vector<double> value_, since_;  // and when it was that, in ticks after origin_
  std::vector<double> input_, target_;
  std::vector<double> rate_;  // per tick
  std::vector<double> gain_, offset_, low_, high_, up_, down_;
  std::vector<State> states_;  // in which only the Record is valid
  Changes changes_;
  std::vector<LevelListener<M>*> listeners_;
  std::vector<std::uint32_t> due_;  // whom an event made due now: a heap, the lowest in front
  FirstCrossing crossing_;
  LeastBound bounds_;
  Time origin_{}, now_{};
  double interval_s_ = 0;  // what usually passes between two things that happen here
  bool even_ = true;       // since_ of all is the same
  bool rates_known_ = false, rates_even_ = false;
};

}  // namespace clockless
