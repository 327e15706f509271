// Where neurons live changes nothing of an ideal run.
#include "core/placement.hpp"
#include "tests/properties/examples.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;

TEST_CASE("placement: the spikes of an ideal run are the same under all", "[property][placement]") {
  for (const test::Example& example : test::random_networks()) {
    const test::Outcome once = test::run(example);
    for (const Placement method : {Placement::naive, Placement::balanced, Placement::traffic}) {
      const Site site{.cores = 7, .mesh = {.columns = 4, .rows = 2, .cores_per_tile = 1}};
      Simulation simulation(example.network, place(example.network, method, site), {.cores = 7});
      example.begin(simulation);
      simulation.run_until(example.end);
      CHECK(simulation.spike_hash() == once.hash);
      if (example.learning) CHECK(simulation.synapses(*example.learning) == once.learned);
    }
  }
}
