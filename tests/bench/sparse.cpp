// A random network of leaky neurons with delta synapses, beside the bare reading of its lists.
#include <cstdint>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "core/simulation.hpp"
#include "neurons/lif.hpp"
#include "neurons/poisson.hpp"
#include "tests/support/bench.hpp"

using namespace clockless;

namespace {

constexpr Duration ms{1'000'000'000};

/// The same lists as flat arrays: what any simulator must at least read for each spike.
struct Lists {
  std::vector<std::size_t> start;
  std::vector<std::uint32_t> target;
  std::vector<float> weight;
};

[[gnu::noinline]] void stream(const Lists& lists, std::uint32_t source, double* sum) {
  for (std::size_t k = lists.start[source]; k < lists.start[source + 1]; ++k)
    sum[lists.target[k]] += static_cast<double>(lists.weight[k]);
}

}  // namespace

int main(int argc, char** argv) {
  const bool quick = argc > 1 && std::string(argv[1]) == "--quick";
  const std::uint32_t neurons = quick ? 2'000 : 10'000, degree = quick ? 200 : 1'000;
  // Each neuron draws its targets; four in five excite, inhibition is five times stronger.
  const Edges edges = [&] {
    Edges all;
    all.reserve(std::size_t{neurons} * degree);
    for (std::uint32_t i = 0; i < neurons; ++i) {
      RandomStream random{5, i};
      for (std::uint32_t k = 0; k < degree; ++k)
        all.push_back({i, random.below(neurons), i % 5 == 4 ? -0.5 : 0.1, 3 * ms / 2});
    }
    return all;
  }();
  Network network;
  const auto cells = network.add<Lif>("cells", neurons);
  const auto noise = network.add<Poisson>("noise", neurons, {.rate_hz = 5});
  network.connect<FixedFloat>(cells, cells, edges);
  network.connect(noise, cells, one_to_one(neurons, neurons, constant(20.0), constant(ms)));

  Lists lists;
  for (const Edge& e : edges) {
    while (lists.start.size() <= e.pre) lists.start.push_back(lists.target.size());
    lists.target.push_back(e.post);
    lists.weight.push_back(static_cast<float>(e.weight));
  }
  lists.start.push_back(lists.target.size());

  Simulation simulation(network);
  simulation.record(cells);
  const Time end = quick ? Time{100 * ms} : Time{300 * ms};
  std::vector<double> sum(neurons);
  bench::Five ours, limit;
  Counts counts;
  std::size_t spikes = 0;
  for (std::size_t k = 0; k < 5; ++k) {
    simulation.restart(1);
    double begin = bench::cpu_seconds();
    simulation.run_until(end);
    const double took = bench::cpu_seconds() - begin;
    counts = simulation.counts();
    const auto recorded = simulation.take_spikes();
    spikes = recorded.size();
    ours.values[k] = 1e9 * took / static_cast<double>(counts.synaptic_events);
    begin = bench::cpu_seconds();
    for (const Spike& s : recorded) stream(lists, index(s.source), sum.data());
    limit.values[k] = 1e9 * (bench::cpu_seconds() - begin) / static_cast<double>(spikes * degree);
    bench::keep(sum);
  }
  bench::Line("lif " + std::to_string(neurons) + " x " + std::to_string(degree))
      .field("ns_per_synaptic_event", ours)
      .field("limit", "sum[target] += weight over the same lists")
      .field("limit_ns", limit)
      .field("ratio_to_limit", ours / limit)
      .field("spikes", static_cast<double>(spikes))
      .field("rate_hz", static_cast<double>(spikes) / neurons / seconds(end))
      .field("synaptic_events", static_cast<double>(counts.synaptic_events))
      .field("spike_hash", fmt::format("{:016x}", simulation.spike_hash()));
}
