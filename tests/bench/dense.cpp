// Spiking LCA on the dense kernel, beside the least that an eager exact update would do.
#include <cstdlib>
#include <filesystem>
#include <memory>

#include <Eigen/Dense>

#include "apps/data/idx.hpp"
#include "apps/data/npy.hpp"
#include "core/random.hpp"
#include "core/simulation.hpp"
#include "neurons/if_current.hpp"
#include "tests/support/bench.hpp"
#include "tests/support/shared.hpp"

using namespace clockless;

namespace {

struct Layer {
  std::string name;
  Eigen::MatrixXd dictionary;  // features x atoms
  Eigen::VectorXd x;
  double lambda;
  double duration;  // in tau
};

// x = D a with N/32 non-zeros in [0.5, 1.5], Gaussian unit atoms, N/2 features.
Layer gaussian(int atoms, double duration) {
  RandomStream random{11, static_cast<std::uint64_t>(atoms)};
  Layer layer{
      fmt::format("gaussian {}", atoms), Eigen::MatrixXd(atoms / 2, atoms), {}, 0.1, duration};
  for (auto& v : layer.dictionary.reshaped()) v = random.normal();
  layer.dictionary.colwise().normalize();
  Eigen::VectorXd code = Eigen::VectorXd::Zero(atoms);
  for (int k = 0; k < atoms / 32; ++k) code[32 * k] = 0.5 + random.uniform();
  layer.x = layer.dictionary * code;
  return layer;
}

// MNIST test image 0 on Lava's pretrained dictionary, as ± pairs.
Layer mnist(const std::filesystem::path& shared) {
  const NpyArray npy = read_npy(shared / "data/lasso/lava-lca/mnist_pretrained_dictionary.npy");
  const Eigen::Map<const Eigen::MatrixXd> atoms_in_rows(npy.values.data(), 784, 784);
  Layer layer{"mnist 784 ±", Eigen::MatrixXd(784, 1568), Eigen::VectorXd(784), 0.5, 300};
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

void run(const Layer& layer) {
  const auto n = static_cast<std::size_t>(layer.dictionary.cols());
  const Eigen::MatrixXd gram = layer.dictionary.transpose() * layer.dictionary;
  std::shared_ptr<float[]> weights(new float[n * n]);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      weights.get()[i * n + j] = i == j ? 0.0F
                                        : static_cast<float>(-gram(static_cast<Eigen::Index>(i),
                                                                   static_cast<Eigen::Index>(j)));
  Network network;
  const auto code = network.add<IfCurrent>("code", n);
  network.connect(code, code, DenseMatrix<float>{n, n, weights});
  Simulation simulation(network);
  Eigen::VectorXd drive = layer.dictionary.transpose() * layer.x;
  drive.array() -= layer.lambda;
  const std::span<const double> beta(drive.data(), n);
  const Eigen::VectorXd threshold = gram.diagonal();
  const Time end = at_seconds(layer.duration);

  bench::Five ours, limit;
  Counts counts;
  std::size_t active = 0;
  std::vector<double> z(n), c(n);
  for (std::size_t repeat = 0; repeat < 5; ++repeat) {
    simulation.restart(1);
    simulation.set(code, &IfCurrent::State::drive, beta);
    simulation.set(code, &IfCurrent::State::current, beta);
    simulation.set(code, &IfCurrent::State::threshold,
                   std::span<const double>(threshold.data(), n));
    simulation.record(code);
    double start = bench::cpu_seconds();
    simulation.run_until(end);
    const double took = bench::cpu_seconds() - start;
    counts = simulation.counts();
    const auto spikes = simulation.take_spikes();
    const auto each = simulation.spike_counts(code);
    active = 0;
    for (const auto k : each) active += static_cast<double>(k) > 0.01 * layer.duration;
    ours.values[repeat] = 1e9 * took / static_cast<double>(counts.synaptic_events);
    start = bench::cpu_seconds();
    for (const Spike& s : spikes)
      stream(weights.get() + index(s.source) * n, seconds(s.at) / layer.duration, z.data(),
             c.data(), n);
    limit.values[repeat] =
        1e9 * (bench::cpu_seconds() - start) / static_cast<double>(spikes.size() * n);
    bench::keep(z);
    bench::keep(c);
  }
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
  if (only == "--quick") return run(gaussian(256, 100)), 0;
  for (const auto& [atoms, duration] : {std::pair{256, 8000.0}, {1024, 1000.0}, {4096, 150.0}})
    if (only.empty() || only == std::to_string(atoms)) run(gaussian(atoms, duration));
  if (!only.empty() && only != "mnist") return 0;
  if (const auto shared = shared_folder())
    run(mnist(*shared));
  else
    fmt::print(stderr, "mnist: SKIPPED, the folder shared/data is not here\n");
}
