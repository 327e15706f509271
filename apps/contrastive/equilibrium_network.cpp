// Populations, synapses and axons of the spiking network.
#include "apps/contrastive/equilibrium_network.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/random.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;

namespace {

/// A part of a matrix of the graph, as the engine takes it.
DenseMatrix<float> single(const MatrixXd& w) {
  const auto rows = static_cast<std::size_t>(w.rows()), cols = static_cast<std::size_t>(w.cols());
  const std::shared_ptr<float[]> weights(new float[rows * cols]);
  Eigen::Map<Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
      weights.get(), w.rows(), w.cols()) = w.cast<float>();
  return {rows, cols, weights};
}

LevelContrast::Form learned_form(SpikingOptions::Rule rule) {
  return rule == SpikingOptions::Rule::product ? LevelContrast::Form::product
                                               : LevelContrast::Form::one_sided;
}

LevelContrast::Leak learned_leak(Leak leak) {
  switch (leak) {
    case Leak::outgoing:
      return LevelContrast::Leak::outgoing;
    case Leak::contractive:
      return LevelContrast::Leak::contractive;
    default:
      return LevelContrast::Leak::unit;
  }
}

}  // namespace

EquilibriumNetwork::EquilibriumNetwork(const ContrastiveGraph& graph, const SpikingOptions& options)
    : options_(options) {
  const auto need = [](bool good, const char* what) {
    if (!good) throw Error(fmt::format("spiking equilibrium propagation: {}", what));
  };
  need(options.tau_s >= 1e-9 && options.tau_s <= 1, "tau_s must lie within 1e-9 to 1 s");
  need(options.delay_tau > 0 && options.delay_tau <= 10, "delay_tau must lie above 0, at most 10");
  need(options.delay_spread >= 0 && options.delay_spread < 2,
       "delay_spread must lie within 0 to 2");
  need(options.modulator_tau > 0 && options.modulator_tau <= 100,
       "modulator_tau must lie above 0, at most 100");
  options_.teacher.tau_s = options.tau_s;
  options_.teacher.pauses = options.rule == SpikingOptions::Rule::asymmetric;
  inputs_ = network_.add<LevelSensor>("inputs", static_cast<std::size_t>(graph.inputs()),
                                      {options.input_threshold});
  bias_ = network_.add<LevelSensor>("bias", 1, {options.threshold});
  add_cells(graph);
  teacher_ = network_.add<Teacher>("teacher", 1, options_.teacher);
  reader_ = network_.add<Relay>("reader", 1);
  connect_inputs(graph);
  connect_cells(graph);
  connect_teacher();
}

std::vector<Duration> EquilibriumNetwork::delays(std::uint64_t stream, std::size_t n, double least,
                                                 double most) const {
  RandomStream random{options_.seed, stream};
  std::vector<Duration> all(n);
  for (Duration& d : all)
    d = std::max(from_seconds((least + (most - least) * random.uniform()) * options_.tau_s),
                 Duration{1});
  return all;
}

void EquilibriumNetwork::add_cells(const ContrastiveGraph& graph) {
  SigmaDelta::Params p;
  p.tau_s = options_.tau_s;
  p.threshold = options_.threshold;
  p.hysteresis = options_.hysteresis;
  p.initial_leak = graph.base_leak;
  p.relative_nudge = options_.relative_nudge;
  p.mismatch = options_.mismatch;
  p.lost_spikes = options_.lost_spikes;
  p.lost_modulators = options_.lost_modulators;
  p.retold = options_.retold;
  Index first = 0;
  for (const Index size : graph.layers) {
    const bool last = first + size == graph.cells();
    const std::string name = last ? "outputs" : fmt::format("hidden {}", groups_.size() + 1);
    groups_.push_back(
        {network_.add<SigmaDelta>(name, static_cast<std::size_t>(size), p), first, size});
    first += size;
  }
}

void EquilibriumNetwork::connect_inputs(const ContrastiveGraph& graph) {
  const Index inputs = graph.inputs();
  const LevelContrast::Params rule{.rate = options_.input_rate,
                                   .form = learned_form(options_.rule)};
  LevelWiring wiring;
  const Duration delay = from_seconds(options_.delay_tau * options_.tau_s);
  for (const Group& group : groups_) {
    const auto add = [&](AnyPopulation pre, Part::From from, Index row, Index rows,
                         double quantum) {
      wiring.delays.assign(pre.size, delay);
      wiring.quantum = quantum;
      const AnyProjection projection = network_.hold<LevelContrast>(
          pre, group.population,
          single(graph.input_weights.block(row, group.first, rows, group.size)), rule, wiring);
      parts_.push_back({projection, from, row, rows, group.first, group.size});
    };
    if (!graph.input_mask.block(0, group.first, inputs, group.size).isZero())
      add(inputs_, Part::From::inputs, 0, inputs, LevelSensor::quantum({options_.input_threshold}));
    add(bias_, Part::From::bias, inputs, 1, LevelSensor::quantum({options_.threshold}));
  }
}

void EquilibriumNetwork::connect_cells(const ContrastiveGraph& graph) {
  const LevelContrast::Leak leak = learned_leak(graph.leak);
  const auto rate = [&](const Group& a, const Group& b) {
    return a.first < b.first   ? options_.forward_rate
           : a.first > b.first ? options_.feedback_rate
                               : options_.lateral_rate;
  };
  const auto weights = [&](const Group& a, const Group& b) {
    return single(graph.recurrent.block(a.first, b.first, a.size, b.size));
  };
  const double d = options_.delay_tau, least = 1 - options_.delay_spread / 2;
  for (const Group& from : groups_)
    for (const Group& to : groups_) {
      const MatrixXd mask = graph.recurrent_mask.block(from.first, to.first, from.size, to.size);
      if (mask.isZero()) continue;
      LevelWiring wiring;
      // Of one cell the same to all: they are delays of its axon.
      wiring.delays =
          delays(0x61786f6e, static_cast<std::size_t>(graph.cells()), least * d, (2 - least) * d);
      wiring.delays.erase(wiring.delays.begin(), wiring.delays.begin() + from.first);
      wiring.delays.resize(static_cast<std::size_t>(from.size));
      wiring.self = from.first != to.first;
      wiring.quantum = SigmaDelta::quantum({.threshold = options_.threshold});
      wiring.report_port = SigmaDelta::leak;
      wiring.report_delay = from_seconds(d * options_.tau_s);
      if (graph.leak == Leak::outgoing) wiring.reports = LevelWiring::Reports::change;
      if (graph.leak == Leak::contractive) wiring.reports = LevelWiring::Reports::magnitude;
      const AnyProjection projection =
          options_.rule == SpikingOptions::Rule::asymmetric
              ? network_.hold<AsymmetricContrast>(
                    from.population, to.population, weights(from, to), weights(to, from),
                    {.rate = rate(from, to), .reverse_rate = rate(to, from), .leak = leak}, wiring)
              : network_.hold<LevelContrast>(
                    from.population, to.population, weights(from, to),
                    {.rate = rate(from, to), .form = learned_form(options_.rule), .leak = leak},
                    wiring);
      parts_.push_back({projection, Part::From::cells, from.first, from.size, to.first, to.size});
    }
}

void EquilibriumNetwork::connect_teacher() {
  const auto tell = [&](auto post, std::uint8_t bundle, std::uint8_t port,
                        const std::vector<Duration>& delays) {
    Edges edges;
    for (std::uint32_t i = 0; i < delays.size(); ++i) edges.push_back({0, i, 1, delays[i]});
    network_.connect(teacher_, post, edges, {}, port, bundle);
  };
  const Duration delay = from_seconds(options_.delay_tau * options_.tau_s);
  const double late = options_.modulator_tau;
  tell(reader_, Teacher::request, 0, {Duration{}});
  tell(inputs_, Teacher::present, 0, std::vector<Duration>(inputs_.size, delay));
  tell(bias_, Teacher::present, 0, {delay});
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const auto own = delays(0x6d6f64 + g, groups_[g].population.size, 0, late);
    tell(groups_[g].population, Teacher::attend, SigmaDelta::modulate, own);
    tell(groups_[g].population, Teacher::consolidate, SigmaDelta::consolidate, own);
  }
  const auto outputs = output_cells();
  tell(outputs, Teacher::nudge, SigmaDelta::nudge,
       delays(0x6e75646765, outputs.size, late, 2 * late));
  Edges heard;
  for (std::uint32_t i = 0; i < outputs.size; ++i) heard.push_back({i, 0, 1, delay});
  network_.connect(outputs, teacher_, heard);
}

}  // namespace clockless
