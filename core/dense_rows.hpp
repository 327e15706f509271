// What reaches a dense slice: rows of constant weights, rows that learn when signals pass, and
// events at ports that are not linear.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/connectivity.hpp"
#include "core/dense_slice.hpp"
#include "core/description.hpp"
#include "core/plasticity.hpp"

namespace clockless {

/// The rows of one dense projection on a dense slice.
template <NeuronModel M, class Weight>
class DenseRows final : public RowBlock {
 public:
  DenseRows(DenseSlice<M>& slice, DenseMatrix<Weight> matrix, Duration delay, std::uint8_t port)
      : slice_(slice), matrix_(std::move(matrix)) {
    const std::uint32_t first = slice.add_rows(matrix_.weights.get(), matrix_.pre, port);
    for (std::uint32_t i = 0; i < matrix_.pre; ++i)
      if (slice.synapses(first + i) != 0) {
        keys_.push_back({i, delay});
        rows_.push_back(first + i);
      }
  }

  void deliver(std::uint32_t row, Time t, float payload, Counts& counts) override {
    const std::uint32_t synapses = slice_.synapses(rows_[row]);
    counts.synaptic_events += synapses;
    counts.neuron_updates += synapses;
    slice_.apply(rows_[row], t, static_cast<double>(payload));
  }

  std::uint64_t synapses(std::uint32_t row) const override { return slice_.synapses(rows_[row]); }

  void collect(Edges& edges) const override {
    for (const Key& key : keys_)
      for (std::uint32_t j = 0; j < matrix_.post; ++j)
        if (matrix_.row(key.pre)[j] != 0)
          edges.push_back({key.pre, j, static_cast<double>(matrix_.row(key.pre)[j]), key.delay});
  }

 private:
  DenseSlice<M>& slice_;
  DenseMatrix<Weight> matrix_;
  std::vector<std::uint32_t> rows_;  // the slice's number of each row with synapses
};

/// Rules whose synapse is its weight and nothing else, so that the kernel can stream synapses.
template <class R>
concept PlainWeight = requires(typename R::Synapse y) {
  requires std::same_as<decltype(y.weight), float> || std::same_as<decltype(y.weight), double>;
  requires sizeof(y) == sizeof(y.weight);
};

/// What the neurons of a slice show to a rule, kept up to date by who has changed.
template <NeuronModel M, class R>
class ShownFactors {
 public:
  /// Returns whether any has changed.
  bool update(const DenseSlice<M>& slice, const typename R::Params& params) {
    const auto& changes = slice.changes();
    const bool anew = changes.list != list_ || now_.of.size() != slice.size();
    bool changed = anew;
    const auto look = [&](std::uint32_t i) {
      const double factor = R::factor(params, slice.record(i));
      changed = changed || factor != now_.of[i];
      now_.of[i] = factor;
    };
    if (anew) {
      now_.of.assign(slice.size(), 0.0);
      for (std::uint32_t i = 0; i < slice.size(); ++i) look(i);
      list_ = changes.list;
    } else {
      for (; seen_ < changes.who.size(); ++seen_) look(changes.who[seen_]);
    }
    seen_ = changes.who.size();
    if (!changed) return false;
    now_.shown.clear();
    for (std::uint32_t i = 0; i < slice.size(); ++i)
      if (now_.of[i] != 0) now_.shown.push_back(i);
    return true;
  }
  const Factors& now() const { return now_; }

 private:
  Factors now_;
  std::uint64_t list_ = 0;
  std::size_t seen_ = 0;
};

/// The rows of one all-to-all projection that learns on signals, on a dense slice.
template <NeuronModel M, class R>
requires LearnsOnSignal<R, RecordOf<M>> && PlainWeight<R>
class LearnedRows final : public LearnedBlock<R> {
  using Synapse = typename R::Synapse;
  using Row = typename R::Row;

 public:
  /// weights: pre × post, all of the slice; without wiring.self i → i has weight 0 and keeps it.
  LearnedRows(DenseSlice<M>& slice, LearnedWeights<R> weights, const Wiring& wiring,
              const typename R::Params& params)
      : slice_(slice), params_(params), learned_(std::move(weights)), self_(wiring.self) {
    first_ = slice.add_rows(&learned_.synapses[0].weight, learned_.rows.size(), wiring.port);
    if (self_ || slice.size() > 1)  // a neuron alone has no synapses
      for (std::uint32_t i = 0; i < learned_.rows.size(); ++i)
        this->keys_.push_back({i, wiring.delay});
    update_gains();
  }

  std::uint64_t synapses(std::uint32_t) const override { return slice_.size() - !self_; }

  void deliver(std::uint32_t row, Time t, float payload, Counts& counts) override {
    counts.synaptic_events += synapses(row);
    counts.neuron_updates += synapses(row);
    slice_.apply(first_ + row, t, static_cast<double>(payload));
  }

  void signal(std::uint32_t r, Time t, float payload, Counts& counts) override {
    const bool changed = payload != 0 && factors_.update(slice_, params_);
    if (deferred_) return lessons_.add(r, payload, factors_.now(), changed);
    slice_.before_learning(t);
    counts.plasticity_updates += learn(r, payload, factors_.now());
  }

  void defer_learning() override { deferred_ = true; }
  BlockLessons take_lessons() override { return std::exchange(lessons_, {}); }
  std::uint64_t teach(const BlockLessons& lessons, Time now) override {
    slice_.before_learning(now);
    std::uint64_t updates = 0;
    for (const BlockLessons::Signal& s : lessons.signals)
      updates += learn(s.row, s.payload, lessons.factors[s.showing]);
    return updates;
  }

  void collect(Edges& edges) const override {
    for (std::uint32_t r = 0; r < learned_.rows.size(); ++r)
      for (std::uint32_t i = 0; i < slice_.size(); ++i)
        if (self_ || r != i)
          edges.push_back({r, i,
                           R::gain(params_, learned_.rows[r]) *
                               R::weight(params_, learned_.synapses[r * slice_.size() + i]),
                           this->keys_[r].delay});
  }

  LearnedWeights<R> learned() const override { return learned_; }
  void restore(const LearnedWeights<R>& weights, Time now) override {
    slice_.before_learning(now);
    std::copy(weights.synapses.begin(), weights.synapses.end(), learned_.synapses.begin());
    learned_.rows = weights.rows;  // the synapses stay where the slice knows them
    update_gains();
  }

 private:
  Synapse& at(std::uint32_t r, std::uint32_t i) {
    return learned_.synapses[std::size_t{r} * slice_.size() + i];
  }
  void update_gains() {
    for (std::uint32_t r = 0; r < learned_.rows.size(); ++r) {
      slice_.set_gain(first_ + r, R::gain(params_, learned_.rows[r]));
      slice_.weights_changed(first_ + r);
    }
  }

  std::uint32_t learn(std::uint32_t r, float payload, const Factors& factors) {
    Row& common = learned_.rows[r];
    common.signal(params_, payload);
    if (const double carry = R::carry(params_, common); carry != 1) {
      for (std::uint32_t i = 0; i < slice_.size(); ++i) R::scale(at(r, i), carry);
      slice_.weights_changed(first_ + r);
    }
    slice_.set_gain(first_ + r, R::gain(params_, common));
    if (payload == 0) return 0;
    // Few targets that show a factor are visited one by one; many in one sweep.
    const Row row = common;
    const auto& shown = factors.shown;
    const bool here = !self_ && r < slice_.size() && factors.of[r] != 0;
    if (2 * shown.size() >= slice_.size()) {
      const Synapse own = self_ ? Synapse{} : at(r, r);
      for (std::uint32_t i = 0; i < slice_.size(); ++i)
        R::on_signal(params_, at(r, i), row, factors.of[i]);
      if (!self_) at(r, r) = own;
      slice_.weights_swept(first_ + r);
    } else {
      for (const std::uint32_t i : shown) {
        if (!self_ && i == r) continue;
        R::on_signal(params_, at(r, i), row, factors.of[i]);
        slice_.weight_changed(first_ + r, i, R::weight(params_, at(r, i)));
      }
    }
    return static_cast<std::uint32_t>(shown.size()) - here;
  }

  DenseSlice<M>& slice_;
  typename R::Params params_;
  LearnedWeights<R> learned_;
  bool self_;
  std::uint32_t first_;
  ShownFactors<M, R> factors_;
  bool deferred_ = false;
  BlockLessons lessons_;
};

}  // namespace clockless
