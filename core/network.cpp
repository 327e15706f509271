#include "core/network.hpp"

#include <charconv>
#include <limits>
#include <system_error>

namespace clockless {

AnyPopulation Network::claim(const std::string& name, std::size_t size) {
  if (size == 0) throw Error("population '" + name + "' has no neurons: give it at least one");
  if (size > std::numeric_limits<std::uint32_t>::max() - neurons_)
    throw Error("population '" + name + "' of " + std::to_string(size) +
                " neurons is too large: a network holds at most 4294967295");
  for (const auto& other : populations_)
    if (other->name == name)
      throw Error("population '" + name + "' exists already: choose another name");
  const AnyPopulation population{static_cast<std::uint32_t>(populations_.size()), neurons_,
                                 static_cast<std::uint32_t>(size)};
  neurons_ += population.size;
  return population;
}

void Network::check(AnyPopulation pre, AnyPopulation post, std::string_view post_model) const {
  const auto is_ours = [&](const AnyPopulation& p) {
    return p.number < populations_.size() && populations_[p.number]->population.first == p.first &&
           populations_[p.number]->population.size == p.size;
  };
  if (!is_ours(pre) || !is_ours(post) || populations_[post.number]->model != post_model)
    throw Error("a projection names a population that is not of this network");
}

std::string Network::between(AnyPopulation pre, AnyPopulation post) const {
  return "projection " + populations_[pre.number]->name + " -> " + populations_[post.number]->name;
}

void Network::check(AnyPopulation pre, AnyPopulation post, const Edges& edges) const {
  for (const Edge& e : edges) {
    const auto where = [&] {
      return "synapse " + std::to_string(e.pre) + " -> " + std::to_string(e.post) + " of " +
             between(pre, post);
    };
    if (e.pre >= pre.size || e.post >= post.size)
      throw Error(where() + " lies outside the populations of " + std::to_string(pre.size) +
                  " and " + std::to_string(post.size) + " neurons");
    if (e.delay < Duration{}) throw Error(where() + " has a negative delay");
    if (!std::isfinite(e.weight)) throw Error(where() + " has a weight that is no finite number");
  }
}

// How many they are, too.
std::size_t Network::check(AnyPopulation pre, AnyPopulation post, const DrawnEdges& drawn) const {
  if (drawn.pre != pre.size || drawn.post != post.size)
    throw Error("edges drawn for " + std::to_string(drawn.pre) + " x " +
                std::to_string(drawn.post) + " neurons connect " + between(pre, post) +
                ", which are " + std::to_string(pre.size) + " x " + std::to_string(post.size));
  std::size_t count = 0;
  Edges edges;
  for (std::uint32_t i = 0; i < pre.size; ++i) {
    edges.clear();
    drawn.of(i, edges);
    check(pre, post, edges);
    for (const Edge& e : edges)
      if (e.pre != i)
        throw Error("edges drawn for source " + std::to_string(i) + " of " + between(pre, post) +
                    " begin at " + std::to_string(e.pre));
    count += edges.size();
  }
  return count;
}

std::string Network::describe(NeuronId id) const {
  for (const auto& p : populations_)
    if (index(id) - p->population.first < p->population.size)
      return p->name + "[" + std::to_string(index(id) - p->population.first) + "]";
  return "neuron " + std::to_string(index(id));
}

NeuronId Network::find(std::string_view described) const {
  std::string known;
  for (const auto& p : populations_) {
    const std::string_view name = p->name;
    known += (known.empty() ? "" : ", ") + p->name + "[0] to [" +
             std::to_string(p->population.size - 1) + "]";
    if (!described.starts_with(name) || described.substr(name.size()).size() < 3) continue;
    const std::string_view place = described.substr(name.size());
    if (place.front() != '[' || place.back() != ']') continue;
    std::uint32_t k = 0;
    const char* const end = place.data() + place.size() - 1;
    if (std::from_chars(place.data() + 1, end, k) == std::from_chars_result{end, std::errc{}} &&
        k < p->population.size)
      return p->population[k];
  }
  throw Error("there is no neuron '" + std::string(described) + "': there are " + known);
}

std::uint32_t Network::add(std::shared_ptr<ProjectionSpec> spec, AnyPopulation pre,
                           AnyPopulation post, std::uint8_t bundle) {
  if (bundle > 7)
    throw Error("bundle " + std::to_string(bundle) + " for " + between(pre, post) +
                ": a neuron's axons have bundles 0 to 7");
  spec->pre = pre;
  spec->post = post;
  spec->bundle = bundle;
  projections_.push_back(std::move(spec));
  return static_cast<std::uint32_t>(projections_.size() - 1);
}

}  // namespace clockless
