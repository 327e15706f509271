// Equilibrium propagation by spikes: the same on every kernel, mapping and number of threads; lazy
// learning against eager.
#include <algorithm>
#include <cmath>
#include <vector>

#include "apps/contrastive/equilibrium_learner.hpp"
#include "apps/contrastive/equilibrium_replicas.hpp"
#include "apps/contrastive/pruning.hpp"
#include "tests/apps/contrastive/nets.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

struct Outcome {
  ContrastiveGraph graph;
  std::vector<std::uint64_t> counts;
  std::uint64_t hash = 0;
  double held = 0;
};

Outcome live(GraphKind kind, Leak leak, const SpikingOptions& options, const RunOptions& run,
             int samples = 30) {
  Outcome out;
  out.graph = make_graph(small(kind, leak, 5));
  const EquilibriumNetwork network(out.graph, options);
  EquilibriumLearner learner(network, out.graph, run);
  for (int k = 0; k < samples; ++k) {
    VectorXd target = VectorXd::Zero(3);
    target[k % 3] = 1;
    learner.learn(random_sample(12, 9, static_cast<std::uint64_t>(k)), target);
    out.held = std::max(out.held, learner.held_error());
  }
  learner.give_weights(out.graph);
  const Counts counts = learner.counts();
  out.counts = {counts.spikes, counts.synaptic_events, counts.plasticity_updates};
  out.hash = learner.spike_hash();
  return out;
}

}  // namespace

TEST_CASE("lazy learning in columns is eager learning synapse by synapse", "[app]") {
  for (const auto rule : {SpikingOptions::Rule::product, SpikingOptions::Rule::one_sided})
    for (const auto& [kind, leak] :
         {std::pair{GraphKind::layered, Leak::unit},
          std::pair{GraphKind::complete, Leak::contractive},
          std::pair{GraphKind::complete, Leak::outgoing}, std::pair{GraphKind::skip, Leak::unit}}) {
      SpikingOptions options;
      options.rule = rule;
      options.input_rate = options.forward_rate = options.feedback_rate = options.lateral_rate =
          0.05;
      options.lost_spikes = 0.01;
      options.retold = 0.5;
      const Outcome lazy = live(kind, leak, options, {.kernel = Kernel::automatic});
      const Outcome eager = live(kind, leak, options, {.kernel = Kernel::general});
      const ContrastiveGraph start = make_graph(small(kind, leak, 5));
      CHECK(lazy.counts[0] == eager.counts[0]);
      CHECK(lazy.counts[1] == eager.counts[1]);
      const double moved = (eager.graph.recurrent - start.recurrent).norm();
      CHECK(moved > 0.01);
      CHECK((lazy.graph.recurrent - eager.graph.recurrent).norm() < 1e-5 * moved);
      CHECK((lazy.graph.input_weights - eager.graph.input_weights).norm() <
            1e-5 * (eager.graph.input_weights - start.input_weights).norm());
      CHECK(lazy.held < 1e-6);
      CHECK(eager.held < 1e-6);
    }
}

TEST_CASE("what synapses are about to learn outlives the pruning of others", "[app]") {
  for (const auto& [kind, leak] : {std::pair{GraphKind::layered, Leak::unit},
                                   std::pair{GraphKind::complete, Leak::contractive}}) {
    SpikingOptions options;
    options.input_rate = options.forward_rate = options.feedback_rate = options.lateral_rate = 0.05;
    const auto pruned = [&, kind = kind, leak = leak](Kernel kernel) {
      ContrastiveGraph graph = make_graph(small(kind, leak, 5));
      const EquilibriumNetwork network(graph, options);
      EquilibriumLearner learner(network, graph, {.kernel = kernel});
      int gathering = 0;
      for (int k = 0; k < 20; ++k) {
        learner.learn(random_sample(12, 9, static_cast<std::uint64_t>(k)), VectorXd::Ones(3));
        // Somewhere within the phases of the next sample's, most often while cells gather.
        learner.simulation().run_until(learner.simulation().now() +
                                       from_seconds(4 * (k % 8) * options.tau_s));
        if (k < 4 || k >= 12) continue;
        gathering += learner.simulation().read(network.output_cells(),
                                               &SigmaDelta::State::modulator)[0] != 0;
        learner.give_weights(graph);
        remove_edges(graph, prune_by_magnitude(graph, 12));
        learner.prune(graph);
      }
      CHECK(learner.held_error() < 1e-6);
      CHECK(gathering >= 3);
      learner.give_weights(graph);
      // Of no synapse but those of the bias, with some bytes a row: nothing that was to be learned.
      ContrastiveGraph none = graph;
      remove_edges(none, prune_by_magnitude(none, none.synapses()));
      learner.prune(none);
      CHECK(learner.synapse_bytes() < 512);
      return std::pair{graph, learner.counts()};
    };
    const auto [lazy, lazy_counts] = pruned(Kernel::automatic);
    const auto [eager, eager_counts] = pruned(Kernel::general);
    CHECK(lazy_counts.spikes == eager_counts.spikes);
    CHECK(lazy_counts.synaptic_events == eager_counts.synaptic_events);
    CHECK(lazy.synapses() == eager.synapses());
    const double moved = (eager.recurrent - make_graph(small(kind, leak, 5)).recurrent).norm();
    CHECK((lazy.recurrent - eager.recurrent).norm() < 1e-5 * moved);
    CHECK((lazy.input_weights - eager.input_weights).norm() < 1e-5 * moved);
  }
}

TEST_CASE("spikes of equilibrium propagation do not depend on neurocores or threads",
          "[app][parallel]") {
  for (const auto& [kind, leak] : {std::pair{GraphKind::layered, Leak::unit},
                                   std::pair{GraphKind::complete, Leak::contractive}}) {
    const SpikingOptions options{.lost_spikes = 0.01, .retold = 0.5};
    const Outcome one = live(kind, leak, options, {.seed = 7}, 10);
    for (const std::size_t cores : {std::size_t{4}, std::size_t{16}})
      for (const unsigned threads : {1U, 2U, 4U}) {
        const Outcome other =
            live(kind, leak, options, {.seed = 7, .threads = threads, .cores = cores}, 10);
        CHECK(other.hash == one.hash);
        CHECK(other.counts == one.counts);
        CHECK((other.graph.recurrent == one.graph.recurrent));
        CHECK((other.graph.input_weights == one.graph.input_weights));
      }
  }
  // Where ticks are fine beside τ, roundings would show soon.
  const Outcome slow = live(GraphKind::layered, Leak::unit, {.tau_s = 1}, {.seed = 7}, 100);
  const Outcome spread =
      live(GraphKind::layered, Leak::unit, {.tau_s = 1}, {.seed = 7, .cores = 16}, 100);
  CHECK(slow.hash == spread.hash);
}

TEST_CASE("replicas learn the sum of what each would have learned alone", "[app][parallel]") {
  for (const auto& [kind, leak] : {std::pair{GraphKind::layered, Leak::unit},
                                   std::pair{GraphKind::complete, Leak::contractive}}) {
    const ContrastiveGraph start = make_graph(small(kind, leak, 5));
    SpikingOptions options;
    options.teacher.random_sign = false;  // so that no copy draws anything
    const EquilibriumNetwork network(start, options);
    MatrixXd x(12, 3);
    for (Index k = 0; k < 3; ++k) x.col(k) = random_sample(12, 9, static_cast<std::uint64_t>(k));
    const MatrixXd targets = MatrixXd::Identity(3, 3);

    MatrixXd inputs = start.input_weights, recurrent = start.recurrent;
    for (Index k = 0; k < 3; ++k) {
      EquilibriumReplicas alone(network, start, 2, {});  // of which one is shown nothing
      alone.learn(x.col(k), targets.col(k), 1);
      ContrastiveGraph after = start;
      alone.give_weights(after);
      inputs += after.input_weights - start.input_weights;
      recurrent += after.recurrent - start.recurrent;
    }
    std::vector<std::uint64_t> hashes;
    for (const auto& [threads, cores] : {std::pair{1U, 1}, {2U, 1}, {1U, 4}, {2U, 16}}) {
      EquilibriumReplicas three(network, start, 3,
                                {.threads = threads, .cores = static_cast<std::size_t>(cores)});
      three.learn(x, targets, 1);
      ContrastiveGraph after = start;
      three.give_weights(after);
      CHECK((after.recurrent - recurrent).norm() < 5e-7);  // single precision
      CHECK((after.input_weights - inputs).norm() < 5e-7);
      CHECK((recurrent - start.recurrent).norm() > 1e-3);

      // Whatever becomes of the weights they share, all are held at them.
      for (int lot = 0; lot < 5; ++lot) three.learn(x, targets, 1);
      CHECK(three.held_error() < 1e-6);
      three.test(x);  // what cells are told of their leaks has arrived
      three.give_weights(after);
      CHECK((three.first().leaks() - after.leaks()).cwiseAbs().maxCoeff() < 1e-5);
      three.change_weights([](float w) { return 0.5F * w; });
      CHECK(three.held_error() < 1e-6);
      three.give_weights(after);
      remove_edges(after, prune_by_magnitude(after, after.synapses() / 2));
      three.prune(after);
      CHECK(three.held_error() < 1e-6);
      three.learn(x, targets, 1);
      CHECK(three.held_error() < 1e-6);
      hashes.push_back(three.spike_hash());
    }
    CHECK(hashes == std::vector<std::uint64_t>(4, hashes[0]));
  }
}

TEST_CASE("weights onto a silent cell learn what its sources do", "[app]") {
  ContrastiveGraph graph = make_graph(small(GraphKind::layered, Leak::contractive, 5));
  graph.input_weights.col(0).setConstant(-5);
  SpikingOptions options;
  options.teacher.random_sign = false;
  const EquilibriumNetwork network(graph, options);
  EquilibriumLearner learner(network, graph);
  for (const auto& group : network.groups()) learner.simulation().record(group.population);
  learner.learn(random_sample(12, 9, 0), VectorXd::Unit(3, 0));
  learner.test(random_sample(12, 9, 0));  // what was learned has been handed over

  // Levels of the output that is nudged: up with the nudge, and down again.
  const auto output = network.output_cells().first;
  double level = 0, most = 0;
  for (const Spike& spike : learner.simulation().take_spikes()) {
    CHECK(index(spike.source) != network.groups()[0].population.first);
    if (index(spike.source) != output) continue;
    level += static_cast<double>(spike.payload);
    most = std::max(most, level);
  }
  const double before = graph.recurrent(graph.first_output(), 0);
  learner.give_weights(graph);
  const double change = graph.recurrent(graph.first_output(), 0) - before;
  // −η ∫ m s ds with the sign of the weight, m = 1 on the way up and −1 on the way down.
  const double wanted =
      -std::copysign(options.feedback_rate * (most * most - level * level), before);
  CHECK(std::abs(wanted) > 1e-4);
  CHECK(std::abs(change - wanted) < 1e-6);
}

TEST_CASE("a sample takes time and events from one request of the teacher to the next", "[app]") {
  const ContrastiveGraph graph = make_graph(small(GraphKind::layered, Leak::unit, 5));
  SpikingOptions options;
  options.teacher.random_sign = false;
  const EquilibriumNetwork network(graph, options);
  EquilibriumLearner learner(network, graph, {.seed = 7});
  learner.simulation().record(network.reader());
  std::vector<Decision> decisions;
  for (std::uint64_t k = 0; k < 7; ++k) {
    if (k >= 3 && k < 6)
      learner.learn(random_sample(12, 9, k), VectorXd::Ones(3));
    else
      learner.test(random_sample(12, 9, k));
    decisions.push_back(learner.decision());
  }
  const std::vector<Spike> requests = learner.simulation().take_spikes();
  REQUIRE(requests.size() == 8);
  EquilibriumLearner twin(network, graph, {.seed = 7});  // the first request, which is no sample's
  twin.simulation().run_until_spike(network.reader(), network.answer());
  Counts sum = twin.counts();
  for (std::size_t k = 0; k < 7; ++k) {
    CHECK(decisions[k].took == requests[k + 1].at - requests[k].at);
    CHECK(decisions[k].counts.spikes > 0);
    CHECK((decisions[k].counts.plasticity_updates > 0) == (k >= 3 && k < 6));
    sum += decisions[k].counts;
  }
  CHECK(sum == learner.counts());
}

TEST_CASE("what copies of a network take for samples is told in the samples' order", "[app]") {
  const ContrastiveGraph graph = make_graph(small(GraphKind::layered, Leak::unit, 5));
  const EquilibriumNetwork network(graph, {});
  EquilibriumReplicas two(network, graph, 2, {.threads = 2});
  MatrixXd x(12, 3);
  for (Index k = 0; k < 3; ++k) x.col(k) = random_sample(12, 9, static_cast<std::uint64_t>(k));
  const auto same = [](const Decision& a, const Decision& b) {
    return a.took == b.took && a.counts == b.counts;
  };
  two.test(x);
  REQUIRE(two.tests().size() == 3);
  CHECK(same(two.tests()[1], two.copy(1).decision()));
  CHECK(same(two.tests()[2], two.copy(0).decision()));
  two.learn(x.leftCols(2), MatrixXd::Identity(3, 3).leftCols(2), 1);
  two.learn(x.rightCols(1), MatrixXd::Identity(3, 3).leftCols(1), 1);
  REQUIRE(two.lessons().size() == 3);
  CHECK(same(two.lessons()[1], two.copy(1).decision()));
  CHECK(same(two.lessons()[2], two.copy(0).decision()));
  CHECK(two.lessons()[0].counts.spikes > 0);
}

TEST_CASE("twice the time constants, the same spikes", "[app]") {
  SpikingOptions slow;
  slow.tau_s = 2e-3;
  const Outcome one = live(GraphKind::layered, Leak::unit, {}, {}, 20);
  const Outcome two = live(GraphKind::layered, Leak::unit, slow, {}, 20);
  CHECK(one.counts == two.counts);
}

TEST_CASE("each relaxation changes what the spikes are", "[app]") {
  SpikingOptions rigid;
  rigid.teacher.settling = Teacher::Settling::fixed;
  rigid.delay_spread = 0;
  const auto hash = [](const SpikingOptions& options) {
    return live(GraphKind::layered, Leak::unit, options, {}, 6).hash;
  };
  std::vector<std::uint64_t> hashes{hash(rigid)};
  CHECK(hash(rigid) == hashes[0]);
  const auto with = [&](auto change) {
    SpikingOptions options = rigid;
    change(options);
    hashes.push_back(hash(options));
  };
  with([](SpikingOptions& o) { o.teacher.settling = Teacher::Settling::quiet; });
  with([](SpikingOptions& o) { o.teacher.settling = Teacher::Settling::random; });
  with([](SpikingOptions& o) { o.teacher.unlabelled = 0.5; });
  with([](SpikingOptions& o) { o.teacher.nudged_first = 0.5; });
  with([](SpikingOptions& o) { o.teacher.nudges = 1.5; });
  with([](SpikingOptions& o) { o.teacher.onset = false; });
  with([](SpikingOptions& o) { o.modulator_tau = 0.1; });
  with([](SpikingOptions& o) { o.delay_spread = 1; });
  with([](SpikingOptions& o) { o.mismatch = 0.1; });
  with([](SpikingOptions& o) { o.lost_spikes = 0.05; });
  with([](SpikingOptions& o) { o.lost_modulators = 0.3; });
  std::sort(hashes.begin(), hashes.end());
  CHECK(std::adjacent_find(hashes.begin(), hashes.end()) == hashes.end());
}

TEST_CASE("axons have delays of their own, as far apart as asked", "[app]") {
  const ContrastiveGraph graph = make_graph(small(GraphKind::complete, Leak::contractive, 5));
  for (const double spread : {0.0, 1.0}) {
    SpikingOptions options;
    options.delay_spread = spread;
    const EquilibriumNetwork network(graph, options);
    double least = 1e9, most = 0;
    for (const auto& projection : network.network().projections())
      if (projection->pre.number == network.groups()[0].population.number &&
          projection->post.number == projection->pre.number)
        projection->each([&](std::uint32_t, std::uint32_t, Duration delay) {
          const double taus = seconds(delay) / options.tau_s / options.delay_tau;
          least = std::min(least, taus);
          most = std::max(most, taus);
        });
    CHECK(least >= 1 - spread / 2 - 1e-6);
    CHECK(most <= 1 + spread / 2 + 1e-6);
    CHECK(most - least >= 0.6 * spread);
    CHECK(most >= least);
  }
}
