// First crossings in closed form or by safe iteration: the roots every exact model needs.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace clockless {

namespace detail {

/// r − log(1+r) for 0 ≤ r ≤ 1/4, where the two nearly cancel.
inline double excess_over_log(double r) {
  const double t = r / (2 + r);  // log1p(r) = 2 artanh(t), and r − 2t = r t
  const double t2 = t * t;
  double sum = 0;
  for (int odd = 17; odd >= 3; odd -= 2) sum = sum * t2 + 1.0 / odd;
  return r * t - 2 * t * t2 * sum;
}

/// A start on the left of a root near or before the maximum of a falling drive (β < 0 < c), and
/// whether it is the root already; infinity if even the maximum stays below d. With u the way to
/// the maximum at s* = log(c/−β), the equation is eᵘ − 1 − u = h.
struct Start {
  double s;
  bool exact;
};
inline Start start_below_maximum(double beta, double c, double d) {
  const double v = beta + c;
  const double r = v / -beta;
  const double log_ratio = std::log1p(r);
  const double h = r > 0.25 ? (v - d) / -beta - log_ratio : excess_over_log(r) - d / -beta;
  if (!(h >= 0)) return {std::numeric_limits<double>::infinity(), true};
  const double sigma = std::sqrt(2 * h);
  // Where the slope vanishes iterations would stir in the noise; the series is exact there.
  if (sigma < 1e-4) return {log_ratio - sigma * (1 - sigma * (1 - sigma / 6) / 6), true};
  return {log_ratio - std::log1p(sigma + h), false};
}

/// The rational bound 1 − e^{−s} ≤ 2s/(2+s) turns the equation into βs² + bs = 2d, whose root errs
/// by O(s³): below the true root for c > 0, above it for c < 0.
inline double rational_start(double beta, double b, double discriminant, double d) {
  const double root = std::sqrt(std::max(discriminant, 0.0));
  return b >= 0 ? 4 * d / (b + root) : (root - b) / (2 * beta);
}

/// Where to begin: on the safe side of the root; infinity if there is none.
inline Start crossing_start(double beta, double c, double d) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  const double v = beta + c;
  const double b = 2 * v - d;
  const double discriminant = b * b + 8 * beta * d;
  if (beta > 0) {
    const double per_beta = 1 / beta;
    const double saturated = (d - c) * per_beta;  // the root if e^{−s} were 0
    const double s = rational_start(beta, b, discriminant, d);
    if (c <= 0) return {std::clamp(s, d * per_beta, std::max(saturated, d * per_beta)), c == 0};
    if (!(s > 1) || c <= beta) return {std::max(s, saturated), false};
    // Lambert's W(q) ≥ log q − log log q for q ≥ e.
    const double k = c - d + beta * std::log(c / beta);
    return {std::max(k > beta ? std::max(s, std::log(c / k)) : s, saturated), false};
  }
  if (c > -1e300 * beta) return {c > d ? -std::log1p(-d / c) : inf, true};
  if (b <= 0 || discriminant < -1e-15 * b * b) return {inf, true};
  const double s = rational_start(beta, b, discriminant, d);
  // 1 − e^{−s} ≥ s − s²/2 already reaches d: there is a root, well before the maximum.
  if (v * v > 2.1 * c * d) return {s, false};
  const Start near = start_below_maximum(beta, c, d);
  return {near.exact ? near.s : std::max(s, near.s), near.exact};
}

}  // namespace detail

/// The smallest s ≥ 0 with βs + c(1 − e^{−s}) = d, in units of the time constant; 0 if d ≤ 0,
/// infinity if there is none (or an argument is not finite). Where nonzero magnitudes lie within
/// 1e±140, the residual is ≤ 2 ulp of the largest term, after one to three exponentials.
/// (Equation: Tang, Lin & Davies, arXiv:1705.05475; in closed form it is Lambert's W.)
/// Halley's iteration is monotone on the rising branch from either side (g/√g′ is convex or
/// concave the right way) except for 0 < ce^{−s} < 2β, where the slope hardly varies.
inline double linear_plus_exponential(double beta, double c, double d) {
  if (d <= 0) return 0;
  if (beta <= 0 && !(c > -beta)) return std::numeric_limits<double>::infinity();
  const double size = std::abs(beta) + std::abs(c) + d;
  if (!(size > 0x1p-200 && size < 0x1p200)) {
    if (!std::isfinite(size)) return std::numeric_limits<double>::infinity();
    const int shift = -std::ilogb(size);
    return linear_plus_exponential(std::ldexp(beta, shift), std::ldexp(c, shift),
                                   std::max(std::ldexp(d, shift), 0x1p-1000));
  }
  const detail::Start start = detail::crossing_start(beta, c, d);
  if (start.exact || std::isinf(start.s)) return start.s;
  double s = start.s;
  for (int iteration = 0; iteration < 64; ++iteration) {
    const double m = std::expm1(-s);
    const double decaying = c * (s < 16 ? 1 + m : std::exp(-s));
    const double slope = beta + decaying;
    // Fused, since here the terms cancel: what is left to climb.
    const double linear = std::fma(-beta, s, d);
    const double rest = std::fma(c, m, linear);
    if (!(slope > 0) || std::abs(rest) <= 0x1p-54 * d) return s;
    const double per_slope = 1 / slope;
    const double newton = rest * per_slope;
    const double kappa = decaying * per_slope;
    const double bend = newton * kappa;
    const double step = bend < 1 ? newton / (1 - 0.5 * bend) : newton;
    s = std::max(s + step, 0.0);
    const double step2 = step * step;
    // Halley's own error; a step in the noise ends as well.
    if (bend < 1 && std::abs(step) * step2 * std::abs(kappa) * (std::abs(kappa) + 1) <= 0x1p-54 * s)
      return s;
  }
  return s;
}

/// A function's value (negative before the root, positive after it) and the step to the root that a
/// local model proposes.
struct Climb {
  double value;
  double step;
};

/// The root of `climb` in [low, high], to the last places of a double: the proposed steps wherever
/// they stay in the bracket and shrink it, else halving.
template <class F>
double bracketed_root(double low, double high, F climb) {
  double t = low, last = high - low;
  for (int i = 0; i < 200; ++i) {
    const Climb at = climb(t);
    if (at.value == 0) return t;
    (at.value < 0 ? low : high) = t;
    double next = t + at.step;
    if (!(next > low && next < high && std::abs(at.step) <= 0.5 * last))
      next = low + (high - low) / 2;
    last = std::abs(next - t);
    if (last <= 0x1p-52 * next || next <= low || next >= high) return next;
    t = next;
  }
  return t;
}

}  // namespace clockless
