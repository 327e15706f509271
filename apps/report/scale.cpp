// From values to places on the page, and round values for the ticks.
#include "apps/report/scale.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace clockless {

namespace {

// 1, 2 or 5 times a power of ten, so that about `count` steps fill `range`.
double round_step(double range, int count) {
  const double raw = range / count;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  const double lead = raw / power;
  return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
}

}  // namespace

Scale::Scale(double low, double high, bool log, double from, double to)
    : low_(low), high_(high), log_(log), from_(from), to_(to) {}

Scale Scale::exactly(double low, double high, double from, double to) {
  return {low, high, false, from, to};
}

Scale Scale::over(const std::vector<double>& values, bool log, double from, double to, bool round) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  double low = log ? std::log10(*least) : *least;
  double high = log ? std::log10(*most) : *most;
  const double spread = std::max(std::fabs(low), std::fabs(high));
  if (high - low <= 1e-12 * spread || high == low) {  // one value: give it room
    const double room = log ? 0.5 : spread > 0 ? 0.1 * spread : 1.0;
    low -= room;
    high += room;
  }
  if (round) {
    const double step = log ? 1.0 : round_step(high - low, 5);
    low = std::floor(low / step + 1e-9) * step;
    high = std::ceil(high / step - 1e-9) * step;
  }
  return {low, high, log, from, to};
}

double Scale::operator()(double value) const {
  const double at = log_ ? std::log10(value) : value;
  return from_ + (at - low_) / (high_ - low_) * (to_ - from_);
}

std::vector<double> Scale::ticks(int count) const {
  std::vector<double> values;
  const double slack = 1e-9 * (high_ - low_);
  if (log_ && high_ - low_ >= 1.5) {  // decades, every n-th if there are many
    const double step = std::max(1.0, std::ceil((high_ - low_) / count));
    for (double e = std::ceil(low_ - slack); e <= high_ + slack; e += step)
      values.push_back(std::pow(10.0, e));
    return values;
  }
  const double low = log_ ? std::pow(10.0, low_) : low_;
  const double high = log_ ? std::pow(10.0, high_) : high_;
  const double step = round_step(high - low, count);
  const double end = high + 1e-9 * (high - low);
  for (double k = std::ceil(low / step - 1e-9); k * step <= end; k += 1)
    values.push_back(k * step + 0.0);  // never -0
  return values;
}

std::string tick_label(double value) {
  const double size = std::fabs(value);
  if (value == 0 || (size >= 1e-3 && size < 1e5)) return fmt::format("{:.6g}", value);
  const double exponent = std::floor(std::log10(size) + 1e-9);
  const double lead = value / std::pow(10.0, exponent);
  const std::string factor = std::fabs(lead - 1) < 1e-6 ? "" : fmt::format("{:.3g}·", lead);
  return fmt::format("{}10<tspan dy=\"-5\" font-size=\"9\">{:.0f}</tspan>", factor, exponent);
}

}  // namespace clockless
