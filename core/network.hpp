// What is simulated: populations and projections, as a description that many simulations share.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/connectivity.hpp"
#include "core/description.hpp"
#include "core/error.hpp"
#include "core/projections.hpp"

namespace clockless {

class Network {
 public:
  /// Adds `size` neurons. Throws Error for parameters out of range or too many neurons.
  template <NeuronModel M>
  Population<M> add(std::string name, std::size_t size, typename M::Params params = {});

  /// Connects by a list of edges under a rule. `port`: the input of the model that is reached;
  /// `bundle` (0 to 7): of the source's axons, see Emission.
  /// Throws Error for an edge outside the populations, a negative delay or a weight that is no
  /// number.
  template <SynapseRule R = Fixed, NeuronModel M>
  Projection<R> connect(AnyPopulation pre, Population<M> post, Edges edges,
                        typename R::Params params = {}, std::uint8_t port = 0,
                        std::uint8_t bundle = 0);

  /// The same by edges that are drawn source by source whenever they are needed.
  template <SynapseRule R = Fixed, NeuronModel M>
  Projection<R> connect(AnyPopulation pre, Population<M> post, DrawnEdges edges,
                        typename R::Params params = {}, std::uint8_t port = 0,
                        std::uint8_t bundle = 0);

  /// Connects by a whole weight matrix (pre × post) with one delay; a zero is no synapse.
  template <NeuronModel M, class Weight>
  Projection<Fixed> connect(AnyPopulation pre, Population<M> post, DenseMatrix<Weight> weights,
                            Duration delay = {}, std::uint8_t port = 0, std::uint8_t bundle = 0);

  /// Connects all to all (or all but i → i) under a rule that learns on signals, from initial
  /// weights (pre × post); here a zero is a synapse like any other.
  template <class R, NeuronModel M, class Weight>
  requires LearnsOnSignal<R, RecordOf<M>> Projection<R> connect(AnyPopulation pre,
                                                                Population<M> post,
                                                                const DenseMatrix<Weight>& weights,
                                                                typename R::Params params,
                                                                const Wiring& wiring = {});

  /// Connects all to all (or all but i → i) to hold neurons at the levels whose changes the sources
  /// send, statically (R = StaticLevels) or learning on levels, from initial weights (pre × post).
  template <class R, Relaxes M>
  AnyProjection hold(AnyPopulation pre, Population<M> post, const DenseMatrix<float>& weights,
                     typename R::Params params, LevelWiring wiring);
  /// The same for a rule that learns both ways: `reverse` (post × pre) are the initial weights of
  /// the reverse synapses, which are another projection's.
  template <class R, Relaxes M>
  requires LearnsBothWays<R, typename M::Record> AnyProjection
  hold(AnyPopulation pre, Population<M> post, const DenseMatrix<float>& weights,
       const DenseMatrix<float>& reverse, typename R::Params params, LevelWiring wiring);

  std::uint32_t neurons() const { return neurons_; }
  std::span<const std::shared_ptr<const PopulationSpec>> populations() const {
    return populations_;
  }
  std::span<const std::shared_ptr<const ProjectionSpec>> projections() const {
    return projections_;
  }
  /// "name[place]" of a neuron, for messages.
  std::string describe(NeuronId) const;
  /// The neuron that describe() calls so. Throws Error that names the populations.
  NeuronId find(std::string_view described) const;

 private:
  AnyPopulation claim(const std::string& name, std::size_t size);
  template <class R, Relaxes M>
  AnyProjection hold_at_levels(AnyPopulation pre, Population<M> post,
                               const DenseMatrix<float>& weights,
                               std::shared_ptr<const float[]> reverse, typename R::Params params,
                               LevelWiring wiring);
  void check(AnyPopulation pre, AnyPopulation post, std::string_view post_model) const;
  void check(AnyPopulation pre, AnyPopulation post, const Edges&) const;
  std::size_t check(AnyPopulation pre, AnyPopulation post, const DrawnEdges&) const;
  template <class Weight>
  void check(AnyPopulation pre, AnyPopulation post, const DenseMatrix<Weight>&, Duration) const;
  std::uint32_t add(std::shared_ptr<ProjectionSpec>, AnyPopulation pre, AnyPopulation post,
                    std::uint8_t bundle);
  std::string between(AnyPopulation pre, AnyPopulation post) const;

  std::uint32_t neurons_ = 0;
  std::vector<std::shared_ptr<const PopulationSpec>> populations_;
  std::vector<std::shared_ptr<const ProjectionSpec>> projections_;
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
                               typename R::Params params, std::uint8_t port, std::uint8_t bundle) {
  if constexpr (
      requires { typename R::Pre; } || requires { typename R::Post; })
    static_assert(
        PlasticityRule<R, typename M::State>,
        "this rule keeps traces but does not meet PlasticityRule for this neuron's state");
  if constexpr (requires { R::check(params); }) R::check(params);
  check(pre, post, M::name);
  check(pre, post, edges);
  sort_rows(edges);
  auto spec = std::make_shared<EdgeProjection<M, R>>(std::move(edges), std::move(params), port);
  return {add(std::move(spec), pre, post, bundle)};
}

template <SynapseRule R, NeuronModel M>
Projection<R> Network::connect(AnyPopulation pre, Population<M> post, DrawnEdges edges,
                               typename R::Params params, std::uint8_t port, std::uint8_t bundle) {
  static_assert(!LearnsOnSignal<R, RecordOf<M>>, "drawn edges need a rule without signals");
  if constexpr (requires { R::check(params); }) R::check(params);
  check(pre, post, M::name);
  const std::size_t count = check(pre, post, edges);
  auto spec =
      std::make_shared<DrawnProjection<M, R>>(std::move(edges), count, std::move(params), port);
  return {add(std::move(spec), pre, post, bundle)};
}

template <NeuronModel M, class Weight>
Projection<Fixed> Network::connect(AnyPopulation pre, Population<M> post,
                                   DenseMatrix<Weight> weights, Duration delay, std::uint8_t port,
                                   std::uint8_t bundle) {
  static_assert(std::is_same_v<Weight, float> || std::is_same_v<Weight, double>);
  check(pre, post, M::name);
  check(pre, post, weights, delay);
  auto spec = std::make_shared<DenseProjection<M, Weight>>(std::move(weights), delay, port);
  return {add(std::move(spec), pre, post, bundle)};
}

template <class R, NeuronModel M, class Weight>
requires LearnsOnSignal<R, RecordOf<M>> Projection<R> Network::connect(
    AnyPopulation pre, Population<M> post, const DenseMatrix<Weight>& weights,
    typename R::Params params, const Wiring& wiring) {
  if constexpr (requires { R::check(params); }) R::check(params);
  check(pre, post, M::name);
  check(pre, post, weights, wiring.delay);
  if (!wiring.self && pre.number != post.number)
    throw Error("self = false for " + between(pre, post) +
                ": only a population connected to itself has synapses i -> i to leave out");
  LearnedWeights<R> learned;
  for (std::size_t k = 0; k < weights.pre * weights.post; ++k) {
    const bool own = !wiring.self && k / weights.post == k % weights.post;
    learned.synapses.push_back(
        R::synapse(params, own ? 0.0 : static_cast<double>(weights.weights.get()[k])));
  }
  learned.rows.resize(weights.pre);
  return {
      add(std::make_shared<LearnedProjection<M, R>>(std::move(learned), std::move(params), wiring),
          pre, post, wiring.bundle)};
}

template <class R, Relaxes M>
AnyProjection Network::hold(AnyPopulation pre, Population<M> post,
                            const DenseMatrix<float>& weights, typename R::Params params,
                            LevelWiring wiring) {
  static_assert(!LearnsBothWays<R, typename M::Record>, "give the reverse weights, too");
  return hold_at_levels<R>(pre, post, weights, {}, std::move(params), std::move(wiring));
}

template <class R, Relaxes M>
requires LearnsBothWays<R, typename M::Record> AnyProjection
Network::hold(AnyPopulation pre, Population<M> post, const DenseMatrix<float>& weights,
              const DenseMatrix<float>& reverse, typename R::Params params, LevelWiring wiring) {
  check(post, pre, reverse, Duration{});
  return hold_at_levels<R>(pre, post, weights, reverse.weights, std::move(params),
                           std::move(wiring));
}

template <class R, Relaxes M>
AnyProjection Network::hold_at_levels(AnyPopulation pre, Population<M> post,
                                      const DenseMatrix<float>& weights,
                                      std::shared_ptr<const float[]> reverse,
                                      typename R::Params params, LevelWiring wiring) {
  if constexpr (requires { R::check(params); }) R::check(params);
  check(pre, post, M::name);
  check(pre, post, weights, Duration{});
  if (wiring.delays.empty()) wiring.delays.resize(pre.size);
  if (wiring.delays.size() != pre.size)
    throw Error(between(pre, post) + " has " + std::to_string(wiring.delays.size()) +
                " delays for " + std::to_string(pre.size) + " sources: give one each");
  for (const Duration delay : wiring.delays)
    if (delay < Duration{}) throw Error("negative delay in " + between(pre, post));
  if (!(wiring.quantum >= 0)) throw Error("negative quantum in " + between(pre, post));
  return {add(std::make_shared<LevelProjection<M, R>>(weights.weights, std::move(reverse),
                                                      std::move(params), wiring),
              pre, post, wiring.bundle)};
}

template <class Weight>
void Network::check(AnyPopulation pre, AnyPopulation post, const DenseMatrix<Weight>& weights,
                    Duration delay) const {
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
}

}  // namespace clockless
