#include "apps/placement.hpp"

#include <string>
#include <vector>

#include <fmt/format.h>

#include "apps/format.hpp"

namespace clockless {

using nlohmann::ordered_json;

namespace {

std::string_view method_name(const Run& run) {
  return placement_names[static_cast<std::size_t>(run.placement.value_or(Placement::naive))];
}

double mean(const PlacementSummary& placed, const CoreTerm& term) {
  std::uint64_t sum = 0;
  for (const CoreUse& use : placed.cores) sum += use.*term.amount;
  return static_cast<double>(sum) /
         static_cast<double>(std::max<std::size_t>(1, placed.cores_used()));
}

bool on_mesh(const PlacementSummary& placed, const Mesh& mesh) {
  return mesh.cores() >= placed.cores.size();
}

/// The hardware's mesh where a placement was asked for, else what the machine follows.
Mesh mesh_under(const Run& run) {
  return run.placement ? mesh_of(run.hardware, static_cast<std::size_t>(run.cores))
                       : run.machine.mesh;
}

std::string hops_of(const Run& run) {
  return on_mesh(*run.placed, mesh_under(run)) ? grouped(run.placed->hops) : "unknown";
}

}  // namespace

Mapping place_network(Run& run, const Network& network) {
  const auto cores = static_cast<std::size_t>(run.cores);
  const bool split = run.machine.splits_clusters();
  const Mesh mesh = mesh_under(run);
  Mapping mapping =
      run.placement
          ? place(network, *run.placement,
                  {.cores = cores,
                   .split_clusters = split,
                   .limits = core_limits(run.hardware),
                   .mesh = mesh,
                   .chip_cores = limit_of(run.hardware, "mesh_columns") > 0 ? mesh.cores() : 0,
                   .device = run.hardware.name})
          : Mapping::contiguous(network, cores, split);
  run.placed = summarise(network, mapping, mesh);
  run.populations.clear();
  for (const auto& spec : network.populations()) run.populations.push_back(spec->name);
  if (!run.trace.neuron.empty()) try {
      static_cast<void>(network.find(run.trace.neuron));  // before the run, not after
    } catch (const Error& error) {
      run.settings.fail("trace_neuron", error.what());
    }
  return mapping;
}

ordered_json placement_json(const Run& run) {
  const PlacementSummary& placed = *run.placed;
  const CoreUse limits = core_limits(run.hardware), largest = placed.largest();
  ordered_json json{{"method", method_name(run)},
                    {"limits_kept", run.placement.has_value()},
                    {"cores", placed.cores.size()},
                    {"cores_used", placed.cores_used()}};
  for (const CoreTerm& term : core_terms) {
    const std::uint64_t limit = limits.*term.amount;
    json[std::string(term.name)] = {{"max", largest.*term.amount},
                                    {"mean", mean(placed, term)},
                                    {"limit", limit > 0 ? ordered_json(limit) : ordered_json()}};
  }
  json["packets"] = placed.packets;
  json["hops"] = on_mesh(placed, mesh_under(run)) ? ordered_json(placed.hops) : ordered_json();
  return json;
}

void add_placement(Report& page, const Run& run) {
  if (!run.placed) return;
  const PlacementSummary& placed = *run.placed;
  const CoreUse limits = core_limits(run.hardware), largest = placed.largest();
  std::vector<std::vector<std::string>> rows;
  for (const CoreTerm& term : core_terms) {
    const std::uint64_t limit = limits.*term.amount;
    rows.push_back({std::string(term.title), grouped(largest.*term.amount),
                    fmt::format("{:.1f}", mean(placed, term)),
                    limit > 0 ? grouped(limit) : "not published"});
  }
  page.heading("Where neurons live");
  page.table({"of a neurocore", "fullest", "mean", "holds"}, rows,
             fmt::format("Placement: {}{}, {} neurocores in use. If every neuron fired once: {} "
                         "packets, {} hops.",
                         method_name(run),
                         run.placement ? "" : ", whatever a neurocore of the hardware holds",
                         placed.cores_used(), grouped(placed.packets), hops_of(run)));
}

void warn_of_limits(Report& report, const Run& run) {
  if (!run.placed || run.placement || run.machine.fidelity == Fidelity::ideal) return;
  const CoreUse limits = core_limits(run.hardware), largest = run.placed->largest();
  for (const CoreTerm& term : core_terms) {
    const std::uint64_t limit = limits.*term.amount, most = largest.*term.amount;
    if (limit > 0 && most > limit)
      report.number("too many for a neurocore", fmt::format("{} {}", grouped(most), term.title),
                    fmt::format("{} more than the {} of {}; --placement keeps to what it holds",
                                grouped(most - limit), grouped(limit), run.hardware.name));
  }
}

}  // namespace clockless
