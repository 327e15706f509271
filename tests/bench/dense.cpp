// Spiking LCA on the dense kernel, beside the least that an eager exact update would do.
#include <cstdlib>
#include <filesystem>

#include <Eigen/Dense>

#include "apps/data/idx.hpp"
#include "apps/data/npy.hpp"
#include "tests/bench/dense_layer.hpp"
#include "tests/support/bench.hpp"
#include "tests/support/shared.hpp"

using namespace clockless;
using bench::DenseLayer, bench::gaussian_layer;

namespace {

// MNIST test image 0 on Lava's pretrained dictionary, as ± pairs.
DenseLayer mnist(const std::filesystem::path& shared) {
  const NpyArray npy = read_npy(shared / "data/lasso/lava-lca/mnist_pretrained_dictionary.npy");
  const Eigen::Map<const Eigen::MatrixXd> atoms_in_rows(npy.values.data(), 784, 784);
  DenseLayer layer{"mnist 784 ±", Eigen::MatrixXd(784, 1568), Eigen::VectorXd(784), 0.5, 300};
  layer.dictionary << atoms_in_rows, -atoms_in_rows;  // rows in C order are columns here
  const IdxArray images = read_idx(shared / "data/mnist/t10k-images-idx3-ubyte.gz");
  for (std::size_t i = 0; i < 784; ++i)
    layer.x[static_cast<Eigen::Index>(i)] = (images.at(i) / 255.0 - 0.1307) / 0.3081;
  return layer;
}

// The least an eager exact update does, streamed over the same rows in the order they were needed.
[[gnu::noinline]] void stream(const float* w, double s, double* z, double* c, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const auto wi = static_cast<double>(w[i]);
    z[i] += wi;
    c[i] += wi * s;
  }
}

void run(const DenseLayer& layer) {
  const auto n = static_cast<std::size_t>(layer.dictionary.cols());
  bench::DenseRun dense(layer);
  bench::Five ours, limit;
  std::vector<double> z(n), c(n);
  for (std::size_t repeat = 0; repeat < 5; ++repeat) {
    ours.values[repeat] = dense.repeat();
    const double start = bench::cpu_seconds();
    for (const Spike& s : dense.spikes())
      stream(dense.row(index(s.source)), seconds(s.at) / layer.duration, z.data(), c.data(), n);
    limit.values[repeat] =
        1e9 * (bench::cpu_seconds() - start) / static_cast<double>(dense.spikes().size() * n);
    bench::keep(z);
    bench::keep(c);
  }
  const Counts counts = dense.counts();
  std::size_t active = 0;
  for (const auto k : dense.spike_counts())
    active += static_cast<double>(k) > 0.01 * layer.duration;
  bench::Line(layer.name)
      .field("ns_per_synaptic_event", ours)
      .field("limit", "for every target z += w; c += w*s in double, same rows")
      .field("limit_ns", limit)
      .field("ratio_to_limit", ours / limit)
      .field("active_atoms", static_cast<double>(active))
      .field("spikes", static_cast<double>(counts.spikes))
      .field("ns_per_spike", ours.median() * static_cast<double>(counts.synaptic_events) /
                                 static_cast<double>(counts.spikes));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string only = argc > 1 ? argv[1] : "";  // one case; --quick is the smallest
  if (only == "--quick") return run(gaussian_layer(256, 100)), 0;
  for (const auto& [atoms, duration] : {std::pair{256, 8000.0}, {1024, 1000.0}, {4096, 150.0}})
    if (only.empty() || only == std::to_string(atoms)) run(gaussian_layer(atoms, duration));
  if (!only.empty() && only != "mnist") return 0;
  if (const auto shared = shared_folder())
    run(mnist(*shared));
  else
    fmt::print(stderr, "mnist: SKIPPED, the folder shared/data is not here\n");
}
