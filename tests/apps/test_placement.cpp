// --placement of a scenario: the same result, other neurocores; refusals; what the summary tells.
#include <fstream>
#include <iterator>

#include "tests/support/runs.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinRel;
using nlohmann::json;

namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("placement: of a scenario's network, within what the hardware holds", "[app]") {
  const Runs runs{"sparse-coding"};
  const Words small{"quick=true", "delay=0.1", "cores=6"};
  REQUIRE(runs.run("none", small) == 0);
  const json none = runs.summary("none");
  CHECK(none["placement"]["method"] == "naive");
  CHECK(none["placement"]["limits_kept"] == false);
  for (const std::string method : {"naive", "balanced", "traffic"}) {
    REQUIRE(runs.run(method, small + Words{"placement=" + method}) == 0);
    const json summary = runs.summary(method), placement = summary["placement"];
    CHECK(summary["spike_hash"] == none["spike_hash"]);  // an ideal run's
    CHECK(placement["method"] == method);
    CHECK(placement["limits_kept"] == true);
    CHECK(placement["cores"] == 6);
    CHECK(placement["cores_used"] == 6);
    // Atoms of both signs: each neuron reaches all others.
    CHECK_THAT(6 * placement["neurons"]["mean"].get<double>(), WithinRel(384.0, 1e-12));
    CHECK_THAT(6 * placement["synapses"]["mean"].get<double>(), WithinRel(384.0 * 383, 1e-12));
    CHECK(placement["in_axons"]["max"] == 384);
    CHECK(placement["packets"] == 384 * 6);
    CHECK(placement["synapses"]["max"].get<double>() <= 131072);
    CHECK(placement["synapses"]["limit"] == 131072);
    CHECK_THAT(text_of(runs.folder / method / "report.html"),
               Contains("Where neurons live") && Contains("Placement: " + method + ","));
  }
}

TEST_CASE("placement: what a neurocore does not hold is refused where it was asked for, else told",
          "[app]") {
  const Runs runs{"sparse-coding"};
  const Words small{"quick=true"};
  CHECK_THAT(
      runs.error(small + Words{"placement=traffic"}),
      Contains("placement = traffic: code[0] and the 383 neurons that zero delay joins to it "
               "need 147072 synapses, 16000 more than the 131072 of a neurocore of loihi1"));
  CHECK_THAT(runs.error(small + Words{"placement=naive", "delay=0.1"}),
             Contains("does not fit on 1 neurocore of loihi1") && Contains("it fits on 2"));
  CHECK_THAT(runs.error(small + Words{"placement=balanced", "delay=0.1", "hardware=odin"}),
             Contains("147072 synapses, 81536 more than the 65536") &&
                 Contains("it takes 3, 2 more than the 1 of the chip"));
  CHECK_THAT(runs.error(small + Words{"placement=naive", "cores=129"}),
             Contains("129 neurocores are 1 more than the 128 of loihi1"));
  CHECK_THAT(runs.error(small + Words{"placement=best"}), Contains("naive, balanced, traffic"));
  REQUIRE(runs.run("told", small + Words{"fidelity=queued", "delay=0.1"}) == 0);
  CHECK(runs.summary("told")["placement"]["synapses"]["max"] == 147072);
  CHECK_THAT(text_of(runs.folder / "told" / "report.html"),
             Contains("too many for a neurocore") && Contains("more than the 131"));
  REQUIRE(runs.run("held", small + Words{"fidelity=queued", "delay=0.1", "cores=2",
                                         "placement=naive"}) == 0);
  CHECK_THAT(text_of(runs.folder / "held" / "report.html"), !Contains("too many for a neurocore"));
  const Runs models{"flexible-phases"};
  CHECK_THAT(models.error({"quick=true", "placement=naive"}), Contains("leave it out"));
}
