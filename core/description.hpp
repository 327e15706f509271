// What a network is made of, as descriptions without types: the simulation builds from them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"
#include "core/level_block.hpp"
#include "core/neuron.hpp"
#include "core/plasticity.hpp"
#include "core/slice.hpp"
#include "core/time.hpp"

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

/// How one population's axons meet another's neurons.
struct Wiring {
  std::uint8_t port = 0;    ///< the input of the model that is reached
  std::uint8_t bundle = 0;  ///< 0 to 7: of the source's axons, see Emission
  Duration delay{};
  bool self = true;  ///< whether i → i is a synapse, for a population connected to itself
};

/// How a population is executed. The spikes are the same.
enum class Kernel { automatic, general, dense };

/// A population's description without its type.
class PopulationSpec {
 public:
  std::string name;
  AnyPopulation population;
  std::string_view model;
  bool framed = false;   ///< its model has a frame, so the dense kernel can run it
  bool relaxes = false;  ///< its model relaxes, so the relaxing kernel can run it
  virtual ~PopulationSpec() = default;
  virtual std::unique_ptr<SliceBase> make_slice(std::vector<std::uint32_t> places,
                                                bool dense) const = 0;
};

/// A projection's description without its types.
class ProjectionSpec {
 public:
  AnyPopulation pre, post;
  std::string_view rule;
  std::uint8_t bundle = 0;  ///< of the source's axons; see Emission
  bool reports = false;     ///< its synapses tell their sources of changes; see LevelWiring
  std::uint8_t report_port = 0;
  Duration report_delay{};
  virtual ~ProjectionSpec() = default;
  /// Whether a post population on the dense or relaxing kernel can take it: nothing moves its
  /// weights but signals, and most pairs are connected with one delay, or the port takes single
  /// events.
  virtual bool dense() const = 0;
  /// Calls visit(pre place, post place, delay) for every synapse.
  virtual void each(
      const std::function<void(std::uint32_t, std::uint32_t, Duration)>& visit) const = 0;
  /// The rows that reach `slice`, a slice of the post population made with the given kernel.
  virtual std::unique_ptr<RowBlock> make_rows(SliceBase& slice, bool dense_kernel) const = 0;
  /// The same of several slices, in their order.
  virtual std::vector<std::unique_ptr<RowBlock>> make_all_rows(std::span<SliceBase* const> slices,
                                                               bool dense_kernel) const {
    std::vector<std::unique_ptr<RowBlock>> blocks;
    for (SliceBase* slice : slices) blocks.push_back(make_rows(*slice, dense_kernel));
    return blocks;
  }
};

}  // namespace clockless
