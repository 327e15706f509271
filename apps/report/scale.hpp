// From values to places on the page, and round values for the ticks.
#pragma once

#include <string>
#include <vector>

namespace clockless {

/// A linear or logarithmic map from [low, high] to [from, to] (pixels; `to` may be the smaller).
class Scale {
 public:
  /// Over all values (positive ones only if `log`); `round` widens it to whole ticks or decades.
  static Scale over(const std::vector<double>& values, bool log, double from, double to,
                    bool round);
  static Scale exactly(double low, double high, double from, double to);

  double operator()(double value) const;
  /// About `count` round values inside the range, ascending.
  std::vector<double> ticks(int count) const;

 private:
  Scale(double low, double high, bool log, double from, double to);
  double low_, high_;  // their logarithms to base 10 if log_
  bool log_;
  double from_, to_;
};

/// "0.5", "2000", or a power of ten with raised exponent, as SVG text.
std::string tick_label(double value);

}  // namespace clockless
