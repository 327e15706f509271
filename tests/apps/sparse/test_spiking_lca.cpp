// Spiking LCA against exact identities, a reference solver and closed forms.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "apps/data/idx.hpp"
#include "apps/solvers/lasso.hpp"
#include "apps/sparse/dictionary.hpp"
#include "apps/sparse/spiking_lca.hpp"
#include "core/random.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/shared.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr std::uint64_t base_seed = 1;

struct Problem {
  MatrixXd dictionary;
  VectorXd x;
  double lambda;  // 0.1 ‖Dᵀx‖∞
};

// Gaussian atoms of unit norm (or of norms in 0.5 to 2); x is made of features/10 of them, with
// coefficients in 0.5 to 1.5, and 1 % of noise.
Problem gaussian(Index features, Index atoms, std::uint64_t seed, bool norms = false) {
  RandomStream random{seed, 0x6c6361, 0};
  Problem p{MatrixXd(features, atoms), VectorXd(features), 0};
  for (auto& v : p.dictionary.reshaped()) v = random.normal();
  p.dictionary.colwise().normalize();
  if (norms)
    for (auto atom : p.dictionary.colwise()) atom *= 0.5 + 1.5 * random.uniform();
  for (auto& v : p.x) v = 0.01 * random.normal();
  for (Index k = 0; k < std::max<Index>(2, features / 10); ++k)
    p.x += (0.5 + random.uniform()) *
           p.dictionary.col(static_cast<Index>(random.below(static_cast<std::uint32_t>(atoms))));
  p.lambda = 0.1 * lambda_max(p.dictionary, p.x, true);
  return p;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : 0.5 * (values[half - 1] + values[half]);
}

}  // namespace

TEST_CASE("The identity e = β − Ha + Δ holds over any window", "[app]") {
  const bool pairs = GENERATE(false, true);
  const auto kernel = GENERATE(Kernel::general, Kernel::dense);
  CAPTURE(pairs, static_cast<int>(kernel));
  const Problem p = gaussian(24, 40, base_seed + (pairs ? 1 : 0), true);
  LcaOptions options;
  options.signed_codes = pairs;
  options.kernel = kernel;
  const LcaNetwork network(p.dictionary, options);
  MatrixXd both = p.dictionary;
  if (pairs) {
    both.resize(24, 80);
    both << p.dictionary, -p.dictionary;
  }
  const MatrixXd h = gram_matrix(both);
  const VectorXd beta = (both.transpose() * p.x).array() - p.lambda;

  SpikingLca lca(network);
  lca.start(network.input(p.x, p.lambda));
  std::vector<LcaMoment> moments{lca.now()};
  for (const double t : {0.37, 1.0, 2.5, 7.77, 40.0, 41.0, 333.3}) {
    lca.run_until(t);
    moments.push_back(lca.now());
  }
  for (std::size_t i = 0; i < moments.size(); ++i)
    for (std::size_t j = i + 1; j < moments.size(); ++j) {
      CAPTURE(moments[i].time, moments[j].time);
      const LcaWindow w = window(moments[i], moments[j]);
      const VectorXd right = beta - h * w.rate + w.drift;
      const double size = beta.cwiseAbs().maxCoeff() + (h * w.rate).cwiseAbs().maxCoeff();
      CHECK((w.slack - right).cwiseAbs().maxCoeff() <= 1e-9 * size);
    }
}

TEST_CASE("The optimum of random Gaussian problems is approached as the square of time",
          "[app][slow]") {
  const auto [features, atoms] =
      GENERATE(std::pair<Index, Index>{16, 32}, std::pair<Index, Index>{64, 128},
               std::pair<Index, Index>{128, 256}, std::pair<Index, Index>{256, 512});
  CAPTURE(features, atoms);
  const std::vector<double> durations{20, 50, 100, 200, 500, 1000};
  std::vector<double> counted;                              // at 100 τ
  std::vector<std::vector<double>> read(durations.size());  // by duration, then seed
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Problem p = gaussian(features, atoms, base_seed + seed);
    const LcaNetwork network(p.dictionary);
    const double best =
        coordinate_descent({p.dictionary, network.gram(), p.x, p.lambda, false}).objective;
    SpikingLca lca(network);
    const auto error = [&](const VectorXd& code) {
      return lasso_objective(p.dictionary, p.x, code, p.lambda) / best - 1;
    };
    for (std::size_t k = 0; k < durations.size(); ++k) {
      const LcaCodes codes = lca.code(network.input(p.x, p.lambda), durations[k]);
      CHECK(codes.membrane.minCoeff() >= 0);
      read[k].push_back(error(codes.membrane));
      if (durations[k] == 100) counted.push_back(error(codes.count));
    }
  }
  // Least squares through the medians, in logarithms.
  VectorXd t(6), e(6);
  for (Index k = 0; k < 6; ++k) {
    t[k] = std::log(durations[static_cast<std::size_t>(k)]);
    e[k] = std::log(median(read[static_cast<std::size_t>(k)]));
  }
  t.array() -= t.mean();
  const double slope = t.dot(e) / t.squaredNorm();
  INFO("count " << median(counted) << ", membrane " << median(read[2]) << ", at 1000 τ "
                << median(read[5]) << ", slope " << slope);
  CHECK(median(counted) <= 2e-3);
  CHECK(median(read[2]) <= 5e-6);
  CHECK(median(read[5]) <= 5e-7);
  CHECK(slope <= -1.8);
}

TEST_CASE("Signed codes are those of the signed LASSO", "[app]") {
  Problem p = gaussian(32, 48, base_seed + 20, true);
  p.dictionary.leftCols(24) *= -1;
  LcaOptions options;
  options.signed_codes = true;
  const LcaNetwork network(p.dictionary, options);
  const auto best = coordinate_descent({p.dictionary, network.gram(), p.x, p.lambda, true});
  REQUIRE(best.codes.minCoeff() < 0);
  const LcaCodes codes = SpikingLca(network).code(network.input(p.x, p.lambda), 1000);
  CHECK(lasso_objective(p.dictionary, p.x, codes.membrane, p.lambda) <=
        best.objective * (1 + 1e-5));
  CHECK((codes.membrane - best.codes).cwiseAbs().maxCoeff() < 0.01);
  CHECK((codes.tail - best.codes).cwiseAbs().maxCoeff() < 0.05);
}

TEST_CASE("One neuron codes like a single atom, by hand", "[app]") {
  const MatrixXd atom = MatrixXd::Constant(1, 1, 2.0);  // θ = 4, β = 2·3 − 1 = 5, a* = 5/4
  const LcaNetwork network(atom);
  SpikingLca lca(network);
  const LcaCodes codes = lca.code(network.input(VectorXd::Constant(1, 3.0), 1.0), 99.9);
  CHECK(std::abs(codes.membrane[0] - 1.25) < 1e-12);
  CHECK(std::abs(codes.count[0] - 1.25) < 0.011);
  CHECK(lca.now().spikes[0] == 124);
  CHECK(std::abs(lca.now().current[0] - 5) < 1e-12);
}

TEST_CASE("Narrow weights, delays and a second run keep to the code", "[app]") {
  const Problem p = gaussian(32, 64, base_seed + 30);
  const LcaNetwork exact(p.dictionary);
  SpikingLca lca(exact);
  const LcaInput input = exact.input(p.x, p.lambda);
  const VectorXd code = lca.code(input, 400).membrane;
  const std::uint64_t hash = lca.simulation().spike_hash();
  const double optimum = lasso_objective(p.dictionary, p.x, code, p.lambda);
  SECTION("a replica started again repeats itself, whatever ran between") {
    lca.code(exact.input(-p.x, p.lambda), 50);
    CHECK(lca.code(input, 400).membrane == code);
    CHECK(lca.simulation().spike_hash() == hash);
  }
  SECTION("float weights cost about their rounding, int8 weights theirs") {
    for (const auto& [width, most, bytes] :
         {std::tuple{WeightWidth::float32, 1e-5, 4}, {WeightWidth::int8, 2e-2, 1}}) {
      LcaOptions options;
      options.weights = width;
      const LcaNetwork narrow(p.dictionary, options);
      CHECK(narrow.weight_bytes() == static_cast<std::size_t>(64 * 64 * bytes));
      const VectorXd near = SpikingLca(narrow).code(input, 400).membrane;
      CHECK(near != code);
      CHECK(std::abs(lasso_objective(p.dictionary, p.x, near, p.lambda) / optimum - 1) < most);
    }
  }
  SECTION("a short delay is harmless, and lets the layer be split without changing a spike") {
    LcaOptions options;
    options.delay = 1.0 / 1024;
    const LcaNetwork whole(p.dictionary, options);
    options.cores = 4;
    const LcaNetwork split(p.dictionary, options);
    SpikingLca one(whole), four(split);
    const VectorXd late = one.code(input, 400).membrane;
    CHECK(four.simulation().cores() == 4);
    CHECK(four.code(input, 400).membrane == late);
    CHECK(one.simulation().spike_hash() == four.simulation().spike_hash());
    CHECK(lasso_objective(p.dictionary, p.x, late, p.lambda) < optimum * (1 + 1e-3));
  }
}

TEST_CASE("The rate limit stays far from coherent problems and stops what diverges", "[app]") {
  // Non-negative atoms around one direction: as coherent as dictionaries get.
  RandomStream random{base_seed, 7, 0};
  MatrixXd coherent(16, 64);
  for (auto& v : coherent.reshaped()) v = 1 + 0.1 * random.uniform();
  VectorXd x(16);
  for (auto& v : x) v = 5 * random.uniform();
  const LcaNetwork network(coherent);
  CHECK_NOTHROW(SpikingLca(network).code(network.input(x, 1e-3), 50));
  const Problem p = gaussian(32, 64, base_seed + 40);
  LcaOptions options;
  options.lateral = -1;
  options.signed_codes = true;
  const LcaNetwork exciting(p.dictionary, options);
  CHECK_THAT(error_of([&] { SpikingLca(exciting).code(exciting.input(p.x, p.lambda), 100); }),
             Contains("diverges") && Contains("code["));
}

TEST_CASE("Problems that make no sense are refused", "[app]") {
  const Problem p = gaussian(8, 12, base_seed);
  const LcaNetwork network(p.dictionary);
  for (const double lambda : {0.0, -1.0, std::nan(""), HUGE_VAL})
    CHECK_THAT(error_of([&] { network.input(p.x, lambda); }), Contains("lambda"));
  CHECK_THAT(error_of([&] { network.input(VectorXd::Zero(9), 1); }), Contains("9 values"));
  VectorXd holes = p.x;
  holes[3] = std::nan("");
  CHECK_THAT(error_of([&] { network.input(holes, 1); }), Contains("NaN"));
  MatrixXd empty = p.dictionary;
  empty.col(5).setZero();
  CHECK_THAT(error_of([&] { LcaNetwork{empty}; }), Contains("atom 5 is zero"));
  LcaOptions options;
  options.delay = -1;
  CHECK_THAT(error_of([&] { LcaNetwork(p.dictionary, options); }), Contains("delay"));
}

TEST_CASE("Lava's MNIST dictionary: the published objectives, by spikes", "[app][golden][slow]") {
  const auto shared = shared_folder();
  if (!shared) {
    WARN("SKIPPED: the folder shared/data is not here");
    return;
  }
  const MatrixXd d = load_dictionary(
      *shared / "data/lasso/lava-lca/mnist_pretrained_dictionary.npy", DictionaryLayout::rows);
  VectorXd x(784);
  read_idx(*shared / "data/mnist/t10k-images-idx3-ubyte.gz").copy_item(0, {x.data(), 784});
  x = (x.array() / 255 - .1307) / .3081;
  LcaOptions options;
  options.signed_codes = true;
  const LcaNetwork network(d, options);
  SpikingLca lca(network);
  for (const auto& [lambda, objective, tolerance] :
       {std::tuple{.1, 8.707693, 1e-4}, {.5, 35.943827, 1e-5}}) {
    CAPTURE(lambda);
    const LcaCodes codes = lca.code(network.input(x, lambda), 500);
    const double reached = lasso_objective(d, x, codes.membrane, lambda);
    INFO("relative error " << reached / objective - 1);
    CHECK(std::abs(reached / objective - 1) <= tolerance);
  }
}
