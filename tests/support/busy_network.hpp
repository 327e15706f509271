// A small network in which packets wait for each other.
#pragma once

#include <vector>

#include "core/simulation.hpp"
#include "neurons/lif.hpp"
#include "neurons/relay.hpp"
#include "neurons/spike_list.hpp"
#include "plasticity/stdp.hpp"
#include "tests/support/slow_machine.hpp"

namespace clockless {

// Six sources drive twelve cells by synapses that learn, these drive twelve relays; all spread over
// four cores, and so close in time that much waits. It comes to an end.
struct Busy {
  Network network;
  Population<SpikeList> sources;
  Population<Lif> cells;
  Population<Relay> relays;

  Busy() {
    std::vector<std::vector<Time>> spikes(6);
    for (std::size_t i = 0; i < spikes.size(); ++i)
      for (std::size_t k = 0; k < 20; ++k)
        spikes[i].push_back(at_seconds(1e-6) + static_cast<std::int64_t>(83 * i + 700 * k) * ns);
    sources = network.add<SpikeList>("sources", 6, SpikeList::params(spikes));
    cells = network.add<Lif>("cells", 12);
    relays = network.add<Relay>("relays", 12);
    network.connect<Stdp>(sources, cells, all_to_all(6, 12, constant(0.7), constant(ns)));
    network.connect(cells, relays, all_to_all(12, 12, constant(1.0), constant(ns)));
  }
  Simulation simulation(const Machine& machine, unsigned threads = 1) const {
    Mapping mapping{{}, 4};
    for (std::uint32_t i = 0; i < network.neurons(); ++i) mapping.core_of.push_back(CoreId{i % 4});
    Simulation s(network, mapping, {.threads = threads, .machine = machine});
    s.record(cells);
    return s;
  }
};

}  // namespace clockless
