// Messages from synapses to their source: one row a neuron of a slice.
#pragma once

#include <cstdint>

#include "core/slice.hpp"

namespace clockless {

class ReportRows final : public RowBlock {
 public:
  ReportRows(SliceBase& slice, std::uint8_t port) : slice_(slice), port_(port) {
    for (const std::uint32_t place : slice.places()) keys_.push_back({place, Duration{}});
  }
  void deliver(std::uint32_t row, Time t, float payload, Counts& counts) override {
    ++counts.neuron_updates;
    slice_.receive_at(row, {static_cast<double>(payload), port_, t});
  }
  Load load(std::uint32_t, float, bool) const override { return {1, 0, 1}; }
  std::uint64_t synapses(std::uint32_t) const override { return 0; }
  void collect(Edges&) const override {}  // no synapses

 private:
  SliceBase& slice_;
  std::uint8_t port_;
};

}  // namespace clockless
