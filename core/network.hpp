// What is simulated: populations and projections, as a description that many simulations share.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/connectivity.hpp"
#include "core/dense_slice.hpp"
#include "core/error.hpp"
#include "core/fixed.hpp"
#include "core/frame.hpp"
#include "core/neuron.hpp"
#include "core/plasticity.hpp"
#include "core/rows.hpp"
#include "core/slice.hpp"

namespace clockless {

/// A named group of neurons of one model.
struct AnyPopulation {
  std::uint32_t number = 0;  ///< in the order of Network::add
  std::uint32_t first = 0;   ///< its first neuron's global number
  std::uint32_t size = 0;
  NeuronId operator[](std::uint32_t i) const { return NeuronId{first + i}; }
};
template <NeuronModel M>
struct Population : AnyPopulation {};

/// All synapses from one population to another under one rule.
struct AnyProjection {
  std::uint32_t number = 0;  ///< in the order of Network::connect
};
template <SynapseRule R>
struct Projection : AnyProjection {};

/// How a population is executed. The spikes are the same.
enum class Kernel { automatic, general, dense };

/// A population's description without its type.
class PopulationSpec {
 public:
  std::string name;
  AnyPopulation population;
  std::string_view model;
  bool framed = false;  ///< its model has a frame, so the dense kernel can run it
  virtual ~PopulationSpec() = default;
  virtual std::unique_ptr<SliceBase> make_slice(std::vector<std::uint32_t> places,
                                                bool dense) const = 0;
};

/// A projection's description without its types.
class ProjectionSpec {
 public:
  AnyPopulation pre, post;
  std::string_view rule;
  virtual ~ProjectionSpec() = default;
  /// Static weights, and most pairs connected with one delay: fit for the dense kernel.
  virtual bool dense() const = 0;
  /// Calls visit(pre place, post place, delay) for every synapse.
  virtual void each(
      const std::function<void(std::uint32_t, std::uint32_t, Duration)>& visit) const = 0;
  /// The rows that reach `slice`, a slice of the post population made with the given kernel.
  virtual std::unique_ptr<RowBlock> make_rows(SliceBase& slice, bool dense_kernel) const = 0;
};

class Network {
 public:
  /// Adds `size` neurons. Throws Error for parameters out of range or too many neurons.
  template <NeuronModel M>
  Population<M> add(std::string name, std::size_t size, typename M::Params params = {});

  /// Connects by a list of edges under a rule. `port`: the input of the model that is reached.
  /// Throws Error for an edge outside the populations, a negative delay or a weight that is no
  /// number.
  template <SynapseRule R = Fixed, NeuronModel M>
  Projection<R> connect(AnyPopulation pre, Population<M> post, Edges edges,
                        typename R::Params params = {}, std::uint8_t port = 0);

  /// Connects by a whole weight matrix (pre × post) with one delay; a zero is no synapse.
  template <NeuronModel M, class Weight>
  Projection<Fixed> connect(AnyPopulation pre, Population<M> post, DenseMatrix<Weight> weights,
                            Duration delay = {}, std::uint8_t port = 0);

  std::uint32_t neurons() const { return neurons_; }
  std::span<const std::shared_ptr<const PopulationSpec>> populations() const {
    return populations_;
  }
  std::span<const std::shared_ptr<const ProjectionSpec>> projections() const {
    return projections_;
  }
  /// "name[place]" of a neuron, for messages.
  std::string describe(NeuronId) const;

 private:
  AnyPopulation claim(const std::string& name, std::size_t size);
  void check(AnyPopulation pre, AnyPopulation post, std::string_view post_model) const;
  void check(AnyPopulation pre, AnyPopulation post, const Edges&) const;
  std::string between(AnyPopulation pre, AnyPopulation post) const;

  std::uint32_t neurons_ = 0;
  std::vector<std::shared_ptr<const PopulationSpec>> populations_;
  std::vector<std::shared_ptr<const ProjectionSpec>> projections_;
};

// ---- the typed descriptions -------------------------------------------------------------------

template <NeuronModel M>
class PopulationOf final : public PopulationSpec {
 public:
  explicit PopulationOf(typename M::Params p) : params(std::move(p)) {
    model = M::name;
    framed = Framed<M>;
  }
  std::unique_ptr<SliceBase> make_slice(std::vector<std::uint32_t> places,
                                        [[maybe_unused]] bool dense) const override {
    if constexpr (Framed<M>) {
      if (dense)
        return std::make_unique<DenseSlice<M>>(population.first, std::move(places), params);
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

template <NeuronModel M, SynapseRule R>
class EdgeProjection final : public ProjectionSpec {
 public:
  EdgeProjection(Edges sorted, typename R::Params p, std::uint8_t port)
      : edges_(std::move(sorted)), params_(std::move(p)), port_(port) {
    rule = R::name;
  }

  bool dense() const override {
    if constexpr (PlasticityRule<R, typename M::State>) return false;
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
    if constexpr (Framed<M> && !PlasticityRule<R, typename M::State>) {
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
    (void)dense_kernel;
    const auto local = local_numbers(slice, post.size);
    Edges here;
    for (const Edge& e : edges_)
      if (local[e.post] < slice.size()) here.push_back({e.pre, local[e.post], e.weight, e.delay});
    return std::make_unique<Rows<M, R>>(static_cast<Slice<M>&>(slice), here, params_, port_);
  }

 private:
  Edges edges_;
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

  bool dense() const override { return true; }

  void each(
      const std::function<void(std::uint32_t, std::uint32_t, Duration)>& visit) const override {
    for (std::uint32_t i = 0; i < weights_.pre; ++i)
      for (std::uint32_t j = 0; j < weights_.post; ++j)
        if (weights_.row(i)[j] != 0) visit(i, j, delay_);
  }

  std::unique_ptr<RowBlock> make_rows(SliceBase& slice, bool dense_kernel) const override {
    if constexpr (Framed<M>) {
      if (dense_kernel)
        return std::make_unique<DenseRows<M, Weight>>(static_cast<DenseSlice<M>&>(slice), weights_,
                                                      delay_, port_);
    }
    (void)dense_kernel;
    const auto local = local_numbers(slice, post.size);
    Edges here;
    for (std::uint32_t i = 0; i < weights_.pre; ++i)
      for (std::uint32_t j = 0; j < weights_.post; ++j)
        if (local[j] < slice.size() && weights_.row(i)[j] != 0)
          here.push_back({i, local[j], static_cast<double>(weights_.row(i)[j]), delay_});
    return std::make_unique<Rows<M, R>>(static_cast<Slice<M>&>(slice), here, typename R::Params{},
                                        port_);
  }

 private:
  DenseMatrix<Weight> weights_;
  Duration delay_;
  std::uint8_t port_;
};

template <NeuronModel M>
Population<M> Network::add(std::string name, std::size_t size, typename M::Params params) {
  if constexpr (ChecksParams<M>) M::check(params);
  auto spec = std::make_shared<PopulationOf<M>>(std::move(params));
  spec->name = std::move(name);
  spec->population = claim(spec->name, size);
  populations_.push_back(spec);
  return {spec->population};
}

template <SynapseRule R, NeuronModel M>
Projection<R> Network::connect(AnyPopulation pre, Population<M> post, Edges edges,
                               typename R::Params params, std::uint8_t port) {
  if constexpr (
      requires { typename R::Pre; } || requires { typename R::Post; })
    static_assert(
        PlasticityRule<R, typename M::State>,
        "this rule keeps traces but does not meet PlasticityRule for this neuron's state");
  if constexpr (requires { R::check(params); }) R::check(params);
  check(pre, post, M::name);
  check(pre, post, edges);
  std::stable_sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) {
    return std::tuple(a.pre, a.delay, a.post) < std::tuple(b.pre, b.delay, b.post);
  });
  auto spec = std::make_shared<EdgeProjection<M, R>>(std::move(edges), std::move(params), port);
  spec->pre = pre;
  spec->post = post;
  projections_.push_back(std::move(spec));
  return {static_cast<std::uint32_t>(projections_.size() - 1)};
}

template <NeuronModel M, class Weight>
Projection<Fixed> Network::connect(AnyPopulation pre, Population<M> post,
                                   DenseMatrix<Weight> weights, Duration delay, std::uint8_t port) {
  static_assert(std::is_same_v<Weight, float> || std::is_same_v<Weight, double>);
  check(pre, post, M::name);
  if (weights.pre != pre.size || weights.post != post.size)
    throw Error("the weight matrix of " + between(pre, post) + " is " +
                std::to_string(weights.pre) + " x " + std::to_string(weights.post) +
                ", not the populations' " + std::to_string(pre.size) + " x " +
                std::to_string(post.size) + ": one row per pre neuron");
  if (delay < Duration{}) throw Error("negative delay in " + between(pre, post));
  for (std::size_t k = 0; k < weights.pre * weights.post; ++k)
    if (!std::isfinite(weights.weights.get()[k]))
      throw Error("weight " + std::to_string(k / weights.post) + " -> " +
                  std::to_string(k % weights.post) + " of " + between(pre, post) +
                  " is no finite number");
  auto spec = std::make_shared<DenseProjection<M, Weight>>(std::move(weights), delay, port);
  spec->pre = pre;
  spec->post = post;
  projections_.push_back(std::move(spec));
  return {static_cast<std::uint32_t>(projections_.size() - 1)};
}

}  // namespace clockless
