// The rows of one projection that learns on signals, on a general slice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/slice.hpp"

namespace clockless {

template <NeuronModel M, class R>
requires LearnsOnSignal<R, RecordOf<M>>
class SignalRows final : public LearnedBlock<R> {
 public:
  /// `edges`: those whose target lives on `slice`, posts as local numbers, in row order.
  SignalRows(Slice<M>& slice, const Edges& edges, typename R::Params params, std::uint8_t port)
      : slice_(slice), params_(std::move(params)), port_(port) {
    for (const Edge& e : edges) {
      if (this->keys_.empty() || this->keys_.back() != RowBlock::Key{e.pre, e.delay}) {
        this->keys_.push_back({e.pre, e.delay});
        starts_.push_back(targets_.size());
      }
      targets_.push_back(e.post);
      weights_.synapses.push_back(R::synapse(params_, e.weight));
    }
    starts_.push_back(targets_.size());
    weights_.rows.resize(this->keys_.size());
  }

  void deliver(std::uint32_t row, Time t, float payload, Counts& counts) override {
    const std::size_t begin = starts_[row], end = starts_[row + 1];
    counts.synaptic_events += end - begin;
    counts.neuron_updates += end - begin;
    const double amount = R::gain(params_, weights_.rows[row]) * static_cast<double>(payload);
    for (std::size_t k = begin; k < end; ++k) {
      slice_.move_to(targets_[k], t);
      slice_.receive(targets_[k], {R::weight(params_, weights_.synapses[k]) * amount, port_, t});
    }
  }

  std::uint64_t synapses(std::uint32_t row) const override {
    return starts_[row + 1] - starts_[row];
  }

  void signal(std::uint32_t r, Time, float payload, Counts& counts) override {
    if (deferred_) {
      const bool changed = payload != 0 && look();
      return lessons_.add(r, payload, shown_, changed);
    }
    counts.plasticity_updates += learn(r, payload, [&](std::uint32_t target) {
      return R::factor(params_, record_of<M>(slice_.state(target)));
    });
  }

  void defer_learning() override { deferred_ = true; }
  BlockLessons take_lessons() override { return std::exchange(lessons_, {}); }
  std::uint64_t teach(const BlockLessons& lessons, Time) override {
    std::uint64_t updates = 0;
    for (const BlockLessons::Signal& s : lessons.signals)
      updates += learn(s.row, s.payload,
                       [&](std::uint32_t target) { return lessons.factors[s.showing].of[target]; });
    return updates;
  }

  LearnedWeights<R> learned() const override { return weights_; }
  void restore(const LearnedWeights<R>& weights, Time) override { weights_ = weights; }

  void collect(Edges& edges) const override {
    for (std::size_t r = 0; r < this->keys_.size(); ++r)
      for (std::size_t k = starts_[r]; k < starts_[r + 1]; ++k)
        edges.push_back(
            {this->keys_[r].pre, slice_.places()[targets_[k]],
             R::gain(params_, weights_.rows[r]) * R::weight(params_, weights_.synapses[k]),
             this->keys_[r].delay});
  }

 private:
  template <class FactorOf>
  std::uint64_t learn(std::uint32_t r, float payload, FactorOf factor_of) {
    typename R::Row& row = weights_.rows[r];
    row.signal(params_, payload);
    const double carry = R::carry(params_, row);
    std::uint64_t updates = 0;
    for (std::size_t k = starts_[r]; k < starts_[r + 1]; ++k) {
      if (carry != 1) R::scale(weights_.synapses[k], carry);
      const double factor = payload == 0 ? 0.0 : factor_of(targets_[k]);
      if (factor == 0) continue;
      R::on_signal(params_, weights_.synapses[k], row, factor);
      ++updates;
    }
    return updates;
  }

  // What all targets show now; returns whether that has changed.
  bool look() {
    Factors now;
    for (std::uint32_t i = 0; i < slice_.size(); ++i) {
      now.of.push_back(R::factor(params_, record_of<M>(slice_.state(i))));
      if (now.of.back() != 0) now.shown.push_back(i);
    }
    const bool changed = now.of != shown_.of;
    shown_ = std::move(now);
    return changed;
  }

  Slice<M>& slice_;
  typename R::Params params_;
  std::uint8_t port_;
  std::vector<std::size_t> starts_;
  std::vector<std::uint32_t> targets_;
  LearnedWeights<R> weights_;
  bool deferred_ = false;
  Factors shown_;
  BlockLessons lessons_;
};

}  // namespace clockless
