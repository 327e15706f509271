// trace.json: a traced sample in the Trace Event Format, which Perfetto and Chrome open.
#pragma once

#include <filesystem>

#include "apps/trace/traced.hpp"

namespace clockless {

/// A process for each neurocore that did something, with tracks for what it serves, its axons, its
/// link and its neurons' spikes, and a counter of its queue; and a process for the mesh, with a
/// track and a counter for each link. Times are simulated ones, exact to the tick. Each track holds
/// one thing at a time.
void write_chrome_trace(const std::filesystem::path& file, const Traced& traced);

}  // namespace clockless
