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

/// A rule on levels: the source sends changes of a level, the row keeps the level s_i, and the
/// target j gathers C_j while its own modulator says so. Until j hands over, the synapse is to
/// learn
///   E_ij = ∫ s_i dC_j + Σ at changes of s_i: F_ij ds_i,
/// and weights do not change meanwhile. Where the engine may, it keeps of this only
/// s_i C_j + Σ (F_ij − C_j) ds_i, which is the same: nothing is done at the target's events, and
/// nothing at changes of level while nobody gathers.
///   gathered(p, r)       C_j since it was last handed over, of the target's Record r
///   arriving(p, r, s)    the part of F_ij that is the same for all weights; s: the level before
///   opposed(p, r, s)     (optional) the part that is multiplied by the weight's sign
///   ending(p, r), ending_opposed(p, r)   (optional, both) added to E when j hands over, the latter
///                        times the weight's sign
///   consolidated(p, w, E)  the new weight
/// Synapses that take no part in it are never touched, so it must be w for E = 0.
template <class R, class Record = AnyState>
concept LearnsOnLevels = requires(const typename R::Params& p, const Record& record, double number,
                                  float w) {
  typename R::Params;
  { R::name } -> std::convertible_to<std::string_view>;
  { R::gathered(p, record) } -> std::same_as<double>;
  { R::arriving(p, record, number) } -> std::same_as<double>;
  { R::consolidated(p, w, number) } -> std::same_as<float>;
};

/// A rule on levels for pairs of synapses i → j and j → i, each of which keeps a copy of the
/// other's weight. While the target's modulator is not 0, changes of level act by the copy and not
/// by the weight; when j hands over, what they have done beyond what the weight would have is taken
/// back, and both numbers learn. Until then neither changes.
///   reversed(p)          the parameters of the reverse synapse, by which the copy learns
///   modulator(p, r)      m_j, of the target's Record r
///   gathered(p, r)       C_j = ∫ m_j ds_j
///   open(p, r)           whether m_j has left 0 since it last handed over
///   rest(p, r)           s_j as m_j left 0
///   learned(p, w, s, of_source, of_target)   what a weight w is to learn of C_i = ∫ m_j ds_i and
///                        C_j, where its source was at s as m_j left 0; for the copy with both ends
///                        exchanged
///   consolidated(p, w, E)  the new weight
/// Synapses of which neither end has moved are never touched, so E must be 0 for such.
template <class R, class Record = AnyState>
concept LearnsBothWays = requires(const typename R::Params& p, const Record& record, double number,
                                  float w) {
  { R::name } -> std::convertible_to<std::string_view>;
  { R::reversed(p) } -> std::same_as<typename R::Params>;
  { R::modulator(p, record) } -> std::same_as<double>;
  { R::gathered(p, record) } -> std::same_as<double>;
  { R::open(p, record) } -> std::same_as<bool>;
  { R::rest(p, record) } -> std::same_as<double>;
  { R::learned(p, w, number, number, number) } -> std::same_as<double>;
  { R::consolidated(p, w, number) } -> std::same_as<float>;
};

/// Weights of a projection that learns on signals, as they are: by (pre, delay, post) and by row.
template <class R>
struct LearnedWeights {
  std::vector<typename R::Synapse> synapses;
  std::vector<typename R::Row> rows;
};

}  // namespace clockless
