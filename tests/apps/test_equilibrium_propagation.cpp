// The scenario equilibrium-propagation through the command: it learns, its results and files,
// determinism, checkpoints, pruning, what breaks it, and clear errors.
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

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

/// What is written to stderr while the work is done.
std::string said_meanwhile(const fs::path& file, const std::function<void()>& work) {
  std::fflush(stderr);
  const int to = ::open(file.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600), own = ::dup(2);
  ::dup2(to, 2);
  work();
  std::fflush(stderr);
  ::dup2(own, 2);
  ::close(own);
  ::close(to);
  return contents(file);
}

}  // namespace

TEST_CASE("equilibrium propagation learns truth tables", "[app]") {
  const Runs runs{"equilibrium-propagation"};
  for (const char* table : {"and", "or", "not", "id"}) {
    INFO(table);
    for (const char* leak : {"leak=unit", "leak=contractive"}) {
      REQUIRE(runs.run(table, Words{std::string("data=") + table, leak} + no_reference) == 0);
      const json r = runs.results(table);
      CHECK(r["test_accuracy"] == 1.0);
      CHECK(r["outcome"] == "solved");
      CHECK(r["lyapunov_bound"].is_number());
      CHECK(r["unsettled"].is_number());
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

TEST_CASE("by reverse weights XOR is learned on directed graphs, and goes on from a checkpoint",
          "[app]") {
  const Runs runs{"equilibrium-propagation"};
  const Words xors = Words{"data=xor", "rule=asymmetric"} + no_reference;
  for (const char* leak : {"leak=unit", "leak=contractive"})
    for (const char* seed : {"1", "2", "3"}) {
      INFO(leak << seed);
      REQUIRE(runs.run("xor", xors + Words{leak}, {"--seed", seed}) == 0);
      const json r = runs.results("xor");
      CHECK(r["test_accuracy"] == 1.0);
      CHECK(r["asymmetry"] > 0.3);  // and is directed still
      CHECK(r["held_error"].get<double>() < 1e-6);
    }
  for (const char* replicas : {"replicas=1", "replicas=2"}) {
    const Words settings =
        xors + Words{replicas, "lost_spikes=0.02"};  // copies are not what they copy
    const std::string file = (runs.folder / replicas).string();
    REQUIRE(runs.run("whole", settings + Words{"epochs=6"}) == 0);
    REQUIRE(runs.run("part", settings + Words{"epochs=3", "checkpoint=" + file}) == 0);
    REQUIRE(runs.run("part", settings + Words{"epochs=6", "checkpoint=" + file}) == 0);
    CHECK(runs.results("whole")["copy_error"] > 0);
    CHECK(runs.results("whole")["copy_error"] == runs.results("part")["copy_error"]);
    CHECK(runs.summary("whole")["spike_hash"] == runs.summary("part")["spike_hash"]);
  }
}

TEST_CASE("what leaves its equilibria is seen, and warned of", "[app]") {
  const Runs runs{"equilibrium-propagation"};
  const Words table = Words{"data=xor", "epochs=40"} + no_reference;
  const std::string said = said_meanwhile(runs.folder / "said", [&] {
    REQUIRE(runs.run("outgoing", table + Words{"leak=outgoing", "gain=2"}) == 0);
  });
  CHECK(runs.results("outgoing")["lyapunov_increases"] > 0);
  CHECK_THAT(said, Contains("contraction margin is -") && Contains("may never settle"));
  REQUIRE(runs.run("contractive", table + Words{"leak=contractive"}) == 0);
  CHECK(runs.results("contractive")["lyapunov_increases"] == 0);
  CHECK(runs.results("contractive")["lyapunov_epochs"] == 41);
  // Of cells that differ no bound is known.
  REQUIRE(runs.run("mismatch", table + Words{"leak=contractive", "mismatch=0.1"}) == 0);
  CHECK(runs.results("mismatch")["lyapunov_bound"].is_null());
  REQUIRE(runs.run("layered", table + Words{"graph=layered"}) == 0);
  CHECK(runs.results("layered")["lyapunov_increases"] == 0);
  CHECK(runs.results("layered")["lyapunov_steps"] > 0);
  CHECK(runs.results("layered")["lyapunov_largest"] < 1);
  CHECK(runs.results("outgoing")["lyapunov_largest"] > 1);
}

TEST_CASE(
    "equilibrium propagation has the same bits on any threads and neurocores, and another seed "
    "others",
    "[app][parallel]") {
  const Runs runs{"equilibrium-propagation"};
  for (const char* replicas : {"replicas=1", "replicas=3"}) {
    const Words settings = Words{"data=xor", "epochs=10", replicas} + no_reference;
    REQUIRE(runs.run("one", settings, {"--threads", "1"}) == 0);
    REQUIRE(runs.run("more", settings, {"--threads", "3", "--cores", "4"}) == 0);
    REQUIRE(runs.run("other", settings, {"--seed", "2"}) == 0);
    const Words slow = settings + Words{"fidelity=queued", "speedup=100", "cores=4"};
    REQUIRE(runs.run("slow", slow, {"--threads", "1"}) == 0);
    REQUIRE(runs.run("slower", slow, {"--threads", "3"}) == 0);
    CHECK(runs.summary("slow")["spike_hash"] == runs.summary("slower")["spike_hash"]);
    CHECK(runs.summary("slow")["waits"] == runs.summary("slower")["waits"]);
    CHECK(runs.summary("slow")["spike_hash"] != runs.summary("one")["spike_hash"]);
    CHECK(runs.summary("one")["spike_hash"] == runs.summary("more")["spike_hash"]);
    CHECK(contents(runs.folder / "one" / "recurrent_weights.npy") ==
          contents(runs.folder / "more" / "recurrent_weights.npy"));
    CHECK(runs.summary("one")["spike_hash"] != runs.summary("other")["spike_hash"]);
  }
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
    CHECK(runs.results("whole")["held_error"] == runs.results("part")["held_error"]);
    CHECK(runs.summary("whole")["counts"] == runs.summary("part")["counts"]);
    CHECK_THAT(runs.error(settings + Words{"epochs=7", "checkpoint=" + file}),
               Contains("'epochs'") && Contains("8 already"));
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
    Words settings = Words{"data=xor",       "hidden=20",  "epochs=12",
                           "prune_from=2",   "prune_to=9", std::string("prune=") + by,
                           "prune_share=0.6"} +
                     no_reference;
    if (by == std::string("paper"))
      settings = settings + Words{"prune_tolerance=1", "prune_per_cell=3"};
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
  // 4 bytes a synapse of a whole row, 8 where it must say which there are, and a few a row.
  const auto bytes = [&](const char* share) {
    REQUIRE(runs.run("bytes", Words{"data=xor", "hidden=60", "epochs=1", "prune=magnitude",
                                    "prune_from=1", std::string("prune_share=") + share} +
                                  no_reference) == 0);
    return runs.results("bytes")["synapse_bytes"].get<double>();
  };
  CHECK(bytes("0.9") < 0.4 * bytes("0"));
}

TEST_CASE("a run's own configuration gives the same run, whatever the graph", "[app]") {
  const Runs runs{"equilibrium-propagation"};
  const auto again = [&](const Words& settings) {
    REQUIRE(runs.run("a", Words{"data=xor", "epochs=4"} + no_reference + settings) == 0);
    const std::string file = (runs.folder / "a" / "configuration.toml").string();
    const std::string out = (runs.folder / "b").string();
    REQUIRE(command({"run", file, "--quiet", "-o", out}) == 0);
    CHECK(runs.summary("a")["spike_hash"] == runs.summary("b")["spike_hash"]);
    return runs.results("b");
  };
  again({"graph=complete", "leak=outgoing", "rule=one_sided"});
  again({"graph=layered", "hidden=6,5", "unlabelled=0.2", "nudges=1.5", "nudged_first=0.3"});
  again({"graph=skip", "hidden=6,5", "lost_spikes=0.01", "lost_modulators=0.1", "l1=0.001"});
  const json rigid = again({"phases=rigid", "prune=random"});
  CHECK(rigid["unsettled"].is_null());  // nobody waited for quiet
  CHECK(rigid["samples_since_epoch"] == 0);
}

namespace {

// Images of 4 x 4 pixels whose left or right half is bright, in pairs; labels 0 and 1, or 1 and 0.
void put_halves(const fs::path& folder, const std::string& name, int pairs, bool swapped) {
  const auto count = static_cast<unsigned long>(2 * pairs);
  std::string images = std::string("\0\0\x08\x03", 4) + big32(count) + big32(4) + big32(4);
  std::string labels = std::string("\0\0\x08\x01", 4) + big32(count);
  for (int k = 0; k < 2 * pairs; ++k) {
    for (int pixel = 0; pixel < 16; ++pixel) {
      const bool bright = (pixel % 4 < 2) == (k % 2 == 0);
      images += static_cast<char>(bright ? 200 + (k * 7 + pixel * 5) % 50 : (k + pixel) % 40);
    }
    labels += static_cast<char>((k % 2 == 0) == swapped);
  }
  put(folder / (name + "-images-idx3-ubyte"), images);
  put(folder / (name + "-labels-idx1-ubyte"), labels);
}

}  // namespace

TEST_CASE("what is tested is the test set, and later epochs learn as much as they are told to",
          "[app]") {
  const Runs runs{"equilibrium-propagation"};
  put_halves(runs.folder.path(), "train", 40, false);
  put_halves(runs.folder.path(), "t10k", 20, true);
  const Words halves = Words{"data=" + runs.folder.path().string(), "hidden=12"} + no_reference;
  REQUIRE(runs.run("swapped", halves + Words{"epochs=6"}) == 0);
  CHECK(runs.results("swapped")["test_accuracy"] == 0.0);
  REQUIRE(runs.run("held_out", halves + Words{"epochs=6", "validation=0.25"}) == 0);
  CHECK(runs.results("held_out")["test_accuracy"] ==
        1.0);  // of the training set, as labelled there

  const auto weights = [&](const char* epochs, const Words& more) {
    REQUIRE(runs.run("w", halves + Words{std::string("epochs=") + epochs} + more) == 0);
    return read_npy_matrix(runs.folder / "w" / "input_weights.npy");
  };
  const auto once = weights("1", {"rate_decay=0"});
  CHECK(weights("3", {"rate_decay=0"}) == once);
  CHECK(weights("3", {"rate_decay=0.5"}) != once);
  CHECK(weights("3", {"rate_decay=0.5"}) != weights("3", {"rate_decay=1"}));
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
  refuses({"silence=70"}, "patience");
  refuses({"phases=rigid", "settling=quiet"}, "settling");
  refuses({"phases=flexible", "free_phase=30"}, "free_phase");
  refuses({"phases=rigid", "silence=6"}, "silence");
  refuses({"prune=magnitude", "prune_tolerance=1"}, "prune_tolerance");
  refuses({"onset=false", "reminders=3"}, "reminders");
  refuses({"reference=none", "reference_epochs=3"}, "reference_epochs");
  refuses({"rule=asymmetric", "prune=magnitude"}, "prune");
  refuses({"nudge=1e300"}, "nudge");
  refuses({"learning_rate=1000"}, "learning_rate");
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
  // Of a complete graph of unlike weights only the reverse weights tell the gradient.
  const Words directed{"graph=complete", "directed=true", "learning_rate=0.5", "forward_rate=0.15"};
  const double asymmetric = accuracy("asymmetric", directed + Words{"rule=asymmetric"});
  CHECK(asymmetric > 0.92);
  CHECK(runs.results("asymmetric")["asymmetry"] > 0.5);
  CHECK(accuracy("one-sided", directed + Words{"rule=one_sided"}) < asymmetric - 0.03);
}
