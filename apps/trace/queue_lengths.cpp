#include "apps/trace/queue_lengths.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/noc.hpp"

namespace clockless {

namespace {

/// Who comes and who goes: +1 and −1 at their times.
std::vector<QueueLength> lengths(std::vector<std::pair<Time, int>> changes) {
  std::sort(changes.begin(), changes.end());
  std::vector<QueueLength> queue;
  int length = 0;
  for (std::size_t k = 0; k < changes.size();) {
    const Time t = changes[k].first;
    const int before = length;
    for (; k < changes.size() && changes[k].first == t; ++k) length += changes[k].second;
    if (length != before) queue.push_back({t, static_cast<std::uint32_t>(length)});
  }
  return queue;
}

}  // namespace

std::vector<QueueLength> queue_of_core(const Trace::Core& core) {
  std::vector<std::pair<Time, int>> changes;
  for (const CoreEvent& e : core.record.events) {
    if (e.kind != CoreEvent::Kind::served) continue;
    changes.emplace_back(e.since, 1);
    changes.emplace_back(e.done, -1);
  }
  return lengths(std::move(changes));
}

std::map<std::uint32_t, std::vector<QueueLength>> queues_of_links(const Trace& trace) {
  std::map<std::uint32_t, std::vector<std::pair<Time, int>>> changes;
  for (const LinkEvent& e : trace.links.events) {
    changes[e.link].emplace_back(e.since, 1);
    changes[e.link].emplace_back(e.start, -1);
  }
  std::map<std::uint32_t, std::vector<QueueLength>> queues;
  for (auto& [link, of_link] : changes) queues[link] = lengths(std::move(of_link));
  return queues;
}

std::string link_name(std::uint32_t link) {
  return fmt::format("tile {} {}", link / Noc::directions,
                     Noc::direction_names[link % Noc::directions]);
}

}  // namespace clockless
