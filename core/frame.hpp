// A frame: coordinates of a neuron with linear flow that do not change between events. A model that
// declares one runs on the dense kernel; the kernel knows no model.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include "core/neuron.hpp"

namespace clockless {

/// What the kernel asks of a neuron at one moment.
struct Reading {
  double slack;  ///< threshold − voltage
  double slope;  ///< upper bound, from now on, of the voltage's growth without input, per second
};

/// A neuron in its frame: `x` moves at inputs only, `k` are constants that the reading needs.
template <std::size_t X, std::size_t K>
struct FrameNeuron {
  std::array<double, X> x;
  std::array<double, K> k;
};

/// `struct Frame` inside a model:
///   coordinates, constants   how many numbers a neuron has
///   span_s(p)                how long one origin may serve before numbers grow too large
///   Moment, moment(p, d)     numbers common to all neurons at d after the origin
///   Horizon, horizon(p, s)   numbers common to all neurons that look s seconds ahead
///   factors(p, m, port)      an input of weight w at m does x[j] += w · factors[j]
///   enter(p, m, state)       the frame's numbers of a state at a moment
///   leave(p, m, neuron, s)   sets the flow of State s, all but its Record, from them
///   read(p, m, neuron)       slack and slope
///   margin(p, m, h, neuron)  slack minus the most that the voltage rises within h without input
///   gain(p, s)               an input of weight w > 0 raises the voltage by at most gain · w
///   within
///                            s seconds
///   tighten(p, m, neuron, b) (optional) a better lower bound of the seconds until it crosses,
///   given b
///   linear(port)             (optional) whether inputs at that port are such; others, like
///                            modulators, go to M::receive. Without it all are
///   moved(port)              (optional) only the first so many coordinates are moved by the port
/// read and margin have no branches, so that loops over them vectorise. What a State has beside the
/// frame is its Record; the kernel keeps that as it is, and frame functions neither see nor set it.
template <class M>
concept Framed = NeuronModel<M> &&
    requires(const typename M::Params& p, double s, Duration d, const typename M::State& state,
             typename M::State& target, const typename M::Frame::Moment& m,
             const typename M::Frame::Horizon& h, const typename M::Frame::Neuron& neuron) {
  { M::Frame::span_s(p) } -> std::same_as<double>;
  { M::Frame::moment(p, d) } -> std::same_as<typename M::Frame::Moment>;
  { M::Frame::horizon(p, s) } -> std::same_as<typename M::Frame::Horizon>;
  {M::Frame::factors(p, m, std::uint8_t{})};
  { M::Frame::enter(p, m, state) } -> std::same_as<typename M::Frame::Neuron>;
  { M::Frame::leave(p, m, neuron, target) } -> std::same_as<void>;
  { M::Frame::read(p, m, neuron) } -> std::same_as<Reading>;
  { M::Frame::margin(p, m, h, neuron) } -> std::same_as<double>;
  { M::Frame::gain(p, s) } -> std::same_as<double>;
};

template <class M>
concept KeepsRecord = Framed<M> && std::derived_from<typename M::State, typename M::Record>;

template <class M>
constexpr bool linear_port(std::uint8_t port) {
  if constexpr (requires { M::Frame::linear(port); })
    return M::Frame::linear(port);
  else
    return true;
}
template <class M>
constexpr std::size_t moved_by(std::uint8_t port) {
  if constexpr (requires { M::Frame::moved(port); })
    return M::Frame::moved(port);
  else
    return M::Frame::coordinates;
}

template <class M>
concept TightensBound = Framed<M> &&
    requires(const typename M::Params& p, const typename M::Frame::Moment& m,
             const typename M::Frame::Neuron& neuron, double b) {
  { M::Frame::tighten(p, m, neuron, b) } -> std::same_as<double>;
};

}  // namespace clockless
