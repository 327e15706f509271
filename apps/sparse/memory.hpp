// How much memory sparse coding needs, beside what there is, before any of it is taken.
#pragma once

#include <cstddef>

#include <Eigen/Core>

namespace clockless {

/// The sizes that a run's large matrices follow from.
struct CodingSize {
  Eigen::Index pixels = 0;    ///< of a sample
  Eigen::Index features = 0;  ///< of a patch
  Eigen::Index samples = 0;
  Eigen::Index patches = 0;  ///< per sample
  Eigen::Index atoms = 0;
  bool signed_codes = false;
  std::size_t weight_bytes = 8;  ///< of one lateral weight
  std::size_t threads = 1;
};

/// Bytes that this process may still take: what the machine has available, or what is left of its
/// limit on address space (ulimit -v), whichever is less.
double available_memory();

/// Throws Error, naming the setting to lower (atoms, samples or patch), where dictionary, Gram
/// matrix, weights, states, patches and codes together need more than `available` bytes.
void require_memory(const CodingSize& size, double available = available_memory());

}  // namespace clockless
