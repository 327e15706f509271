// Queue lengths over time, from what was traced.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/trace.hpp"

namespace clockless {

/// So many from then on; changes of one tick are one.
struct QueueLength {
  Time at;
  std::uint32_t length;
};

/// Messages that wait at a neurocore or are in service.
std::vector<QueueLength> queue_of_core(const Trace::Core& core);

/// Messages that wait at a router for a link, by link; of links that carried none nothing.
std::map<std::uint32_t, std::vector<QueueLength>> queues_of_links(const Trace& trace);

/// "tile 3 east"
std::string link_name(std::uint32_t link);

}  // namespace clockless
