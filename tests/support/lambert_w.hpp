// Oracle: both real branches of Lambert's W in long double, and first crossings by them.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace clockless::oracle {

/// W of −e^{−1−h} (h ≥ 0) by branch: 0 → W₀ ∈ [−1, 0), −1 → W₋₁ ≤ −1. The argument is given by h,
/// since near the branch point q = −1/e itself has no digits left. With w = −e^{u}: e^u − 1 − u =
/// h.
inline long double lambert_w_negative(int branch, long double h) {
  // Bisection on u in e^u − 1 − u = h; u > 0 on branch −1, u < 0 on branch 0.
  long double low = 0, high = 1;
  const long double sign = branch == 0 ? -1 : 1;
  auto value = [&](long double u) { return std::expm1(sign * u) - sign * u; };
  while (value(high) < h) high *= 2;
  for (int i = 0; i < 200 && low < high; ++i) {
    const long double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    (value(middle) < h ? low : high) = middle;
  }
  return -std::exp(sign * high);
}

/// W₀(e^L) for any L (no overflow): w + log w = L, by bisection on log w.
inline long double lambert_w_of_exp(long double l) {
  long double low = -2, high = 2;
  auto value = [&](long double x) { return std::exp(x) + x; };
  while (value(low) > l) low *= 2;
  while (value(high) < l) high *= 2;
  for (int i = 0; i < 200; ++i) {
    const long double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    (value(middle) < l ? low : high) = middle;
  }
  return std::exp(high);
}

/// Smallest s ≥ 0 with βs + c(1−e^{−s}) = d (d > 0), by s = A + W_k((c/β)e^{−A}), A = (d−c)/β,
/// k = 0 for β > 0, −1 for β < 0; infinity if there is none.
/// Theory: dictionary-learning.md, section 1.
inline long double first_crossing(double beta_, double c_, double d_) {
  const long double beta = beta_, c = c_, d = d_;
  const long double inf = std::numeric_limits<long double>::infinity();
  if (d <= 0) return 0;
  if (beta == 0) return c > d ? -std::log1p(-d / c) : inf;
  if (beta < 0 && c <= -beta) return inf;
  if (c == 0) return d / beta;
  const long double a = (d - c) / beta;
  // h = A − 1 − log(−c/β), from the small excess r of |c| over |β|.
  const long double r = (c + beta) / -beta;
  const long double log_ratio = std::abs(r) < 0.5L ? std::log1p(r) : std::log(std::abs(c / beta));
  const long double h = r - d / -beta - log_ratio;
  if (beta < 0 && h < 0) return inf;
  const long double w = beta < 0 ? lambert_w_negative(-1, h)
                        : c < 0  ? lambert_w_negative(0, h > 0 ? h : 0)
                                 : lambert_w_of_exp(log_ratio - a);
  const long double s = a + w;
  if (s > 1e-3L * std::abs(a)) return s;
  // A and W cancel (small |β|): bisection where the sum rises, up to its maximum if it has one.
  long double low = 0, high = beta < 0 ? log_ratio : (d - std::min(c, 0.0L)) / beta;
  for (int i = 0; i < 20000; ++i) {
    const long double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    (beta * middle - c * std::expm1(-middle) < d ? low : high) = middle;
  }
  return high;
}

}  // namespace clockless::oracle
