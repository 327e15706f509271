// Equilibrium propagation by spikes: time a sample, beside the bare row additions of its spikes.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "apps/contrastive/equilibrium_replicas.hpp"
#include "apps/contrastive/labelled_data.hpp"
#include "apps/contrastive/output_code.hpp"
#include "apps/data/idx.hpp"
#include "core/random.hpp"
#include "tests/support/bench.hpp"
#include "tests/support/shared.hpp"

using namespace clockless;
using Eigen::Index;
using Eigen::MatrixXd;

namespace {

struct Data {
  std::string name;
  MatrixXd x, targets;  // a sample a column
};

// The first MNIST training images; where there are none, blots as dense.
Data images(Index n) {
  Data data{"", MatrixXd(784, n), MatrixXd::Zero(10, n)};
  const auto shared = shared_folder();
  const std::filesystem::path file =
      shared ? *shared / "data/mnist/train-images-idx3-ubyte.gz" : std::filesystem::path();
  RandomStream random{.seed = 1};
  if (!file.empty() && std::filesystem::exists(file)) {
    data.name = "MNIST";
    const IdxArray pixels = read_idx(file);
    for (Index k = 0; k < n; ++k)
      for (Index i = 0; i < 784; ++i)
        data.x(i, k) = pixels.at(static_cast<std::size_t>(k * 784 + i)) / 255.0;
  } else {
    fmt::print(stderr, "MNIST: SKIPPED, not found; random images as dense in its place\n");
    data.name = "random";
    for (double& v : data.x.reshaped()) v = random.uniform() < 0.19 ? random.uniform() : 0.0;
  }
  for (Index k = 0; k < n; ++k) data.targets(random.below(10), k) = 1;
  return data;
}

// What the packets of the spikes bring at the very least: input += weight * change for each target.
class RowAdditions {
 public:
  RowAdditions(const EquilibriumNetwork& network, const std::vector<Spike>& spikes) {
    for (const auto& part : network.parts()) {
      const auto& spec = *network.network().projections()[part.projection.number];
      Rows rows{spec.pre.first, spec.pre.size, static_cast<std::size_t>(part.cells), {}, {}};
      rows.weights.assign(rows.sources * rows.targets, 0.01F);
      rows.input.assign(rows.targets, 0.0);
      rows_.push_back(std::move(rows));
    }
    for (const Spike& s : spikes)
      for (std::size_t r = 0; r < rows_.size(); ++r)
        if (index(s.source) >= rows_[r].first &&
            index(s.source) < rows_[r].first + rows_[r].sources)
          order_.push_back({r, index(s.source) - rows_[r].first, static_cast<double>(s.payload)});
  }
  double events() const {
    double events = 0;
    for (const Packet& p : order_) events += static_cast<double>(rows_[p.rows].targets);
    return events;
  }
  double packets() const { return static_cast<double>(order_.size()); }
  [[gnu::noinline]] void run() {
    for (const Packet& p : order_) {
      Rows& rows = rows_[p.rows];
      const float* w = rows.weights.data() + p.source * rows.targets;
      double* input = rows.input.data();
      for (std::size_t i = 0; i < rows.targets; ++i)
        input[i] += static_cast<double>(w[i]) * p.change;
    }
    bench::keep(rows_);
  }

 private:
  struct Rows {
    std::size_t first, sources, targets;
    std::vector<float> weights;
    std::vector<double> input;
  };
  struct Packet {
    std::size_t rows, source;
    double change;
  };
  std::vector<Rows> rows_;
  std::vector<Packet> order_;
};

void one_by_one(const std::string& name, const GraphOptions& graph_options,
                const SpikingOptions& options, const Data& data, Index warm) {
  const ContrastiveGraph graph = make_graph(graph_options);
  const EquilibriumNetwork network(graph, options);
  EquilibriumLearner learner(network, graph);
  const Index n = (data.x.cols() - warm) / 5;
  for (Index k = 0; k < warm; ++k) learner.learn(data.x.col(k), data.targets.col(k));
  for (const auto& spec : network.network().populations())
    learner.simulation().record(spec->population);
  bench::Five per_sample, per_spike, per_event, least, ratio;
  Counts last;
  double packets = 0;
  for (std::size_t repeat = 0; repeat < 5; ++repeat) {
    learner.simulation().take_spikes();
    const Counts before = learner.counts();
    const double start = bench::cpu_seconds();
    for (Index k = 0; k < n; ++k) {
      const Index sample = warm + static_cast<Index>(repeat) * n + k;
      learner.learn(data.x.col(sample), data.targets.col(sample));
    }
    const double seconds = bench::cpu_seconds() - start;
    const Counts now = learner.counts();
    const auto since = [&](std::uint64_t Counts::*term) {
      return static_cast<double>(now.*term - before.*term);
    };
    RowAdditions rows(network, learner.simulation().take_spikes());
    rows.run();  // warm
    const double rows_start = bench::cpu_seconds();
    rows.run();
    const double rows_seconds = bench::cpu_seconds() - rows_start;
    per_sample.values[repeat] = 1e3 * seconds / static_cast<double>(n);
    per_spike.values[repeat] = 1e9 * seconds / since(&Counts::spikes);
    per_event.values[repeat] = 1e9 * seconds / since(&Counts::synaptic_events);
    least.values[repeat] = 1e3 * rows_seconds / static_cast<double>(n);
    ratio.values[repeat] = seconds / rows_seconds;
    last = now;
    for (const CountTerm& term : count_terms) last.*term.count -= before.*term.count;
    packets = rows.packets();
  }
  const auto samples = static_cast<double>(n);
  bench::Line(name)
      .field("data", data.name)
      .field("ms_per_sample", per_sample)
      .field("ns_per_spike", per_spike)
      .field("ns_per_synaptic_event", per_event)
      .field("spikes_per_sample", static_cast<double>(last.spikes) / samples)
      .field("rows_per_sample", packets / samples)
      .field("synaptic_events_per_sample", static_cast<double>(last.synaptic_events) / samples)
      .field("plasticity_updates_per_sample",
             static_cast<double>(last.plasticity_updates) / samples)
      .field("limit", "input += w * change in double, the same rows in the same order")
      .field("limit_ms_per_sample", least)
      .field("ratio_to_limit", ratio);
}

void replicas(const GraphOptions& graph_options, const SpikingOptions& options, const Data& data,
              Index lots) {
  constexpr std::size_t copies = 16;
  const ContrastiveGraph graph = make_graph(graph_options);
  const EquilibriumNetwork network(graph, options);
  bench::Five one, two;
  bool same = true;
  EquilibriumReplicas alone(network, graph, copies, {.threads = 1});
  EquilibriumReplicas both(network, graph, copies, {.threads = 2});
  Index at = 0;
  for (std::size_t repeat = 0; repeat < 5; ++repeat) {
    const auto rate = [&](EquilibriumReplicas& learner) {
      const double start = bench::wall_seconds();
      for (Index k = 0; k < lots; ++k) {
        const Index first = (at + k * 16) % (data.x.cols() - 15);
        learner.learn(data.x.middleCols(first, 16), data.targets.middleCols(first, 16), 0.2);
      }
      return static_cast<double>(lots * 16) / (bench::wall_seconds() - start);
    };
    one.values[repeat] = rate(alone);
    two.values[repeat] = rate(both);
    at += lots * 16;
    same = same && alone.spike_hash() == both.spike_hash();
  }
  bench::Line("16 replicas, 784-500-10")
      .field("data", data.name)
      .field("samples_per_s", one)
      .field("samples_per_s_on_2_threads", two)
      .field("ratio", two / one)
      .field("same_bits", same ? 1.0 : 0.0);
}

}  // namespace

int main(int argc, char** argv) {
  const bool quick = argc > 1 && std::string(argv[1]) == "--quick";
  const Data data = images(quick ? 150 : 2500);
  GraphOptions layered;
  layered.inputs = 784;
  layered.hidden = {500};
  layered.outputs = 10;
  layered.gain = 2;
  layered.feedback_gain = 3;
  SpikingOptions options;
  options.forward_rate = options.feedback_rate = 0.006;
  const Index warm = quick ? 50 : 1000;
  one_by_one("layered, 784-500-10", layered, options, data, warm);
  GraphOptions complete = layered;
  complete.kind = GraphKind::complete;
  complete.hidden = {246};
  complete.leak = Leak::contractive;
  complete.gain = 1;
  complete.feedback_gain = 1;
  options.relative_nudge = true;
  options.forward_rate = 0.006;
  options.feedback_rate = options.lateral_rate = 0.001;
  one_by_one("complete, 784-246+10", complete, options, data, warm);
  replicas(layered, SpikingOptions{}, data, quick ? 1 : 8);
}
