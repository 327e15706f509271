// Rows that hold neurons at levels, of a whole projection: weights, pruning, lessons.
#include <utility>

#include "core/error.hpp"
#include "core/simulation.hpp"

namespace clockless {

template <class Work>
void Simulation::each_level_block(AnyProjection projection, Work work) const {
  for (RowBlock* block : blocks_[projection.number]) {
    auto* levels = dynamic_cast<LevelBlock*>(block);
    if (!levels)
      throw Error("projection " + std::to_string(projection.number) + " holds no levels");
    work(*levels);
  }
}

LevelWeights Simulation::level_weights(AnyProjection projection) const {
  LevelWeights weights;
  each_level_block(projection, [&](const LevelBlock& b) { weights.push_back(b.weights()); });
  return weights;
}

Edges Simulation::copied_weights(AnyProjection projection) const {
  Edges edges;
  each_level_block(projection, [&](const LevelBlock& b) { b.collect_copies(edges); });
  return edges;
}

void Simulation::restore_levels(AnyProjection projection, const LevelWeights& weights) {
  std::size_t b = 0;
  each_level_block(projection, [&](LevelBlock& block) {
    if (b >= weights.size() || weights[b].size() != block.weights().size())
      throw Error("weights restored to a projection with another number of synapses");
    block.restore(weights[b++], now_);
  });
}

void Simulation::keep_only(AnyProjection projection,
                           const std::function<bool(std::uint32_t, std::uint32_t)>& keep) {
  each_level_block(projection, [&](LevelBlock& block) { block.keep_only(keep, now_); });
}

std::size_t Simulation::synapse_bytes(AnyProjection projection) const {
  std::size_t bytes = 0;
  each_level_block(projection, [&](const LevelBlock& block) { bytes += block.bytes(); });
  return bytes;
}

std::vector<double> Simulation::held_inputs(AnyPopulation population) const {
  std::vector<double> inputs(population.size, 0.0);
  for (std::uint32_t j = 0; j < network_.projections().size(); ++j) {
    if (network_.projections()[j]->post.number != population.number) continue;
    const auto& of_post = parts(population);
    for (std::size_t b = 0; b < blocks_[j].size(); ++b) {
      const auto* block = dynamic_cast<const LevelBlock*>(blocks_[j][b]);
      if (!block) continue;
      const auto places = cores_[of_post[b].core]->slice(of_post[b].slice).places();
      std::vector<double> here(places.size(), 0.0);
      block->add_held(here);
      for (std::size_t i = 0; i < places.size(); ++i) inputs[places[i]] += here[i];
    }
  }
  return inputs;
}

LevelLessons Simulation::take_level_lessons(AnyProjection projection) {
  LevelLessons lessons;
  each_level_block(projection,
                   [&](LevelBlock& block) { lessons.push_back(block.take_level_lessons()); });
  return lessons;
}

LevelChanges Simulation::teach_levels(AnyProjection projection, const LevelLessons& lessons) {
  LevelChanges changes;
  each_level_block(projection, [&](LevelBlock& block) {
    if (changes.size() >= lessons.size()) throw Error("lessons of another mapping");
    changes.push_back(block.teach_levels(lessons[changes.size()], now_));
  });
  send_reports();
  return changes;
}

bool Simulation::share_levels(AnyProjection projection, Simulation& owner) {
  std::vector<LevelBlock*> theirs;
  owner.each_level_block(projection, [&](LevelBlock& block) { theirs.push_back(&block); });
  std::size_t b = 0;
  bool shared = true;
  each_level_block(projection, [&](LevelBlock& block) {
    if (b >= theirs.size()) throw Error("levels shared with another mapping");
    shared = block.share(*theirs[b++]) && shared;
  });
  return shared;
}

void Simulation::hear_levels(AnyProjection projection, const LevelChanges& changes) {
  std::size_t b = 0;
  each_level_block(projection, [&](LevelBlock& block) {
    if (b >= changes.size()) throw Error("changes of another mapping");
    block.hear(changes[b++], now_);
  });
  send_reports();
}

// Between windows: what is for other cores is handed over at once, or it would come too late.
void Simulation::send_reports() {
  for (auto& core : cores_) core->send_reports(now_);
  Scheduler(cores_, noc_.get(), barrier_.get(), lookahead_, parallel_).hand_over(now_);
}

}  // namespace clockless
