// What figures of several seeds say: mean, spread, confidence.
#pragma once

#include <cstddef>
#include <vector>

namespace clockless {

struct SeedStatistics {
  std::size_t count = 0;
  double mean = 0;
  double deviation = 0;   ///< sample standard deviation (n − 1); NaN of fewer than two
  double half_width = 0;  ///< of the 95 % confidence interval of the mean; NaN likewise
};

/// By Student's t with n − 1 degrees of freedom. NaNs are left out: a figure that is not there. Of
/// none the mean is NaN, too.
SeedStatistics seed_statistics(const std::vector<double>& figures);

/// The same of a_k − b_k, pairs of one seed; where one is NaN the pair is left out. Throws
/// std::invalid_argument for unequal sizes.
SeedStatistics paired_statistics(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace clockless
