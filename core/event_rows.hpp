// Events that reach neurons one by one, of slices whose kernels take other ports by whole rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/connectivity.hpp"
#include "core/slice.hpp"

namespace clockless {

/// Rows of static weights at a port that is not linear (DenseSlice) or not the held one
/// (RelaxingSlice): each target receives by itself.
template <class Slice>
class EventRows final : public RowBlock {
 public:
  /// `edges` in row order, posts as local numbers, weights as they are applied.
  EventRows(Slice& slice, const Edges& edges, std::uint8_t port) : slice_(slice), port_(port) {
    for (const Edge& e : edges) {
      if (keys_.empty() || keys_.back() != Key{e.pre, e.delay}) {
        keys_.push_back({e.pre, e.delay});
        starts_.push_back(targets_.size());
      }
      targets_.push_back(e.post);
      weights_.push_back(e.weight);
    }
    starts_.push_back(targets_.size());
  }
  void deliver(std::uint32_t row, Time t, float payload, Counts& counts) override {
    const std::size_t begin = starts_[row], size = starts_[row + 1] - begin;
    counts.synaptic_events += size;
    counts.neuron_updates += size;
    slice_.apply_events({targets_.data() + begin, size}, {weights_.data() + begin, size}, port_, t,
                        static_cast<double>(payload));
  }
  std::uint64_t synapses(std::uint32_t row) const override {
    return starts_[row + 1] - starts_[row];
  }
  void collect(Edges& edges) const override {
    for (std::size_t row = 0; row < keys_.size(); ++row)
      for (std::size_t k = starts_[row]; k < starts_[row + 1]; ++k)
        edges.push_back(
            {keys_[row].pre, slice_.places()[targets_[k]], weights_[k], keys_[row].delay});
  }

 private:
  Slice& slice_;
  std::uint8_t port_;
  std::vector<std::size_t> starts_;
  std::vector<std::uint32_t> targets_;
  std::vector<double> weights_;
};

}  // namespace clockless
