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
///   Moment, moment(p, s)     numbers common to all neurons at s seconds after the origin
///   factors(p, m, port)      an input of weight w at m does x[j] += w · factors[j]
///   enter / leave            State ↔ frame at a moment
///   read(p, m, x…)           slack and slope; without branches, so that it vectorises
///   gain                     an input of weight w > 0 never raises the voltage by more than gain ·
///   w
template <class M>
concept Framed = NeuronModel<M> &&
    requires(const typename M::Params& p, double s, const typename M::State& state,
             const typename M::Frame::Moment& m, const typename M::Frame::Neuron& neuron) {
  { M::Frame::span_s(p) } -> std::same_as<double>;
  { M::Frame::moment(p, s) } -> std::same_as<typename M::Frame::Moment>;
  {M::Frame::factors(p, m, std::uint8_t{})};
  { M::Frame::enter(p, m, state) } -> std::same_as<typename M::Frame::Neuron>;
  { M::Frame::leave(p, m, neuron) } -> std::same_as<typename M::State>;
  { M::Frame::read(p, m, neuron) } -> std::same_as<Reading>;
  { M::Frame::gain } -> std::convertible_to<double>;
};

}  // namespace clockless
