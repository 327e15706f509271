// A hundred thousand neurons and ten million synapses on a machine whose neurocores are servers:
// how many synaptic events a processor second, in how much memory, beside the same network on an
// ideal machine. Synapses are drawn when neurocores are filled; no list of them is ever kept. A
// constant input keeps the network going.
#include <cstdint>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "apps/hardware.hpp"
#include "core/random.hpp"
#include "core/simulation.hpp"
#include "neurons/lif.hpp"
#include "tests/support/bench.hpp"

using namespace clockless;

namespace {

constexpr Duration ms{1'000'000'000};

double peak_megabytes() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_maxrss) / 1024;  // Linux counts kilobytes
}

}  // namespace

int main(int argc, char** argv) {
  const bool quick = argc > 1 && std::string(argv[1]) == "--quick";
  const std::size_t cores = !quick && argc > 1 ? std::stoul(argv[1]) : 16;
  const std::uint32_t neurons = quick ? 10'000 : 100'000;
  const double p = 100.0 / neurons;
  const Time end{(quick ? 50 : 30) * ms};
  Network network;
  const auto cells = network.add<Lif>(
      "cells", neurons, {.tau_m_s = 0.02, .v_rest = 0, .v_reset = 10, .v_threshold = 20});
  // Four in five excite; inhibition is five times stronger.
  network.connect<FixedFloat>(
      cells, cells,
      drawn_with_probability(
          neurons, neurons, p, 5,
          [](std::uint32_t i, std::uint32_t) { return i % 5 == 4 ? -2 : 0.4; },
          constant(3 * ms / 2)));
  const HardwareProfile hardware = load_hardware("loihi1");
  Machine machine{Fidelity::queued, timing_of(hardware, 1), mesh_of(hardware, cores)};

  std::vector<double> start;
  RandomStream random{7, 0};
  for (std::uint32_t i = 0; i < neurons; ++i) start.push_back(20 * random.uniform() - 1e-9);
  const auto rate = [&](Simulation& simulation) {
    bench::Five five;
    for (double& value : five.values) {
      simulation.restart(1);
      simulation.set(cells, &Lif::State::drive, 40.0);
      simulation.set(cells, &Lif::State::voltage, start);
      const double begin = bench::cpu_seconds();
      simulation.run_until(end);
      const double took = bench::cpu_seconds() - begin;
      value = static_cast<double>(simulation.counts().synaptic_events) / took;
    }
    return five;
  };
  const double begin = bench::cpu_seconds();
  Simulation queued(network, {.cores = cores, .machine = machine});
  const double building = bench::cpu_seconds() - begin;
  const bench::Five ours = rate(queued);
  const double peak = peak_megabytes();
  const Counts counts = queued.counts();
  Simulation ideal(network, {.cores = cores});
  const bench::Five base = rate(ideal);
  bench::Line("lif " + std::to_string(neurons) + " x 100, queued on " + std::to_string(cores) +
              " neurocores")
      .field("synaptic_events_per_s", ours)
      .field("limit", "the same network, ideal")
      .field("limit_per_s", base)
      .field("ratio_to_limit", ours / base)
      .field("peak_megabytes", peak)
      .field("building_s", building)
      .field("synaptic_events", static_cast<double>(counts.synaptic_events))
      .field("packets", static_cast<double>(counts.packets))
      .field("rate_hz", static_cast<double>(counts.spikes) / neurons / seconds(end))
      .field("spike_hash", fmt::format("{:016x}", queued.spike_hash()))
      .field("ideal_spike_hash", fmt::format("{:016x}", ideal.spike_hash()));
}
