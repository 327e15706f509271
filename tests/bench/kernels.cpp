// The same layer on the general path and on the dense kernel: what frame and lazy updates save.
#include <string_view>

#include <Eigen/Dense>

#include "apps/sparse/spiking_lca.hpp"
#include "core/random.hpp"
#include "tests/support/bench.hpp"

using namespace clockless;

namespace {

// CPU ns per synaptic event of one run of `duration` τ, five times.
bench::Five measure(const LcaNetwork& network, const Eigen::VectorXd& x, double duration,
                    Counts& counts) {
  SpikingLca lca(network);
  bench::Five ns;
  for (double& value : ns.values) {
    lca.start(network.input(x, 0.1));
    const double start = bench::cpu_seconds();
    lca.run_until(duration);
    const double took = bench::cpu_seconds() - start;
    counts = lca.simulation().counts();
    value = 1e9 * took / static_cast<double>(counts.synaptic_events);
  }
  return ns;
}

// Gaussian unit atoms, x made of every 32nd.
void compare(int atoms, double duration) {
  RandomStream random{.seed = 11, .stream = static_cast<std::uint64_t>(atoms)};
  Eigen::MatrixXd dictionary(atoms / 2, atoms);
  for (auto& v : dictionary.reshaped()) v = random.normal();
  dictionary.colwise().normalize();
  Eigen::VectorXd x = Eigen::VectorXd::Zero(atoms / 2);
  for (int k = 0; k < atoms; k += 32) x += (0.5 + random.uniform()) * dictionary.col(k);

  const auto on = [&](Kernel kernel) {
    return LcaNetwork(dictionary, {.weights = WeightWidth::float32, .kernel = kernel});
  };
  Counts counts, dense_counts;
  const bench::Five general = measure(on(Kernel::general), x, duration, counts);
  const bench::Five dense = measure(on(Kernel::dense), x, duration, dense_counts);
  bench::Line(fmt::format("general path, gaussian {}", atoms))
      .field("ns_per_synaptic_event", general)
      .field("limit", "the dense kernel on the same layer")
      .field("limit_ns", dense)
      .field("ratio_to_limit", general / dense)
      .field("spikes", static_cast<double>(counts.spikes))
      .field("spikes_dense", static_cast<double>(dense_counts.spikes));
}

}  // namespace

int main(int argc, char** argv) {
  const bool quick = argc > 1 && std::string_view(argv[1]) == "--quick";
  compare(256, quick ? 20 : 200);
  if (!quick) compare(1024, 50);
}
