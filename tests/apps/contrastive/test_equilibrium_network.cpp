// Equilibrium propagation by spikes: the same on every kernel, mapping and number of threads; lazy
// learning against eager; gradients against the exact ones; what phases reach whom.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "apps/contrastive/equilibrium_learner.hpp"
#include "apps/contrastive/equilibrium_replicas.hpp"
#include "apps/contrastive/lyapunov.hpp"
#include "apps/contrastive/pruning.hpp"
#include "apps/contrastive/rate_dynamics.hpp"
#include "apps/contrastive/spiking_gradient.hpp"
#include "core/random.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

GraphOptions small(GraphKind kind, Leak leak, std::uint64_t seed) {
  GraphOptions o;
  o.kind = kind;
  o.leak = leak;
  o.inputs = 12;
  o.hidden = {10};
  o.outputs = 3;
  o.gain = leak == Leak::contractive ? 1 : 2;
  o.bias = 0.1;
  o.seed = seed;
  return o;
}

VectorXd random_sample(Index n, std::uint64_t seed, std::uint64_t number) {
  RandomStream random{seed, number};
  VectorXd x(n);
  for (double& v : x) v = random.uniform();
  return x;
}

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
  for (const auto form : {LevelContrast::Form::product, LevelContrast::Form::one_sided})
    for (const auto& [kind, leak] :
         {std::pair{GraphKind::layered, Leak::unit},
          std::pair{GraphKind::complete, Leak::contractive},
          std::pair{GraphKind::complete, Leak::outgoing}, std::pair{GraphKind::skip, Leak::unit}}) {
      SpikingOptions options;
      options.form = form;
      options.input_rate = options.forward_rate = options.feedback_rate = options.lateral_rate =
          0.05;
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
    const Outcome one = live(kind, leak, {}, {.seed = 7}, 10);
    for (const std::size_t cores : {std::size_t{4}, std::size_t{16}})
      for (const unsigned threads : {1U, 2U, 4U}) {
        const Outcome other =
            live(kind, leak, {}, {.seed = 7, .threads = threads, .cores = cores}, 10);
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

TEST_CASE("twice the time constants, the same spikes", "[app]") {
  SpikingOptions slow;
  slow.tau_s = 2e-3;
  const Outcome one = live(GraphKind::layered, Leak::unit, {}, {}, 20);
  const Outcome two = live(GraphKind::layered, Leak::unit, slow, {}, 20);
  CHECK(one.counts == two.counts);
}

TEST_CASE("spiking weight changes point along the exact gradient, closer the finer the spikes",
          "[app]") {
  std::vector<double> medians;
  for (const double threshold : {1.0 / 16, 1.0 / 32, 1.0 / 64, 1.0 / 128}) {
    std::vector<double> cosines;
    for (std::uint64_t seed = 1; seed <= 7; ++seed) {
      GraphOptions o = small(GraphKind::layered, Leak::unit, seed);
      o.gain = 0.6;
      o.bias = 0.4;  // hardly anything is clipped: there the gradient is that of one side
      const ContrastiveGraph graph = make_graph(o);
      SpikingOptions options;
      options.threshold = threshold;
      options.teacher.conductance = 0.2;
      options.seed = seed;
      MatrixXd x(12, 5), targets = MatrixXd::Zero(3, 5);
      for (Index k = 0; k < 5; ++k) {
        x.col(k) = random_sample(12, seed, static_cast<std::uint64_t>(k));
        targets(k % 3, k) = 1;
      }
      cosines.push_back(spiking_gradient_cosine(graph, options, x, targets, 20, seed));
    }
    std::sort(cosines.begin(), cosines.end());
    std::printf("threshold 1/%g: median cosine %.4f, least %.4f\n", 1 / threshold, cosines[3],
                cosines[0]);
    medians.push_back(cosines[3]);
  }
  const double wanted[] = {0.85, 0.93, 0.97, 0.99};
  for (std::size_t k = 0; k < 4; ++k) {
    CHECK(medians[k] >= wanted[k]);
    if (k > 0) CHECK(medians[k] > medians[k - 1] - (k == 3 ? 2e-3 : 0.0));  // the nudge's own bias
  }
}

TEST_CASE("contractive spiking networks settle, below their bound", "[app]") {
  int presentations = 0, above = 0, observed_above = 0;
  std::uint64_t unsettled = 0, settlings = 0;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    GraphOptions o = small(GraphKind::complete, Leak::contractive, seed);
    o.gain = 2;
    const ContrastiveGraph graph = make_graph(o);
    REQUIRE(contraction_margin(graph) == Approx(1));
    SpikingOptions options;
    options.seed = seed;
    options.threshold = 1.0 / 128;  // so that they come from above the bound
    options.delay_tau = 1e-5;       // which the bound knows nothing of
    const EquilibriumNetwork network(graph, options);
    EquilibriumLearner learner(network, graph, {.seed = seed});
    const double bound = spiking_bound(graph, options.threshold, options.hysteresis);
    for (std::uint64_t k = 0; k < 2; ++k, ++presentations) {
      const VectorXd x = random_sample(12, seed, k);
      const VectorXd told = (16 * x).array().round() / 16;
      const VectorXd equilibrium = RateDynamics(graph, told).settle().states.col(0);
      VectorXd last;
      LyapunovMonitor monitor("distance");
      learner.test(x, from_seconds(0.05 * options.tau_s), [&](const VectorXd& s) {
        last = s;
        const double distance = equilibrium_distance(s, equilibrium)[0];
        if (distance > bound) ++observed_above;
        monitor.observe(VectorXd::Constant(1, std::max(distance, bound)));
      });
      above += equilibrium_distance(last, equilibrium)[0] > bound;
      CHECK(monitor.increases() == 0);
    }
    unsettled += learner.unsettled();
    settlings += learner.settlings();
  }
  CHECK(settlings == static_cast<std::uint64_t>(presentations));
  CHECK(above == 0);
  CHECK(observed_above > 2 * presentations);
  CHECK(1000 * unsettled <= settlings);
}

TEST_CASE("without the contractive leak spiking networks leave their equilibria", "[app]") {
  // Strong directed weights of unit leak: limit cycles, which patience ends and the monitor sees.
  std::uint64_t unsettled = 0, increases = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    GraphOptions o = small(GraphKind::complete, Leak::unit, seed);
    o.gain = 8;
    const ContrastiveGraph graph = make_graph(o);
    CHECK(contraction_margin(graph) < 0);
    SpikingOptions options;
    options.threshold = 1.0 / 128;
    options.delay_tau = 1e-5;
    const EquilibriumNetwork network(graph, options);
    EquilibriumLearner learner(network, graph, {.seed = seed});
    // What it would be with the contractive leak of base 1.
    const double bound =
        (0.5 + options.hysteresis) * options.threshold * graph.recurrent.cwiseAbs().sum();
    for (std::uint64_t k = 0; k < 5; ++k) {
      const VectorXd x = random_sample(12, seed, k);
      const VectorXd told = (16 * x).array().round() / 16;
      const VectorXd equilibrium = RateDynamics(graph, told).settle().states.col(0);
      LyapunovMonitor monitor("distance");
      learner.test(x, from_seconds(0.25 * SpikingOptions{}.tau_s), [&](const VectorXd& s) {
        monitor.observe(
            VectorXd::Constant(1, std::max(equilibrium_distance(s, equilibrium)[0], bound)));
      });
      increases += monitor.increases();
    }
    unsettled += learner.unsettled();
  }
  CHECK(unsettled > 0);
  CHECK(increases > 0);
}

TEST_CASE(
    "reminders reach cells that have missed that the sample changes, and outputs still nudged",
    "[app]") {
  struct Missed {
    int learning = 0, nudged = 0;
  };
  const auto missed = [](std::uint64_t reminders) {
    SpikingOptions options;
    options.lost_modulators = 0.3;
    options.teacher.reminders = reminders;
    const ContrastiveGraph graph = make_graph(small(GraphKind::layered, Leak::unit, 5));
    const EquilibriumNetwork network(graph, options);
    EquilibriumLearner learner(network, graph);
    Missed count;
    for (int k = 0; k < 20; ++k) {
      learner.learn(random_sample(12, 9, static_cast<std::uint64_t>(k)), VectorXd::Ones(3));
      for (const auto& group : network.groups())
        for (const double m :
             learner.simulation().read(group.population, &SigmaDelta::State::modulator))
          count.learning += m != 0;
      for (const double g :
           learner.simulation().read(network.output_cells(), &SigmaDelta::State::nudged))
        count.nudged += g != 0;
    }
    return count;
  };
  // Of 20 times 13 cells 0.3 (1 − 0.3²) miss the only one and have a modulator, and of 20 times 3
  // outputs some are still nudged; 0.3⁸ miss all.
  const Missed once = missed(1), often = missed(8);
  CHECK(once.learning > 40);
  CHECK(once.nudged > 5);
  CHECK(often.learning == 0);
  CHECK(often.nudged == 0);
}

TEST_CASE("no instant at which all cells change their phase", "[app]") {
  const ContrastiveGraph graph = make_graph(small(GraphKind::layered, Leak::unit, 3));
  const EquilibriumNetwork network(graph, {});
  EquilibriumLearner learner(network, graph);
  Simulation& simulation = learner.simulation();
  // When each cell's modulator changes, looked at every thousandth of tau of the run.
  std::vector<std::vector<Time>> changes(13);
  std::vector<double> last(13, 0.0);
  const VectorXd x = random_sample(12, 1, 1);
  VectorXd target = VectorXd::Zero(3);
  target[0] = 1;
  learner.learn(x, target);
  simulation.set(network.teacher(), &Teacher::State::strength, 1.0);
  const Time end = simulation.now() + from_seconds(60 * SpikingOptions{}.tau_s);
  for (Time t = simulation.now(); t < end; t += from_seconds(1e-3 * SpikingOptions{}.tau_s)) {
    simulation.run_until(t);
    std::size_t cell = 0;
    for (const auto& group : network.groups())
      for (const double m : simulation.read(group.population, &SigmaDelta::State::modulator)) {
        if (m != last[cell]) changes[cell].push_back(t);
        last[cell++] = m;
      }
  }
  const std::size_t times = changes[0].size();
  REQUIRE(times >= 3);  // +m, −m, and back to 0
  for (std::size_t change = 0; change < times; ++change) {
    INFO("change " << change);
    std::vector<Time> seen;
    for (const auto& of_cell : changes) {
      REQUIRE(of_cell.size() == times);
      seen.push_back(of_cell[change]);
    }
    std::sort(seen.begin(), seen.end());
    const auto shared = [&](Time t) { return std::count(seen.begin(), seen.end(), t); };
    for (const Time t : seen) CHECK(shared(t) <= 2);  // of 13, to a thousandth of tau
    CHECK(seen.back() - seen.front() > from_seconds(0.2 * SpikingOptions{}.tau_s));
  }
}
