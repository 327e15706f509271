// Where a run's joules and seconds went: by term, population, neurocore and link.
#pragma once

#include <nlohmann/json.hpp>

#include "apps/report/report.hpp"
#include "apps/run.hpp"

namespace clockless {

/// {terms: [{term, count, joules, busy_s}], populations: [{population, joules, <counts>}],
/// projections: [{from, to, messages, synaptic_events}], cores: [{core, joules, <counts>, busy_s,
/// memory, compute, traffic, bound_by}], links: [{tile, to, packets, joules, busy_s, waited_s}],
/// decisions: decisions_json() with lessons: the same, elsewhere: {joules, <counts>}}. The busiest
/// come first. Joules are nominal ones of events; those of populations, or of cores, and elsewhere
/// (what no neurocore counts: idle updates, lessons that replicas tell each other, what was before
/// a checkpoint) add up to energy.dynamic_j. Seconds are the chip's, from Fidelity::queued on.
nlohmann::ordered_json attribution_json(const Run& run);

void add_attribution(Report& page, const Run& run);

}  // namespace clockless
