// One spike-train hash for every mapping and number of threads, and for every compiler.
#include <algorithm>
#include <cstdio>
#include <vector>

#include "tests/properties/examples.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;
using namespace clockless::test;

namespace {

void check_matrix(const Example& example, Kernel kernel, std::uint64_t least_spikes) {
  const Outcome truth = run(example, {.kernel = kernel});
  INFO(example.name << ": " << truth.counts.spikes << " spikes");
  REQUIRE(truth.counts.spikes >= least_spikes);
  for (const std::size_t cores : {1U, 4U, 16U})
    for (const unsigned threads : {1U, 2U, 4U}) {
      INFO(cores << " neurocores, " << threads << " threads");
      REQUIRE(run(example, {.threads = threads, .cores = cores, .kernel = kernel}) == truth);
    }
}

}  // namespace

TEST_CASE("determinism: random networks on any cores and threads", "[properties][parallel]") {
  for (const Example& example : random_networks()) {
    check_matrix(example, Kernel::general, 300);
    CHECK(run(example, {.seed = 2}).hash != run(example, {.seed = 1}).hash);  // it sees the noise
  }
}

TEST_CASE("determinism: examples learn, split and use zero delay as they say", "[properties]") {
  for (const Example& example : random_networks()) {
    INFO(example.name);
    const Mapping mapping = Mapping::contiguous(example.network, 16);
    std::vector<bool> used(16, false);
    for (const CoreId core : mapping.core_of) used[index(core)] = true;
    CHECK(std::count(used.begin(), used.end(), true) == 16);
    std::size_t joined = 0;
    const auto cluster = zero_delay_clusters(example.network);
    for (std::uint32_t i = 0; i < example.network.neurons(); ++i) joined += cluster[i] != i;
    CHECK((joined > 0) == (example.name.find("zero-delay") != std::string::npos));
    if (!example.learning) continue;
    const Edges before = Simulation(example.network).synapses(*example.learning);
    const Edges after = run(example).learned;
    std::size_t changed = 0;
    for (std::size_t k = 0; k < before.size(); ++k) changed += before[k].weight != after[k].weight;
    CHECK(changed > before.size() / 4);
  }
}

TEST_CASE("determinism: dense layers joined by delays on any cores and threads",
          "[properties][parallel]") {
  const Example floats = dense_ring<float>();
  for (const auto& spec : floats.network.populations())
    REQUIRE(Simulation(floats.network).uses_dense_kernel(spec->population));
  check_matrix(floats, Kernel::dense, 500);
  check_matrix(dense_ring<double>(), Kernel::dense, 500);
  check_matrix(floats, Kernel::general, 500);
}

TEST_CASE("determinism: hashes that every compiler must give", "[properties][hash]") {
  const auto print = [](const Example& example, const char* kernel, std::uint64_t hash) {
    std::printf("hash: %s, %s kernel %016llx\n", example.name.c_str(), kernel,
                static_cast<unsigned long long>(hash));
    CHECK(hash != 0);
  };
  for (const Example& example : random_networks())
    print(example, "general", run(example, {.cores = 4}).hash);
  for (const Example& example : {dense_ring<float>(), dense_ring<double>()}) {
    print(example, "dense", run(example, {.cores = 4, .kernel = Kernel::dense}).hash);
    print(example, "general", run(example, {.kernel = Kernel::general}).hash);
  }
}
