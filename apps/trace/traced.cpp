#include "apps/trace/traced.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "core/simulation.hpp"

namespace clockless {

namespace {

constexpr std::size_t longest_path = 1000;

}  // namespace

std::string Traced::describe(NeuronId neuron) const {
  const auto after = std::upper_bound(
      populations.begin(), populations.end(), index(neuron),
      [](std::uint32_t number, const auto& population) { return number < population.first; });
  if (after == populations.begin()) return fmt::format("neuron {}", index(neuron));
  const auto& [first, name] = *std::prev(after);
  return fmt::format("{}[{}]", name, index(neuron) - first);
}

Traced traced_sample(Simulation& simulation, AnyPopulation outputs, std::string sample,
                     const TraceRequest& request) {
  Traced traced{
      std::move(sample), request.neuron, simulation.machine(), simulation.take_trace(), {}, {}};
  for (const auto& spec : simulation.network().populations())
    traced.populations.emplace_back(spec->population.first, spec->name);
  NeuronId last{};
  const bool asked = !request.neuron.empty();
  if (asked) last = simulation.network().find(request.neuron);
  if (asked || last_to_fire(traced.trace, outputs, last))
    traced.path = causal_path(simulation, traced.trace, last, longest_path);
  return traced;
}

}  // namespace clockless
