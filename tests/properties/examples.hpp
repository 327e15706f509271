// Networks whose spikes must be the same bits under every mapping, number of threads and compiler.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/simulation.hpp"
#include "neurons/if_current.hpp"
#include "neurons/lif.hpp"
#include "neurons/lif_exp_current.hpp"
#include "neurons/poisson.hpp"
#include "plasticity/stdp.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/layers.hpp"

namespace clockless::test {

struct Example {
  std::string name;
  Network network;
  std::function<void(Simulation&)> begin = [](Simulation&) {};
  std::optional<AnyProjection> learning;
  Time end{};
};

/// What must not depend on how a run is executed.
struct Outcome {
  std::uint64_t hash = 0;
  Counts counts;  // without packets: their number is that of the cores that spikes go to
  Edges learned;
  bool operator==(const Outcome&) const = default;
};

/// Whatever was counted is counted once, wherever it was.
inline void check_conserved(const Simulation& simulation) {
  const Congestion all = simulation.congestion();
  Counts shares;
  for (const Share& share : all.shares) shares += share.counts;
  CHECK(shares == simulation.counts());
  std::uint64_t events = 0;
  for (const ProjectionUse& projection : all.projections) events += projection.synaptic_events;
  CHECK(events == shares.synaptic_events);
  const Waits waits = all.all_cores();
  CHECK(waits.served + waits.unserved() == waits.sent);
  CHECK(all.all_links().packets <= shares.hops_east_west + shares.hops_north_south);
  CHECK(waits.left <= shares.packets);
}

inline Outcome run(const Example& example, RunOptions options = {}) {
  Simulation simulation(example.network, options);
  example.begin(simulation);
  simulation.run_until(example.end);
  check_conserved(simulation);
  Outcome outcome{simulation.spike_hash(), simulation.counts(), {}};
  outcome.counts.packets = 0;
  if (example.learning) outcome.learned = simulation.synapses(*example.learning);
  return outcome;
}

/// 80 excitatory and 20 inhibitory neurons of one model with three delays, under Poisson noise;
/// some pairs joined by zero delay if `zero_delay`, excitatory synapses under STDP if `learning`.
template <NeuronModel M>
Example random_network(bool learning, bool zero_delay, std::uint64_t seed) {
  constexpr bool current = std::is_same_v<M, IfCurrent>;
  constexpr Duration ms{1'000'000'000};
  // Weights in units that make each model fire at some tens of Hz.
  const double unit = current ? 0.2 : std::is_same_v<M, Lif> ? 3.0 : 12.0;
  Example e;
  e.name = std::string(M::name) + (learning ? " stdp" : "") + (zero_delay ? " zero-delay" : "");
  e.end = Time{100 * ms};
  typename M::Params params{};
  if constexpr (current) params.tau_s = 0.02;
  const auto noise = e.network.add<Poisson>("noise", 40, {.rate_hz = 100});
  const auto excite = e.network.add<M>("excite", 80, params);
  const auto inhibit = e.network.add<M>("inhibit", 20, params);
  const std::vector<Duration> delays = {ms / 2, 3 * ms / 2, 23 * ms / 10};
  const auto several = [delays](std::uint32_t i, std::uint32_t j) {
    return delays[(i * 7 + j * 3) % delays.size()];
  };
  const auto weight = [unit](double least, double most) {
    return [=](std::uint32_t i, std::uint32_t j) {
      return unit * (least + (most - least) * ((i * 31 + j * 17) % 97) / 97.0);
    };
  };
  e.network.connect(noise, excite, fixed_in_degree(40, 80, 12, seed, weight(0.5, 1.5), several));
  e.network.connect(noise, inhibit,
                    fixed_in_degree(40, 20, 12, seed + 1, weight(0.5, 1.5), several));
  const Edges among = fixed_in_degree(80, 80, 10, seed + 2, weight(0.2, 1.0), several, false, true);
  if (learning)
    e.learning = e.network.connect<Stdp>(excite, excite, among,
                                         {.a_plus = 0.02, .a_minus = 0.021, .w_max = 1.5 * unit});
  else
    e.network.connect(excite, excite, among);
  e.network.connect(excite, inhibit,
                    fixed_in_degree(80, 20, 10, seed + 3, weight(0.2, 0.6), several));
  e.network.connect(inhibit, excite,
                    fixed_in_degree(20, 80, 8, seed + 4, weight(-1.5, -0.5), several));
  if (zero_delay) {  // triples: the first excites the second and hushes the third at once
    Edges now;
    for (std::uint32_t i = 0; i + 2 < 80; i += 5) {
      now.push_back({i, i + 1, 0.8 * unit, {}});
      now.push_back({i + 1, i, 0.3 * unit, {}});
      now.push_back({i, i + 2, -unit, {}});
    }
    e.network.connect(excite, excite, now);
  }
  return e;
}

/// The example networks of one model: with and without learning, with and without zero delay.
inline std::vector<Example> random_networks() {
  std::vector<Example> all;
  for (const bool learning : {false, true})
    for (const bool zero_delay : {false, true}) {
      all.push_back(random_network<IfCurrent>(learning, zero_delay, 100));
      all.push_back(random_network<Lif>(learning, zero_delay, 200));
      all.push_back(random_network<LifExpCurrent>(learning, zero_delay, 300));
    }
  return all;
}

/// Six spiking-LCA layers, each a zero-delay cluster on the dense kernel, that full matrices with a
/// delay join in a ring.
template <class Weight>
Example dense_ring() {
  constexpr std::size_t layers = 6, atoms = 40;
  Example e;
  e.name = std::string("dense ring of ") + (std::is_same_v<Weight, float> ? "float" : "double");
  e.end = at_seconds(60);
  std::vector<Population<IfCurrent>> codes;
  std::vector<Layer> all;
  for (std::size_t k = 0; k < layers; ++k) {
    all.push_back(random_layer(20, atoms, k % 2 ? Atoms::signed_pairs : Atoms::gaussian, 50 + k));
    codes.push_back(e.network.add<IfCurrent>("code " + std::to_string(k), atoms));
    e.network.connect(codes[k], codes[k], all[k].matrix<Weight>());
  }
  RandomStream random{51};
  for (std::size_t k = 0; k < layers; ++k) {
    std::shared_ptr<Weight[]> weights(new Weight[atoms * atoms]);
    for (std::size_t i = 0; i < atoms * atoms; ++i)
      weights.get()[i] = static_cast<Weight>(0.05 * random.normal());
    e.network.connect(codes[k], codes[(k + 1) % layers], DenseMatrix<Weight>{atoms, atoms, weights},
                      from_seconds(0.05));
  }
  e.begin = [codes, all](Simulation& simulation) {
    for (std::size_t k = 0; k < layers; ++k) all[k].begin(simulation, codes[k]);
  };
  return e;
}

}  // namespace clockless::test
