// What a run would leave behind, without one: counts, waits and links made up, so that what is made
// of them can be worked out by hand.
#pragma once

#include <cstdint>

#include "apps/hardware.hpp"
#include "apps/run.hpp"
#include "apps/settings.hpp"
#include "tests/support/slow_machine.hpp"

namespace clockless {

/// Three neurocores that are bound by different things, on Loihi 1 with ten simulated seconds a
/// second of the chip; its populations are named, but for the last.
struct MadeUpRun {
  Settings settings = {};
  Run run{settings};

  explicit MadeUpRun(Fidelity fidelity = Fidelity::routed) {
    run.hardware = load_hardware("loihi1");
    run.speedup = 10;
    run.populations = {"in", "out"};
    run.machine.fidelity = fidelity;
    run.machine.timing = {.synaptic_event = 2 * ns,
                          .neuron_update = 3 * ns,
                          .plasticity_update = 5 * ns,
                          .spike = 7 * ns,
                          .packet = 11 * ns,
                          .arrival = 13 * ns,
                          .hop_east_west = 19 * ns,
                          .hop_north_south = 23 * ns,
                          .link = 17 * ns};
    Congestion& c = run.congestion;
    c.shares = {
        {.core = 0,
         .population = 0,
         .counts = {.spikes = 2,
                    .synaptic_events = 12,
                    .neuron_updates = 5,
                    .packets = 2,
                    .hops_east_west = 1000,
                    .hops_north_south = 100}},
        {.core = 1,
         .population = 0,
         .counts = {.spikes = 3, .synaptic_events = 5, .neuron_updates = 4, .packets = 1}},
        {.core = 1,
         .population = 1,
         .counts =
             {.spikes = 2, .synaptic_events = 15, .neuron_updates = 6, .plasticity_updates = 10}},
        {.core = 2,
         .population = 1,
         .counts = {.spikes = 9, .synaptic_events = 30, .neuron_updates = 12, .packets = 1}},
        {.core = 3, .population = 2, .counts = {.signals = 6}}};
    c.cores.resize(3);  // nothing is told of the last, which was idle
    set(c.cores[0], 3, 1, 2);
    set(c.cores[1], 2, 4, 1);
    set(c.cores[2], 2, 5, 1);
    c.links.resize(8);
    c.links[0] = {.packets = 6, .messages = 4, .busy = 300'000, .waited = 700'000};
    c.links[3] = {.packets = 7, .messages = 7, .busy = 400'000, .waited = 90'000};
    c.links[5] = {.packets = 5, .messages = 5, .busy = 500'000, .waited = 20'000};
    c.links[6] = {.packets = 2, .messages = 1, .busy = 800'000, .waited = 1000};
    // 38 synaptic events more than cores counted, and a packet less: of an interrupted sample.
    run.counts = {.spikes = 16,
                  .synaptic_events = 100,
                  .neuron_updates = 27,
                  .packets = 3,
                  .plasticity_updates = 10,
                  .signals = 6,
                  .hops_east_west = 1000,
                  .hops_north_south = 100,
                  .idle_updates = 100,
                  .barriers = 3};
  }
  static void set(Waits& waits, std::uint64_t arrived, std::uint64_t fired, std::uint64_t left) {
    waits.arrived = arrived;
    waits.fired = fired;
    waits.left = left;
  }
};

}  // namespace clockless
