// The inner loops of the dense kernel: rows, the active set, and the streaming of logged inputs.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <vector>

#include "core/frame.hpp"
#include "core/least_bound.hpp"

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
  double gain = 1;             ///< by which all of them are multiplied
  std::size_t moved = 0;       ///< coordinates that its inputs move
  std::uint8_t port = 0;
  bool loose = false;  ///< some of this is true but not tight

  template <std::size_t X>
  void add_to(std::array<double, X>& x, std::size_t i, const std::array<double, X>& factors) const {
    const double w = floats ? static_cast<double>(floats[i]) : doubles[i];
    for (std::size_t j = 0; j < moved; ++j) x[j] += w * factors[j];
  }
};

/// Calls work(std::integral_constant<std::size_t, count>), count between 1 and X.
template <std::size_t X, class Work>
void with_count(std::size_t count, Work work) {
  if constexpr (X > 1) {
    if (count != X) return with_count<X - 1>(count, work);
  }
  work(std::integral_constant<std::size_t, X>{});
}

/// A weight that most + 1 of the weights reach, and few others: so many of some shares' largest do.
/// 0 where that would tell little.
template <std::size_t Shares, class Weight>
Weight reached_by(const Weight* weights, std::size_t n, std::size_t most) {
  if (n < Shares || most >= Shares) return 0;
  std::array<Weight, Shares> largest{};
  for (std::size_t i = 0; i + Shares <= n; i += Shares)
    for (std::size_t l = 0; l < Shares; ++l)
      largest[l] = weights[i + l] > largest[l] ? weights[i + l] : largest[l];
  std::nth_element(largest.begin(), largest.begin() + static_cast<std::ptrdiff_t>(most),
                   largest.end(), std::greater<>{});
  return largest[most];
}

/// Summarises n weights: fills in what `row` tells of them except its strong targets' places, and
/// puts its `most` strongest targets into `strong`, which it overwrites.
template <class Weight>
void summarise(const Weight* weights, std::size_t n, std::size_t most, DenseRow& row,
               std::vector<StrongTarget>& top) {
  if constexpr (std::is_same_v<Weight, float>)
    row.floats = weights;
  else
    row.doubles = weights;
  double negative = 0;
  std::uint32_t synapses = 0;
  for (std::size_t i = 0; i < n; ++i) {  // by itself, so that it vectorises
    const auto w = static_cast<double>(weights[i]);
    synapses += w != 0;
    negative = std::max(negative, -w);
  }
  row.synapses = synapses;
  row.most_negative = negative;
  row.typical = 0;
  row.loose = false;
  top.clear();
  const Weight least =
      most < 8 ? reached_by<16>(weights, n, most) : reached_by<64>(weights, n, most);
  for (std::uint32_t i = 0; i < n; ++i)
    if (weights[i] > 0 && weights[i] >= least) top.push_back({i, static_cast<double>(weights[i])});
  if (top.size() > most) {
    const auto next = top.begin() + static_cast<std::ptrdiff_t>(most);
    std::nth_element(
        top.begin(), next, top.end(),
        [](const StrongTarget& a, const StrongTarget& b) { return a.excess > b.excess; });
    row.typical = next->excess;
    top.erase(next, top.end());
  }
  for (StrongTarget& t : top) t.excess -= row.typical;
}

/// The same, more quickly and not tight: no target is called strong.
template <class Weight>
void bound_weights(const Weight* weights, std::size_t n, DenseRow& row) {
  Weight largest = 0, smallest = 0;
  std::uint32_t synapses = 0;
  for (std::size_t i = 0; i < n; ++i) {
    largest = weights[i] > largest ? weights[i] : largest;
    smallest = weights[i] < smallest ? weights[i] : smallest;
    synapses += weights[i] != 0;
  }
  row.synapses = synapses;
  row.typical = static_cast<double>(largest);
  row.most_negative = -static_cast<double>(smallest);
  row.strong_end = row.strong_begin;
  row.loose = true;
}

/// Neurons in their frame, each coordinate in a column of its own so that loops vectorise.
template <NeuronModel M>
requires Framed<M>
struct FrameColumns {
  using Frame = typename M::Frame;
  using Moment = typename Frame::Moment;
  static constexpr std::size_t X = Frame::coordinates;
  static constexpr std::size_t K = Frame::constants;
  using Neuron = FrameNeuron<X, K>;

  std::array<std::vector<double>, X> x;
  std::array<std::vector<double>, K> k;

  void resize(std::size_t n) {
    for (auto& column : x) column.resize(n);
    for (auto& column : k) column.resize(n);
  }
  std::array<double*, X> addresses() {
    std::array<double*, X> out;
    for (std::size_t j = 0; j < X; ++j) out[j] = x[j].data();
    return out;
  }
  Neuron load(std::size_t i) const {
    Neuron neuron;
    for (std::size_t j = 0; j < X; ++j) neuron.x[j] = x[j][i];
    for (std::size_t j = 0; j < K; ++j) neuron.k[j] = k[j][i];
    return neuron;
  }
  void store(std::size_t i, const Neuron& neuron) {
    for (std::size_t j = 0; j < X; ++j) x[j][i] = neuron.x[j];
    for (std::size_t j = 0; j < K; ++j) k[j][i] = neuron.k[j];
  }

  /// What inputs may add to each neuron within the horizon before it can cross.
  void margins(const typename M::Params& p, const Moment& moment,
               const typename Frame::Horizon& horizon, std::size_t n, double* out) const {
    const Pointers from(*this);
    const Moment m = moment;  // copies that no store can alias
    const typename Frame::Horizon h = horizon;
    for (std::size_t i = 0; i < n; ++i) out[i] = Frame::margin(p, m, h, from[i]);
  }
  /// Lower bounds of the seconds until each crosses, from moment m on.
  void bounds(const typename M::Params& p, const Moment& moment, std::size_t n, double* out) const {
    const Pointers from(*this);
    const Moment m = moment;
    for (std::size_t i = 0; i < n; ++i) {
      const Reading r = Frame::read(p, m, from[i]);
      const double slack = r.slack > 0 ? r.slack : 0.0;
      const double slope = r.slope > 1e-300 ? r.slope : 1e-300;
      out[i] = slack / slope * (1 - 1e-12);
    }
  }
  /// Whether nobody will ever cross without input.
  bool at_rest(const typename M::Params& p, const Moment& m, std::size_t n) const {
    for (std::size_t i = 0; i < n; ++i) {
      const Reading r = Frame::read(p, m, load(i));
      if (r.slope > 0 || !(r.slack > 0)) return false;
    }
    return true;
  }
  /// From the frame at moment `before` to that at `after`, which is the same time.
  void move_origin(const typename M::Params& p, const Moment& before, const Moment& after,
                   std::size_t n) {
    const Moment from = before;
    const Moment to = after;
    typename M::State state{};
    for (std::size_t i = 0; i < n; ++i) {
      Frame::leave(p, from, load(i), state);
      store(i, Frame::enter(p, to, state));
    }
  }

 private:
  // The columns' addresses, known not to change while a loop writes elsewhere.
  struct Pointers {
    explicit Pointers(const FrameColumns& c) {
      for (std::size_t j = 0; j < X; ++j) x[j] = c.x[j].data();
      for (std::size_t j = 0; j < K; ++j) k[j] = c.k[j].data();
    }
    Neuron operator[](std::size_t i) const {
      Neuron neuron;
      for (std::size_t j = 0; j < X; ++j) neuron.x[j] = x[j][i];
      for (std::size_t j = 0; j < K; ++j) neuron.k[j] = k[j][i];
      return neuron;
    }
    std::array<const double*, X> x;
    std::array<const double*, K> k;
  };
};

/// The neurons near threshold, side by side, and the search for the first of them to cross.
template <NeuronModel M>
requires Framed<M>
class ActiveSet {
  using Columns = FrameColumns<M>;
  static constexpr std::size_t X = Columns::X;
  static constexpr std::size_t lanes = LeastBound::lanes;

 public:
  std::size_t size() const { return n_; }
  std::uint32_t who(std::size_t a) const { return who_[a]; }
  typename Columns::Neuron neuron(std::size_t a) const { return columns_.load(a); }
  void assign(std::size_t a, const typename Columns::Neuron& neuron) { columns_.store(a, neuron); }

  void clear() { n_ = 0; }
  void push_back(std::uint32_t i, const typename Columns::Neuron& neuron) {
    if (n_ == who_.size()) reserve(std::max<std::size_t>(64, 2 * n_));
    who_[n_] = i;
    columns_.store(n_++, neuron);
  }
  /// Becomes all neurons whose margin does not exceed the budget.
  void choose(const std::vector<double>& margins, double budget) {
    if (who_.size() < margins.size()) reserve((margins.size() + lanes - 1) / lanes * lanes);
    n_ = 0;
    for (std::uint32_t i = 0; i < margins.size(); ++i) {
      who_[n_] = i;
      n_ += !(margins[i] > budget);
    }
  }
  /// Takes the chosen neurons' coordinates from among all.
  void take(const Columns& all) {
    const auto gather = [this](const auto& from, auto& to) {
      for (std::size_t j = 0; j < from.size(); ++j)
        for (std::size_t a = 0; a < n_; ++a) to[j][a] = from[j][who_[a]];
    };
    gather(all.x, columns_.x);
    gather(all.k, columns_.k);
  }
  /// Lays them back; constants, too, since a firing may change them.
  void give(Columns& all) const {
    const auto scatter = [this](const auto& from, auto& to) {
      for (std::size_t j = 0; j < from.size(); ++j)
        for (std::size_t a = 0; a < n_; ++a) to[j][who_[a]] = from[j][a];
    };
    scatter(columns_.x, all.x);
    scatter(columns_.k, all.k);
  }

  /// One input: x[j] += weights[who] · factors[j] for the first `moved` coordinates.
  template <class Weight>
  void add(const Weight* weights, const std::array<double, X>& factors, std::size_t moved) {
    with_count<X>(moved, [&](auto count) {
      const std::uint32_t* at = who_.data();
      const std::size_t padded = whole_lanes();
      std::array<double*, count> to;
      for (std::size_t j = 0; j < count; ++j) to[j] = columns_.x[j].data();
      for (std::size_t a = 0; a < padded; ++a) {
        const auto w = static_cast<double>(weights[at[a]]);
        for (std::size_t j = 0; j < count; ++j) to[j][a] += w * factors[j];
      }
    });
  }

  // -- lower bounds of when each crosses, in seconds from one moment on
  /// From now on those of moment m.
  void bound(const typename M::Params& p, const typename Columns::Moment& m) {
    columns_.bounds(p, m, whole_lanes(), bounds_.resize(n_));
    bounds_.search();
  }
  double bound_of(std::size_t a) const { return bounds_[a]; }
  void set_bound(std::size_t a, double seconds) { bounds_.raise(a, seconds); }
  /// Raises a bound as far as the model can tell; m is the moment that bounds count from.
  void tighten(const typename M::Params& p, const typename Columns::Moment& m, std::size_t a) {
    if constexpr (TightensBound<M>) {
      double bound = bounds_[a];
      for (int twice = 0; twice < 2; ++twice)
        bound = std::max(bound, Columns::Frame::tighten(p, m, columns_.load(a), bound));
      bounds_.raise(a, bound);
    }
  }
  /// The place of the least bound; size() if nobody moves towards threshold.
  std::size_t first() const { return bounds_.first(); }

 private:
  void reserve(std::size_t n) {
    who_.resize(n);
    columns_.resize(n);
  }
  // Loops run over whole lanes; what lies in the last beyond n_ counts for nothing.
  std::size_t whole_lanes() const { return LeastBound::whole_lanes(n_); }

  std::size_t n_ = 0;
  std::vector<std::uint32_t> who_;
  Columns columns_;
  LeastBound bounds_;
};

/// Adds R rows to one block of coordinates: x[j][i] += Σ_r row_r[i] · factors_r[j] for j < Moved.
/// The rows' sum comes first: it is small beside the coordinate, which so is rounded once.
template <std::size_t R, std::size_t Moved, class Weight, std::size_t X>
void add_rows_to(const std::array<const Weight*, R>& rows,
                 const std::array<std::array<double, X>, R>& factors,
                 const std::array<double*, X>& x, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    std::array<double, Moved> sum;
    const auto w0 = static_cast<double>(rows[0][i]);
    for (std::size_t j = 0; j < Moved; ++j) sum[j] = w0 * factors[0][j];
    for (std::size_t r = 1; r < R; ++r) {
      const auto w = static_cast<double>(rows[r][i]);
      for (std::size_t j = 0; j < Moved; ++j) sum[j] += w * factors[r][j];
    }
    for (std::size_t j = 0; j < Moved; ++j) x[j][i] += sum[j];
  }
}

/// Streams logged inputs over all n neurons, block by block so that coordinates stay in L1, four
/// rows a pass.
template <std::size_t Moved, class Weight, class Entry, std::size_t X>
void accumulate_rows(const std::vector<const Weight*>& rows,
                     const std::vector<const Entry*>& entries, const std::array<double*, X>& x,
                     std::size_t n) {
  constexpr std::size_t block = 512;
  for (std::size_t begin = 0; begin < n; begin += block) {
    const std::size_t end = std::min(n, begin + block);
    std::size_t r = 0;
    for (; r + 4 <= rows.size(); r += 4)
      add_rows_to<4, Moved, Weight, X>({rows[r], rows[r + 1], rows[r + 2], rows[r + 3]},
                                       {entries[r]->factors, entries[r + 1]->factors,
                                        entries[r + 2]->factors, entries[r + 3]->factors},
                                       x, begin, end);
    for (; r < rows.size(); ++r)
      add_rows_to<1, Moved, Weight, X>({rows[r]}, {entries[r]->factors}, x, begin, end);
  }
}

/// Logged inputs by the type of their weights; scratch that is used again and again.
template <class Entry>
struct Streams {
  std::vector<const float*> floats;
  std::vector<const double*> doubles;
  std::vector<const Entry*> float_entries, double_entries;
};

template <class Entry, std::size_t X>
void accumulate(const std::vector<DenseRow>& rows, const std::vector<Entry>& entries,
                Streams<Entry>& streams, const std::array<double*, X>& x, std::size_t n) {
  if (entries.empty()) return;
  auto& [floats, doubles, float_entries, double_entries] = streams;
  for (std::size_t moved = 1; moved <= X; ++moved) {
    floats.clear();
    doubles.clear();
    float_entries.clear();
    double_entries.clear();
    for (const Entry& e : entries) {
      const DenseRow& row = rows[e.row];
      if (row.moved != moved) continue;
      if (row.floats) {
        floats.push_back(row.floats);
        float_entries.push_back(&e);
      } else {
        doubles.push_back(row.doubles);
        double_entries.push_back(&e);
      }
    }
    with_count<X>(moved, [&](auto count) {
      accumulate_rows<count>(streams.floats, streams.float_entries, x, n);
      accumulate_rows<count>(streams.doubles, streams.double_entries, x, n);
    });
  }
}

}  // namespace clockless
