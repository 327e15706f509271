// The feedback network without learning: its gradients, codes and limits against the LASSO's.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "apps/solvers/lasso.hpp"
#include "apps/sparse/feedback_learner.hpp"
#include "apps/sparse/spiking_lca.hpp"
#include "core/random.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinAbs;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using Readout = PhasedIf::Readout;

namespace {

constexpr double lambda = 0.4;
constexpr double amplitude = 4;

/// Non-negative unit atoms with 30 % of their entries, and the exact code of a sample: by itself
/// such a vector, or made of a few atoms.
struct Problem {
  MatrixXd dictionary;
  VectorXd x, code;

  explicit Problem(std::uint64_t seed, Index features = 64, Index atoms = 128, int made_of = 0)
      : dictionary(features, atoms), x(VectorXd::Zero(features)) {
    RandomStream random{seed, 0x66656564};
    const auto entry = [&] { return random.uniform() < 0.3 ? random.uniform() : 0.0; };
    for (auto& v : dictionary.reshaped()) v = entry();
    dictionary.colwise().normalize();
    for (int k = 0; k < made_of; ++k)
      x += (0.5 + random.uniform()) *
           dictionary.col(static_cast<Index>(random.below(static_cast<std::uint32_t>(atoms))));
    if (made_of == 0)
      for (auto& v : x) v = entry();
    x *= amplitude / x.norm();
    const MatrixXd gram = gram_matrix(dictionary);
    code = coordinate_descent({dictionary, gram, x, lambda}).codes;
  }
  VectorXd gradient() const { return dictionary * code - x; }
  FeedbackWeights weights(double c = 1) const {
    return {dictionary.transpose(), dictionary, c * gram_matrix(dictionary)};
  }
};

FeedbackOptions still(double duration, Readout readout = Readout::rate) {
  FeedbackOptions o;
  o.duration = duration;
  o.lambda1 = lambda;
  o.learning_rate = o.lateral_rate = 0;
  o.readout = readout;
  return o;
}

VectorXd errors(const std::vector<PhasedIf::State>& states) {
  VectorXd e(static_cast<Index>(states.size()));
  for (Index i = 0; i < e.size(); ++i) e[i] = states[static_cast<std::size_t>(i)].error;
  return e;
}
VectorXd activities(const std::vector<PhasedIf::State>& states) {
  VectorXd a(static_cast<Index>(states.size()));
  for (Index i = 0; i < a.size(); ++i) a[i] = states[static_cast<std::size_t>(i)].activity;
  return a;
}

double cosine(const VectorXd& a, const VectorXd& b) { return a.dot(b) / (a.norm() * b.norm()); }

struct Spread {
  double worst, median;
};
Spread spread(std::vector<double> cosines) {
  std::sort(cosines.begin(), cosines.end());
  return {cosines.front(), cosines[cosines.size() / 2]};
}

/// Cosines of the network's g_D and the true gradient's direction, of five problems.
Spread gradient_cosines(const FeedbackOptions& options, const char* what) {
  std::vector<double> cosines;
  std::string list;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Problem p(seed);
    const FeedbackNetwork network(p.weights(), options);
    FeedbackLearner learner(network);
    learner.present(p.x);
    cosines.push_back(cosine(errors(learner.inputs()), p.gradient()));
    list += " " + std::to_string(cosines.back());
  }
  std::printf("gradient cosines, %s, T = %g, jitter %g:%s\n", what, options.duration,
              options.jitter, list.c_str());
  return spread(cosines);
}

}  // namespace

TEST_CASE("feedback network: input neurons find the direction of the true gradient", "[app]") {
  for (const auto& [readout, what] :
       {std::pair{Readout::rate, "rate"}, std::pair{Readout::current, "current"}}) {
    INFO(what);
    CHECK(gradient_cosines(still(20, readout), what).worst >= 0.99);
    CHECK(gradient_cosines(still(100, readout), what).worst >= 0.999);
  }
}

TEST_CASE("feedback network: late modulators hardly turn the gradient", "[app]") {
  for (const auto& [readout, what] :
       {std::pair{Readout::rate, "rate"}, std::pair{Readout::current, "current"}}) {
    FeedbackOptions options = still(100, readout);
    options.jitter = 0.2;
    CHECK(gradient_cosines(options, what).worst >= 0.98);
  }
}

TEST_CASE("feedback network: the current-read gradient is kappa (B a - x) at any duration",
          "[app]") {
  double worst = 0;
  for (const double duration : {1.0, 5.0, 20.0, 100.0})
    for (const std::uint64_t seed : {1U, 2U})
      for (const Kernel kernel : {Kernel::dense, Kernel::general}) {
        INFO("T = " << duration << ", seed " << seed << ", kernel " << static_cast<int>(kernel));
        const Problem p(seed);
        FeedbackOptions options = still(duration, Readout::current);
        options.kernel = kernel;
        const FeedbackNetwork network(p.weights(), options);
        FeedbackLearner learner(network);
        learner.present(p.x);
        const VectorXd a = activities(learner.codes());
        const MatrixXd b = learner.weights().feedback;  // as stored, in single precision
        CHECK((b - p.dictionary.cast<float>().cast<double>()).cwiseAbs().maxCoeff() < 1e-15);
        const VectorXd truth = options.kappa * (b * a - p.x);
        const double error = (errors(learner.inputs()) - truth).cwiseAbs().maxCoeff();
        CHECK(error <= 1e-9 * truth.cwiseAbs().maxCoeff());
        worst = std::max(worst, error / truth.cwiseAbs().maxCoeff());
      }
  std::printf("current-read identity: worst relative error %.2g\n", worst);
}

// The membrane readout errs by what the last spikes leave in membranes and currents, over T, times
// the condition of the active atoms' Gram matrix, which is worse where a sample needs many atoms.
TEST_CASE("feedback network: the code does not depend on the strength of the feedback", "[app]") {
  constexpr double duration = 2000;
  for (const int made_of : {3, 0})
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      const Problem p(seed, 64, 128, made_of);
      const double bound = made_of > 0 ? 1e-4 : 2e-3;
      const auto check = [&](double gamma, const VectorXd& a) {
        const double error = (a - p.code).norm() / p.code.norm();
        std::printf("code error, %s sample %d, gamma %g: %.2g\n", made_of > 0 ? "sparse" : "random",
                    static_cast<int>(seed), gamma, error);
        INFO("gamma " << gamma << ", seed " << seed << ", made of " << made_of);
        CHECK(error <= bound);
      };
      const LcaNetwork without(p.dictionary);
      check(0, SpikingLca(without).code(without.input(p.x, lambda), duration).membrane);
      for (const double gamma : {0.3, 0.7, 0.9}) {
        FeedbackOptions options = still(duration);
        options.kappa = gamma;
        const FeedbackNetwork network(p.weights(), options);
        FeedbackLearner learner(network);
        Simulation& s = learner.simulation();
        s.set(network.inputs(), &PhasedIf::State::latch,
              std::span<const double>(p.x.data(), static_cast<std::size_t>(p.x.size())));
        s.run_until(at_seconds(1.25 * duration * options.tau_s));  // a quarter of the second phase
        const auto from = learner.codes();
        s.run_until(at_seconds(2 * duration * options.tau_s));
        const auto to = learner.codes();
        VectorXd a(p.code.size());
        for (Index i = 0; i < a.size(); ++i) {
          const auto &x = from[static_cast<std::size_t>(i)], &y = to[static_cast<std::size_t>(i)];
          const double charge = x.threshold * (y.spikes - x.spikes) + y.voltage - x.voltage;
          a[i] = std::max(charge, 0.0) / (0.75 * duration * x.threshold);
        }
        check(gamma, a);
      }
    }
}

TEST_CASE(
    "feedback network: inhibition below the feedback runs away and is named, above it settles",
    "[app]") {
  // A code that settles costs less than none at all, so that H below the feedback shows at T = 20,
  // too; there it ends what has grown by then.
  for (const double duration : {20.0, 100.0})
    for (const int made_of : {3, 0}) {
      const Problem p(1, 64, 128, made_of);
      for (const double c : {1.2, 1.0, 0.8}) {
        const FeedbackNetwork network(p.weights(c), still(duration));
        FeedbackLearner learner(network);
        CHECK_NOTHROW(learner.present(p.x));
        CHECK(activities(learner.codes()).norm() < 10 * p.code.norm());
        CHECK(learner.last()[0].cost < 1);
      }
      for (const double c : {0.69, 0.65, 0.6, 0.5}) {
        const FeedbackNetwork network(p.weights(c), still(duration));
        FeedbackLearner learner(network);
        if (c > 0.6 && duration < 100) {
          learner.present(p.x);
          std::printf("T = %g, c = %g: cost %.3g\n", duration, c, learner.last()[0].cost);
          CHECK(learner.last()[0].cost > 1);
          continue;
        }
        const std::string error = error_of([&] { learner.present(p.x); });
        std::printf("T = %g, c = %g: %s\n", duration, c, error.c_str());
        CHECK_THAT(error, Contains("activity diverges at code[") ||
                              Contains("activity diverges at input[") ||
                              Contains("activity diverges in sample 1:"));
        CHECK_THAT(error_of([&] { learner.present(p.x); }), Contains("diverged before"));
      }
    }
}

TEST_CASE("feedback network: every spike, signal and modulator goes where it should", "[app]") {
  const Problem p(3, 20, 30);
  for (const Kernel kernel : {Kernel::automatic, Kernel::general}) {
    FeedbackOptions options = still(20);
    options.kernel = kernel;
    const FeedbackNetwork net(p.weights(), options);
    FeedbackLearner learner(net);
    const FeedbackWeights before = learner.weights();
    learner.present(p.x);
    Simulation& s = learner.simulation();
    CHECK(s.uses_dense_kernel(net.codes()) == (kernel == Kernel::automatic));
    CHECK(s.uses_dense_kernel(net.inputs()) == (kernel == Kernel::automatic));
    const auto sum = [&](AnyPopulation population) {
      std::uint64_t n = 0;
      for (const auto k : s.spike_counts(population)) n += k;
      return n;
    };
    const std::uint64_t m = 20, n = 30, inputs = sum(net.inputs()), codes = sum(net.codes());
    std::uint64_t back = 0, active = 0, off = 0, wrong = 0, own = 0;
    for (const auto& code : learner.codes()) {
      back += static_cast<std::uint64_t>(std::llround(code.with.rate * code.with.length));
      active += code.activity > 0;
      off += code.error != 0;
      own += code.activity > 0 && code.error != 0;
    }
    for (const auto& input : learner.inputs()) wrong += input.error != 0;
    REQUIRE(back > 20);
    const Counts c = s.counts();
    CHECK(c.spikes == inputs + codes + 4 + 1);  // the pacemaker's and the tally's
    CHECK(c.signals == active + n + m);
    CHECK(c.packets == inputs + codes + back + 4 * 2 + 1 + active + m + 2 * n);
    CHECK(c.synaptic_events == n * inputs + (n - 1) * codes + m * back + 4 * (m + n) + 1 + active);
    CHECK(c.plasticity_updates == 2 * wrong * active + active * off - own);
    CHECK(s.packets_pending() == 0);
    const FeedbackWeights after = learner.weights();
    CHECK(after.forward == before.forward);
    CHECK(after.feedback == before.feedback);
    CHECK(after.lateral == before.lateral);
  }
}

TEST_CASE("feedback network: one sample teaches what Algorithm 1 says", "[app]") {
  const Problem p(4, 20, 30);
  FeedbackOptions o = still(20);
  o.learning_rate = 0.05;
  o.lateral_rate = 0.4;
  o.lambda2 = 0.2;
  for (const double jitter : {0.0, 0.2})
    for (const Kernel kernel : {Kernel::dense, Kernel::general}) {
      o.kernel = kernel;
      o.jitter = jitter;
      o.reweighting = kernel == Kernel::dense ? 1 : 2;
      o.safe_step = kernel == Kernel::dense ? 0.05 : 0;
      const FeedbackNetwork network(p.weights(), o);
      FeedbackLearner learner(network);
      FeedbackWeights w = learner.weights();
      for (int sample = 0; sample < 5; ++sample) {
        learner.present(p.x);
        const VectorXd a = activities(learner.codes()), gd = errors(learner.inputs()),
                       gh = errors(learner.codes());
        const double eta = o.learning_rate, decay = eta * o.lambda2;
        w.forward = ((1 - decay) * w.forward - eta / o.kappa * a * gd.transpose()).cwiseMax(0.0);
        w.feedback = ((1 - decay) * w.feedback - eta / o.kappa * gd * a.transpose()).cwiseMax(0.0);
        w.lateral = ((1 - 2 * decay) * w.lateral - o.lateral_rate / o.kappa * gh * a.transpose());
        w.lateral.diagonal() = w.lateral.diagonal().cwiseMax(1e-3);
        w.lateral = w.lateral.cwiseMax(0.0);
        const FeedbackWeights now = learner.weights();
        const auto codes = learner.codes();
        CHECK((now.forward - w.forward).cwiseAbs().maxCoeff() < 1e-6);
        CHECK((now.feedback - w.feedback).cwiseAbs().maxCoeff() < 1e-6);
        CHECK((now.lateral - w.lateral).cwiseAbs().maxCoeff() < 1e-6);
        for (std::size_t i = 0; i < codes.size(); ++i) {
          CHECK_THAT(codes[i].power, WithinAbs(a.squaredNorm(), 1e-5 * a.squaredNorm()));
          const double s = std::pow(codes[i].norm, o.reweighting);  // s <- diag(H)
          CHECK_THAT(codes[i].latch, WithinAbs(-lambda * s, 1e-12));
        }
      }
      CHECK((w.feedback - p.dictionary).norm() > 0.1);
    }
}

TEST_CASE("feedback network: with anticipation H moves by what the lesson makes of FB, too",
          "[app]") {
  const Problem p(4, 20, 30);
  FeedbackOptions o = still(20);
  o.learning_rate = 0.02;
  o.lateral_rate = 0.2;
  o.lambda2 = 0;
  for (const double jitter : {0.0, 0.2})
    for (const Kernel kernel : {Kernel::dense, Kernel::general}) {
      o.kernel = kernel;
      o.jitter = jitter;
      const auto with = [&](bool anticipate) {
        o.anticipate = anticipate;
        return FeedbackNetwork(p.weights(), o);
      };
      const FeedbackNetwork plain = with(false), foreseeing = with(true);
      FeedbackLearner one(plain), other(foreseeing);
      const FeedbackWeights before = one.weights();
      one.present(p.x);
      other.present(p.x);
      const FeedbackWeights w = one.weights(), v = other.weights();
      CHECK(v.forward == w.forward);
      CHECK(v.feedback == w.feedback);
      const VectorXd a = activities(one.codes()), g = errors(one.inputs());
      VectorXd q(a.size());
      const auto codes = other.codes();
      for (Index i = 0; i < q.size(); ++i) q[i] = codes[static_cast<std::size_t>(i)].feedforward;
      // Late modulators bound the neurons' windows at different times.
      if (jitter == 0) CHECK((q - before.forward * g).norm() < 1e-6 * q.norm());
      CHECK((q - before.forward * g).norm() < 0.3 * q.norm());
      const double eta = o.learning_rate / o.kappa;
      const MatrixXd first =
          -eta * (q * a.transpose()) + eta * eta * g.squaredNorm() * (a * a.transpose());
      const MatrixXd gh = errors(one.codes()) * a.transpose();
      MatrixXd h = before.lateral - o.lateral_rate / o.kappa * gh + first;
      const auto project = [](MatrixXd& m) {
        m.diagonal() = m.diagonal().cwiseMax(1e-3);
        m = m.cwiseMax(0.0);
      };
      project(h);
      h -= eta * (a * q.transpose());
      project(h);
      CHECK((v.lateral - h).cwiseAbs().maxCoeff() < 1e-5);
    }
}

TEST_CASE("feedback network: with anticipation H stays FB where no weight meets 0", "[app]") {
  Problem p(5, 20, 30);
  p.dictionary.array() += 0.3;
  p.dictionary.colwise().normalize();
  for (const auto& [readout, replicas] :
       {std::pair{Readout::rate, 1}, {Readout::current, 1}, {Readout::current, 5}})
    for (const bool anticipate : {false, true}) {
      FeedbackOptions o = still(50, readout);
      o.learning_rate = 0.02;
      o.lateral_rate = 0.02;
      o.replicas = static_cast<std::size_t>(replicas);
      o.anticipate = anticipate;
      const FeedbackNetwork network(p.weights(), o);
      FeedbackLearner learner(network);
      if (replicas == 1)
        for (int sample = 0; sample < 5; ++sample) learner.present(p.x);
      else
        learner.present(std::vector<VectorXd>(5, p.x));
      const FeedbackWeights w = learner.weights();
      REQUIRE(w.feedback.minCoeff() > 0);
      REQUIRE((w.feedback - p.dictionary).norm() > 0.02);
      const double off = 1 - consistency(w).consistency;
      std::printf(
          "H off FB after five lessons, current read %d, %d replicas, anticipation %d: %.2g\n",
          readout == Readout::current, replicas, anticipate, off);
      // Replicas do not see what the lessons of others do together with theirs.
      if (anticipate) CHECK(off < (replicas == 1 ? 1e-3 : 1e-2));
      if (!anticipate) CHECK(off > 2e-2);
    }
}

TEST_CASE("feedback network: refuses weights and options that make no sense", "[app]") {
  const MatrixXd dictionary = MatrixXd::Constant(4, 6, 0.5);
  const FeedbackWeights weights{dictionary.transpose(), dictionary, gram_matrix(dictionary)};
  const auto refuses = [&](FeedbackWeights w, FeedbackOptions o, const char* what) {
    CHECK_THAT(error_of([&] { FeedbackNetwork(w, o); }),
               Contains("feedback network") && Contains(what));
  };
  const auto with = [&](auto change) {
    FeedbackWeights w = weights;
    change(w);
    return w;
  };
  refuses(with([](auto& w) { w.feedback = MatrixXd::Ones(4, 5); }), still(1), "B 4 x 5");
  refuses(with([](auto& w) { w.forward(1, 2) = -1; }), still(1), "at least 0");
  refuses(with([](auto& w) { w.lateral(1, 2) = NAN; }), still(1), "finite");
  refuses(with([](auto& w) { w.lateral(3, 3) = 0; }), still(1), "diagonal");
  const auto option = [&](auto change, const char* what) {
    FeedbackOptions o = still(1);
    change(o);
    CHECK_THAT(error_of([&] { FeedbackNetwork(weights, o); }), Contains(what));
  };
  option([](auto& o) { o.duration = 0; }, "duration");
  option([](auto& o) { o.tau_s = -1; }, "tau_s");
  option([](auto& o) { o.lambda1 = 0; }, "lambda1");
  option([](auto& o) { o.lambda2 = NAN; }, "lambda2");
  option([](auto& o) { o.kappa = 1; }, "kappa");
  option([](auto& o) { o.learning_rate = -1; }, "learning_rate");
  option([](auto& o) { o.lateral_rate = NAN; }, "rate");
  option([](auto& o) { o.jitter = 1; }, "jitter");
  option([](auto& o) { o.pause = 0; }, "pause");
  option([](auto& o) { o.pause = INFINITY; }, "pause");
  option([](auto& o) { o.halving = -1; }, "halving");
  option([](auto& o) { o.reweighting = -1; }, "reweighting");
  const FeedbackNetwork network(weights, still(1));
  FeedbackLearner learner(network);
  CHECK_THAT(error_of([&] { learner.present(VectorXd::Ones(5)); }),
             Contains("5 values for 4 input neurons"));
  CHECK_THAT(error_of([&] { learner.present(VectorXd::Constant(4, NAN)); }), Contains("finite"));
}
