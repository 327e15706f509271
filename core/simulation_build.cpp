// How a network becomes neurocores: slices, rows, and axons with the machine's delays.
#include <algorithm>
#include <array>
#include <bit>
#include <tuple>
#include <utility>

#include "core/report_rows.hpp"
#include "core/simulation.hpp"

namespace clockless {

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

}  // namespace clockless
