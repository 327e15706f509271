// What a simulation tells of its events, and of who reaches whom.
#include <algorithm>
#include <map>

#include "core/simulation.hpp"

namespace clockless {

void Simulation::trace(std::size_t events) {
  traced_since_ = now_;
  const std::size_t of_cores = noc_ ? events / 2 : events;
  for (auto& core : cores_) core->trace(std::max<std::size_t>(1, of_cores / cores_.size()));
  if (noc_) noc_->trace(std::max<std::size_t>(1, events - of_cores));
}

Trace Simulation::take_trace() {
  Trace trace;
  std::map<const RowBlock*, std::uint32_t> projection_of;
  for (std::uint32_t j = 0; j < blocks_.size(); ++j)
    for (const RowBlock* block : blocks_[j]) projection_of.emplace(block, j);
  for (auto& core : cores_) {
    Trace::Core& here = trace.cores.emplace_back();
    here.record = core->take_trace();
    for (const RowEntry& row : core->rows()) {
      const auto found = projection_of.find(row.block);
      if (found == projection_of.end()) {  // its synapses tell one of the slice's neurons
        here.rows.push_back({core->slice(row.slice).id(row.local), 0, true, false});
        continue;
      }
      const AnyPopulation pre = network_.projections()[found->second]->pre;
      // A signal of levels is one, others are to learn from.
      const bool lesson = row.signal && dynamic_cast<const LevelBlock*>(row.block) == nullptr;
      here.rows.push_back({pre[row.block->keys()[row.local].pre], found->second, false, lesson});
    }
  }
  if (noc_) trace.links = noc_->take_trace();
  trace.since = traced_since_;
  trace.core_of.resize(network_.neurons());
  for (const auto& parts : parts_)
    for (const Part& part : parts) {
      const SliceBase& slice = cores_[part.core]->slice(part.slice);
      for (std::uint32_t i = 0; i < slice.size(); ++i)
        trace.core_of[index(slice.id(i))] = CoreId{part.core};
    }
  return trace;
}

std::vector<Simulation::InputSource> Simulation::inputs_of(NeuronId neuron) const {
  std::vector<InputSource> sources;
  for (std::uint32_t j = 0; j < blocks_.size(); ++j) {
    const ProjectionSpec& projection = *network_.projections()[j];
    const std::uint32_t place = index(neuron) - projection.post.first;
    if (place >= projection.post.size) continue;
    for (std::size_t b = 0; b < blocks_[j].size(); ++b) {
      const Part& part = parts_[projection.post.number][b];
      const auto places = cores_[part.core]->slice(part.slice).places();
      if (!std::binary_search(places.begin(), places.end(), place)) continue;
      Edges edges;
      blocks_[j][b]->collect(edges);
      for (const Edge& e : edges)
        if (e.post == place && e.weight != 0) sources.push_back({j, projection.pre[e.pre]});
    }
  }
  std::sort(sources.begin(), sources.end());
  return sources;
}

}  // namespace clockless
