// The inner loops of the dense kernel: rows, the active set, and the streaming of logged inputs.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

#include "core/frame.hpp"

namespace clockless {

/// A target that a row reaches much harder than the rest: what it gets beyond the row's typical.
struct StrongTarget {
  std::uint32_t post;
  double excess;
};

/// One row of weights, and what is worth knowing of it beforehand.
struct DenseRow {
  const float* floats = nullptr;  ///< one of the two is set
  const double* doubles = nullptr;
  double typical = 0;        ///< the largest weight among all but the strong targets, at least 0
  double most_negative = 0;  ///< magnitude of the most negative weight
  std::uint32_t strong_begin = 0, strong_end = 0;
  std::uint32_t synapses = 0;  ///< weights that are not zero
  std::uint8_t port = 0;

  template <std::size_t X>
  void add_to(std::array<double, X>& x, std::size_t i, const std::array<double, X>& factors) const {
    const double w = floats ? static_cast<double>(floats[i]) : doubles[i];
    for (std::size_t j = 0; j < X; ++j) x[j] += w * factors[j];
  }
};

/// Summarises a row of n weights; its `most` strongest targets are appended to `strong`.
template <class Weight>
DenseRow summarise(const Weight* weights, std::size_t n, std::size_t most, std::uint8_t port,
                   std::vector<StrongTarget>& strong) {
  DenseRow row;
  if constexpr (std::is_same_v<Weight, float>)
    row.floats = weights;
  else
    row.doubles = weights;
  row.port = port;
  std::vector<StrongTarget> top;  // the strongest, as a heap with the weakest in front
  const auto weaker_first = [](const StrongTarget& a, const StrongTarget& b) {
    return a.excess > b.excess;
  };
  for (std::uint32_t i = 0; i < n; ++i) {
    const auto w = static_cast<double>(weights[i]);
    row.synapses += w != 0;
    row.most_negative = std::max(row.most_negative, -w);
    if (w <= 0 || (top.size() > most && w <= top.front().excess)) continue;
    top.push_back({i, w});
    std::push_heap(top.begin(), top.end(), weaker_first);
    if (top.size() > most + 1) {
      std::pop_heap(top.begin(), top.end(), weaker_first);
      top.pop_back();
    }
  }
  if (top.size() > most) {
    row.typical = top.front().excess;
    top.erase(top.begin());
  }
  row.strong_begin = static_cast<std::uint32_t>(strong.size());
  for (const StrongTarget& t : top) strong.push_back({t.post, t.excess - row.typical});
  row.strong_end = static_cast<std::uint32_t>(strong.size());
  return row;
}

/// The neurons near threshold, side by side.
template <NeuronModel M>
requires Framed<M>
struct ActiveSet {
  using Frame = typename M::Frame;
  static constexpr std::size_t X = Frame::coordinates;
  static constexpr std::size_t K = Frame::constants;
  static constexpr std::size_t lanes = 8;

  std::vector<std::uint32_t> who;
  std::array<std::vector<double>, X> x;
  std::array<std::vector<double>, K> k;
  std::vector<double> bounds;  ///< lower bounds of the seconds until each crosses

  std::size_t size() const { return who.size(); }
  void clear() {
    who.clear();
    for (auto& v : x) v.clear();
    for (auto& v : k) v.clear();
  }
  void push_back(std::uint32_t i, const FrameNeuron<X, K>& neuron) {
    who.push_back(i);
    for (std::size_t j = 0; j < X; ++j) x[j].push_back(neuron.x[j]);
    for (std::size_t j = 0; j < K; ++j) k[j].push_back(neuron.k[j]);
  }
  FrameNeuron<X, K> neuron(std::size_t a) const {
    FrameNeuron<X, K> out;
    for (std::size_t j = 0; j < X; ++j) out.x[j] = x[j][a];
    for (std::size_t j = 0; j < K; ++j) out.k[j] = k[j][a];
    return out;
  }
  void assign(std::size_t a, const FrameNeuron<X, K>& neuron) {
    for (std::size_t j = 0; j < X; ++j) x[j][a] = neuron.x[j];
    for (std::size_t j = 0; j < K; ++j) k[j][a] = neuron.k[j];
  }

  /// One input: x[j] += weights[who] · factors[j].
  template <class Weight>
  void add(const Weight* weights, const std::array<double, X>& factors) {
    const std::size_t n = who.size();
    const std::uint32_t* at = who.data();
    std::array<double*, X> to;
    for (std::size_t j = 0; j < X; ++j) to[j] = x[j].data();
    for (std::size_t a = 0; a < n; ++a) {
      const auto w = static_cast<double>(weights[at[a]]);
      for (std::size_t j = 0; j < X; ++j) to[j][a] += w * factors[j];
    }
  }

  /// Fills `bounds` at moment m and returns the place of the least (size() if there is none).
  std::size_t bound(const typename M::Params& p, const typename Frame::Moment& m) {
    const std::size_t n = who.size();
    bounds.resize(n);
    double* out = bounds.data();
    std::array<const double*, X> from;
    std::array<const double*, K> constants;
    for (std::size_t j = 0; j < X; ++j) from[j] = x[j].data();
    for (std::size_t j = 0; j < K; ++j) constants[j] = k[j].data();
    for (std::size_t a = 0; a < n; ++a) {
      FrameNeuron<X, K> neuron;
      for (std::size_t j = 0; j < X; ++j) neuron.x[j] = from[j][a];
      for (std::size_t j = 0; j < K; ++j) neuron.k[j] = constants[j][a];
      const Reading r = Frame::read(p, m, neuron);
      const double slack = r.slack > 0 ? r.slack : 0.0;
      const double slope = r.slope > 1e-300 ? r.slope : 1e-300;
      out[a] = slack / slope * (1 - 1e-12);
    }
    std::array<double, lanes> least;
    least.fill(std::numeric_limits<double>::infinity());
    std::size_t a = 0;
    for (; a + lanes <= n; a += lanes)
      for (std::size_t l = 0; l < lanes; ++l)
        least[l] = out[a + l] < least[l] ? out[a + l] : least[l];
    for (; a < n; ++a) least[0] = out[a] < least[0] ? out[a] : least[0];
    const double best = *std::min_element(least.begin(), least.end());
    for (a = 0; a < n; ++a)
      if (out[a] == best) return a;
    return n;
  }
};

/// Adds up to R rows to one block of coordinates: x[j][i] += Σ_r row_r[i] · factors_r[j].
template <std::size_t R, class Weight, std::size_t X>
void add_rows_to(const std::array<const Weight*, R>& rows,
                 const std::array<std::array<double, X>, R>& factors,
                 const std::array<double*, X>& x, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    std::array<double, X> sum;
    for (std::size_t j = 0; j < X; ++j) sum[j] = x[j][i];
    for (std::size_t r = 0; r < R; ++r) {
      const auto w = static_cast<double>(rows[r][i]);
      for (std::size_t j = 0; j < X; ++j) sum[j] += w * factors[r][j];
    }
    for (std::size_t j = 0; j < X; ++j) x[j][i] = sum[j];
  }
}

/// Streams logged inputs over all n neurons, block by block so that coordinates stay in L1, four
/// rows a pass.
template <class Weight, class Entry, std::size_t X>
void accumulate_rows(const std::vector<const Weight*>& rows,
                     const std::vector<const Entry*>& entries, const std::array<double*, X>& x,
                     std::size_t n) {
  constexpr std::size_t block = 512;
  for (std::size_t begin = 0; begin < n; begin += block) {
    const std::size_t end = std::min(n, begin + block);
    std::size_t r = 0;
    for (; r + 4 <= rows.size(); r += 4)
      add_rows_to<4, Weight, X>({rows[r], rows[r + 1], rows[r + 2], rows[r + 3]},
                                {entries[r]->factors, entries[r + 1]->factors,
                                 entries[r + 2]->factors, entries[r + 3]->factors},
                                x, begin, end);
    for (; r < rows.size(); ++r)
      add_rows_to<1, Weight, X>({rows[r]}, {entries[r]->factors}, x, begin, end);
  }
}

template <class Entry, std::size_t X>
void accumulate(const std::vector<DenseRow>& rows, const std::vector<Entry>& entries,
                const std::array<double*, X>& x, std::size_t n) {
  std::vector<const float*> floats;
  std::vector<const double*> doubles;
  std::vector<const Entry*> float_entries, double_entries;
  for (const Entry& e : entries) {
    if (rows[e.row].floats) {
      floats.push_back(rows[e.row].floats);
      float_entries.push_back(&e);
    } else {
      doubles.push_back(rows[e.row].doubles);
      double_entries.push_back(&e);
    }
  }
  accumulate_rows(floats, float_entries, x, n);
  accumulate_rows(doubles, double_entries, x, n);
}

}  // namespace clockless
