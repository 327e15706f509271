// Training by equilibrium propagation at the level of rates: XOR, digits, the same bits on threads.
#include <limits>
#include <string>
#include <vector>

#include "apps/contrastive/rate_equilibrium.hpp"
#include "tests/apps/contrastive/nets.hpp"
#include "tests/apps/data/files.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Eigen::Index;
using Eigen::MatrixXd;

namespace {

/// Of as many seeds, how many learn a logic task with 5 hidden cells and a complete graph. Nudged
/// towards the target only, an output that is clipped stays in reach: +β lifts what −β cannot.
int solved(const std::string& task, Leak leak, std::uint64_t seeds, bool corrected = true) {
  Settings settings;
  declare_labelled_data(settings, task);
  Run run(settings);
  const LabelledData data = prepare_labelled_data(run);
  int count = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    GraphOptions o;
    o.kind = GraphKind::complete;
    o.inputs = data.train.rows();
    o.hidden = {5};
    o.outputs = 1;
    o.direct_edges = true;
    o.leak = leak;
    o.gain = leak == Leak::contractive ? 1 : .7;
    o.bias = .3;
    o.seed = seed;
    ContrastiveGraph g = make_graph(o);
    EquilibriumOptions options;
    options.contrast.rule = ContrastRule::vector_field;
    options.contrast.corrected = corrected;
    options.contrast.beta = 1;
    options.contrast.centred = options.random_sign = false;
    options.contrast.relative_nudge = leak == Leak::contractive;
    options.contrast.settle = {1e-6, 500};
    options.input_rate = options.recurrent_rate = .5;
    options.rate_decay = 1;
    options.epochs = 1000;
    options.seed = seed;
    const LearningCurve curve = train_rate_equilibrium(g, data, options);
    if (curve.back().test_accuracy == 1 && curve.back().train_cost < .02) ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("a contractive net learns XOR when its asymmetry is corrected", "[app][contrastive]") {
  CHECK(solved("xor", Leak::contractive, 3) >= 2);
}

TEST_CASE("directed nets learn logic by equilibria, with any leak", "[app][contrastive][slow]") {
  for (const Leak leak : {Leak::unit, Leak::outgoing, Leak::contractive}) {
    for (const std::string task : {"and", "or", "not", "id"}) CHECK(solved(task, leak, 32) == 32);
    CHECK(solved("xor", leak, 32) >= 24);  // in the authors' own setting 2 of 8
  }
  // The contractive leak makes the net too asymmetric to learn XOR to the end without correction.
  CHECK(solved("xor", Leak::contractive, 8, false) == 0);
}

TEST_CASE("digits are learned by equilibria", "[app][contrastive]") {
  const auto file = shared_file("digits8x8/optdigits.tes");
  if (file.empty()) return;
  const DataFolder folder(file.parent_path().parent_path());
  Settings settings;
  declare_labelled_data(settings, "digits8x8");
  Run run(settings);
  const LabelledData data = prepare_labelled_data(run);
  GraphOptions o;
  o.inputs = 64;
  o.hidden = {64};
  o.outputs = 10;
  ContrastiveGraph layered = make_graph(o);
  EquilibriumOptions options;
  options.epochs = 6;
  int epochs_seen = 0;
  const LearningCurve curve =
      train_rate_equilibrium(layered, data, options, [&](const EpochResult&) { ++epochs_seen; });
  CHECK(epochs_seen == 6);
  CHECK(curve.back().test_accuracy >= .93);
  CHECK(curve.back().train_cost < curve.front().train_cost / 3);
  CHECK(layered.recurrent.isApprox(layered.recurrent.transpose(), 1e-12));

  o.kind = GraphKind::complete;
  o.leak = Leak::contractive;
  o.gain = .25;
  o.bias = .3;
  ContrastiveGraph complete = make_graph(o);
  options.contrast.rule = ContrastRule::vector_field;
  options.contrast.corrected = true;
  options.input_rate = options.recurrent_rate = .3;
  options.contrast.relative_nudge = true;
  options.epochs = 4;
  CHECK(train_rate_equilibrium(complete, data, options).back().test_accuracy >= .9);
  CHECK(contraction_margin(complete) > 1 - 1e-9);
}

TEST_CASE("threads share batches without changing a bit", "[app][contrastive][parallel]") {
  LabelledData data;
  data.train = uniform_draws(5, 100, 1);
  data.test = uniform_draws(5, 70, 2);
  for (int i = 0; i < 100; ++i) data.train_labels.push_back(i * i % 3);
  data.test_labels.assign(data.train_labels.begin(), data.train_labels.begin() + 70);
  data.classes = 3;
  EquilibriumOptions options;
  options.batch = 50;
  options.contrast.relative_nudge = true;
  options.epochs = 4;
  options.contrast.centred = false;
  std::vector<MatrixXd> weights;
  for (const unsigned threads : {1U, 2U, 4U}) {
    options.threads = threads;
    ContrastiveGraph g = small_graph(GraphKind::layered, Leak::unit, 1);
    train_rate_equilibrium(g, data, options);
    weights.push_back(g.input_weights);
  }
  CHECK(weights[0] == weights[1]);
  CHECK(weights[0] == weights[2]);
}

TEST_CASE("impossible training is refused", "[app][contrastive]") {
  ContrastiveGraph g = small_graph(GraphKind::layered, Leak::unit, 1);
  LabelledData data;
  data.train = data.test = uniform_draws(5, 6, 1);
  data.train_labels = data.test_labels = {0, 1, 2, 0, 1, 2};
  data.classes = 3;
  const auto failure = [&](auto change, LabelledData d) {
    EquilibriumOptions o;
    o.epochs = 30;
    change(o);
    return error_of([&] { train_rate_equilibrium(g, d, o); });
  };
  CHECK_THAT(failure([](auto& o) { o.contrast.beta = 0; }, data), Contains("β = 0"));
  CHECK_THAT(failure([](auto& o) { o.contrast.beta = 1; }, data),
             Contains("β = 1 both ways leaves an output a leak of 0"));
  CHECK_THAT(failure([](auto& o) { o.input_rate = -1; }, data), Contains("rates -1"));
  CHECK_THAT(failure([](auto& o) { o.batch = 0; }, data), Contains("batches of 0"));
  data.classes = 4;
  CHECK_THAT(failure([](auto&) {}, data), Contains("4 classes for 3 outputs"));
  data.classes = 3;
  data.train = uniform_draws(6, 6, 1);
  CHECK_THAT(failure([](auto&) {}, data), Contains("of 6 values for 5 inputs"));
  data.train = uniform_draws(5, 6, 1);
  CHECK(failure([](auto&) {}, data) == "no error");
  const auto run_away = [&](const Batch& batch) {
    if (batch.epoch == 1) g.recurrent(0, 6) = std::numeric_limits<double>::infinity();
    return BatchResult{batch.labels, 0, 0};
  };
  CHECK_THAT(error_of([&] {
               run_epochs("training", g, data, {3, 6, 0}, run_away, [] { return 0.; }, {});
             }),
             Contains("training: weights ran away in epoch 2; lower the learning rate"));
}
