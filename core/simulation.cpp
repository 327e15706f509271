#include "core/simulation.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <tuple>
#include <utility>

#include "core/report_rows.hpp"

namespace clockless {

Simulation::Simulation(const Network& network, RunOptions options)
    : Simulation(network,
                 Mapping::contiguous(network, options.cores, options.machine.splits_clusters()),
                 options) {}

Simulation::Simulation(const Network& network, const Mapping& mapping, RunOptions options)
    : network_(network), machine_(options.machine), parallel_(options.threads) {
  check(mapping);
  choose_kernels(options.kernel, mapping);
  build_slices(mapping);
  lookahead_ = build_rows(mapping);
  if (machine_.routes()) noc_ = std::make_unique<Noc>(machine_);
  for (std::uint32_t c = 0; c < cores_.size(); ++c)
    cores_[c]->set_network(CoreId{c}, network_.neurons());
  for (auto& core : cores_) core->run_on(machine_);
  if (machine_.step > Duration{}) {
    std::vector<std::uint64_t> neurons(cores_.size());
    for (const CoreId core : mapping.core_of) ++neurons[index(core)];
    barrier_ = std::make_unique<Barrier>(machine_, std::move(neurons));
  }
  limit_rate(options.max_rate_hz);
  if (options.defer_learning)
    for (const auto& blocks : blocks_)
      for (RowBlock* block : blocks) block->defer_learning();
  restart(options.seed);
}

void Simulation::check(const Mapping& mapping) const {
  const std::uint32_t n = network_.neurons();
  if (mapping.core_of.size() != n)
    throw Error("the mapping places " + std::to_string(mapping.core_of.size()) +
                " neurons, the network has " + std::to_string(n) +
                ": start from Mapping::contiguous of the same network");
  for (std::uint32_t i = 0; i < n; ++i)
    if (index(mapping.core_of[i]) >= mapping.cores)
      throw Error("the mapping puts " + network_.describe(NeuronId{i}) + " on neurocore " +
                  std::to_string(index(mapping.core_of[i])) + ", but has only " +
                  std::to_string(mapping.cores) + ", numbered from 0");
  if (machine_.fidelity != Fidelity::ideal && machine_.mesh.cores() < mapping.cores)
    throw Error("a mapping onto " + std::to_string(mapping.cores) +
                " neurocores and a machine of " + std::to_string(machine_.mesh.cores()) +
                ": give it a mesh that holds them");
  if (machine_.step < Duration{} ||
      (machine_.step > Duration{} && machine_.fidelity != Fidelity::ideal))
    throw Error(
        "barriers wait for all delays, so that no delay moves a spike: they go with "
        "fidelity = ideal and a step above 0");
  if (machine_.core_buffer > 0 && machine_.fidelity < Fidelity::queued)
    throw Error("packets wait at neurocores from fidelity = queued on: leave core_buffer at 0");
}

// The relaxing kernel takes a population whose model relaxes, if nothing reaches it but levels and
// single events. The dense kernel takes a population whose model has a frame, that is one
// zero-delay cluster (so the choice, and the bits, do not depend on the mapping), that a machine
// with delays of its own does not split, and that only dense projections reach.
void Simulation::choose_kernels(Kernel kernel, const Mapping& mapping) {
  const auto populations = network_.populations();
  dense_.assign(populations.size(), false);
  if (kernel == Kernel::general) return;
  const bool any = std::any_of(populations.begin(), populations.end(),
                               [](const auto& population) { return population->framed; });
  const auto cluster = any ? zero_delay_clusters(network_) : std::vector<std::uint32_t>{};
  for (std::size_t p = 0; p < populations.size(); ++p) {
    const AnyPopulation population = populations[p]->population;
    bool fits = populations[p]->framed || populations[p]->relaxes;
    for (std::uint32_t i = 1; fits && populations[p]->framed && i < population.size; ++i)
      fits = cluster[population.first + i] == cluster[population.first] &&
             mapping.core_of[population.first + i] == mapping.core_of[population.first];
    bool reached = populations[p]->relaxes;
    for (const auto& projection : network_.projections())
      if (fits && projection->post.number == p) {
        reached = true;
        fits = projection->dense();
      }
    dense_[p] = fits && reached;
  }
  if (kernel == Kernel::dense && std::find(dense_.begin(), dense_.end(), true) == dense_.end())
    throw Error(
        "no population of this network can use the dense kernel: it takes a model with a frame in "
        "a "
        "layer that zero-delay, static, (nearly) all-to-all synapses connect, or one that relaxes; "
        "use the automatic or the general kernel");
}

void Simulation::build_slices(const Mapping& mapping) {
  for (std::size_t c = 0; c < mapping.cores; ++c) cores_.push_back(std::make_unique<Neurocore>());
  for (const auto& spec : network_.populations()) {
    std::vector<std::vector<std::uint32_t>> places(cores_.size());
    for (std::uint32_t i = 0; i < spec->population.size; ++i)
      places[index(mapping.core_of[spec->population.first + i])].push_back(i);
    auto& parts = parts_.emplace_back();
    for (std::uint32_t c = 0; c < cores_.size(); ++c)
      if (!places[c].empty()) {
        auto slice = spec->make_slice(std::move(places[c]), dense_[spec->population.number]);
        parts.push_back({c, cores_[c]->add(std::move(slice))});
      }
  }
}

// Rows are numbered per core by (source neuron, projection, delay): the order in which a neuron
// sees inputs of one tick, whatever the mapping.
Duration Simulation::build_rows(const Mapping& mapping) {
  constexpr std::uint32_t no_report = ~std::uint32_t{0};
  struct Row {
    std::uint32_t source;
    std::uint32_t projection;
    Duration delay;
    RowBlock* block;
    std::uint32_t local;
    std::uint32_t slice;
    bool signal;
    std::uint16_t takes;
    std::uint32_t report;  // the projection whose synapses tell the neuron, which has no axon there
  };
  std::vector<std::vector<Row>> rows(cores_.size());
  for (std::uint32_t j = 0; j < network_.projections().size(); ++j) {
    const ProjectionSpec& projection = *network_.projections()[j];
    auto& blocks = blocks_.emplace_back();
    const std::vector<Part>& parts = parts_[projection.post.number];
    std::vector<SliceBase*> slices;
    for (const Part& part : parts) slices.push_back(&cores_[part.core]->slice(part.slice));
    auto made = projection.make_all_rows(slices, dense_[projection.post.number]);
    for (std::size_t b = 0; b < parts.size(); ++b) {
      const Part& part = parts[b];
      auto& block = made[b];
      const auto keys = block->keys();
      const auto bundle = static_cast<std::uint8_t>(1U << projection.bundle);
      const std::uint16_t spike = emissions(bundle, false), signal = emissions(bundle, true);
      for (std::uint32_t k = 0; k < keys.size(); ++k) {
        Row row{projection.pre.first + keys[k].pre,
                j,
                keys[k].delay,
                block.get(),
                k,
                part.slice,
                false,
                0,
                no_report};
        row.takes = static_cast<std::uint16_t>(block->takes_signals() ? spike : spike | signal);
        rows[part.core].push_back(row);
        if (!block->takes_signals()) continue;
        row.signal = true;
        row.takes = signal;
        rows[part.core].push_back(row);
      }
      blocks.push_back(block.get());
      cores_[part.core]->add(std::move(block));
    }
    if (!projection.reports) continue;
    for (const Part& part : parts_[projection.pre.number]) {
      auto block = std::make_unique<ReportRows>(cores_[part.core]->slice(part.slice),
                                                projection.report_port);
      for (std::uint32_t k = 0; k < block->keys().size(); ++k)
        rows[part.core].push_back({projection.pre.first + block->keys()[k].pre, j,
                                   projection.report_delay, block.get(), k, part.slice, false, 0,
                                   j});
      cores_[part.core]->add(std::move(block));
    }
  }

  Duration lookahead = forever;
  std::vector<std::vector<std::pair<std::uint32_t, Axon>>> reports(blocks_.size());
  std::vector<std::vector<Axon>> axons(network_.neurons());
  for (std::uint32_t c = 0; c < cores_.size(); ++c) {
    std::sort(rows[c].begin(), rows[c].end(), [](const Row& a, const Row& b) {
      return std::tie(a.source, a.projection, a.delay, a.signal, a.report) <
             std::tie(b.source, b.projection, b.delay, b.signal, b.report);
    });
    std::vector<RowEntry> table;
    for (std::uint32_t r = 0; r < rows[c].size(); ++r) {
      const Row& row = rows[c][r];
      const CoreId from = mapping.core_of[row.source];
      const bool report = row.report != no_report;
      const bool limited = machine_.core_buffer > 0 && from != CoreId{c};
      table.push_back({row.block, row.local, row.slice, row.signal, limited, from});
      if (report) {
        reports[row.report].push_back({row.source, {CoreId{c}, RowId{r}, row.delay}});
        continue;
      }
      const Load load = row.block->load(row.local, row.block->unit(), row.signal);
      Axon axon{CoreId{c}, RowId{r}, row.delay, row.takes};
      axon.limited = limited;
      axon = axon_of(axon, from, load, machine_.departure(from != CoreId{c}));
      axons[row.source].push_back(axon);
      if (from == CoreId{c}) continue;
      const Duration least = least_delay(axon, machine_.departure(true));
      if (least == Duration{} && limited)
        throw Error("neurocores " + std::to_string(index(from)) + " and " + std::to_string(c) +
                    " hear of each other's free places in no time: finite buffers need links, or "
                    "hops between any two, that take time; leave core_buffer at 0, or choose a "
                    "device that has times for both, as loihi1");
      if (least == Duration{})
        throw Error("the mapping puts " + network_.describe(NeuronId{row.source}) +
                    " and its zero-delay targets on different neurocores: keep them on one, or "
                    "give the projection a delay");
      lookahead = std::min(lookahead, least);
    }
    cores_[c]->set_rows(std::move(table));
  }
  for (const auto& spec : network_.populations())
    for (const Part& part : parts_[spec->population.number]) {
      const SliceBase& slice = cores_[part.core]->slice(part.slice);
      std::vector<std::vector<Axon>> of_local(slice.size());
      for (std::uint32_t i = 0; i < slice.size(); ++i) {
        of_local[i] = std::move(axons[index(slice.id(i))]);
        std::sort(of_local[i].begin(), of_local[i].end(), [](const Axon& a, const Axon& b) {
          return std::pair(a.core, a.row) < std::pair(b.core, b.row);
        });
        if (machine_.fidelity == Fidelity::latency)
          follow_each_other(of_local[i], CoreId{part.core});
      }
      cores_[part.core]->set_axons(part.slice, of_local);
    }
  for (std::uint32_t j = 0; j < reports.size(); ++j)
    if (!reports[j].empty()) lookahead = std::min(lookahead, connect_reports(j, reports[j]));
  return lookahead;
}

// An axon from a core, with what its delay is on this machine; `departure`: until a packet is out.
Axon Simulation::axon_of(Axon axon, CoreId from, const Load& load, Duration departure) const {
  if (machine_.mesh.cores() >= cores_.size()) axon.hops = machine_.mesh.hops(from, axon.core);
  if (machine_.fidelity == Fidelity::ideal) return axon;
  axon.routed = machine_.routes() && axon.hops.any();
  if (axon.routed) return axon;
  axon.delay += machine_.travel(axon.hops);
  if (machine_.fidelity == Fidelity::latency) axon.delay += departure + machine_.service(load);
  return axon;
}

// Of a spike's packets each leaves after those before it; an axon's delay holds that of a first
// one. What is sent by one kind of emission follows only what the same kind sends.
void Simulation::follow_each_other(std::vector<Axon>& axons, CoreId from) const {
  const Duration packet = machine_.timing.packet, link = machine_.timing.link;
  std::array<Duration, 16> out{}, free{};  // by kind: the axon's end and the link's
  for (Axon& axon : axons) {
    const bool leaves = axon.core != from;
    Duration behind{};
    for (unsigned kinds = axon.takes; kinds != 0; kinds &= kinds - 1) {
      const auto kind = static_cast<std::size_t>(std::countr_zero(kinds));
      out[kind] += packet;
      if (leaves) free[kind] = std::max(free[kind], out[kind]) + link;
      behind = std::max(behind, leaves ? free[kind] - packet - link : out[kind] - packet);
    }
    axon.delay += behind;
  }
}

// Routers are told of a packet at once, whenever it leaves; so only what follows the last counts.
Duration Simulation::least_delay(const Axon& axon, Duration departure) const {
  if (machine_.step > Duration{}) return forever;  // windows end at barriers
  if (axon.routed) return axon.delay + machine_.least_hop();
  if (axon.limited) return machine_.word(axon.hops);  // from when it hears of a place
  return machine_.fidelity >= Fidelity::queued ? axon.delay + departure : axon.delay;
}

// Every block of the projection tells the source of a row, wherever it is.
Duration Simulation::connect_reports(std::uint32_t j,
                                     const std::vector<std::pair<std::uint32_t, Axon>>& to_neuron) {
  const ProjectionSpec& projection = *network_.projections()[j];
  std::vector<Axon> of_place(projection.pre.size);
  for (const auto& [neuron, axon] : to_neuron) of_place[neuron - projection.pre.first] = axon;
  Duration lookahead = forever;
  for (std::size_t b = 0; b < blocks_[j].size(); ++b) {
    auto& block = static_cast<LevelBlock&>(*blocks_[j][b]);
    const std::uint32_t core = parts_[projection.post.number][b].core;
    std::vector<Axon> of_row;
    for (const RowBlock::Key& key : block.keys()) {
      const bool leaves = of_place[key.pre].core != CoreId{core};
      of_row.push_back(
          axon_of(of_place[key.pre], CoreId{core}, {1, 0, 1}, machine_.message(leaves)));
      if (!leaves) continue;
      const Duration least = least_delay(of_row.back(), machine_.message(true));
      if (least == Duration{})
        throw Error("synapses on " + network_.describe(projection.pre[key.pre]) +
                    " report without delay to another neurocore: give report_delay");
      lookahead = std::min(lookahead, least);
    }
    cores_[core]->set_reports(block, parts_[projection.post.number][b].slice, std::move(of_row));
  }
  return lookahead;
}

void Simulation::run_until(Time t) { run(t, forever); }

bool Simulation::run_until_spike(AnyPopulation population, Duration after, Time limit) {
  if (after <= Duration{}) throw Error("a spike can only be told of after it: give a time above 0");
  for (const Part& part : parts(population)) cores_[part.core]->await(part.slice);
  run(limit, after);
  return now_ < limit;
}

void Simulation::run(Time t, Duration after) {
  if (failed_) throw Error("activity diverged before: restart() this simulation or build another");
  if (t < now_) throw Error("a simulation cannot run backwards: ask for a time after now()");
  try {
    Scheduler scheduler(cores_, noc_.get(), barrier_.get(), lookahead_, parallel_);
    if (after == forever)
      scheduler.run(t);
    else
      t = scheduler.run_awaiting(t, after);
  } catch (const Runaway& r) {
    failed_ = true;
    throw Error("activity diverges at " + network_.describe(r.neuron) +
                ", t = " + std::to_string(seconds(r.at)) + " s: " +
                (r.instant ? "zero-delay spikes excite each other without end within one instant"
                           : "its firing rate exceeds the limit") +
                "; weaken excitatory weights, or raise thresholds or inhibition");
  }
  now_ = t;
  if (barrier_ && t != never) barrier_->pass(t);
}

void Simulation::restart(std::uint64_t seed) {
  failed_ = false;
  now_ = traced_since_ = Time{};
  const auto lost = noc_ ? noc_->pending_by_core() : std::vector<std::uint64_t>(cores_.size());
  for (std::size_t c = 0; c < cores_.size(); ++c) cores_[c]->restart(seed, lost[c]);
  if (noc_) noc_->restart();
  if (barrier_) barrier_->restart();
}

const std::vector<Simulation::Part>& Simulation::parts(AnyPopulation p) const {
  const auto populations = network_.populations();
  if (p.number >= populations.size() || populations[p.number]->population.first != p.first ||
      populations[p.number]->population.size != p.size)
    throw Error("a population was asked for that is not of the simulated network");
  return parts_[p.number];
}

void Simulation::limit_rate(double max_rate_hz) {
  if (!(max_rate_hz >= 0))
    throw Error("max_rate_hz is " + std::to_string(max_rate_hz) +
                ": give a rate of 0 or more; infinity is no limit");
  for (auto& core : cores_) core->set_rate_limit(max_rate_hz);
}

void Simulation::record(AnyPopulation population) {
  for (const Part& part : parts(population)) cores_[part.core]->record(part.slice, true);
}

std::vector<Spike> Simulation::take_spikes() {
  std::vector<Spike> spikes;
  for (auto& core : cores_) {
    const auto here = core->take_spikes();
    spikes.insert(spikes.end(), here.begin(), here.end());
  }
  std::stable_sort(spikes.begin(), spikes.end(), [](const Spike& a, const Spike& b) {
    return std::pair(a.at, a.source) < std::pair(b.at, b.source);
  });
  return spikes;
}

std::vector<std::uint64_t> Simulation::spike_counts(AnyPopulation population) const {
  std::vector<std::uint64_t> counts(population.size);
  for (const Part& part : parts(population)) {
    const auto places = cores_[part.core]->slice(part.slice).places();
    const auto here = cores_[part.core]->spike_counts(part.slice);
    for (std::size_t i = 0; i < places.size(); ++i) counts[places[i]] = here[i];
  }
  return counts;
}

Counts Simulation::counts() const {
  Counts total;
  for (const auto& core : cores_) total += core->counts();
  if (barrier_) total += barrier_->counts();
  return total;
}

std::size_t Simulation::cores_used() const {
  std::vector<bool> used(cores_.size(), false);
  for (const auto& parts : parts_)
    for (const Part& part : parts) used[part.core] = true;
  return static_cast<std::size_t>(std::count(used.begin(), used.end(), true));
}

Congestion Simulation::congestion() const {
  Congestion all;
  const auto routed = noc_ ? noc_->pending_by_core() : std::vector<std::uint64_t>(cores_.size());
  for (std::size_t c = 0; c < cores_.size(); ++c) {
    all.cores.push_back(cores_[c]->waits());
    if (machine_.fidelity >= Fidelity::queued)
      all.cores.back().in_flight = cores_[c]->packets_pending() + routed[c];
  }
  if (noc_) all.links = noc_->links();
  for (std::uint32_t p = 0; p < parts_.size(); ++p)
    for (const Part& part : parts_[p])
      all.shares.push_back({part.core, p, cores_[part.core]->counts_in_all(part.slice)});
  for (std::uint32_t j = 0; j < blocks_.size(); ++j) {
    const ProjectionSpec& spec = *network_.projections()[j];
    ProjectionUse use{spec.pre.number, spec.post.number, 0, 0};
    for (const RowBlock* block : blocks_[j]) {
      use.messages += block->messages;
      use.synaptic_events += block->synaptic_events;
    }
    all.projections.push_back(use);
  }
  if (barrier_) all.steps = barrier_->took();
  return all;
}

std::uint64_t Simulation::spike_hash() const {
  std::uint64_t hash = 0;
  for (const auto& core : cores_) hash += core->spike_hash();
  return hash;
}

Edges Simulation::synapses(AnyProjection projection) const {
  Edges edges;
  for (const RowBlock* block : blocks_[projection.number]) block->collect(edges);
  const auto before = [](const Edge& a, const Edge& b) {
    return std::tie(a.pre, a.delay, a.post) < std::tie(b.pre, b.delay, b.post);
  };
  if (!std::is_sorted(edges.begin(), edges.end(), before))  // on one core they mostly are
    std::stable_sort(edges.begin(), edges.end(), before);
  return edges;
}

Lessons Simulation::take_lessons(AnyProjection projection) {
  Lessons lessons;
  for (RowBlock* block : blocks_[projection.number]) lessons.push_back(block->take_lessons());
  return lessons;
}

std::uint64_t Simulation::teach(AnyProjection projection, const Lessons& lessons) {
  const auto& blocks = blocks_[projection.number];
  if (lessons.size() != blocks.size())
    throw Error("lessons for " + std::to_string(lessons.size()) +
                " neurocores taught to a projection that is on " + std::to_string(blocks.size()));
  std::uint64_t updates = 0;
  for (std::size_t b = 0; b < blocks.size(); ++b) updates += blocks[b]->teach(lessons[b], now_);
  return updates;
}

std::uint64_t Simulation::packets_pending() const {
  std::uint64_t pending = 0;
  for (const auto& core : cores_) pending += core->packets_pending();
  if (noc_) pending += noc_->pending();
  return pending;
}

}  // namespace clockless
