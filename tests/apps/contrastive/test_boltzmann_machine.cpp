// A Boltzmann machine of spiking units: it learns, in whatever phases, to the bit on any cores.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string_view>

#include "apps/contrastive/contrastive_model.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;

namespace {

std::unique_ptr<ContrastiveModel> machine(std::string_view plan, std::uint64_t seed,
                                          std::size_t cores = 1) {
  static const LabelledData none;
  const auto kinds = contrastive_kinds();
  const auto kind = std::find_if(kinds.begin(), kinds.end(), [](const ContrastiveKind* k) {
    return k->name == "boltzmann-machine";
  });
  REQUIRE(kind != kinds.end());
  PhasePlan quick = phase_plan(plan).plan;
  quick.rate_factor = 4;
  return (*kind)->make({none, quick, seed, 1, cores});
}

}  // namespace

TEST_CASE("spiking units learn bars and stripes by events of phases", "[app]") {
  // Nine independent fair pixels are at 9 ln 2 nat; nothing but correlations takes it from there.
  const double independent = 9 * std::log(2.0);
  for (const char* plan : {"rigid", "staggered", "together"}) {
    INFO(plan);
    const auto model = machine(plan, 3);
    CHECK(model->figure() == Approx(independent).margin(0.05));
    model->learn(4'000);
    const double learned = model->figure();
    CHECK(learned < independent - 0.5);
    const auto tally = model->tally();
    REQUIRE(tally);
    CHECK(tally->counts.spikes > 4'000);
    CHECK(tally->counts.plasticity_updates > tally->counts.spikes);
  }
}

TEST_CASE("a Boltzmann machine has the same bits on any neurocores, asked or not", "[app]") {
  const auto one = machine("together", 5), more = machine("together", 5, 4),
             other = machine("together", 6);
  one->learn(300);
  more->learn(100);
  more->figure();
  more->learn(200);
  other->learn(300);
  CHECK(one->checksum() == more->checksum());
  CHECK(one->tally()->spike_hash == more->tally()->spike_hash);
  CHECK(one->checksum() != other->checksum());
}
