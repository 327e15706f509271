#include "core/machine.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "core/error.hpp"

namespace clockless {

namespace {

constexpr double longest_s = 0.1;

double nominal(const HardwareProfile& profile, std::string_view term) {
  double sum = 0;
  for (const Tariff& tariff : profile.times)
    if (tariff.term == term) sum += tariff.nominal.value;
  return sum;
}

}  // namespace

Timing timing_of(const HardwareProfile& profile, double speedup, double noc_slowdown) {
  for (const auto& [name, factor] : {std::pair{"speedup", speedup}, {"noc_slowdown", noc_slowdown}})
    if (!(factor >= 0) || !std::isfinite(factor))
      throw Error(std::string(name) + " is " + std::to_string(factor) +
                  ": give a finite number of at least 0");
  const auto of = [&](std::string_view term, double slowdown = 1) {
    const double s = speedup * slowdown * nominal(profile, term);
    // Where there are barriers the speed-up is 1, elsewhere nobody waits for one.
    if (term == "barriers") return from_seconds(std::min(s, longest_s));
    if (s > longest_s)  // so that no sum over a row's synapses leaves the range of time
      throw Error("at a speedup of " + std::to_string(speedup) +
                  (slowdown == 1 ? "" : " and a noc_slowdown of " + std::to_string(slowdown)) +
                  " one of '" + std::string(term) + "' of " + profile.name + " takes " +
                  std::to_string(s) + " s of simulated time, more than 0.1: choose a smaller one");
    return from_seconds(s);
  };
  Timing t;
  t.synaptic_event = of("synaptic_events");
  t.neuron_update = of("neuron_updates");
  t.plasticity_update = of("plasticity_updates");
  t.spike = of("spikes");
  t.packet = of("packets");
  t.arrival = of("arrivals");
  t.hop_east_west = of("hops_east_west", noc_slowdown);
  t.hop_north_south = of("hops_north_south", noc_slowdown);
  t.link = of("link", noc_slowdown);
  t.idle_update = of("idle_updates");
  t.barrier = of("barriers");
  return t;
}

std::uint64_t limit_of(const HardwareProfile& profile, std::string_view term) {
  for (const Limit& limit : profile.limits)
    if (limit.term == term) return static_cast<std::uint64_t>(limit.figure.value);
  return 0;
}

std::uint64_t cores_of_chip(const HardwareProfile& profile) {
  if (const std::uint64_t told = limit_of(profile, "cores_per_chip"); told > 0) return told;
  return limit_of(profile, "mesh_columns") * limit_of(profile, "mesh_rows") *
         std::max<std::uint64_t>(1, limit_of(profile, "cores_per_tile"));
}

Mesh mesh_of(const HardwareProfile& profile, std::size_t cores) {
  Mesh mesh;
  const std::uint64_t columns = limit_of(profile, "mesh_columns");
  const std::uint64_t rows = limit_of(profile, "mesh_rows");
  if (columns == 0 || rows == 0) {
    mesh.columns = static_cast<std::uint32_t>(std::ceil(std::sqrt(static_cast<double>(cores))));
    mesh.columns = mesh.columns == 0 ? 1 : mesh.columns;
    mesh.rows = static_cast<std::uint32_t>((cores + mesh.columns - 1) / mesh.columns);
    return mesh;
  }
  mesh.columns = static_cast<std::uint32_t>(columns);
  mesh.rows = static_cast<std::uint32_t>(rows);
  if (const std::uint64_t each = limit_of(profile, "cores_per_tile"); each > 0)
    mesh.cores_per_tile = static_cast<std::uint32_t>(each);
  if (cores > mesh.cores())
    throw Error(std::to_string(cores) + " neurocores are " + std::to_string(cores - mesh.cores()) +
                " more than the " + std::to_string(mesh.cores()) + " of " + profile.name + " (" +
                std::to_string(mesh.columns) + " x " + std::to_string(mesh.rows) + " tiles of " +
                std::to_string(mesh.cores_per_tile) + "): ask for fewer, or another device");
  return mesh;
}

}  // namespace clockless
