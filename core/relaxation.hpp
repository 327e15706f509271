// Neurons that relax: one variable that runs at its own rate towards a target which held inputs
// set, and fires where it leaves a band.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>

#include "core/neuron.hpp"

namespace clockless {

/// How a neuron relaxes between events: value' = rate (target − value) with
/// target = clamp((input + offset) · gain, low, high); it fires at `up` and at `down`.
struct Relaxation {
  double rate = 1;  ///< per second, ≥ 0
  double gain = 1, offset = 0;
  double low = 0, high = 1;  ///< of the target
  double up = std::numeric_limits<double>::infinity();
  double down = -std::numeric_limits<double>::infinity();

  double target(double input) const { return std::clamp((input + offset) * gain, low, high); }
};

/// The part of a State that time moves, and held inputs.
struct Relaxed {
  double value = 0;
  double input = 0;  ///< the sum of weight · level over all that the neuron is held at
};

/// A model whose State is a Record and a Relaxed, with `relaxation(p, record)`; inputs at port
/// `held` are added to `input`, all others go to receive and may change the record. The engine runs
/// such populations on the relaxing kernel.
template <class M>
concept Relaxes = NeuronModel<M> && std::derived_from<typename M::State, typename M::Record> &&
    std::derived_from<typename M::State, Relaxed> &&
    requires(const typename M::Params& p, const typename M::Record& record) {
  { M::relaxation(p, record) } -> std::same_as<Relaxation>;
  { M::held } -> std::convertible_to<std::uint8_t>;
  { M::due(p, record) } -> std::same_as<bool>;
};

/// Optional: inputs at some ports change nothing but the record, and in it nothing that
/// `relaxation` looks at: they need not know the neuron's value, and do not move it.
///   only_noted(port)   whether those at this one are such
template <class M>
concept NotesInputs = Relaxes<M> && requires(std::uint8_t port) {
  { M::only_noted(port) } -> std::same_as<bool>;
};

/// Optional: neurons that gather what their synapses are to learn, and hand it over now and then by
/// an Emission that consolidates.
///   shows(record)          whether rules find anything in it
///   consolidated(p, s)     it has been handed over
template <class M>
concept Consolidates = requires(const typename M::Params& p, typename M::State& s,
                                const typename M::Record& record) {
  { M::shows(record) } -> std::same_as<bool>;
  { M::consolidated(p, s) } -> std::same_as<void>;
};

/// e^−x for x ≥ 0 to 1 ulp or so, without branches or library calls: loops over it vectorise, and
/// give the same bits wherever they are compiled. Compilers judge it too long to inline by
/// themselves.
[[gnu::always_inline]] inline double exp_of_minus(double x) {
  constexpr double per_ln2 = 1.4426950408889634, shift = 0x1.8p52;
  constexpr double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
  x = x < 700.0 ? x : 700.0;
  const double shifted = shift - x * per_ln2;  // the low bits hold the power of two
  const double power = shifted - shift;
  const double r = (-x - power * ln2_high) - power * ln2_low;  // |r| ≤ ln2/2
  const double r2 = r * r;
  // Taylor's series to r¹³, in pairs so that terms do not wait for each other.
  const double low = (1.0 / 2 + r * (1.0 / 6)) + r2 * (1.0 / 24 + r * (1.0 / 120));
  const double high = (1.0 / 720 + r * (1.0 / 5040)) +
                      r2 * ((1.0 / 40320 + r * (1.0 / 362880)) +
                            r2 * ((1.0 / 3628800 + r * (1.0 / 39916800)) +
                                  r2 * (1.0 / 479001600 + r * (1.0 / 6227020800))));
  const double e = 1 + (r + r2 * (low + r2 * r2 * high));
  const auto exponent = std::bit_cast<std::int64_t>(shifted) << 52;
  return std::bit_cast<double>(std::bit_cast<std::int64_t>(e) + exponent);
}

/// The flow over dt.
inline void relax(const Relaxation& r, Relaxed& s, Duration dt) {
  if (dt == Duration::zero()) return;
  const double target = r.target(s.input);
  s.value = target + (s.value - target) * exp_of_minus(r.rate * seconds(dt));
}

/// Seconds until it reaches the one of `up` and `down` that it goes towards; 0 if it is beyond,
/// infinity if it never will. It may have come from beyond the other.
inline double seconds_to_next(const Relaxation& r, const Relaxed& s) {
  const double way = r.target(s.input) - s.value;
  const double room = way > 0 ? r.up - s.value : s.value - r.down;
  if (room <= 0) return 0;
  const double rest = std::abs(way) - room;  // how far beyond the threshold the target lies
  return rest > 0 && r.rate > 0 ? std::log1p(room / rest) / r.rate
                                : std::numeric_limits<double>::infinity();
}

/// Seconds until it reaches `up` or `down`; 0 if it has, infinity if it never will.
inline double seconds_to_crossing(const Relaxation& r, const Relaxed& s) {
  return s.value >= r.up || s.value <= r.down ? 0 : seconds_to_next(r, s);
}

/// A lower bound of that, without a logarithm: it only ever slows down.
inline double crossing_bound(const Relaxation& r, const Relaxed& s) {
  const double way = r.target(s.input) - s.value;
  const double room = way > 0 ? r.up - s.value : s.value - r.down;
  const double reach = std::abs(way);
  if (!(reach > room)) return room > 0 ? std::numeric_limits<double>::infinity() : 0.0;
  return room > 0 ? room / (reach * r.rate) * (1 - 1e-12) : 0.0;
}

}  // namespace clockless
