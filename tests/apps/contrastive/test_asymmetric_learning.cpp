// Directed spiking networks that learn by the reverse weights: the gradient, the copies, and the
// same bits wherever they run.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "apps/contrastive/equilibrium_learner.hpp"
#include "apps/contrastive/equilibrium_replicas.hpp"
#include "core/error.hpp"
#include "tests/apps/contrastive/cosines.hpp"
#include "tests/apps/contrastive/nets.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

GraphOptions directed(GraphKind kind, Leak leak, std::uint64_t seed) {
  GraphOptions o = small(kind, leak, seed);
  o.directed = true;
  return o;
}

SpikingOptions asymmetric() {
  SpikingOptions options;
  options.rule = SpikingOptions::Rule::asymmetric;
  return options;
}

struct Lived {
  ContrastiveGraph graph;
  std::uint64_t hash = 0;
  std::uint64_t events = 0, updates = 0;
  double held = 0, copies = 0;
};

Lived live(const GraphOptions& o, const SpikingOptions& options, const RunOptions& run,
           int samples = 20) {
  Lived out{.graph = make_graph(o)};
  const EquilibriumNetwork network(out.graph, options);
  EquilibriumLearner learner(network, out.graph, run);
  for (int k = 0; k < samples; ++k) {
    learner.learn(random_sample(12, 9, static_cast<std::uint64_t>(k)), VectorXd::Unit(3, k % 3));
    out.held = std::max(out.held, learner.held_error());
    // Somewhere within the phases of the next sample, too.
    learner.simulation().run_until(learner.simulation().now() +
                                   from_seconds(3 * (k % 8) * options.tau_s));
    out.held = std::max(out.held, learner.held_error());
  }
  learner.test(random_sample(12, 9, 0));  // what was learned has been handed over
  out.copies = learner.copy_error();
  learner.give_weights(out.graph);
  out.hash = learner.spike_hash();
  out.events = learner.counts().synaptic_events;
  out.updates = learner.counts().plasticity_updates;
  return out;
}

}  // namespace

TEST_CASE("reverse weights give directed spiking networks the exact gradient", "[app]") {
  for (const auto& [kind, leak] : {std::pair{GraphKind::layered, Leak::unit},
                                   std::pair{GraphKind::complete, Leak::contractive}}) {
    const double wanted[] = {0.85, 0.93, 0.97, 0.99};
    REQUIRE(asymmetry(make_graph(directed(kind, leak, 1))) > 0.5);
    double threshold = 1.0 / 16, before = 0;
    for (const double least : wanted) {
      const double cosine = median_cosine(kind, leak, true, asymmetric(), threshold, 11);
      CHECK(cosine >= least);
      CHECK(cosine > before);
      before = cosine;
      threshold /= 2;
    }
    // Without them no spikes are fine enough.
    SpikingOptions plain;
    plain.rule = SpikingOptions::Rule::one_sided;
    CHECK(median_cosine(kind, leak, true, plain, 1.0 / 128, 11) < 0.95);
  }
}

TEST_CASE("copies of reverse weights learn what these do, bit for bit where all is quiet",
          "[app]") {
  for (const auto& [kind, leak] : {std::pair{GraphKind::layered, Leak::unit},
                                   std::pair{GraphKind::complete, Leak::contractive}}) {
    const GraphOptions o = directed(kind, leak, 5);
    SpikingOptions options = asymmetric();
    options.forward_rate = options.lateral_rate = 0.05;
    options.feedback_rate = 0.02;
    const Lived quiet = live(o, options, {});
    const double moved = (quiet.graph.recurrent - make_graph(o).recurrent).cwiseAbs().maxCoeff();
    CHECK(moved > 0.01);
    CHECK(quiet.copies == 0);
    CHECK(quiet.held < 1e-6);
    // A copy that misses spikes goes its own way; no copy, no error.
    options.lost_spikes = 0.05;
    CHECK(live(o, options, {}).copies > 1e-4);
    options.rule = SpikingOptions::Rule::one_sided;
    CHECK(live(o, options, {}).copies == 0);
  }
}

TEST_CASE(
    "copies stay near what they copy through strong lessons, and inputs what weights make them",
    "[app]") {
  const GraphOptions o = directed(GraphKind::complete, Leak::contractive, 5);
  ContrastiveGraph graph = make_graph(o);
  SpikingOptions options = asymmetric();
  options.threshold = 1.0 / 64;
  options.relative_nudge = true;
  options.input_rate = 0.5;
  options.forward_rate = options.feedback_rate = options.lateral_rate = 0.15;
  const EquilibriumNetwork network(graph, options);
  EquilibriumLearner learner(network, graph);
  const std::size_t bytes = learner.synapse_bytes();
  const ContrastiveGraph start = graph;
  for (int k = 0; k < 300; ++k)
    learner.learn(random_sample(12, 9, static_cast<std::uint64_t>(k)),
                  0.5 * VectorXd::Unit(3, k % 3));
  const VectorXd x = random_sample(12, 9, 0);
  learner.test(x);
  learner.test(x);  // what was learned has been handed over, and all is quiet
  learner.give_weights(graph);
  CHECK((graph.recurrent - start.recurrent).cwiseAbs().maxCoeff() > 0.1);
  std::printf("copies differ by %.3g\n", learner.copy_error());
  CHECK(learner.copy_error() < 1e-3);

  // Of the weights and levels alone: nothing is left of what copies made of inputs.
  const double quantum = LevelSensor::quantum({options.input_threshold});
  VectorXd wanted = graph.input_drive((x / quantum).array().round().matrix() * quantum) +
                    graph.recurrent.transpose() * learner.levels();
  for (const auto& group : network.groups()) {
    const auto held = learner.simulation().read(group.population, &SigmaDelta::State::input);
    for (Index i = 0; i < group.size; ++i)
      CHECK(std::abs(held[static_cast<std::size_t>(i)] - wanted[group.first + i]) < 1e-6);
  }
  CHECK(learner.synapse_bytes() > bytes);
  learner.restart(1);
  CHECK(learner.synapse_bytes() == bytes);
}

TEST_CASE("spikes that act by reverse weights are the same on every kernel, core and thread",
          "[app][parallel]") {
  for (const auto& [kind, leak] : {std::pair{GraphKind::layered, Leak::unit},
                                   std::pair{GraphKind::complete, Leak::contractive}}) {
    const GraphOptions o = directed(kind, leak, 5);
    SpikingOptions options = asymmetric();
    options.lost_spikes = 0.01;
    options.retold = 0.5;
    const Lived one = live(o, options, {.seed = 7}, 10);
    const Lived eager = live(o, options, {.seed = 7, .kernel = Kernel::general}, 10);
    CHECK(eager.events == one.events);
    CHECK(eager.updates == one.updates);
    CHECK((eager.graph.recurrent - one.graph.recurrent).norm() <
          1e-5 * (one.graph.recurrent - make_graph(o).recurrent).norm());
    CHECK(one.held < 1e-6);
    CHECK(eager.held < 1e-6);
    for (const std::size_t cores : {std::size_t{4}, std::size_t{16}})
      for (const unsigned threads : {1U, 2U}) {
        const Lived other = live(o, options, {.seed = 7, .threads = threads, .cores = cores}, 10);
        CHECK(other.hash == one.hash);
        CHECK(other.copies == one.copies);
        CHECK((other.graph.recurrent == one.graph.recurrent));
      }
  }
}

TEST_CASE("replicas that know reverse weights learn the sum of what each would alone", "[app]") {
  const ContrastiveGraph start = make_graph(directed(GraphKind::complete, Leak::contractive, 5));
  SpikingOptions options = asymmetric();
  options.teacher.random_sign = false;  // so that no copy draws anything
  const EquilibriumNetwork network(start, options);
  MatrixXd x(12, 3);
  for (Index k = 0; k < 3; ++k) x.col(k) = random_sample(12, 9, static_cast<std::uint64_t>(k));
  const MatrixXd targets = MatrixXd::Identity(3, 3);
  MatrixXd recurrent = start.recurrent;
  for (Index k = 0; k < 3; ++k) {
    EquilibriumReplicas alone(network, start, 2, {});  // of which one is shown nothing
    alone.learn(x.col(k), targets.col(k), 1);
    ContrastiveGraph after = start;
    alone.give_weights(after);
    recurrent += after.recurrent - start.recurrent;
  }
  EquilibriumReplicas three(network, start, 3, {});
  three.learn(x, targets, 1);
  ContrastiveGraph after = start;
  three.give_weights(after);
  CHECK((recurrent - start.recurrent).norm() > 1e-3);
  CHECK((after.recurrent - recurrent).norm() < 5e-7);  // single precision
  for (int lot = 0; lot < 5; ++lot) three.learn(x, targets, 1);
  CHECK(three.held_error() < 1e-6);
  CHECK(three.first().copy_error() < 1e-6);
  three.test(x);  // what cells are told of their leaks has arrived
  three.give_weights(after);
  CHECK((three.first().leaks() - after.leaks()).cwiseAbs().maxCoeff() < 1e-5);
}

TEST_CASE("synapses with copies cannot be pruned one by one", "[app]") {
  ContrastiveGraph graph = make_graph(directed(GraphKind::complete, Leak::contractive, 5));
  const EquilibriumNetwork network(graph, asymmetric());
  EquilibriumLearner learner(network, graph);
  graph.recurrent_mask(0, 1) = 0;
  CHECK_THROWS_AS(learner.prune(graph), Error);
}
