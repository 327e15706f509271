// The rows of one projection on one general slice: synapses in the order of (source, delay,
// target).
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/slice.hpp"

namespace clockless {

template <NeuronModel M, SynapseRule R>
class Rows final : public RowBlock, public PostListener<M> {
  static constexpr bool learns = PlasticityRule<R, typename M::State>;
  static constexpr bool learns_on_post = LearnsOnPost<R, typename M::State>;

 public:
  /// `edges`: those whose target lives on `slice`, posts as local numbers, in row order.
  Rows(Slice<M>& slice, const Edges& edges, typename R::Params params, std::uint8_t port)
      : Rows(slice, edges.size(), std::move(params), port) {
    for (const Edge& e : edges) append(e);
    finish();
  }
  /// The same of about `expected` edges that are yet to be appended.
  Rows(Slice<M>& slice, std::size_t expected, typename R::Params params, std::uint8_t port)
      : slice_(slice), params_(std::move(params)), port_(port) {
    targets_.reserve(expected);
    synapses_.reserve(expected);
  }
  void append(const Edge& e) {
    if (keys_.empty() || keys_.back() != Key{e.pre, e.delay}) {
      keys_.push_back({e.pre, e.delay});
      starts_.push_back(targets_.size());
    }
    targets_.push_back(e.post);
    synapses_.push_back(R::synapse(params_, e.weight));
  }
  /// No more edges come.
  void finish() {
    starts_.push_back(targets_.size());
    targets_.shrink_to_fit();
    synapses_.shrink_to_fit();
    if constexpr (learns) {
      restart();
      slice_.listen(this);
    }
    if constexpr (learns_on_post) index_columns();
  }

  void deliver(std::uint32_t row, Time t, float payload, Counts& counts) override {
    const std::size_t begin = starts_[row];
    const std::size_t end = starts_[row + 1];
    counts.synaptic_events += end - begin;
    counts.neuron_updates += end - begin;
    for (std::size_t k = begin; k < end; ++k) {
      const std::uint32_t post = targets_[k];
      slice_.move_to(post, t);
      if constexpr (learns)
        R::on_pre(params_, synapses_[k], traces_.pre[row], traces_.post[post], slice_.state(post),
                  t);
      slice_.receive(post,
                     {R::weight(params_, synapses_[k]) * static_cast<double>(payload), port_, t});
    }
    if constexpr (learns) {
      counts.plasticity_updates += end - begin;
      traces_.pre[row].spike(params_, t);
    }
  }

  std::uint64_t synapses(std::uint32_t row) const override {
    return starts_[row + 1] - starts_[row];
  }

  // Its first cache lines; what follows in a long row comes by itself.
  void prefetch(std::uint32_t row) const override {
    const std::size_t first = starts_[row];
    const std::size_t last = std::min(first + 16, starts_[row + 1]) - 1;
    for (const std::size_t k : {first, last}) {
      __builtin_prefetch(&targets_[k]);
      __builtin_prefetch(&synapses_[k]);
    }
  }

  void post_fired(std::uint32_t post, Time t, const typename M::State& state,
                  [[maybe_unused]] Counts& counts) override {
    if constexpr (learns_on_post) {
      for (std::size_t k = column_starts_[post]; k < column_starts_[post + 1]; ++k) {
        const Visit visit = columns_[k];
        R::on_post(params_, synapses_[visit.synapse], traces_.pre[visit.row], traces_.post[post],
                   state, t);
      }
      counts.plasticity_updates += column_starts_[post + 1] - column_starts_[post];
    }
    if constexpr (learns) traces_.post[post].spike(params_, t);
  }

  void restart() override {
    if constexpr (learns) {
      traces_.pre.assign(keys_.size(), {});
      traces_.post.assign(slice_.size(), {});
    }
  }

  void collect(Edges& edges) const override {
    for (std::size_t row = 0; row < keys_.size(); ++row)
      for (std::size_t k = starts_[row]; k < starts_[row + 1]; ++k)
        edges.push_back({keys_[row].pre, slice_.places()[targets_[k]],
                         R::weight(params_, synapses_[k]), keys_[row].delay});
  }

 private:
  struct Visit {
    std::size_t synapse;
    std::uint32_t row;
  };

  void index_columns() {
    column_starts_.assign(slice_.size() + 1, 0);
    for (const std::uint32_t post : targets_) ++column_starts_[post + 1];
    for (std::size_t i = 1; i < column_starts_.size(); ++i)
      column_starts_[i] += column_starts_[i - 1];
    columns_.resize(targets_.size());
    std::vector<std::size_t> fill(column_starts_.begin(), column_starts_.end() - 1);
    for (std::uint32_t row = 0; row < keys_.size(); ++row)
      for (std::size_t k = starts_[row]; k < starts_[row + 1]; ++k)
        columns_[fill[targets_[k]]++] = {k, row};
  }

  template <class Rule>
  struct TracesOf {};
  template <class Rule>
  requires requires { typename Rule::Pre; }
  struct TracesOf<Rule> {
    std::vector<typename Rule::Pre> pre;
    std::vector<typename Rule::Post> post;
  };

  Slice<M>& slice_;
  typename R::Params params_;
  std::uint8_t port_;
  std::vector<std::size_t> starts_;
  std::vector<std::uint32_t> targets_;
  std::vector<typename R::Synapse> synapses_;
  TracesOf<R> traces_;
  std::vector<std::size_t> column_starts_;  // for rules that learn on post-spikes
  std::vector<Visit> columns_;
};

}  // namespace clockless
