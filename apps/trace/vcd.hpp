// trace.vcd: spikes and queue lengths as a value change dump (IEEE 1364), for waveform viewers.
#pragma once

#include <filesystem>

#include "apps/trace/traced.hpp"

namespace clockless {

/// The time unit is a tick. A scope for each neurocore, with an event for each neuron that fired
/// and an integer for its queue; and one for the mesh, with an integer for what waits for each
/// link.
void write_vcd(const std::filesystem::path& file, const Traced& traced);

}  // namespace clockless
