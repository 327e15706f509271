// The scenario equilibrium-propagation through the command: it learns, its results and files,
// determinism, checkpoints, pruning, what breaks it, and clear errors.
#include <cmath>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/data/npy.hpp"
#include "tests/apps/data/files.hpp"
#include "tests/support/runs.hpp"
#include "tests/support/shared.hpp"

namespace fs = std::filesystem;
using namespace clockless;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

const Words no_reference{"reference=none"};

}  // namespace

TEST_CASE("equilibrium propagation learns truth tables", "[app]") {
  const Runs runs{"equilibrium-propagation"};
  for (const char* table : {"and", "or", "not", "id"}) {
    INFO(table);
    for (const char* leak : {"leak=unit", "leak=contractive"}) {
      REQUIRE(runs.run(table, Words{std::string("data=") + table, leak} + no_reference) == 0);
      const json r = runs.results(table);
      CHECK(r["test_accuracy"] == 1.0);
      CHECK(r["lyapunov_increases"].is_null() == (leak == std::string("leak=unit")));
      CHECK(r["lyapunov_bound"].is_null() == r["lyapunov_increases"].is_null());
    }
    const json r = runs.results(table);
    CHECK(r["lyapunov_increases"] == 0);
    CHECK(r["lyapunov_steps"] > 0);
    // (½ + h) θ Σ|W| / λ, with the weights that the run left.
    const Eigen::MatrixXd w = read_npy_matrix(runs.folder / table / "recurrent_weights.npy");
    const json c = runs.summary(table)["configuration"];
    CHECK(r["lyapunov_bound"].get<double>() ==
          Approx((0.5 + c["hysteresis"].get<double>()) * c["threshold"].get<double>() *
                 w.cwiseAbs().sum()));
    CHECK(r["contraction_margin"].get<double>() > 0.99);
    CHECK(r["held_error"].get<double>() < 1e-6);
    CHECK(r["spikes_per_sample"].get<double>() > 0);
  }
  const json s = runs.summary("and");
  const json& counts = s["counts"];
  CHECK(counts["spikes"].get<double>() > 0);
  const Eigen::MatrixXd w = read_npy_matrix(runs.folder / "and" / "recurrent_weights.npy");
  CHECK(w.rows() == 6);
  CHECK(w.diagonal().isZero());
  CHECK_THAT(contents(runs.folder / "and" / "report.html"), Contains("contraction margin") &&
                                                                Contains("Lyapunov bound") &&
                                                                Contains("gradient cosine"));
  CHECK_THAT(contents(runs.folder / "and" / "curves.csv"), Contains("contraction_margin"));
}

TEST_CASE(
    "equilibrium propagation has the same bits on any threads and neurocores, and another seed "
    "others",
    "[app][parallel]") {
  const Runs runs{"equilibrium-propagation"};
  const Words settings = Words{"data=xor", "epochs=10", "replicas=3"} + no_reference;
  REQUIRE(runs.run("one", settings, {"--threads", "1"}) == 0);
  REQUIRE(runs.run("more", settings, {"--threads", "3", "--cores", "4"}) == 0);
  REQUIRE(runs.run("other", settings, {"--seed", "2"}) == 0);
  CHECK(runs.summary("one")["spike_hash"] == runs.summary("more")["spike_hash"]);
  CHECK(contents(runs.folder / "one" / "recurrent_weights.npy") ==
        contents(runs.folder / "more" / "recurrent_weights.npy"));
  CHECK(runs.summary("one")["spike_hash"] != runs.summary("other")["spike_hash"]);
}

TEST_CASE("equilibrium propagation goes on from a checkpoint bit for bit", "[app]") {
  for (const char* replicas : {"replicas=1", "replicas=2"}) {
    const Runs runs{"equilibrium-propagation"};
    const std::string file = (runs.folder / "kept").string();
    const Words settings = Words{"data=xor",        replicas,       "prune=magnitude",
                                 "prune_share=0.5", "prune_from=2", "prune_to=6"} +
                           no_reference;
    REQUIRE(runs.run("whole", settings + Words{"epochs=8"}) == 0);
    REQUIRE(runs.run("part", settings + Words{"epochs=3", "checkpoint=" + file}) == 0);
    REQUIRE(runs.run("part", settings + Words{"epochs=8", "checkpoint=" + file}) == 0);
    for (const char* array : {"recurrent_weights.npy", "input_weights.npy", "curves.csv"})
      CHECK(contents(runs.folder / "whole" / array) == contents(runs.folder / "part" / array));
    CHECK(runs.summary("whole")["spike_hash"] == runs.summary("part")["spike_hash"]);
    CHECK(runs.summary("whole")["counts"] == runs.summary("part")["counts"]);
    CHECK_THAT(runs.error(settings + Words{"epochs=9", "gain=3", "checkpoint=" + file}),
               Contains("a run with gain"));
    put(file, contents(file).substr(0, 200));
    CHECK_THAT(runs.error(settings + Words{"epochs=9", "checkpoint=" + file}), Contains("damaged"));
  }
}

TEST_CASE("pruned synapses are gone for good, and their memory with them", "[app]") {
  const Runs runs{"equilibrium-propagation"};
  for (const char* by : {"paper", "magnitude", "random"}) {
    INFO(by);
    const Words settings = Words{"data=xor",        "hidden=20",         "epochs=12",
                                 "prune_from=2",    "prune_to=9",        std::string("prune=") + by,
                                 "prune_share=0.6", "prune_tolerance=1", "prune_per_cell=3"} +
                           no_reference;
    REQUIRE(runs.run(by, settings) == 0);
    REQUIRE(runs.run("whole", Words{"data=xor", "hidden=20", "epochs=1"} + no_reference) == 0);
    const json r = runs.results(by), all = runs.results("whole");
    const double left = r["synapses_left"], were = all["synapses_left"];
    CHECK(left / were == Approx(0.4).margin(0.02));
    const Eigen::MatrixXd w = read_npy_matrix(runs.folder / by / "recurrent_weights.npy"),
                          in = read_npy_matrix(runs.folder / by / "input_weights.npy");
    const auto there = (w.array() != 0).count() + (in.topRows(2).array() != 0).count();
    CHECK(static_cast<double>(there) <= left);
    CHECK(r["inference"]["synaptic_events_per_sample"].get<double>() <
          0.7 * all["inference"]["synaptic_events_per_sample"].get<double>());
  }
}

TEST_CASE("settings of equilibrium propagation that make no sense are refused", "[app]") {
  const Runs runs{"equilibrium-propagation"};
  const auto refuses = [&](const Words& settings, const char* what) {
    CHECK_THAT(runs.error(settings), Contains(what));
  };
  refuses({"hidden=5,"}, "hidden");
  refuses({"hidden=0"}, "hidden");
  refuses({"hidden=many"}, "hidden");
  refuses({"hidden=3,4"}, "no layers");
  refuses({"random_sign=true", "nudge=1.5"}, "nudge");
  refuses({"feedback_gain=2"}, "feedback_gain");
  refuses({"graph=layered", "lateral_gain=0.5"}, "lateral_gain");
  refuses({"data=nowhere"}, "one of and, or, xor, not, id, digits8x8, mnist, fashion-mnist;");
  refuses({"threshold=0"}, "threshold");
  refuses({"prune=random", "prune_from=5", "prune_to=3"}, "prune_to");
  refuses({"prune_from=5"}, "nothing is pruned");
  refuses({"prune_to=5"}, "nothing is pruned");
  refuses({"prune_share=0.5"}, "nothing is pruned");
  refuses({"graph=layered", "lateral_rate=0.5"}, "lateral_rate");
  refuses({"graph=layered", "direct_edges=true"}, "direct_edges");
  refuses({"leak=unit", "base_leak=2"}, "base_leak");
  refuses({"modulator_delay=3"}, "silence");
  refuses({"phases=rigid", "nudged_phase=1", "modulator_delay=0.5"}, "nudged_phase");
  refuses({"phases=rigid", "free_phase=100"}, "patience");
  refuses({"checkpoint=/nowhere/at/all"}, "no such folder");
}

TEST_CASE("spiking equilibrium propagation learns the 8x8 digits", "[app][slow]") {
  const auto shared = shared_folder();
  if (!shared) {
    std::puts("SKIPPED: shared/data/digits8x8 is not there");
    return;
  }
  const Runs runs{"equilibrium-propagation"};
  const Words digits =
      Words{"data=" + (*shared / "data/digits8x8").string(), "train_samples=1000", "epochs=8"} +
      no_reference;
  const auto accuracy = [&](const std::string& out, const Words& more) {
    REQUIRE(runs.run(out, digits + more, {"--threads", "1"}) == 0);
    const double right = runs.results(out)["test_accuracy"];
    std::printf("%s: %.4f\n", out.c_str(), right);
    return right;
  };
  const double flexible = accuracy("flexible", {});
  CHECK(flexible > 0.92);
  CHECK(accuracy("rigid", {"phases=rigid"}) > 0.92);
  CHECK(accuracy("random lengths", {"settling=random"}) > 0.92);
  // What breaks it: learning while samples change, nudging before anything has settled.
  CHECK(accuracy("no onset", {"onset=false"}) < flexible - 0.03);
  CHECK(accuracy("hasty", {"phases=rigid", "free_phase=1"}) < flexible - 0.03);
}
