// What the contrast of levels learns along a path, against the integrals it stands for.
#include <cmath>
#include <limits>

#include "core/random.hpp"
#include "neurons/sigma_delta.hpp"
#include "plasticity/level_contrast.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;
using Form = LevelContrast::Form;
using Leak = LevelContrast::Leak;

namespace {

constexpr double quantum = 1.0 / 16;

/// ∫ m d(·) of what a path of two levels and m makes, summed step by step.
struct Integrals {
  double product = 0, one_sided = 0, source = 0, target = 0;
};

/// What the rule makes of the same path, told as kernels tell it (core/plasticity.hpp).
struct Path {
  LevelContrast::Params params;
  double sign;
  SigmaDelta::Record target{};
  double source = 0, learned = 0, seen = 0;
  Integrals wanted{};

  double gathered() const { return LevelContrast::gathered(params, target); }
  void catch_up() {
    learned += source * (gathered() - seen);
    seen = gathered();
  }
  void step_source(double change) {
    catch_up();
    const double middle = source + 0.5 * change;
    learned += (LevelContrast::arriving(params, target, middle) +
                sign * LevelContrast::opposed(params, target, middle)) *
               change;
    wanted.product += target.modulator * target.level * change;
    wanted.source += target.modulator * middle * change;
    source += change;
  }
  void step_target(double change) {
    const double middle = target.level + 0.5 * change;
    wanted.product += target.modulator * source * change;
    wanted.one_sided += target.modulator * source * change;
    wanted.target += target.modulator * middle * change;
    target.gathered += target.modulator * change;
    target.own += target.modulator * middle * change;
    target.level += change;
    catch_up();
  }
  double end() {
    return learned + LevelContrast::ending(params, target) +
           sign * LevelContrast::ending_opposed(params, target);
  }
};

}  // namespace

TEST_CASE("the contrast of levels is the integral of its form and leak", "[plasticity]") {
  for (const Form form : {Form::product, Form::one_sided})
    for (const Leak leak : {Leak::unit, Leak::outgoing, Leak::contractive})
      for (const double sign : {1.0, -1.0}) {
        Path path{.params = {.form = form, .leak = leak}, .sign = sign};
        RandomStream random{7, 3};
        for (int k = 0; k < 200; ++k) {
          const double change = random.below(2) != 0 ? quantum : -quantum;
          switch (random.below(5)) {
            case 0:
              path.target.modulator = static_cast<double>(random.below(3)) - 1;
              break;
            case 1:
            case 2:
              path.step_source(change);
              break;
            default:
              path.step_target(change);
          }
        }
        const Integrals& w = path.wanted;
        double wanted = form == Form::product ? w.product : w.one_sided;
        const double leaks = w.source + (form == Form::product ? w.target : 0);
        if (leak == Leak::outgoing) wanted -= leaks;
        if (leak == Leak::contractive) wanted -= sign * leaks;
        REQUIRE(std::abs(wanted) > quantum * quantum);
        CHECK(std::abs(path.end() - wanted) < 1e-12);
      }
}

TEST_CASE("consolidated weights move by the rate, and never beyond the largest", "[plasticity]") {
  const LevelContrast::Params p{.rate = 0.5, .largest = 2};
  CHECK(LevelContrast::consolidated(p, 1, 0.25) == 1.125F);
  CHECK(LevelContrast::consolidated(p, 1, 100) == 2.0F);
  CHECK(LevelContrast::consolidated(p, 1, -100) == -2.0F);
  CHECK_THROWS_AS(LevelContrast::check({.rate = -1}), Error);
  CHECK_THROWS_AS(LevelContrast::check({.rate = std::numeric_limits<double>::infinity()}), Error);
  CHECK_THROWS_AS(LevelContrast::check({.largest = 0}), Error);
}
