// The contract of a learning rule: what one synapse does with its own state, the traces at its two
// ends and the state of the neuron it sits on. Nothing else is in reach.
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/time.hpp"

namespace clockless {

/// A stand-in for "some neuron's state" where a rule that reads none is checked.
struct AnyState {};

/// Static weights: what every rule is at least.
///   Params, Synapse   shared numbers; the state of one synapse (trivially copyable)
///   synapse(p, w)     the synapse that starts with weight w (throws Error if w is out of range)
///   weight(p, y)      the weight it applies now
template <class R>
concept SynapseRule = requires {
  typename R::Params;
  typename R::Synapse;
  { R::name } -> std::convertible_to<std::string_view>;
}
&&std::is_trivially_copyable_v<typename R::Synapse>&& requires(const typename R::Params& p,
                                                               const typename R::Synapse& y,
                                                               double w) {
  { R::synapse(p, w) } -> std::same_as<typename R::Synapse>;
  { R::weight(p, y) } -> std::same_as<double>;
};

/// A rule that learns: `struct Foo` in `plasticity/foo.hpp`.
///   Pre, Post    traces kept at the row (arrivals of its source) and at the target neuron;
///                default = no spike yet. Only `spike(p, t)` moves them: reading at t never
///                mutates, or runs would depend on the mapping to cores
///   on_pre       at each arrival, before the weight is applied and before pre.spike(p, t);
///                `neuron` is the target's state, advanced to t
///   on_post      (optional) at each firing of the target, before post.spike(p, t), `neuron` as
///                it was when it crossed
template <class R, class NeuronState = AnyState>
concept PlasticityRule = SynapseRule<R> && std::is_trivially_copyable_v<typename R::Pre> &&
    std::is_trivially_copyable_v<typename R::Post> &&
    requires(const typename R::Params& p, typename R::Synapse& y, typename R::Pre& pre,
             typename R::Post& post, const typename R::Pre& cpre, const typename R::Post& cpost,
             const NeuronState& neuron, Time t) {
  { pre.spike(p, t) } -> std::same_as<void>;
  { post.spike(p, t) } -> std::same_as<void>;
  { R::on_pre(p, y, cpre, cpost, neuron, t) } -> std::same_as<void>;
};

template <class R, class NeuronState = AnyState>
concept LearnsOnPost = PlasticityRule<R, NeuronState> &&
    requires(const typename R::Params& p, typename R::Synapse& y, const typename R::Pre& pre,
             const typename R::Post& post, const NeuronState& neuron, Time t) {
  { R::on_post(p, y, pre, post, neuron, t) } -> std::same_as<void>;
};

/// A rule that learns when a signal passes: what the source sends of its own meets what the target
/// shows of its own. Between signals the weights are constant, so such a rule runs on the dense
/// kernel, too.
///   Row            what a source's synapses on one neurocore have in common, kept beside them;
///                  `row.signal(p, payload)` moves it at each signal, before the synapses
///   factor(p, r)   what a neuron shows to the synapses it carries, of its Record r: that part of
///                  its State (a base class) which events change and time does not
///   on_signal      the change of one synapse: none where the factor is 0, so it may be skipped
///   gain(p, row)   by which all weights of the row are multiplied
///   carry(p, row)  after row.signal(): a factor by which every synapse of the row is scaled, 1
///                  except when the row hands its gain over to them; scale(y, factor) does so
/// A payload of 0 moves the row only: it passes time for what all its synapses share.
template <class R, class Record = AnyState>
concept LearnsOnSignal = SynapseRule<R> && std::is_trivially_copyable_v<typename R::Row> &&
    requires(const typename R::Params& p, typename R::Synapse& y, typename R::Row& row,
             const typename R::Row& crow, const Record& record, double number, float payload) {
  { row.signal(p, payload) } -> std::same_as<void>;
  { R::factor(p, record) } -> std::same_as<double>;
  { R::on_signal(p, y, crow, number) } -> std::same_as<void>;
  { R::gain(p, crow) } -> std::same_as<double>;
  { R::carry(p, row) } -> std::same_as<double>;
  { R::scale(y, number) } -> std::same_as<void>;
};

/// Weights of a projection that learns on signals, as they are: by (pre, delay, post) and by row.
template <class R>
struct LearnedWeights {
  std::vector<typename R::Synapse> synapses;
  std::vector<typename R::Row> rows;
};

}  // namespace clockless
