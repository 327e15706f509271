// What a sparse coding scenario works on: samples, dictionary, network and λ, as the settings say.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/run.hpp"
#include "apps/sparse/patched_samples.hpp"
#include "apps/sparse/spiking_lca.hpp"

namespace clockless {

struct CodingTask {
  PatchedSamples data;
  std::string origin;  ///< what was read
  std::unique_ptr<LcaNetwork> network;
  std::vector<double> lambdas;  ///< one per sample, for all its patches
  double duration;              ///< in τ
};

/// Declares the settings that prepare_coding() reads.
void declare_coding(Settings& settings);

/// Reads data and dictionary and builds the network. Throws Error where settings, data and
/// dictionary do not fit each other.
CodingTask prepare_coding(const Run& run);

}  // namespace clockless
