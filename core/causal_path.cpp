#include "core/causal_path.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "core/simulation.hpp"
#include "core/trace.hpp"

namespace clockless {

namespace {

using Kind = CoreEvent::Kind;
using Inputs = std::vector<Simulation::InputSource>;

class Walk {
 public:
  Walk(const Simulation& simulation, const Trace& trace) : simulation_(simulation), trace_(trace) {}

  std::vector<CausalStep> from(NeuronId neuron, std::size_t most) {
    std::vector<CausalStep> path;
    const auto last = last_firing(neuron);
    if (!last || most == 0) return path;
    for (std::size_t fired = *last;;) {
      CausalStep& step = path.emplace_back();
      step.neuron = neuron;
      step.at = events(neuron)[fired].since;
      if (path.size() == most) {
        step.cause = CausalStep::Cause::far;
        return path;
      }
      const auto earlier = explain(step, fired);
      if (!earlier) return path;
      neuron = earlier->neuron;
      fired = earlier->firing;
    }
  }

 private:
  struct Earlier {
    NeuronId neuron;
    std::size_t firing;  // among its core's events
  };

  const std::deque<CoreEvent>& events(CoreId core) const {
    return trace_.cores[index(core)].record.events;
  }
  CoreId core_of(NeuronId neuron) const { return trace_.core_of[index(neuron)]; }
  const std::deque<CoreEvent>& events(NeuronId neuron) const { return events(core_of(neuron)); }

  std::optional<std::size_t> last_firing(NeuronId neuron) const {
    const auto& here = events(neuron);
    for (std::size_t k = here.size(); k-- > 0;)
      if (here[k].kind == Kind::fired && here[k].neuron == neuron && here[k].packets > 0) return k;
    return std::nullopt;
  }

  const Inputs& inputs_of(NeuronId neuron) {
    const auto [place, is_new] = inputs_.try_emplace(neuron);
    if (is_new) place->second = simulation_.inputs_of(neuron);
    return place->second;
  }

  /// Fills in the cause of a firing; the firing that sent it, where there is one.
  std::optional<Earlier> explain(CausalStep& step, std::size_t fired) {
    const CoreId core = core_of(step.neuron);
    const auto& here = events(core);
    const Inputs& inputs = inputs_of(step.neuron);
    for (std::size_t k = fired; k-- > 0;) {
      if (here[k].kind != Kind::served) continue;
      const Trace::Source& source = trace_.cores[index(core)].rows[index(here[k].row)];
      if (source.lesson) continue;
      if (source.report
              ? source.neuron == step.neuron
              : std::binary_search(inputs.begin(), inputs.end(),
                                   Simulation::InputSource{source.projection, source.neuron}))
        return source.report ? stop(step, CausalStep::Cause::report)
                             : follow(step, core, k, source.neuron);
    }
    const bool whole = trace_.since == Time{} && trace_.cores[index(core)].record.left_out == 0;
    return stop(step, whole ? CausalStep::Cause::drive : CausalStep::Cause::before);
  }

  static std::optional<Earlier> stop(CausalStep& step, CausalStep::Cause cause) {
    step.cause = cause;
    return std::nullopt;
  }

  /// The packet that is the k-th event of a core came from `source`: how, and since when.
  std::optional<Earlier> follow(CausalStep& step, CoreId core, std::size_t k, NeuronId source) {
    const CoreEvent& served = events(core)[k];
    const auto& there = events(source);
    // Of its own core what was sent lies before; of others, no later than its arrival.
    const std::size_t end = core_of(source) == core ? k : noted_by(there, served.since);
    Duration at_routers{};
    const std::optional<Time> at = routed(served, core, at_routers);
    for (std::size_t s = end; s-- > 0;) {
      const CoreEvent& sent = there[s];
      if (sent.kind != Kind::sent || sent.to != core || sent.row != served.row) continue;
      if (at ? sent.since != *at : sent.due != served.since) continue;
      for (std::size_t f = s; f-- > 0;) {
        const CoreEvent& firing = there[f];
        if (firing.kind != Kind::fired || firing.neuron != source || firing.since != sent.since)
          continue;
        step.cause = CausalStep::Cause::packet;
        step.leaving = sent.done - sent.since;
        step.way = served.since - sent.done;
        step.queued = served.start - served.since;
        step.service = served.done - served.start;
        step.pending = step.at - served.done;
        step.waited = (firing.start - firing.since) + sent.at_link(simulation_.machine().timing) +
                      at_routers + step.queued;
        const Mesh::Hops hops = simulation_.machine().mesh.hops(core_of(source), core);
        if (simulation_.machine().mesh.cores() >= trace_.cores.size())
          step.hops = std::uint32_t{hops.east_west} + hops.north_south;
        return Earlier{source, f};
      }
      break;
    }
    return stop(step, CausalStep::Cause::before);
  }

  static std::size_t noted_by(const std::deque<CoreEvent>& events, Time t) {
    const auto end = std::partition_point(events.begin(), events.end(),
                                          [&](const CoreEvent& e) { return e.noted() <= t; });
    return static_cast<std::size_t>(end - events.begin());
  }

  /// Of a packet that came through routers: when it was sent, and how long it waited at them.
  std::optional<Time> routed(const CoreEvent& served, CoreId core, Duration& waited) const {
    const auto& links = trace_.links.events;
    const auto end = std::partition_point(
        links.begin(), links.end(), [&](const LinkEvent& e) { return e.start <= served.since; });
    std::optional<LinkEvent> last;
    for (auto e = std::make_reverse_iterator(end); e != links.rend(); ++e) {
      if (e->to != core || e->row != served.row) continue;
      if (!last && e->due == served.since) last = *e;
      if (last && e->start < last->fired) break;
      if (last && e->fired == last->fired) waited += e->start - e->since;
    }
    if (!last) return std::nullopt;
    return last->fired;
  }

  const Simulation& simulation_;
  const Trace& trace_;
  std::map<NeuronId, Inputs> inputs_;
};

}  // namespace

std::vector<CausalStep> causal_path(const Simulation& simulation, const Trace& trace,
                                    NeuronId neuron, std::size_t most) {
  return Walk(simulation, trace).from(neuron, most);
}

bool last_to_fire(const Trace& trace, AnyPopulation population, NeuronId& neuron) {
  bool any = false;
  Time last{};
  for (const Trace::Core& core : trace.cores)
    for (const CoreEvent& e : core.record.events) {
      if (e.kind != Kind::fired || e.packets == 0) continue;
      if (index(e.neuron) - population.first >= population.size) continue;
      if (any && std::pair(e.since, e.neuron) < std::pair(last, neuron)) continue;
      any = true;
      last = e.since;
      neuron = e.neuron;
    }
  return any;
}

}  // namespace clockless
