#include "apps/latency.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace clockless {

Duration quantile(std::vector<Duration> samples, double share) {
  const auto rank =
      static_cast<std::size_t>(std::ceil(share * static_cast<double>(samples.size())));
  const auto at = samples.begin() + static_cast<std::ptrdiff_t>(rank == 0 ? 0 : rank - 1);
  std::nth_element(samples.begin(), at, samples.end());
  return *at;
}

nlohmann::ordered_json latency_json(const Latency& latency, double chip_s) {
  if (latency.samples.empty()) return nullptr;
  const auto at = [&](double share) { return chip_s * seconds(quantile(latency.samples, share)); };
  return {{"of", latency.of},
          {"samples", latency.samples.size()},
          {"median_s", at(0.5)},
          {"p99_s", at(0.99)},
          {"max_s", at(1)}};
}

}  // namespace clockless
