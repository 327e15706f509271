// The descriptions with their types: they know how to build slices and rows.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/connectivity.hpp"
#include "core/dense_rows.hpp"
#include "core/dense_slice.hpp"
#include "core/description.hpp"
#include "core/eager_level_rows.hpp"
#include "core/event_rows.hpp"
#include "core/fixed.hpp"
#include "core/frame.hpp"
#include "core/level_rows.hpp"
#include "core/paired_level_rows.hpp"
#include "core/rows.hpp"
#include "core/signal_rows.hpp"

namespace clockless {

/// Whether inputs at this port of a framed model are single events to the dense kernel.
template <NeuronModel M>
constexpr bool takes_events([[maybe_unused]] std::uint8_t port) {
  if constexpr (Framed<M>)
    return !linear_port<M>(port);
  else if constexpr (Relaxes<M>)
    return port != M::held;
  else
    return false;
}

template <NeuronModel M>
class PopulationOf final : public PopulationSpec {
 public:
  explicit PopulationOf(typename M::Params p) : params(std::move(p)) {
    model = M::name;
    framed = Framed<M>;
    relaxes = Relaxes<M>;
  }
  std::unique_ptr<SliceBase> make_slice(std::vector<std::uint32_t> places,
                                        [[maybe_unused]] bool dense) const override {
    if constexpr (Framed<M>) {
      if (dense)
        return std::make_unique<DenseSlice<M>>(population.first, std::move(places), params);
    }
    if constexpr (Relaxes<M>) {
      if (dense)
        return std::make_unique<RelaxingSlice<M>>(population.first, std::move(places), params);
    }
    return std::make_unique<Slice<M>>(population.first, std::move(places), params);
  }
  typename M::Params params;
};

/// Places of the post population that live on a slice, as local numbers.
inline std::vector<std::uint32_t> local_numbers(const SliceBase& slice, std::uint32_t post_size) {
  constexpr std::uint32_t elsewhere = ~std::uint32_t{0};
  std::vector<std::uint32_t> local(post_size, elsewhere);
  for (std::uint32_t i = 0; i < slice.size(); ++i) local[slice.places()[i]] = i;
  return local;
}

/// By (pre, delay, post), as rows are; most patterns with one delay give them so.
inline void sort_rows(Edges& edges) {
  const auto before = [](const Edge& a, const Edge& b) {
    return std::tie(a.pre, a.delay, a.post) < std::tie(b.pre, b.delay, b.post);
  };
  if (!std::is_sorted(edges.begin(), edges.end(), before))
    std::stable_sort(edges.begin(), edges.end(), before);
}

template <NeuronModel M, SynapseRule R>
class EdgeProjection final : public ProjectionSpec {
 public:
  EdgeProjection(Edges sorted, typename R::Params p, std::uint8_t port)
      : edges_(std::move(sorted)), params_(std::move(p)), port_(port) {
    rule = R::name;
  }

  bool dense() const override {
    if constexpr (PlasticityRule<R, typename M::State> || LearnsOnSignal<R, RecordOf<M>>)
      return false;
    if (takes_events<M>(port_)) return true;
    if constexpr (Relaxes<M>) return false;
    if (2 * edges_.size() < std::size_t{pre.size} * post.size || edges_.empty()) return false;
    for (std::size_t k = 0; k < edges_.size(); ++k)
      if (edges_[k].delay != edges_[0].delay ||
          (k > 0 && edges_[k].pre == edges_[k - 1].pre && edges_[k].post == edges_[k - 1].post))
        return false;
    return true;
  }

  void each(
      const std::function<void(std::uint32_t, std::uint32_t, Duration)>& visit) const override {
    for (const Edge& e : edges_) visit(e.pre, e.post, e.delay);
  }

  std::unique_ptr<RowBlock> make_rows(SliceBase& slice, bool dense_kernel) const override {
    const auto local = local_numbers(slice, post.size);
    Edges here;
    for (const Edge& e : edges_)
      if (local[e.post] < slice.size()) here.push_back({e.pre, local[e.post], e.weight, e.delay});
    if constexpr (LearnsOnSignal<R, RecordOf<M>>)
      return std::make_unique<SignalRows<M, R>>(static_cast<Slice<M>&>(slice), here, params_,
                                                port_);
    else
      return static_rows(slice, dense_kernel, here);
  }

 private:
  std::unique_ptr<RowBlock> static_rows(SliceBase& slice, [[maybe_unused]] bool dense_kernel,
                                        Edges& here) const {
    if constexpr (Framed<M> && !PlasticityRule<R, typename M::State>) {
      if (dense_kernel && takes_events<M>(port_)) {
        for (Edge& e : here) e.weight = R::weight(params_, R::synapse(params_, e.weight));
        return std::make_unique<EventRows<DenseSlice<M>>>(static_cast<DenseSlice<M>&>(slice), here,
                                                          port_);
      }
      if (dense_kernel) {
        std::shared_ptr<double[]> matrix(new double[std::size_t{pre.size} * post.size]());
        for (const Edge& e : edges_)
          matrix.get()[std::size_t{e.pre} * post.size + e.post] =
              R::weight(params_, R::synapse(params_, e.weight));
        return std::make_unique<DenseRows<M, double>>(
            static_cast<DenseSlice<M>&>(slice),
            DenseMatrix<double>{pre.size, post.size, std::move(matrix)}, edges_[0].delay, port_);
      }
    }
    if constexpr (Relaxes<M> && !PlasticityRule<R, typename M::State>) {
      if (dense_kernel) {
        for (Edge& e : here) e.weight = R::weight(params_, R::synapse(params_, e.weight));
        return std::make_unique<EventRows<RelaxingSlice<M>>>(static_cast<RelaxingSlice<M>&>(slice),
                                                             here, port_);
      }
    }
    return std::make_unique<Rows<M, R>>(static_cast<Slice<M>&>(slice), here, params_, port_);
  }

  Edges edges_;
  typename R::Params params_;
  std::uint8_t port_;
};

/// As EdgeProjection, of edges that nobody keeps.
template <NeuronModel M, SynapseRule R>
class DrawnProjection final : public ProjectionSpec {
 public:
  /// `count`: how many they are.
  DrawnProjection(DrawnEdges edges, std::size_t count, typename R::Params params, std::uint8_t port)
      : edges_(std::move(edges)), count_(count), params_(std::move(params)), port_(port) {
    rule = R::name;
  }

  bool dense() const override { return false; }

  void each(
      const std::function<void(std::uint32_t, std::uint32_t, Duration)>& visit) const override {
    each_edge([&](const Edge& e) { visit(e.pre, e.post, e.delay); });
  }

  std::unique_ptr<RowBlock> make_rows(SliceBase& slice, bool dense_kernel) const override {
    SliceBase* const one[] = {&slice};
    return std::move(make_all_rows(one, dense_kernel)[0]);
  }

  // Each edge is drawn once, however many slices there are.
  std::vector<std::unique_ptr<RowBlock>> make_all_rows(std::span<SliceBase* const> slices,
                                                       bool) const override {
    struct Home {
      Rows<M, R>* rows = nullptr;
      std::uint32_t local = 0;
    };
    std::vector<Home> homes(post.size);
    std::vector<std::unique_ptr<RowBlock>> blocks;
    for (SliceBase* slice : slices) {
      auto rows = std::make_unique<Rows<M, R>>(static_cast<Slice<M>&>(*slice),
                                               likely_share(slice->size()), params_, port_);
      for (std::uint32_t i = 0; i < slice->size(); ++i) homes[slice->places()[i]] = {rows.get(), i};
      blocks.push_back(std::move(rows));
    }
    each_edge([&](const Edge& e) {
      const Home& home = homes[e.post];
      if (home.rows != nullptr) home.rows->append({e.pre, home.local, e.weight, e.delay});
    });
    for (auto& block : blocks) static_cast<Rows<M, R>&>(*block).finish();
    return blocks;
  }

 private:
  template <class Visit>
  void each_edge(const Visit& visit) const {
    Edges of_one;
    for (std::uint32_t i = 0; i < edges_.pre; ++i) {
      of_one.clear();
      edges_.of(i, of_one);
      sort_rows(of_one);
      for (const Edge& e : of_one) visit(e);
    }
  }

  // Of so many neurons: a little more than is likely, so that nothing has to grow.
  std::size_t likely_share(std::uint32_t neurons) const {
    if (neurons == post.size) return count_;
    const double mean = static_cast<double>(count_) * neurons / post.size;
    return static_cast<std::size_t>(mean + 6 * std::sqrt(mean));
  }

  DrawnEdges edges_;
  std::size_t count_;
  typename R::Params params_;
  std::uint8_t port_;
};

template <NeuronModel M, class Weight>
class DenseProjection final : public ProjectionSpec {
  using R = std::conditional_t<std::is_same_v<Weight, float>, FixedFloat, Fixed>;

 public:
  DenseProjection(DenseMatrix<Weight> weights, Duration delay, std::uint8_t port)
      : weights_(std::move(weights)), delay_(delay), port_(port) {
    rule = R::name;
  }

  bool dense() const override { return Framed<M>; }

  void each(
      const std::function<void(std::uint32_t, std::uint32_t, Duration)>& visit) const override {
    for (std::uint32_t i = 0; i < weights_.pre; ++i)
      for (std::uint32_t j = 0; j < weights_.post; ++j)
        if (weights_.row(i)[j] != 0) visit(i, j, delay_);
  }

  std::unique_ptr<RowBlock> make_rows(SliceBase& slice, bool dense_kernel) const override {
    if constexpr (Framed<M>) {
      if (dense_kernel && !takes_events<M>(port_))
        return std::make_unique<DenseRows<M, Weight>>(static_cast<DenseSlice<M>&>(slice), weights_,
                                                      delay_, port_);
    }
    const auto local = local_numbers(slice, post.size);
    Edges here;
    for (std::uint32_t i = 0; i < weights_.pre; ++i)
      for (std::uint32_t j = 0; j < weights_.post; ++j)
        if (local[j] < slice.size() && weights_.row(i)[j] != 0)
          here.push_back({i, local[j], static_cast<double>(weights_.row(i)[j]), delay_});
    if constexpr (Framed<M>) {
      if (dense_kernel)
        return std::make_unique<EventRows<DenseSlice<M>>>(static_cast<DenseSlice<M>&>(slice), here,
                                                          port_);
    }
    (void)dense_kernel;
    return std::make_unique<Rows<M, R>>(static_cast<Slice<M>&>(slice), here, typename R::Params{},
                                        port_);
  }

 private:
  DenseMatrix<Weight> weights_;
  Duration delay_;
  std::uint8_t port_;
};

/// All to all, or all but i → i, of sources that send changes of a level.
template <Relaxes M, class R>
class LevelProjection final : public ProjectionSpec {
 public:
  /// `reverse`: the weights of the reverse synapses, post × pre, if the rule learns both ways.
  LevelProjection(std::shared_ptr<const float[]> weights, std::shared_ptr<const float[]> reverse,
                  typename R::Params params, LevelWiring wiring)
      : weights_(std::move(weights)),
        reverse_(std::move(reverse)),
        params_(std::move(params)),
        wiring_(std::move(wiring)) {
    rule = R::name;
    bundle = wiring_.bundle;
    reports = wiring_.reports != LevelWiring::Reports::nothing;
    report_port = wiring_.report_port;
    report_delay = wiring_.report_delay;
  }

  bool dense() const override { return true; }

  void each(
      const std::function<void(std::uint32_t, std::uint32_t, Duration)>& visit) const override {
    for (std::uint32_t i = 0; i < pre.size; ++i)
      for (std::uint32_t j = 0; j < post.size; ++j)
        if (wiring_.self || pre.number != post.number || i != j) visit(i, j, wiring_.delays[i]);
  }

  std::unique_ptr<RowBlock> make_rows(SliceBase& slice, bool relaxing_kernel) const override {
    std::vector<float> here;
    here.reserve(std::size_t{pre.size} * slice.size());
    for (std::uint32_t i = 0; i < pre.size; ++i)
      for (const std::uint32_t j : slice.places())
        here.push_back(weights_.get()[std::size_t{i} * post.size + j]);
    const bool recurrent = pre.number == post.number;
    if constexpr (LearnsBothWays<R, typename M::Record>) {
      std::vector<float> copies;
      copies.reserve(here.size());
      for (std::uint32_t i = 0; i < pre.size; ++i)
        for (const std::uint32_t j : slice.places())
          copies.push_back(reverse_.get()[std::size_t{j} * pre.size + i]);
      const auto rows = [&](auto& on) {
        return std::make_unique<PairedLevelRows<std::remove_reference_t<decltype(on)>, M, R>>(
            on, wiring_, params_, pre.size, std::move(here), std::move(copies), recurrent);
      };
      if (relaxing_kernel) return rows(static_cast<RelaxingSlice<M>&>(slice));
      return rows(static_cast<Slice<M>&>(slice));
    } else {
      if (relaxing_kernel)
        return std::make_unique<LevelRows<M, R>>(static_cast<RelaxingSlice<M>&>(slice), wiring_,
                                                 params_, pre.size, here, recurrent);
      return std::make_unique<EagerLevelRows<M, R>>(static_cast<Slice<M>&>(slice), wiring_, params_,
                                                    pre.size, here, recurrent);
    }
  }

 private:
  std::shared_ptr<const float[]> weights_, reverse_;
  typename R::Params params_;
  LevelWiring wiring_;
};

/// All to all, or all but i → i, learning on signals.
template <NeuronModel M, class R>
class LearnedProjection final : public ProjectionSpec {
 public:
  LearnedProjection(LearnedWeights<R> weights, typename R::Params params, const Wiring& wiring)
      : weights_(std::move(weights)), params_(std::move(params)), wiring_(wiring) {
    rule = R::name;
    bundle = wiring.bundle;
  }

  bool dense() const override { return PlainWeight<R> && !takes_events<M>(wiring_.port); }

  void each(
      const std::function<void(std::uint32_t, std::uint32_t, Duration)>& visit) const override {
    for (std::uint32_t i = 0; i < pre.size; ++i)
      for (std::uint32_t j = 0; j < post.size; ++j)
        if (wiring_.self || i != j) visit(i, j, wiring_.delay);
  }

  std::unique_ptr<RowBlock> make_rows(SliceBase& slice, bool dense_kernel) const override {
    if constexpr (Framed<M> && PlainWeight<R>) {
      if (dense_kernel)
        return std::make_unique<LearnedRows<M, R>>(static_cast<DenseSlice<M>&>(slice), weights_,
                                                   wiring_, params_);
    }
    (void)dense_kernel;
    const auto local = local_numbers(slice, post.size);
    Edges here;
    each([&](std::uint32_t i, std::uint32_t j, Duration delay) {
      if (local[j] < slice.size())
        here.push_back({i, local[j],
                        R::weight(params_, weights_.synapses[std::size_t{i} * post.size + j]),
                        delay});
    });
    return std::make_unique<SignalRows<M, R>>(static_cast<Slice<M>&>(slice), here, params_,
                                              wiring_.port);
  }

 private:
  LearnedWeights<R> weights_;
  typename R::Params params_;
  Wiring wiring_;
};

}  // namespace clockless
