#include "apps/trace/vcd.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "apps/data/atomic_file.hpp"
#include "apps/trace/queue_lengths.hpp"
#include "apps/version.hpp"

namespace clockless {

namespace {

struct Change {
  Time at;
  std::size_t variable;
  std::string value;
};

/// Short names of printable characters, as the format has them.
std::string code(std::size_t variable) {
  std::string text;
  do {
    text += static_cast<char>('!' + variable % 94);
    variable /= 94;
  } while (variable > 0);
  return text;
}

/// Brackets would be taken for bits, and spaces for the end.
std::string identifier(std::string text) {
  if (text.ends_with(']')) text.pop_back();
  for (char& c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return text;
}

class Dump {
 public:
  explicit Dump(const std::filesystem::path& path) : file_(path) {}

  void scope(const std::string& name) { file_.print("$scope module {} $end\n", name); }
  void up() { file_.print("$upscope $end\n"); }
  std::size_t event(const std::string& name) {
    file_.print("$var event 1 {} {} $end\n", code(variables_), identifier(name));
    return variables_++;
  }
  void queue(const std::string& name, const std::vector<QueueLength>& lengths) {
    file_.print("$var integer 32 {} {} $end\n", code(variables_), identifier(name));
    queues_.push_back(variables_);
    for (const QueueLength& q : lengths)
      changes_.push_back({q.at, variables_, fmt::format("b{:b} ", q.length)});
    ++variables_;
  }
  void happen(std::size_t event, Time at) { changes_.push_back({at, event, "1"}); }

  void header(const Traced& traced) {
    file_.print("$version clockless {} $end\n$comment {}; {} events left out $end\n", version(),
                traced.sample, traced.trace.left_out());
    file_.print("$timescale 1 ps $end\n");
  }
  void body(Time since) {
    file_.print("$enddefinitions $end\n#{}\n$dumpvars\n", since.time_since_epoch().count());
    for (const std::size_t queue : queues_) file_.print("b0 {}\n", code(queue));
    file_.print("$end\n");
    std::stable_sort(changes_.begin(), changes_.end(), [](const Change& a, const Change& b) {
      return std::tie(a.at, a.variable) < std::tie(b.at, b.variable);
    });
    Time now = since;
    for (const Change& change : changes_) {
      if (change.at > now) file_.print("#{}\n", change.at.time_since_epoch().count());
      now = std::max(now, change.at);
      file_.print("{}{}\n", change.value, code(change.variable));
    }
    file_.commit();
  }

 private:
  AtomicFile file_;
  std::size_t variables_ = 0;
  std::vector<std::size_t> queues_;
  std::vector<Change> changes_;
};

}  // namespace

void write_vcd(const std::filesystem::path& file, const Traced& traced) {
  Dump dump(file);
  dump.header(traced);
  for (std::size_t c = 0; c < traced.trace.cores.size(); ++c) {
    const Trace::Core& core = traced.trace.cores[c];
    if (core.record.events.empty()) continue;
    dump.scope(fmt::format("neurocore_{}", c));
    dump.queue("queue", queue_of_core(core));
    std::map<NeuronId, std::vector<Time>> spikes;
    for (const CoreEvent& e : core.record.events)
      if (e.kind == CoreEvent::Kind::fired && e.packets > 0) spikes[e.neuron].push_back(e.since);
    for (const auto& [neuron, times] : spikes) {
      const std::size_t event = dump.event(traced.describe(neuron));
      for (const Time t : times) dump.happen(event, t);
    }
    dump.up();
  }
  if (!traced.trace.links.events.empty()) {
    dump.scope("mesh");
    for (const auto& [link, queue] : queues_of_links(traced.trace))
      dump.queue(link_name(link), queue);
    dump.up();
  }
  dump.body(traced.trace.since);
}

}  // namespace clockless
