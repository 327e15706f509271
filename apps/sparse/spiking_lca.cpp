// The LASSO solved by spikes: the network and its readouts.
#include "apps/sparse/spiking_lca.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "apps/interrupt.hpp"
#include "apps/solvers/lasso.hpp"
#include "apps/sparse/dictionary.hpp"
#include "core/error.hpp"
#include "core/fixed.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

RunOptions run_options(const LcaOptions& options) {
  RunOptions run;
  run.threads = options.threads;
  run.cores = options.cores;
  run.kernel = options.kernel;
  run.machine = options.machine;
  return run;
}

}  // namespace

LcaNetwork::LcaNetwork(MatrixXd dictionary, LcaOptions options)
    : dictionary_(std::move(dictionary)), options_(options) {
  check_dictionary(dictionary_, dictionary_.rows(), "spiking LCA");
  if (!(options_.delay >= 0 && std::isfinite(options_.delay)))
    throw Error(fmt::format("spiking LCA: delay is {}; it must be at least 0", options_.delay));
  if (!std::isfinite(options_.lateral))
    throw Error(fmt::format("spiking LCA: lateral is {}; it must be finite", options_.lateral));
  gram_ = gram_matrix(dictionary_);
  const VectorXd norms = gram_.diagonal();
  thresholds_ = norms.replicate(options_.signed_codes ? 2 : 1, 1);
  IfCurrent::Params params;
  params.tau_s = options_.tau_s;
  population_ = network_.add<IfCurrent>("code", static_cast<std::size_t>(neurons()), params);
  if (options_.weights == WeightWidth::float32)
    connect<float>(options_);
  else
    connect<double>(options_);
}

// int8 weights are rounded as chips round them, but held as the doubles they stand for, so that
// they too are shared by all replicas and run on the dense kernel.
template <class Weight>
void LcaNetwork::connect(const LcaOptions& options) {
  const auto n = static_cast<std::size_t>(neurons());
  const Index k = atoms();
  const auto exact = [&](Index i, Index j) {
    if (i == j) return 0.0;
    const double overlap = gram_(i % k, j % k);
    return options.lateral * ((i < k) == (j < k) ? -overlap : overlap);
  };
  constexpr double reach = std::numeric_limits<Weight>::max();
  if (const double most = options.lateral * thresholds_.maxCoeff(); std::abs(most) > reach)
    throw Error(
        fmt::format("spiking LCA: lateral weights up to {:.3g} exceed {:.3g}, the largest "
                    "of weights = float; use weights = double, or scale the atoms to "
                    "about 1",
                    most, reach));
  FixedInt8::Params int8;
  if (options.weights == WeightWidth::int8) {
    double largest = 0;
    for (Index i = 0; i < neurons() && !interrupted(); ++i)
      for (Index j = 0; j < neurons(); ++j) largest = std::max(largest, std::abs(exact(i, j)));
    if (largest > 0) int8.scale = largest / 127;
  }
  const std::shared_ptr<Weight[]> weights(new Weight[n * n]);
  for (Index i = 0; i < neurons(); ++i) {
    if (interrupted()) return;
    for (Index j = 0; j < neurons(); ++j) {
      double w = exact(i, j);
      if (options.weights == WeightWidth::int8)
        w = FixedInt8::weight(int8, FixedInt8::synapse(int8, w));
      weights.get()[static_cast<std::size_t>(i) * n + static_cast<std::size_t>(j)] =
          static_cast<Weight>(w);
      synapses_ += w != 0;
    }
  }
  weight_bytes_ = n * n * (options.weights == WeightWidth::int8 ? 1 : sizeof(Weight));
  network_.connect(population_, population_, DenseMatrix<Weight>{n, n, weights},
                   from_seconds(options.delay * options.tau_s));
}

LcaInput LcaNetwork::input(const VectorXd& x, double lambda) const {
  if (x.size() != dictionary_.rows())
    throw Error(fmt::format(
        "spiking LCA: the sample has {} values but the dictionary {} features; use patches of that "
        "size",
        x.size(), dictionary_.rows()));
  if (!x.allFinite())
    throw Error("spiking LCA: the sample holds NaN or infinite values; clean the data first");
  if (!(lambda > 0 && std::isfinite(lambda)))
    throw Error(fmt::format("spiking LCA: lambda is {}; it must be a positive number", lambda));
  return {dictionary_.transpose() * x, x.squaredNorm(), lambda};
}

VectorXd LcaNetwork::fold(const VectorXd& of_neurons) const {
  if (!options_.signed_codes) return of_neurons;
  return of_neurons.head(atoms()) - of_neurons.tail(atoms());
}

double LcaNetwork::rate_limit(const LcaInput& input) const {
  const double own = std::sqrt(input.energy / thresholds_.minCoeff());
  const double at_rest = 0.5 * input.energy / input.lambda;
  return 100 * own + 4 * at_rest;
}

LcaWindow window(const LcaMoment& from, const LcaMoment& to) {
  const double length = to.time - from.time;
  return {(to.spikes - from.spikes) / length, (to.voltage - from.voltage) / length,
          (from.current - to.current) / length};
}

SpikingLca::SpikingLca(const LcaNetwork& network)
    : SpikingLca(network, Mapping::contiguous(network.network(), network.options().cores,
                                              network.options().machine.splits_clusters())) {}

SpikingLca::SpikingLca(const LcaNetwork& network, const Mapping& mapping)
    : network_(network), simulation_(network.network(), mapping, run_options(network.options())) {
  initial_.resize(static_cast<std::size_t>(network.neurons()));
  for (std::size_t i = 0; i < initial_.size(); ++i)
    initial_[i].threshold = network.thresholds()[static_cast<Index>(i)];
}

void SpikingLca::start(const LcaInput& input) {
  const Index atoms = network_.atoms();
  if (input.correlation.size() != atoms)
    throw Error(
        fmt::format("spiking LCA: {} correlations for {} atoms", input.correlation.size(), atoms));
  for (std::size_t i = 0; i < initial_.size(); ++i) {
    const auto atom = static_cast<Index>(i);
    const double drive = atom < atoms ? input.correlation[atom] : -input.correlation[atom - atoms];
    initial_[i].drive = initial_[i].current = drive - input.lambda;
  }
  simulation_.restart(0);  // nothing here is random
  simulation_.limit_rate(network_.rate_limit(input) / network_.options().tau_s);
  simulation_.set(network_.population(), initial_);
}

void SpikingLca::run_until(double time) {
  simulation_.run_until(at_seconds(time * network_.options().tau_s));
}

LcaMoment SpikingLca::now(bool with_currents) const {
  const auto population = network_.population();
  LcaMoment moment;
  moment.time = seconds(simulation_.now()) / network_.options().tau_s;
  const auto counts = simulation_.spike_counts(population);
  const auto n = static_cast<Index>(counts.size());
  moment.spikes.resize(n);
  for (Index i = 0; i < n; ++i)
    moment.spikes[i] = static_cast<double>(counts[static_cast<std::size_t>(i)]);
  const auto read = [&](double IfCurrent::State::*variable) -> VectorXd {
    const auto values = simulation_.read(population, variable);
    return Eigen::Map<const VectorXd>(values.data(), n);
  };
  moment.voltage = read(&IfCurrent::State::voltage);
  if (with_currents) moment.current = read(&IfCurrent::State::current);
  return moment;
}

LcaCodes SpikingLca::code(const LcaInput& input, double duration) {
  start(input);
  run_until(duration / 4);
  const LcaMoment quarter = now(false);
  run_until(duration);
  return codes(quarter);
}

LcaCodes SpikingLca::codes(const LcaMoment& quarter) const {
  const LcaMoment end = now(false);
  const double length = end.time - quarter.time;
  const VectorXd rate = (end.spikes - quarter.spikes) / length;
  const VectorXd slack = (end.voltage - quarter.voltage) / length;
  const VectorXd code = rate + slack.cwiseQuotient(network_.thresholds());
  return {network_.fold(end.spikes / end.time), network_.fold(rate),
          network_.fold(code.cwiseMax(0.0))};
}

}  // namespace clockless
