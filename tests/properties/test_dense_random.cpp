// Random networks of dense layers: what the dense kernel shows is what the general path shows.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "core/simulation.hpp"
#include "neurons/if_current.hpp"
#include "neurons/linear_if.hpp"
#include "neurons/spike_list.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;

namespace {

/// A random network, and what is done to it in four phases: driven, driven anew, silent, driven.
struct Puzzle {
  RandomStream random;
  double tau_s, scale;
  Network network;
  std::vector<Population<IfCurrent>> layers;
  Population<LinearIf> pairs;
  Population<LinearIf> judges;  // before the layers: they fire between two spikes of one tick
  std::vector<Time> phase_ends;
  std::vector<std::vector<std::vector<double>>> drives;  // by phase, layer, neuron
  std::vector<double> pair_drives;

  explicit Puzzle(std::uint64_t seed) : random{seed, 4} {
    tau_s = std::vector{1e-3, 0.05, 1.0, 10.0}[random.below(4)];
    const int exponent =
        std::vector{-20, 0, 20}[random.below(3)];  // one draw a statement: arguments have no order
    scale = std::ldexp(0.5 + random.uniform(), exponent);
    judges = network.add<LinearIf>("judges", 4);
    const std::size_t depth = 1 + random.below(3);
    for (std::size_t k = 0; k < depth; ++k) {
      const std::size_t n = random.below(4) == 0 ? 1 + random.below(5) : 40 + random.below(61);
      layers.push_back(
          network.add<IfCurrent>("layer" + std::to_string(k), n, IfCurrent::Params{tau_s}));
      add_lateral(layers.back());
    }
    for (std::size_t k = 1; k < depth; ++k) {
      const Duration wait = delay();
      network.connect(layers[k - 1], layers[k],
                      matrix<float>(layers[k - 1].size, layers[k].size,
                                    [&](std::size_t) { return 0.05 * random.normal(); }),
                      wait);
    }
    // Whether +1 or -1 comes first decides whether a judge fires: ties show in what is recorded.
    network.connect(layers[0], judges, matrix<double>(layers[0].size, 4, [&](std::size_t) {
                      return random.normal();
                    }));
    add_sources(6 * tau_s);
    choose_drives();
  }

  // Exactly equal neurons: every fourth is the twin of the one before it. Not where a tick is so
  // short beside tau that rounding would part them.
  std::size_t twin(std::size_t i) const { return tau_s < 1 && i % 4 == 3 ? i - 1 : i; }

  // weight(i): one weight of row i; twins get the same.
  template <class Weight, class F>
  DenseMatrix<Weight> matrix(std::size_t pre, std::size_t post, F weight) {
    std::shared_ptr<Weight[]> w(new Weight[pre * post]);
    for (std::size_t i = 0; i < pre; ++i)
      for (std::size_t j = 0; j < post; ++j)
        w.get()[i * post + j] =
            twin(j) < j ? w.get()[i * post + j - 1] : static_cast<Weight>(scale * weight(i));
    return {pre, post, w};
  }

  // Inhibition, with or without a few strong excitatory weights, which it outweighs in the mean.
  void add_lateral(Population<IfCurrent> layer) {
    const std::uint32_t style = random.below(3);
    const bool few = layer.size <= 5;
    const auto weight = [&](std::size_t) {
      if (style == 0) return -0.1 * random.uniform();
      if (style == 1) return few ? 0.1 * random.normal() : 0.03 * random.normal() - 0.01;
      return random.below(20) == 0 ? 0.6 : -0.08 * random.uniform();
    };
    if (random.below(2) == 0)
      network.connect(layer, layer, matrix<float>(layer.size, layer.size, weight));
    else
      network.connect(layer, layer, matrix<double>(layer.size, layer.size, weight));
  }

  Duration delay() {
    return std::vector{Duration{}, Duration{1}, from_seconds(0.3 * tau_s)}[random.below(3)];
  }

  // Spike lists and signed pairs. Half of their rows are 20 times as strong as lateral ones.
  void add_sources(double phase_s) {
    SpikeList::Lists lists(5);
    for (auto& list : lists) {
      std::vector<Time> times(random.below(20));
      for (Time& t : times) t = at_seconds(4 * phase_s * random.uniform());
      std::sort(times.begin(), times.end());
      for (const Time t : times)
        list.push_back({t, random.below(2) == 0 ? -1.0F : static_cast<float>(random.normal())});
    }
    const auto target = layers[random.below(static_cast<std::uint32_t>(layers.size()))];
    const auto weight = [&](std::size_t i) {
      return i % 2 == 0 ? -0.6 * random.uniform() : 0.03 * random.normal();
    };
    const auto input = network.add<SpikeList>("input", 5, SpikeList::params(lists));
    const Duration first = delay(), second = delay();
    network.connect(input, target, matrix<float>(5, target.size, weight), first);
    pairs = network.add<LinearIf>("pairs", 3, {.tau_s = tau_s, .lambda = 0.1, .signed_pair = true});
    network.connect(pairs, target, matrix<double>(3, target.size, weight), second);
    for (int i = 0; i < 3; ++i) pair_drives.push_back(random.normal());
  }

  void choose_drives() {
    const double silence = random.below(2) == 0 ? 50 : 2000;
    Time end{};
    for (int phase = 0; phase < 4; ++phase) {
      end += from_seconds(tau_s * (phase == 2 ? silence : 6));
      phase_ends.push_back(end);
      drives.emplace_back();
      for (const auto& layer : layers) {
        std::vector<double> drive(layer.size);
        for (std::size_t i = 0; i < layer.size; ++i)
          drive[i] = twin(i) < i  ? drive[i - 1]
                     : phase == 2 ? -0.01 * scale
                                  : scale * (1.5 * random.uniform() - 0.75);
        drives.back().push_back(drive);
      }
    }
  }

  /// Begins a phase; in silence the pairs rest, after it nobody is in debt.
  void enter(Simulation& s, std::size_t phase) const {
    if (phase == 0) s.set(judges, &LinearIf::State::threshold, scale);
    for (std::size_t k = 0; k < layers.size(); ++k) {
      if (phase == 0) s.set(layers[k], &IfCurrent::State::threshold, scale);
      if (phase == 3) s.set(layers[k], &IfCurrent::State::voltage, 0.0);
      s.set(layers[k], &IfCurrent::State::drive, drives[phase][k]);
    }
    if (phase == 2)
      s.set(pairs, &LinearIf::State::drive, 0.0);
    else
      s.set(pairs, &LinearIf::State::drive, pair_drives);
  }

  Simulation simulate(Kernel kernel) const {
    Simulation s(network, {.kernel = kernel});
    s.record(judges);
    for (const auto& layer : layers) s.record(layer);
    return s;
  }

  /// Runs to `end` through all phases before it, stopping at each of `stops`, in order of time.
  template <class F>
  void run(Simulation& s, Time end, const std::vector<Spike>& stops, F at_stop) const {
    std::size_t k = 0;
    Time begin{};
    for (std::size_t phase = 0; phase < 4 && begin < end; begin = phase_ends[phase++]) {
      enter(s, phase);
      for (; k < stops.size() && stops[k].at < phase_ends[phase]; ++k) {
        s.run_until(stops[k].at);
        at_stop(k);
      }
      s.run_until(std::min(end, phase_ends[phase]));
    }
  }

  /// When 600 spikes are over: excitation may run away.
  Time end() const {
    Simulation s = simulate(Kernel::general);
    for (std::size_t phase = 0; phase < 4; ++phase) {
      enter(s, phase);
      while (s.now() < phase_ends[phase]) {
        s.run_until(std::min(phase_ends[phase], s.now() + from_seconds(0.1 * tau_s)));
        if (s.counts().spikes > 600 * (phase + 1)) return s.now();
      }
    }
    return s.now();
  }

  /// The current, in units of the threshold, of whoever fires next at its crossing; 0 for judges,
  /// whose spikes are as exact as those that let them fire.
  double slope(const Simulation& s, const Spike& spike) const {
    for (const auto& layer : layers)
      if (index(spike.source) - layer.first < layer.size)
        return s.state(layer, index(spike.source) - layer.first).current / scale;
    return 0;
  }
};

}  // namespace

TEST_CASE("kernels: random dense networks fire alike", "[properties]") {
  std::size_t compared = 0;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    const Puzzle puzzle(seed);
    const Time end = puzzle.end();
    INFO("seed " << seed << ", tau " << puzzle.tau_s << " s, scale " << puzzle.scale << ", "
                 << puzzle.layers.size() << " layers, until " << seconds(end) / puzzle.tau_s
                 << " tau");
    const std::vector<Spike> none;
    Simulation dense = puzzle.simulate(Kernel::dense);
    Simulation general = puzzle.simulate(Kernel::general);
    for (const auto& layer : puzzle.layers) REQUIRE(dense.uses_dense_kernel(layer));
    for (Simulation* s : {&dense, &general}) puzzle.run(*s, end, none, [](std::size_t) {});
    const auto a = dense.take_spikes();
    const auto b = general.take_spikes();
    for (std::size_t k = 0; k < std::min(a.size(), b.size()); ++k) {
      INFO("spike " << k << " of " << a.size() << " and " << b.size() << " at "
                    << seconds(b[k].at) / puzzle.tau_s << " tau");
      REQUIRE(a[k].source == b[k].source);
    }
    REQUIRE(a.size() == b.size());
    CHECK(dense.counts() == general.counts());
    // Voltages part by rounding, and by a tick of each input; a slope makes times of that.
    Simulation slopes = puzzle.simulate(Kernel::general);
    const double tick = 1e-12 / puzzle.tau_s;
    puzzle.run(slopes, end, b, [&](std::size_t k) {
      const double apart = std::abs(seconds(a[k].at - b[k].at)) / puzzle.tau_s;
      const double slope = puzzle.slope(slopes, b[k]);
      INFO("spike " << k << " of slope " << slope << ", apart by " << apart << " tau");
      REQUIRE(apart <= 1.5 * tick + (4 * tick + 4e-13) / slope);
    });
    compared += a.size();
  }
  CHECK(compared > 20'000);
}
