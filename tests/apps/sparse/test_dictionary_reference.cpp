// Learners beside the network: the same samples from the same start as by hand, and a grid of rates
// that is wide enough.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "apps/solvers/lasso.hpp"
#include "apps/sparse/dictionary_reference.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;
using Catch::Matchers::WithinRel;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// A little synthetic data, and the network it would be learned by.
struct Prepared {
  explicit Prepared(const std::vector<std::string>& more) : settings(made(more)), run(settings) {
    run.seed = 5;
    task = prepare_dictionary(run);
  }
  static Settings made(const std::vector<std::string>& more) {
    Settings s;
    declare_dictionary(s);
    declare_reference(s);
    for (const char* each : {"data=synthetic", "features=10", "true_atoms=6", "sparsity=2",
                             "test_samples=20", "samples=150", "activity=0.1"})
      s.assign(each, "--set");
    for (const auto& each : more) s.assign(each, "--set");
    return s;
  }
  DictionaryReference learn(const std::vector<std::uint64_t>& looks) {
    return learn_reference(run, task, looks);
  }
  Settings settings;
  Run run;
  DictionaryTask task;
};

VectorXd code(const MatrixXd& d, const VectorXd& x, double lambda) {
  return coordinate_descent({d, gram_matrix(d), x, lambda}, {.tolerance = 1e-12}).codes;
}

}  // namespace

TEST_CASE("the sgd reference is the steps of the paper on the network's samples", "[app]") {
  // At amplitude 2 the same rates and prices, given for norm 1, make the same dictionary.
  for (const double amplitude : {1.0, 2.0}) {
    CAPTURE(amplitude);
    Prepared p({"reference=sgd", "reference_rate=0.2", "half_rate_samples=50",
                "amplitude=" + std::to_string(amplitude)});
    const DictionaryReference reference = p.learn({40, 150});
    MatrixXd d = p.task.weights.feedback;
    const auto objective = [&] {
      double sum = 0;
      for (const VectorXd y : p.task.data.test.colwise()) {
        const VectorXd x = y / amplitude, a = code(d, x, 0.1);
        sum += lasso_objective(d, x, a, 0.1);
      }
      return sum / 20;
    };
    for (std::uint64_t k = 0; k < 150; ++k) {
      const VectorXd x = p.task.data.sample(k) / amplitude;
      CHECK_THAT(x.norm(), WithinRel(1.0, 1e-12));
      const VectorXd a = code(d, x, 0.1);
      const double rate = 0.2 / (1 + static_cast<double>(k) / 50);
      d = (d + rate * (x - d * a) * a.transpose()).cwiseMax(0.0);
      d.colwise().normalize();
      if (k + 1 == 40) CHECK_THAT(reference.objective.at(0).second, WithinRel(objective(), 1e-6));
    }
    REQUIRE(reference.objective.size() == 2);
    CHECK(reference.objective[0].first == 40);
    CHECK(reference.objective[1].first == 150);
    CHECK(reference.at(40) == reference.objective[0].second);
    CHECK(reference.at(150) == reference.objective[1].second);
    CHECK_FALSE(reference.at(149));
    CHECK_FALSE(reference.best_at_edge());  // one rate is no grid
    CHECK_THAT(reference.objective[1].second, WithinRel(objective(), 1e-6));
    CHECK((reference.dictionary - d).norm() < 1e-6);
    CHECK(reference.learning_rate == 0.2);
    REQUIRE(reference.grid.size() == 1);
    CHECK(reference.grid[0].second == reference.objective[1].second);
  }
}

TEST_CASE("the grid of rates goes on until the best is not at its edge", "[app]") {
  Prepared p({"reference=sgd"});
  double found = 0;
  for (const double from : {0.3, 2e-3, 2.0}) {  // near, far below and far above
    CAPTURE(from);
    p.task.learning_rate = from;
    const DictionaryReference reference = p.learn({150});
    const auto& grid = reference.grid;
    REQUIRE(grid.size() >= 4);
    const auto best = std::min_element(
        grid.begin(), grid.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    CHECK(best != grid.begin());
    CHECK(best + 1 != grid.end());
    for (std::size_t i = 1; i < grid.size(); ++i)
      CHECK_THAT(grid[i].first, WithinRel(2 * grid[i - 1].first, 1e-12));
    CHECK(reference.learning_rate == best->first);
    CHECK(reference.objective.back().second == best->second);
    // Wherever it began, about as good a rate.
    if (found > 0) CHECK(std::abs(std::log2(best->first / found)) < 1.5);
    found = best->first;
  }
}

TEST_CASE("no reference is none, and online learns in its own way", "[app]") {
  const auto learned = [](const char* name) {
    return Prepared({std::string("reference=") + name}).learn({64, 150});
  };
  const DictionaryReference none = learned("none"), online = learned("online");
  CHECK((none.name.empty() && none.objective.empty() && none.grid.empty()));
  CHECK((online.name == "online" && online.grid.empty()));
  REQUIRE(online.objective.size() == 2);
  CHECK(online.objective[1].second < online.objective[0].second);
  CHECK(online.objective[1].first == 150);
}
