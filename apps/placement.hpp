// A run's placement: as asked for, within what the hardware holds; and what is told of it.
#pragma once

#include <nlohmann/json.hpp>

#include "apps/report/report.hpp"
#include "apps/run.hpp"
#include "core/mapping.hpp"
#include "core/network.hpp"

namespace clockless {

/// Places a run's network, and notes in the run what that came to. By --placement within the
/// hardware's limits, or Error; without it in the order of numbers, whatever neurocores hold.
Mapping place_network(Run& run, const Network& network);

/// {method, limits_kept, cores, cores_used, neurons, synapses, in_axons, out_axons: {max, mean,
/// limit}, packets, hops}, means over neurocores in use; null for a limit that is not published and
/// for hops where no mesh holds the neurocores.
nlohmann::ordered_json placement_json(const Run& run);

/// What neurocores have beside what they hold, as a table.
void add_placement(Report& page, const Run& run);

/// Where delays move spikes, but limits were not kept: headline numbers that say what is over them.
void warn_of_limits(Report& report, const Run& run);

}  // namespace clockless
