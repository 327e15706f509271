#include "apps/trace/chrome_trace.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/data/atomic_file.hpp"
#include "apps/trace/queue_lengths.hpp"
#include "apps/version.hpp"

namespace clockless {

namespace {

enum Track : std::uint32_t { input = 1, axons = 2, link = 3, spikes = 4 };

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Microseconds, as the format has them; a tick is a millionth of one.
std::string microseconds(std::int64_t ticks) {
  return fmt::format("{}.{:06}", ticks / 1'000'000, ticks % 1'000'000);
}
std::string microseconds(Time t) { return microseconds(t.time_since_epoch().count()); }

class ChromeTrace {
 public:
  ChromeTrace(const std::filesystem::path& path, const Traced& traced)
      : file_(path), traced_(traced) {}

  void write() {
    file_.print(
        "{{\"displayTimeUnit\":\"ns\",\"otherData\":{{\"sample\":{},\"left_out\":{},"
        "\"clockless\":{}}},\"traceEvents\":[",
        quoted(traced_.sample), traced_.trace.left_out(), quoted(version()));
    const auto cores = static_cast<std::uint32_t>(traced_.trace.cores.size());
    for (std::uint32_t c = 0; c < cores; ++c) core(c);
    if (!traced_.trace.links.events.empty()) mesh(cores + 1);
    file_.print("\n]}}\n");
    file_.commit();
  }

 private:
  void next() { file_ << (first_ ? "\n" : ",\n"), first_ = false; }

  void name(std::uint32_t process, const std::string& text) {
    next();
    file_.print(R"({{"ph":"M","pid":{},"name":"process_name","args":{{"name":{}}}}})", process,
                quoted(text));
    next();
    file_.print(R"({{"ph":"M","pid":{0},"name":"process_sort_index","args":{{"sort_index":{0}}}}})",
                process);
  }
  void name(std::uint32_t process, std::uint32_t track, std::string_view text) {
    next();
    file_.print(R"({{"ph":"M","pid":{},"tid":{},"name":"thread_name","args":{{"name":"{}"}}}})",
                process, track, text);
  }
  void slice(std::uint32_t process, std::uint32_t track, Time start, Time end,
             const std::string& what, Duration waited) {
    next();
    file_.print(
        R"({{"ph":"X","pid":{},"tid":{},"ts":{},"dur":{},"name":{},"args":{{"waited_us":{}}}}})",
        process, track, microseconds(start), microseconds((end - start).count()), quoted(what),
        microseconds(waited.count()));
  }
  void counter(std::uint32_t process, const std::string& what,
               const std::vector<QueueLength>& queue) {
    for (const QueueLength& q : queue) {
      next();
      file_.print(R"({{"ph":"C","pid":{},"ts":{},"name":"{}","args":{{"messages":{}}}}})", process,
                  microseconds(q.at), what, q.length);
    }
  }

  std::string neuron(NeuronId id) const { return traced_.describe(id); }

  void core(std::uint32_t c) {
    const Trace::Core& core = traced_.trace.cores[c];
    if (core.record.events.empty()) return;
    const std::uint32_t process = c + 1;
    name(process, fmt::format("neurocore {}", c));
    name(process, input, "input");
    name(process, axons, "axons");
    name(process, link, "link");
    name(process, spikes, "spikes");
    for (const CoreEvent& e : core.record.events) event(process, core, e);
    counter(process, "queue", queue_of_core(core));
  }

  void event(std::uint32_t process, const Trace::Core& core, const CoreEvent& e) {
    switch (e.kind) {
      case CoreEvent::Kind::served: {
        const Trace::Source& source = core.rows[index(e.row)];
        slice(process, input, e.start, e.end,
              (source.report ? "report to " : "from ") + neuron(source.neuron), e.start - e.since);
        break;
      }
      case CoreEvent::Kind::learned:
        slice(process, input, e.start, e.end, "learning", e.start - e.since);
        break;
      case CoreEvent::Kind::fired:
        if (e.packets > 0) {
          next();
          file_.print(R"({{"ph":"i","s":"t","pid":{},"tid":{},"ts":{},"name":{}}})", process,
                      static_cast<std::uint32_t>(spikes), microseconds(e.since),
                      quoted(neuron(e.neuron)));
        }
        if (e.end > e.start)
          slice(process, axons, e.start, e.end, "fire " + neuron(e.neuron), e.start - e.since);
        break;
      case CoreEvent::Kind::sent: {
        const std::string to = fmt::format("to neurocore {}", index(e.to));
        slice(process, axons, e.start, e.end, to, e.start - e.since);
        const Timing& timing = traced_.machine.timing;
        if (const Duration on_link = e.on_link(timing); on_link > Duration{})
          slice(process, link, e.done - on_link, e.done, to, e.at_link(timing));
        break;
      }
    }
  }

  void mesh(std::uint32_t process) {
    name(process, "mesh");
    for (const auto& [number, queue] : queues_of_links(traced_.trace)) {
      name(process, number + 1, link_name(number));
      counter(process, link_name(number), queue);
    }
    for (const LinkEvent& e : traced_.trace.links.events)
      slice(process, e.link + 1, e.start, e.end,
            fmt::format("{} to {}", index(e.from), index(e.to)), e.start - e.since);
  }

  AtomicFile file_;
  const Traced& traced_;
  bool first_ = true;
};

}  // namespace

void write_chrome_trace(const std::filesystem::path& file, const Traced& traced) {
  ChromeTrace(file, traced).write();
}

}  // namespace clockless
