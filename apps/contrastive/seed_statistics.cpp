// Student's confidence intervals.
#include "apps/contrastive/seed_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <boost/math/distributions/students_t.hpp>

namespace clockless {

SeedStatistics seed_statistics(const std::vector<double>& figures) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  SeedStatistics out{0, none, none, none};
  double sum = 0;
  for (const double f : figures)
    if (!std::isnan(f)) {
      sum += f;
      ++out.count;
    }
  if (out.count == 0) return out;
  const auto n = static_cast<double>(out.count);
  out.mean = sum / n;
  if (out.count < 2) return out;
  double squares = 0;
  for (const double f : figures)
    if (!std::isnan(f)) squares += (f - out.mean) * (f - out.mean);
  out.deviation = std::sqrt(squares / (n - 1));
  const boost::math::students_t_distribution<double> student(n - 1);
  out.half_width = boost::math::quantile(student, 0.975) * out.deviation / std::sqrt(n);
  return out;
}

SeedStatistics paired_statistics(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) throw std::invalid_argument("pairs of unequal numbers");
  std::vector<double> differences(a.size());
  std::transform(a.begin(), a.end(), b.begin(), differences.begin(),
                 [](double x, double y) { return x - y; });
  return seed_statistics(differences);
}

}  // namespace clockless
