#include "apps/trace/trace_report.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "apps/format.hpp"
#include "apps/report/plot.hpp"
#include "apps/trace/chrome_trace.hpp"
#include "apps/trace/queue_lengths.hpp"
#include "apps/trace/vcd.hpp"

namespace clockless {

namespace {

constexpr std::size_t most_queues = 4, most_points = 250, most_steps = 20;

std::string cause_name(const CausalStep& step) {
  return cause_names[static_cast<std::size_t>(step.cause)];
}

std::uint64_t events_of(const Trace& trace) {
  std::uint64_t sum = trace.links.events.size();
  for (const Trace::Core& core : trace.cores) sum += core.record.events.size();
  return sum;
}

struct Queue {
  std::string name;
  std::vector<QueueLength> lengths;
  std::uint32_t peak() const {
    std::uint32_t most = 0;
    for (const QueueLength& q : lengths) most = std::max(most, q.length);
    return most;
  }
};

/// Those that got longest, the longest first.
std::vector<Queue> longest_queues(const Trace& trace) {
  std::vector<Queue> queues;
  for (std::size_t c = 0; c < trace.cores.size(); ++c)
    queues.push_back({fmt::format("core {}", c), queue_of_core(trace.cores[c])});
  for (auto& [link, lengths] : queues_of_links(trace))
    queues.push_back({link_name(link), std::move(lengths)});
  std::stable_sort(queues.begin(), queues.end(),
                   [](const Queue& a, const Queue& b) { return a.peak() > b.peak(); });
  while (!queues.empty() && (queues.size() > most_queues || queues.back().peak() == 0))
    queues.pop_back();
  return queues;
}

/// Steps as a line; of many the most in each of `most_points` parts of the time.
Line line_of(const Queue& queue, Time begin, Time end) {
  Line line{queue.name, {{seconds(begin), 0.0}}};
  if (queue.lengths.size() <= most_points) {
    double before = 0;
    for (const QueueLength& q : queue.lengths) {
      line.points.emplace_back(seconds(q.at), before);
      line.points.emplace_back(seconds(q.at), before = q.length);
    }
    return line;
  }
  const Duration part = (end - begin) / static_cast<std::int64_t>(most_points) + Duration{1};
  std::uint32_t now = 0;
  auto next = queue.lengths.begin();
  for (Time t = begin; t <= end; t += part) {
    std::uint32_t most = now;
    for (; next != queue.lengths.end() && next->at < t + part; ++next)
      most = std::max(most, now = next->length);
    line.points.emplace_back(seconds(t + part / 2), most);
  }
  return line;
}

void add_queues(Report& page, const Traced& traced) {
  const std::vector<Queue> queues = longest_queues(traced.trace);
  if (queues.empty()) return;
  Time begin = never, end{};
  for (const Queue& queue : queues) {
    begin = std::min(begin, queue.lengths.front().at);
    end = std::max(end, queue.lengths.back().at);
  }
  std::vector<Line> lines;
  for (const Queue& queue : queues) lines.push_back(line_of(queue, begin, end));
  const bool binned = std::any_of(queues.begin(), queues.end(), [](const Queue& queue) {
    return queue.lengths.size() > most_points;
  });
  page.figure(svg_lines(lines, {"simulated time (s)"}, {"messages"}),
              fmt::format("Queues over time, those that get longest: messages at a neurocore, the "
                          "one in service among them, or waiting at a router for a link.{}",
                          binned ? " Of each moment the most." : ""));
}

void add_path(Report& page, const Traced& traced) {
  if (traced.path.empty()) {
    if (!traced.asked.empty())
      page.paragraph(fmt::format("{} did not fire in what was noted.", traced.asked));
    return;
  }
  std::vector<std::vector<std::string>> rows;
  for (const CausalStep& step : traced.path) {
    if (rows.size() == most_steps) break;
    rows.push_back(
        {traced.describe(step.neuron), fmt::format("{:.12f}", seconds(step.at)), cause_name(step)});
    for (const Duration d :
         {step.leaving, step.way, step.queued, step.service, step.pending, step.waited})
      rows.back().push_back(with_prefix(seconds(d), "s"));
    rows.back().push_back(fmt::format("{}", step.hops));
  }
  page.table(
      {"neuron", "fired (s)", "cause", "leaving", "way", "in queue", "service", "pending", "waited",
       "hops"},
      rows,
      fmt::format(
          "Why {} came when it did: each spike's cause is the last packet "
          "applied to its neuron before it, by a synapse of weight other than 0, and the "
          "next row is the spike that sent it. Leaving, way, queue, service and pending add "
          "up to the time between the two; waited is what of it was behind others.{}",
          traced.asked.empty() ? "the last output spike" : "the last spike of " + traced.asked,
          traced.path.size() > rows.size()
              ? fmt::format(" The last {} of {} steps; summary.json has all.", rows.size(),
                            traced.path.size())
              : ""));
}

}  // namespace

void write_trace_files(const Run& run) {
  if (!run.traced) return;
  write_chrome_trace(run.folder / "trace.json", *run.traced);
  if (run.trace.vcd) write_vcd(run.folder / "trace.vcd", *run.traced);
}

nlohmann::ordered_json trace_json(const Traced& traced) {
  return {{"sample", traced.sample},
          {"since_s", seconds(traced.trace.since)},
          {"events", events_of(traced.trace)},
          {"left_out", traced.trace.left_out()}};
}

nlohmann::ordered_json causal_path_json(const Traced& traced) {
  auto path = nlohmann::ordered_json::array();
  for (const CausalStep& step : traced.path)
    path.push_back({{"neuron", traced.describe(step.neuron)},
                    {"time_s", seconds(step.at)},
                    {"cause", cause_name(step)},
                    {"waited_s", seconds(step.waited)},
                    {"hops", step.hops},
                    {"leaving_s", seconds(step.leaving)},
                    {"way_s", seconds(step.way)},
                    {"queued_s", seconds(step.queued)},
                    {"service_s", seconds(step.service)},
                    {"pending_s", seconds(step.pending)}});
  return path;
}

void add_trace(Report& page, const Run& run) {
  if (!run.traced) return;
  const Traced& traced = *run.traced;
  page.heading("One sample on the machine");
  const std::uint64_t left_out = traced.trace.left_out();
  page.paragraph(fmt::format(
      "Traced: {}, {} events{}. trace.json opens in Perfetto (ui.perfetto.dev).", traced.sample,
      grouped(events_of(traced.trace)),
      left_out > 0
          ? fmt::format("; {} earlier ones are left out (--trace_events)", grouped(left_out))
          : ""));
  add_queues(page, traced);
  add_path(page, traced);
}

}  // namespace clockless
