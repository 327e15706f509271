// Weights by rows: whole, one number per target, until some synapses are removed; then only those
// that are left take memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace clockless {

/// `rows` rows of weights to `n` targets in single precision.
class SynapseRows {
 public:
  SynapseRows(std::size_t rows, std::size_t n) : n_(n), rows_(rows), weights_(rows * n) {}

  bool whole() const { return starts_.empty(); }
  std::size_t rows() const { return rows_; }
  std::size_t size(std::size_t r) const { return whole() ? n_ : starts_[r + 1] - starts_[r]; }
  /// Of row r, size(r) of them.
  float* row(std::size_t r) { return weights_.data() + (whole() ? r * n_ : starts_[r]); }
  const float* row(std::size_t r) const {
    return weights_.data() + (whole() ? r * n_ : starts_[r]);
  }
  /// Targets of row r, ascending; only of rows that are not whole.
  const std::uint32_t* targets(std::size_t r) const { return targets_.data() + starts_[r]; }
  std::uint32_t target(std::size_t r, std::size_t k) const {
    return whole() ? static_cast<std::uint32_t>(k) : targets_[starts_[r] + k];
  }
  /// The weight r → i, null if there is no such synapse.
  float* find(std::size_t r, std::uint32_t i) {
    if (whole()) return row(r) + i;
    const std::uint32_t *begin = targets(r), *end = begin + size(r);
    const std::uint32_t* at = std::lower_bound(begin, end, i);
    return at != end && *at == i ? row(r) + (at - begin) : nullptr;
  }

  /// Keeps the synapses for which keep(r, i) is true, and gives the memory of the others back.
  template <class Keep>
  void keep_only(Keep keep) {
    std::vector<std::size_t> starts{0};
    std::vector<std::uint32_t> targets;
    std::vector<float> weights;
    for (std::size_t r = 0; r < rows_; ++r) {
      for (std::size_t k = 0; k < size(r); ++k) {
        const std::uint32_t i = target(r, k);
        if (!keep(r, i)) continue;
        targets.push_back(i);
        weights.push_back(row(r)[k]);
      }
      starts.push_back(targets.size());
    }
    targets.shrink_to_fit();
    weights.shrink_to_fit();
    starts_ = std::move(starts);
    targets_ = std::move(targets);
    weights_ = std::move(weights);
  }

  std::size_t count() const { return weights_.size(); }
  /// What they take.
  std::size_t bytes() const {
    return weights_.capacity() * sizeof(float) + targets_.capacity() * sizeof(std::uint32_t) +
           starts_.capacity() * sizeof(std::size_t);
  }

 private:
  std::size_t n_, rows_;
  std::vector<float> weights_;
  std::vector<std::size_t> starts_;  // empty while rows are whole
  std::vector<std::uint32_t> targets_;
};

}  // namespace clockless
