// What following the machine costs: the same random network on every rung of the fidelity ladder,
// pair by pair. The network is that of Brunel 2000 (J. Comput. Neurosci. 8:183), model A: 12,500
// neurons with delta synapses, each reached by one in ten of them, 1.5 ms later. A constant input
// stands for that from outside, whose spikes would be most of what is timed.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "apps/hardware.hpp"
#include "core/random.hpp"
#include "core/simulation.hpp"
#include "neurons/lif.hpp"
#include "tests/support/bench.hpp"

using namespace clockless;

namespace {

constexpr Duration ms{1'000'000'000};

// Each neuron draws its inputs, four in five of which excite; inhibition is five times stronger.
Edges random_inputs(std::uint32_t neurons, std::uint32_t degree) {
  const std::uint32_t excitatory = neurons / 5 * 4;
  Edges edges;
  edges.reserve(std::size_t{neurons} * degree);
  for (std::uint32_t post = 0; post < neurons; ++post) {
    RandomStream random{5, post};
    for (std::uint32_t k = 0; k < degree; ++k) {
      const bool excites = k < degree / 5 * 4;
      const std::uint32_t pre =
          excites ? random.below(excitatory) : excitatory + random.below(neurons - excitatory);
      edges.push_back({pre, post, excites ? 0.1 : -0.5, 3 * ms / 2});
    }
  }
  return edges;
}

}  // namespace

int main(int argc, char** argv) {
  const bool quick = argc > 1 && std::string(argv[1]) == "--quick";
  const std::uint32_t neurons = quick ? 2'000 : 12'500, degree = neurons / 10;
  const Time end = quick ? Time{50 * ms} : Time{100 * ms};
  Network network;
  const auto cells = network.add<Lif>(
      "cells", neurons, {.tau_m_s = 0.02, .v_rest = 0, .v_reset = 10, .v_threshold = 20});
  network.connect<FixedFloat>(cells, cells, random_inputs(neurons, degree));
  const HardwareProfile hardware = load_hardware("loihi1");
  std::vector<double> start;
  RandomStream random{7, 0};
  for (std::uint32_t i = 0; i < neurons; ++i) start.push_back(20 * random.uniform() - 1e-9);

  for (const std::size_t cores :
       quick ? std::vector<std::size_t>{16} : std::vector<std::size_t>{16, 128}) {
    const auto on = [&](Fidelity fidelity, std::uint32_t places = 0) {
      Machine machine{fidelity, {}, mesh_of(hardware, cores)};
      machine.core_buffer = places;
      if (fidelity != Fidelity::ideal) machine.timing = timing_of(hardware, 1);
      return RunOptions{.cores = cores, .machine = machine};
    };
    Simulation ideal(network, on(Fidelity::ideal));
    const auto seconds_of = [&](Simulation& simulation) {
      simulation.restart(1);
      simulation.set(cells, &Lif::State::drive, 40.0);
      simulation.set(cells, &Lif::State::voltage, start);
      const double begin = bench::cpu_seconds();
      simulation.run_until(end);
      return bench::cpu_seconds() - begin;
    };
    for (const auto& [fidelity, places] : {std::pair{Fidelity::latency, 0U},
                                           {Fidelity::queued, 0U},
                                           {Fidelity::queued, 100U},
                                           {Fidelity::routed, 0U}}) {
      Simulation rung(network, on(fidelity, places));
      bench::Five ours, base;
      for (std::size_t k = 0; k < 5; ++k) {
        base.values[k] = seconds_of(ideal);
        ours.values[k] = seconds_of(rung);
      }
      const auto name = std::string(fidelity_names[static_cast<std::size_t>(fidelity)]);
      const Counts counts = rung.counts();
      bench::Line(name + (places > 0 ? " with " + std::to_string(places) + " places" : "") +
                  " on " + std::to_string(cores) + " neurocores")
          .field("seconds", ours)
          .field("limit", "the same network, ideal")
          .field("ideal_seconds", base)
          .field("ratio_to_limit", ours / base)
          .field("synaptic_events", static_cast<double>(counts.synaptic_events))
          .field("hops", static_cast<double>(counts.hops_east_west + counts.hops_north_south))
          .field("rate_hz", static_cast<double>(counts.spikes) / neurons / seconds(end))
          .field("spike_hash", fmt::format("{:016x}", rung.spike_hash()));
    }
  }
}
