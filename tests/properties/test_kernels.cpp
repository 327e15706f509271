// The two kernels give the same spikes, and both respect the symmetries of the equations.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/layers.hpp"

using namespace clockless;
using namespace clockless::test;

namespace {

/// One layer and how to run it.
struct Coder {
  Network network;
  Population<IfCurrent> code;
  Layer layer;

  template <class Weight>
  static Coder of(const Layer& layer) {
    Coder coder{{}, {}, layer};
    coder.code = coder.network.add<IfCurrent>("code", layer.atoms);
    coder.network.connect(coder.code, coder.code, layer.matrix<Weight>());
    return coder;
  }
  Simulation simulate(Kernel kernel) const {
    Simulation simulation(network, {.kernel = kernel});
    layer.begin(simulation, code);
    simulation.record(code);
    return simulation;
  }
  std::vector<Spike> spikes(Kernel kernel, double duration_s) const {
    Simulation simulation = simulate(kernel);
    simulation.run_until(at_seconds(duration_s));
    return simulation.take_spikes();
  }
};

const char* const names[] = {"gaussian", "signed pairs", "coherent"};
constexpr Atoms kinds[] = {Atoms::gaussian, Atoms::signed_pairs, Atoms::coherent};
constexpr Kernel kernels[] = {Kernel::general, Kernel::dense};

}  // namespace

TEST_CASE("kernels: the same order of spikes, and times within one tick, over 10,000 spikes",
          "[properties]") {
  // A double's voltage carries the rounding of the thousands of inputs before, up to 1.1e-13 over
  // 20 seeds; a threshold met at a glancing angle makes a time of that by division by the slope.
  constexpr double voltage_error = 3e-13;
  for (std::size_t k = 0; k < 3; ++k) {
    std::size_t compared = 0;
    for (std::uint64_t seed = 71; seed < 76; ++seed) {
      const Coder coder = Coder::of<float>(random_layer(128, 256, kinds[k], seed));
      const auto weights = coder.layer.matrix<float>();
      REQUIRE(coder.simulate(Kernel::automatic).uses_dense_kernel(coder.code));
      const auto dense = coder.spikes(Kernel::automatic, 500);
      const auto general = coder.spikes(Kernel::general, 500);
      REQUIRE(dense.size() == general.size());
      // The transient current, and what earlier spikes' displacements make of each voltage: an
      // input w displaced by D displaces w e^(-t) of the charge, and so the next crossing.
      std::vector<double> transient(256), displaced(256);
      Time last{};
      for (std::size_t i = 0; i < general.size(); ++i) {
        INFO(names[k] << ", seed " << seed << ": spike " << i << " at " << seconds(general[i].at));
        REQUIRE(dense[i].source == general[i].source);
        const std::uint32_t who = index(general[i].source);
        const double decay = std::exp(-seconds(general[i].at - last));
        last = general[i].at;
        for (auto* values : {&transient, &displaced})
          for (double& v : *values) v *= decay;
        const double slope = coder.layer.drive[who] + transient[who];
        const double apart = seconds(dense[i].at - general[i].at);
        REQUIRE(std::abs(apart - displaced[who] / slope) <= 1.01e-12 + voltage_error / slope);
        for (std::size_t j = 0; j < 256; ++j) {
          const auto w = static_cast<double>(weights.row(who)[j]);
          transient[j] += w;
          displaced[j] += w * apart;
        }
      }
      compared += general.size();
    }
    CHECK(compared >= 10'000);
  }
}

TEST_CASE("kernels: voltages are what the spikes before them say, in extended precision",
          "[properties]") {
  for (std::size_t k = 0; k < 3; ++k) {
    const Coder coder = Coder::of<float>(random_layer(32, 64, kinds[k], 77));
    const auto weights = coder.layer.matrix<float>();
    for (const Kernel kernel : kernels) {
      INFO(names[k] << ", kernel " << static_cast<int>(kernel));
      Simulation simulation = coder.simulate(kernel);
      const Time end = at_seconds(300.7);
      simulation.run_until(end);
      const auto voltage = simulation.read(coder.code, &IfCurrent::State::voltage);
      const auto counts = simulation.spike_counts(coder.code);
      const auto spikes = simulation.take_spikes();
      REQUIRE(spikes.size() > 300);
      for (std::size_t i = 0; i < 64; ++i) {
        long double exact = static_cast<long double>(coder.layer.drive[i]) * 300.7L -
                            static_cast<long double>(coder.layer.threshold[i]) *
                                static_cast<long double>(counts[i]);
        for (const Spike& s : spikes)
          exact -= static_cast<long double>(weights.row(index(s.source))[i]) *
                   std::expm1(-static_cast<long double>((end - s.at).count()) * 1e-12L);
        REQUIRE(std::abs(static_cast<double>(exact) - voltage[i]) <= 1e-12);
      }
    }
  }
}

TEST_CASE("kernels: rescaling drives, weights and thresholds by a power of two changes no bit",
          "[properties]") {
  for (std::size_t k = 0; k < 3; ++k) {
    const Layer layer = random_layer(32, 64, kinds[k], 72);
    for (const Kernel kernel : kernels) {
      const auto truth = Coder::of<double>(layer).spikes(kernel, 60);
      const auto truth_float = Coder::of<float>(layer).spikes(kernel, 60);
      REQUIRE(truth.size() > 100);
      for (const int exponent : {-60, -3, 1, 40}) {
        INFO(names[k] << ", 2^" << exponent << ", kernel " << static_cast<int>(kernel));
        Layer scaled = layer;
        for (auto* values : {&scaled.weights, &scaled.drive, &scaled.threshold})
          for (double& v : *values) v = std::ldexp(v, exponent);
        REQUIRE(Coder::of<double>(scaled).spikes(kernel, 60) == truth);
        REQUIRE(Coder::of<float>(scaled).spikes(kernel, 60) == truth_float);
      }
    }
  }
}

TEST_CASE("kernels: permuting neurons permutes the spikes", "[properties]") {
  for (std::size_t k = 0; k < 3; ++k) {
    const Layer layer = random_layer(32, 64, kinds[k], 73);
    RandomStream random{74};
    std::vector<std::uint32_t> to(64);
    std::iota(to.begin(), to.end(), 0U);
    for (std::uint32_t i = 63; i > 0; --i) std::swap(to[i], to[random.below(i + 1)]);
    Layer moved = layer;
    for (std::size_t i = 0; i < 64; ++i) {
      moved.drive[to[i]] = layer.drive[i];
      moved.threshold[to[i]] = layer.threshold[i];
      for (std::size_t j = 0; j < 64; ++j)
        moved.weights[to[i] * 64 + to[j]] = layer.weights[i * 64 + j];
    }
    for (const Kernel kernel : kernels) {
      INFO(names[k] << ", kernel " << static_cast<int>(kernel));
      auto expected = Coder::of<float>(layer).spikes(kernel, 100);
      REQUIRE(expected.size() > 100);
      for (std::size_t i = 1; i < expected.size(); ++i)
        REQUIRE(expected[i - 1].at < expected[i].at);  // no ties, which numbers would decide
      for (Spike& s : expected) s.source = NeuronId{to[index(s.source)]};
      REQUIRE(Coder::of<float>(moved).spikes(kernel, 100) == expected);
    }
  }
}

TEST_CASE("kernels: looking at states in mid-run changes no bit", "[properties]") {
  const Coder coder = Coder::of<float>(random_layer(64, 128, Atoms::gaussian, 75));
  for (const Kernel kernel : kernels) {
    const auto truth = coder.spikes(kernel, 50);
    Simulation watched = coder.simulate(kernel);
    RandomStream random{76};
    while (watched.now() < at_seconds(50)) {
      const auto step = Duration{1 + random.below(500'000'000)} * 1000;
      watched.run_until(std::min(at_seconds(50), watched.now() + step));
      (void)watched.read(coder.code, &IfCurrent::State::voltage);
      (void)watched.state(coder.code, random.below(128));
    }
    CHECK(watched.take_spikes() == truth);
  }
}
