// Phases as events: when they reach whom, and what becomes of events that are lost.
#include <algorithm>
#include <cmath>
#include <vector>

#include "apps/contrastive/equilibrium_learner.hpp"
#include "tests/apps/contrastive/nets.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;
using Eigen::Index;
using Eigen::VectorXd;

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

TEST_CASE("levels that are told anew mend lost spikes", "[app]") {
  // Of 20 times 3 outputs, those that are held at something else than hidden cells have told.
  const auto wrong = [](double retold) {
    SpikingOptions options;
    options.threshold = 0.05;  // levels are no numbers of single precision
    options.input_rate = options.forward_rate = options.feedback_rate = 0;
    options.lost_spikes = 0.02;
    options.retold = retold;
    const ContrastiveGraph graph = make_graph(small(GraphKind::layered, Leak::unit, 5));
    const Index first = graph.first_output();
    const EquilibriumNetwork network(graph, options);
    EquilibriumLearner learner(network, graph);
    const double bias = LevelSensor::quantum({options.threshold}) * std::round(1 / 0.05);
    int count = 0;
    for (int k = 0; k < 20; ++k) {
      learner.learn(random_sample(12, 9, static_cast<std::uint64_t>(k)), VectorXd::Ones(3));
      const VectorXd levels = learner.levels().head(first);
      const VectorXd wanted = graph.recurrent.block(0, first, first, 3).transpose() * levels +
                              bias * graph.input_weights.bottomRightCorner(1, 3).transpose();
      const auto held = learner.simulation().held_inputs(network.output_cells());
      for (Index j = 0; j < 3; ++j)
        count += std::abs(held[static_cast<std::size_t>(j)] - wanted[j]) > 1e-6;
    }
    return count;
  };
  CHECK(wrong(0) > 50);
  CHECK(wrong(1) < 25);  // signals are lost, too: one of an output's ten in a fifth of samples
}
