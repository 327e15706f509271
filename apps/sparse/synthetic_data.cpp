// Making samples of known atoms.
#include "apps/sparse/synthetic_data.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

#include "core/random.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

/// Keys of streams that nothing else draws from: the letters 'synt', then what they are for.
enum Purpose : std::uint64_t { atoms, training, test };
std::uint64_t stream_key(std::uint64_t seed, Purpose purpose) {
  return random_bits(seed, 0x73796e74, purpose);
}

}  // namespace

SyntheticData::SyntheticData(const SyntheticOptions& options)
    : options_(options), truth_(options.features, options.atoms) {
  RandomStream random{stream_key(options.seed, Purpose::atoms), 0};
  for (Index atom = 0; atom < options.atoms; ++atom) {
    do {  // until it is not all zero
      for (double& entry : truth_.col(atom)) entry = std::max(0.0, random.normal());
    } while (truth_.col(atom).isZero(0));
  }
  truth_.colwise().normalize();
}

VectorXd SyntheticData::sample(std::uint64_t k) const {
  return draw(stream_key(options_.seed, training), k);
}

VectorXd SyntheticData::held_out(std::uint64_t k) const {
  return draw(stream_key(options_.seed, test), k);
}

VectorXd SyntheticData::draw(std::uint64_t key, std::uint64_t k) const {
  RandomStream random{key, k};
  std::vector<Index> order(static_cast<std::size_t>(truth_.cols()));
  std::iota(order.begin(), order.end(), Index{0});
  VectorXd x = VectorXd::Zero(truth_.rows());
  for (std::size_t i = 0; i < static_cast<std::size_t>(options_.sparsity); ++i) {
    // Fisher and Yates, only as far as needed.
    std::swap(order[i], order[i + random.below(static_cast<std::uint32_t>(order.size() - i))]);
    x += (0.5 + random.uniform()) * truth_.col(order[i]);
  }
  for (double& value : x) value += options_.noise * random.normal();
  return x.cwiseMax(0);
}

}  // namespace clockless
