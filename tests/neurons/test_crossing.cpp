// The first crossing of the current-driven neuron against Lambert's W, over many decades and edges.
#include <algorithm>
#include <cmath>
#include <iomanip>
#include <limits>

#include "core/random.hpp"
#include "neurons/crossing.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/lambert_w.hpp"

using clockless::linear_plus_exponential;

namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// What is left of βs + c(1 − e^{−s}) − d, relative to the largest of the three terms.
long double residual(double beta, double c, double d, double s) {
  const long double linear = static_cast<long double>(beta) * s;
  const long double decaying =
      -static_cast<long double>(c) * std::expm1(-static_cast<long double>(s));
  const long double scale =
      std::max({std::abs(linear), std::abs(decaying), static_cast<long double>(d)});
  return std::abs(linear + decaying - d) / scale;
}

struct Tally {
  int finite = 0, never = 0, misclassified = 0, not_first = 0;
  long double worst = 0;
  bool near_maximum = false;

  static void tell(double beta, double c, double d, double s) {
    UNSCOPED_INFO(std::setprecision(17)
                  << "beta " << beta << ", c " << c << ", d " << d << ": " << s);
  }
  void check(double beta, double c, double d) {
    const double s = linear_plus_exponential(beta, c, d);
    const long double truth = clockless::oracle::first_crossing(beta, c, d);
    const bool beyond = truth > std::numeric_limits<double>::max();
    if (std::isinf(s) || beyond) {
      never += 1;
      misclassified += !(std::isinf(s) && beyond);
      if (!(std::isinf(s) && beyond)) tell(beta, c, d, s);
      return;
    }
    finite += 1;
    const long double left = residual(beta, c, d, s);
    worst = std::max(worst, left);
    if (left > 2 * epsilon) tell(beta, c, d, s);
    // A root is the first one if it lies on the rising side: there is one root, or β < 0 < c.
    const bool first = beta > 0 || beta + c * std::exp(-static_cast<long double>(s)) >= -1e-7 * c;
    // The oracle loses digits to A + W, and s keeps only those that a residual of 2 ulp leaves;
    // at the maximum, where the slope vanishes, that is half of them.
    const long double a = beta == 0 ? 0 : std::abs((static_cast<long double>(d) - c) / beta);
    const long double slope = beta + c * std::exp(-truth);
    const long double scale =
        std::max({std::abs(beta * truth), std::abs(c * truth), std::abs(slope * truth)});
    const long double loose = near_maximum ? 1e-7L * truth : 0;
    const bool agrees =
        (std::abs(s - truth) - loose - 1e-16L * a) * std::abs(slope) <= 4 * epsilon * scale;
    not_first += !(first && agrees);
    if (!(first && agrees)) tell(beta, c, d, s);
  }
  void require() const {
    const bool passed = misclassified == 0 && not_first == 0 && worst <= 2 * epsilon;
    INFO(misclassified << " misclassified, " << not_first << " not the first, residual " << worst);
    CHECK(passed);
  }
};

}  // namespace

TEST_CASE("200,000 random crossings agree with Lambert's W", "[model][crossing]") {
  clockless::RandomStream random{.seed = 7};
  Tally tally;
  for (int i = 0; i < 100000; ++i)  // as in sparse coding: all of order one
    tally.check(random.normal(), 2 * random.normal(), random.exponential());
  for (int i = 0; i < 100000; ++i) {  // log-uniform, twenty-four decades each
    const auto magnitude = [&] { return std::pow(10.0, 24 * random.uniform() - 12); };
    const auto sign = [&] { return random.uniform() < 0.5 ? -1.0 : 1.0; };
    const double beta = sign() * magnitude();
    const double c = sign() * magnitude();
    tally.check(beta, c, magnitude());
  }
  tally.require();
  CHECK(tally.finite > 80000);
  CHECK(tally.never > 50000);
}

TEST_CASE("crossings close to the maximum of a falling drive are told from misses",
          "[model][crossing]") {
  clockless::RandomStream random{.seed = 8};
  Tally tally;
  tally.near_maximum = true;
  for (int i = 0; i < 20000; ++i) {
    const double beta = -std::pow(10.0, 6 * random.uniform() - 3);
    const double r = std::pow(10.0, 7 * random.uniform() - 3);
    const double c = -beta * (1 + r);
    const long double excess = (static_cast<long double>(c) + beta) / -beta;
    const long double maximum = -beta * (excess - std::log1p(excess));
    const double gap = std::pow(10.0, -14 * random.uniform());  // relative, down to 1e-14
    tally.check(beta, c, static_cast<double>(maximum * (1 - gap)));
    tally.check(beta, c, static_cast<double>(maximum * (1 + gap)));
  }
  tally.require();
  CHECK(tally.finite == 20000);
}

TEST_CASE("crossings at the edges of the sign cases", "[model][crossing]") {
  CHECK(linear_plus_exponential(1, 1, 0) == 0);
  CHECK(linear_plus_exponential(-1, -1, -3) == 0);
  CHECK(linear_plus_exponential(0, 0, 1) == infinity);
  CHECK(linear_plus_exponential(0, 1, 1) == infinity);  // reached after an infinite time only
  CHECK(linear_plus_exponential(0, -1, 1) == infinity);
  CHECK(linear_plus_exponential(-1, 1, 1e-300) == infinity);
  CHECK(linear_plus_exponential(-1, 0.5, 1) == infinity);
  CHECK(linear_plus_exponential(2, 0, 3) == 1.5);
  CHECK(linear_plus_exponential(1e-320, 1, 2) == infinity);
  CHECK(linear_plus_exponential(infinity, 1, 1) == infinity);
  CHECK(linear_plus_exponential(std::nan(""), 1, 1) == infinity);
  CHECK(linear_plus_exponential(1, 1, std::nan("")) == infinity);
  CHECK_THAT(linear_plus_exponential(0, 2, 1), Catch::Matchers::WithinRel(std::log(2.0), 1e-15));
  CHECK_THAT(linear_plus_exponential(1e300, -1e300, 1e300),
             Catch::Matchers::WithinRel(linear_plus_exponential(1, -1, 1), 1e-15));
  Tally tally;
  const double values[] = {0,           1e-140, 1e-100, 1e-20, 1e-9, 0.5,  1 - epsilon / 2, 1,
                           1 + epsilon, 2,      36.7,   1e4,   1e9,  1e20, 1e100,           1e140};
  const double signs[] = {1, -1};
  for (const double beta : values)
    for (const double c : values)
      for (const double d : values)
        for (const double a : signs)
          for (const double b : signs)
            if (d > 0) tally.check(a * beta, b * c, d);
  tally.require();
  const double extremes[] = {0, 5e-324, 1e-310, 1e-154, 1, 1e154, 1e300};
  for (const double beta : extremes)
    for (const double c : extremes)
      for (const double d : extremes)
        for (const double a : signs)
          for (const double b : signs) CHECK(linear_plus_exponential(a * beta, b * c, d) >= 0);
}

TEST_CASE("crossings do not change when everything is scaled by a power of two",
          "[model][crossing]") {
  clockless::RandomStream random{.seed = 9};
  for (int i = 0; i < 10000; ++i) {
    const double beta = random.normal(), c = 2 * random.normal(), d = random.exponential();
    REQUIRE(linear_plus_exponential(beta, c, d) == linear_plus_exponential(4 * beta, 4 * c, 4 * d));
  }
}
