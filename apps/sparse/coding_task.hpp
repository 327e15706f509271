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

/// Reads data and dictionary and builds the network; tells the run what defaults came to (resolve).
/// Throws Error where settings, data and dictionary do not fit each other or the machine. After
/// Ctrl-C what it returns is not whole, and must not be simulated.
CodingTask prepare_coding(Run& run);

}  // namespace clockless
