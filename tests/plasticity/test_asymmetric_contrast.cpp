// What a pair of reverse synapses learns, against finite differences of what the rule descends.
#include <cmath>
#include <limits>

#include "plasticity/asymmetric_contrast.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;
using Leak = AsymmetricContrast::Leak;

TEST_CASE("a weight learns its level times the change of what flows along it", "[plasticity]") {
  // ds_j/dt = … + W s_i, ds_i/dt = … − L_i(W) s_i: what W does to either end, times how far that
  // end was moved.
  const double level = 0.375, of_source = -0.25, of_target = 0.5, step = 1e-4;
  for (const Leak leak : {Leak::unit, Leak::outgoing, Leak::contractive})
    for (const float w : {0.75F, -0.75F}) {
      const auto flow = [&](double weight) {
        const double conductance = leak == Leak::unit       ? 1.0
                                   : leak == Leak::outgoing ? 1 + weight
                                                            : 1 + std::abs(weight);
        return weight * level * of_target - conductance * level * of_source;
      };
      const double slope =
          (flow(static_cast<double>(w) + step) - flow(static_cast<double>(w) - step)) / (2 * step);
      const AsymmetricContrast::Params p{.leak = leak};
      CHECK(std::abs(AsymmetricContrast::learned(p, w, level, of_source, of_target) - slope) <
            1e-9);
    }
}

TEST_CASE("weights learned both ways move by their own rates, and never beyond the largest",
          "[plasticity]") {
  using Rule = AsymmetricContrast;
  const Rule::Params p{.rate = 0.5, .reverse_rate = 0.25, .leak = Leak::outgoing, .largest = 2};
  CHECK(Rule::consolidated(p, 1, 0.25) == 1.125F);
  CHECK(Rule::consolidated(Rule::reversed(p), 1, 0.25) == 1.0625F);
  CHECK(Rule::reversed(p).leak == Leak::outgoing);
  CHECK(Rule::consolidated(Rule::reversed(p), 1, 100) == 2.0F);
  CHECK(Rule::consolidated(p, 1, -100) == -2.0F);
  CHECK_THROWS_AS(Rule::check({.rate = -1}), Error);
  CHECK_THROWS_AS(Rule::check({.reverse_rate = std::numeric_limits<double>::infinity()}), Error);
  CHECK_THROWS_AS(Rule::check({.largest = 0}), Error);
}
