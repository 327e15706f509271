// A traced sample in the run folder, in summary.json and in the report.
#pragma once

#include <nlohmann/json.hpp>

#include "apps/report/report.hpp"
#include "apps/run.hpp"

namespace clockless {

/// trace.json, and trace.vcd where asked for, in the run's folder, where a sample was traced.
void write_trace_files(const Run& run);

/// {sample, since_s, events, left_out}
nlohmann::ordered_json trace_json(const Traced& traced);
/// From the last output spike, or that of the neuron asked for, backwards: {neuron, time_s, cause,
/// waited_s, hops, leaving_s, way_s, queued_s, service_s, pending_s}; see CausalStep.
nlohmann::ordered_json causal_path_json(const Traced& traced);

/// Queue lengths over time, and the causal path.
void add_trace(Report& page, const Run& run);

}  // namespace clockless
