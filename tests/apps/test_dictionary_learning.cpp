// The scenario dictionary-learning through the command: results, files, curves, references, uses,
// determinism and clear errors.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/command.hpp"
#include "apps/data/image.hpp"
#include "apps/data/npy.hpp"
#include "apps/solvers/lasso.hpp"
#include "apps/sparse/denoise.hpp"
#include "apps/sparse/dictionary_task.hpp"
#include "apps/sparse/synthetic_data.hpp"
#include "core/random.hpp"
#include "tests/apps/data/files.hpp"
#include "tests/support/runs.hpp"

namespace fs = std::filesystem;
using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using nlohmann::json;

namespace {

/// 12 features made of 6 atoms: about a millisecond for three samples.
const Words synthetic{"data=synthetic",  "features=12",    "true_atoms=6", "sparsity=2",
                      "test_samples=15", "reference=none", "activity=0.2"};

struct LearningRuns : Runs {
  LearningRuns() : Runs{"dictionary-learning"} {}
  MatrixXd matrix(const std::string& out, const char* file) const {
    return read_npy_matrix(folder / out / file);
  }
  /// curves.csv by column; NaN where a field is empty.
  std::map<std::string, std::vector<double>> curves(const std::string& out) const {
    std::istringstream lines(contents(folder / out / "curves.csv"));
    std::string line, field;
    std::vector<std::string> names;
    std::map<std::string, std::vector<double>> columns;
    while (std::getline(lines, line)) {
      std::istringstream fields(line + ",");
      for (std::size_t i = 0; std::getline(fields, field, ','); ++i)
        if (names.size() <= i && columns.empty())
          names.push_back(field);
        else
          columns[names.at(i)].push_back(field.empty() ? std::numeric_limits<double>::quiet_NaN()
                                                       : std::stod(field));
      if (columns.empty())
        for (const std::string& name : names) columns[name];
    }
    return columns;
  }
  /// A small picture with contrast everywhere.
  std::string picture(const char* name, std::size_t width, std::size_t height) const {
    Image image{width, height, {}};
    for (std::size_t y = 0; y < height; ++y)
      for (std::size_t x = 0; x < width; ++x)
        image.pixels.push_back(static_cast<float>((x / 14 + y / 12) % 2 == 0 ? 0.2 : 0.8) +
                               0.1F * static_cast<float>(std::sin(static_cast<double>(x * y))));
    write_png(folder / name, image);
    return (folder / name).string();
  }
  /// `count` images of 6 x 6 in two classes that light is enough to tell, left or right.
  std::string labelled(std::size_t count) const {
    RandomStream random{.seed = 5};
    std::string images = std::string("\0\0\x08\x03", 4) + big32(count) + big32(6) + big32(6);
    std::string labels = std::string("\0\0\x08\x01", 4) + big32(count);
    for (std::size_t i = 0; i < count; ++i) {
      labels += static_cast<char>(i % 2);
      for (std::size_t pixel = 0; pixel < 36; ++pixel)
        images += static_cast<char>(pixel % 6 / 3 == i % 2 ? random.below(250) : 0);
    }
    put(folder / "train-images-idx3-ubyte", images);
    put(folder / "train-labels-idx1-ubyte", labels);
    return (folder / "train-images-idx3-ubyte").string();
  }
};

Words with(const Words& base, const Words& more) { return base + more; }

/// The data of these settings once more.
LearningData data_of(const Words& settings, std::uint64_t seed = 1) {
  Settings s;
  declare_learning_data(s);
  for (const std::string& each : settings)
    if (s.declared(each.substr(0, each.find('=')))) s.assign(each, "test");
  Run run(s);
  run.seed = seed;
  return prepare_learning_data(run);
}

/// Mean objective by the other solver, for samples of norm 1.
double objective_of(MatrixXd dictionary, const MatrixXd& test, double lambda, double amplitude) {
  dictionary.colwise().normalize();
  const MatrixXd gram = gram_matrix(dictionary);
  double sum = 0;
  for (Index i = 0; i < test.cols(); ++i)
    sum += coordinate_descent({dictionary, gram, test.col(i), lambda * amplitude}).objective;
  return sum / static_cast<double>(test.cols()) / (amplitude * amplitude);
}

}  // namespace

TEST_CASE("dictionary-learning: results, files and curves are of one piece", "[app]") {
  const LearningRuns runs;
  const Words settings = with(synthetic, {"samples=600", "reference=sgd", "reference_rate=0.03"});
  REQUIRE(runs.run("a", settings) == 0);
  const json summary = runs.summary("a"), r = summary["results"];
  for (const char* key : {"test_objective", "reference_test_objective", "atoms_recovered",
                          "consistency", "spikes_per_sample", "energy_per_sample_j",
                          "samples_per_s", "symmetry", "activity", "lateral_step"}) {
    CAPTURE(key);
    REQUIRE(r.contains(key));
  }
  const LearningData data = data_of(settings);
  const MatrixXd d = runs.matrix("a", "dictionary.npy"), f = runs.matrix("a", "forward.npy"),
                 h = runs.matrix("a", "lateral.npy");
  REQUIRE((d.rows() == 12 && d.cols() == 6));
  REQUIRE((f.rows() == 6 && f.cols() == 12));
  REQUIRE((h.rows() == 6 && h.cols() == 6));
  CHECK((d.minCoeff() >= 0 && f.minCoeff() >= 0 && h.minCoeff() >= 0));
  CHECK_THAT(r["test_objective"].get<double>(),
             WithinRel(objective_of(d, data.test, 0.1, 1), 1e-6));
  CHECK(r["test_objective"] < 0.9 * r["first_test_objective"].get<double>());
  CHECK_THAT(r["consistency"].get<double>(),
             WithinAbs(1 - (h - f * d).norm() / (f * d).norm(), 1e-9));
  CHECK_THAT(r["symmetry"].get<double>(),
             WithinAbs(f.cwiseProduct(d.transpose()).sum() / (f.norm() * d.norm()), 1e-9));
  MatrixXd cosines = data.truth.transpose() * d;
  cosines.array().rowwise() /= d.colwise().norm().array().eval();
  CHECK(r["atoms_recovered"] == (cosines.array() > 0.95).count());
  CHECK(summary["counts"]["spikes"].get<double>() ==
        std::round(r["spikes_per_sample"].get<double>() * 600));
  CHECK_THAT(summary["energy"]["loihi1"]["dynamic_j"]["nominal"].get<double>(),
             WithinRel(r["energy_per_sample_j"].get<double>() * 600, 1e-9));
  // Both phases of 20 tau of 10 ms, and pauses of a thousandth of tau.
  CHECK_THAT(summary["simulated_s"].get<double>(), WithinRel(600 * 0.4, 1e-3));

  auto curves = runs.curves("a");
  const std::vector<double> at{0, 128, 181, 256, 362, 512, 600};
  REQUIRE(curves["samples"].size() == at.size());
  for (std::size_t i = 1; i < at.size(); ++i) CHECK(std::abs(curves["samples"][i] - at[i]) <= 1);
  CHECK(curves["samples"].back() == 600);
  CHECK(curves["test_objective"].front() == r["first_test_objective"].get<double>());
  for (const char* key :
       {"test_objective", "reference_test_objective", "consistency", "symmetry", "activity"}) {
    CAPTURE(key);
    REQUIRE(curves[key].size() == at.size());
    CHECK(curves[key].back() == r[key].get<double>());
  }
  CHECK(std::isnan(curves["reference_test_objective"].front()));
  const VectorXd norms = d.colwise().norm();
  CHECK_THAT(curves["least_norm"].back(), WithinRel(norms.minCoeff(), 1e-9));
  CHECK_THAT(curves["greatest_norm"].back(), WithinRel(norms.maxCoeff(), 1e-9));
  CHECK(*std::max_element(curves["lateral_step"].begin(), curves["lateral_step"].end()) ==
        r["lateral_step"].get<double>());
  double spikes = 0;  // those of all spans are those of the run
  for (std::size_t i = 1; i < at.size(); ++i)
    spikes += curves["spikes_per_sample"][i] * (curves["samples"][i] - curves["samples"][i - 1]);
  CHECK_THAT(spikes, WithinRel(summary["counts"]["spikes"].get<double>(), 1e-9));
  CHECK_THAT(contents(runs.folder / "a" / "report.html"),
             Contains("How it learned") && Contains("One sample") && Contains("svg"));
}

TEST_CASE("dictionary-learning: threads change no bit, another seed all", "[app]") {
  const LearningRuns runs;
  const auto same = [&](const std::string& a, const std::string& b) {
    json x = runs.summary(a), y = runs.summary(b);
    for (json* s : {&x, &y})
      for (const char* key : {"samples_per_s"}) (*s)["results"].erase(key);
    CHECK(x["results"] == y["results"]);
    CHECK(x["counts"] == y["counts"]);
    for (const char* file : {"dictionary.npy", "forward.npy", "lateral.npy", "curves.csv"})
      CHECK((contents(runs.folder / a / file) == contents(runs.folder / b / file)));
    return x["spike_hash"] == y["spike_hash"];
  };
  for (const char* replicas : {"replicas=1", "replicas=5"}) {
    CAPTURE(replicas);
    const Words settings = with(synthetic, {"samples=301", "reference=sgd", replicas});
    REQUIRE(runs.run("one", settings, {"--threads", "1"}) == 0);
    for (const char* threads : {"2", "4"}) {
      REQUIRE(runs.run("more", settings, {"--threads", threads}) == 0);
      CHECK(same("one", "more"));
    }
    REQUIRE(runs.run("other", settings, {"--seed", "2"}) == 0);
    CHECK(runs.summary("other")["spike_hash"] != runs.summary("one")["spike_hash"]);
    CHECK(runs.matrix("other", "dictionary.npy") != runs.matrix("one", "dictionary.npy"));
  }
}

TEST_CASE("dictionary-learning: a run's configuration repeats it to the bit", "[app]") {
  const LearningRuns runs;
  const std::string picture = runs.picture("my.png", 40, 32);
  const std::string set = runs.labelled(60);
  const std::vector<Words> all{
      {"data=synthetic", "samples=20", "test_samples=9"},  // activity measured
      {"data=" + picture, "patch=4", "samples=20", "atoms=9", "denoise=20", "test_samples=9"},
      {"data=" + set, "samples=20", "atoms=9", "test_samples=9"}};
  for (const Words& settings : all) {
    CAPTURE(settings[0]);
    REQUIRE(runs.run("a", with(settings, {"reference=none"})) == 0);
    const auto used = (runs.folder / "a" / "configuration.toml").string();
    REQUIRE(command({"run", used, "--quiet", "-o", (runs.folder / "b").string()}) == 0);
    const json a = runs.summary("a"), b = runs.summary("b");
    CHECK(a["spike_hash"] == b["spike_hash"]);
    CHECK(a["configuration"] == b["configuration"]);
    CHECK((contents(runs.folder / "a" / "dictionary.npy") ==
           contents(runs.folder / "b" / "dictionary.npy")));
  }
}

TEST_CASE("dictionary-learning: each reference, or none", "[app]") {
  const LearningRuns runs;
  const auto settings = [](const Words& more) {
    return with(synthetic, with({"samples=400"}, more));
  };
  REQUIRE(runs.run("none", settings({"reference=none"})) == 0);
  CHECK_FALSE(runs.results("none").contains("reference_test_objective"));
  const auto curves = runs.curves("none");
  for (const double v : curves.at("reference_test_objective")) CHECK(std::isnan(v));

  REQUIRE(runs.run("online", settings({"reference=online"})) == 0);
  const json online = runs.results("online");
  CHECK_FALSE(online.contains("reference_grid"));
  CHECK(online["reference_test_objective"] < online["first_test_objective"]);

  REQUIRE(runs.run("sgd", settings({})) == 0);  // none by the settings above
  REQUIRE(runs.run("grid", settings({"reference=sgd"})) == 0);
  const json sgd = runs.results("grid");
  const auto grid = sgd["reference_grid"].get<std::vector<std::pair<double, double>>>();
  REQUIRE(grid.size() >= 4);
  std::size_t best = 0;
  for (std::size_t i = 1; i < grid.size(); ++i) {
    CHECK_THAT(grid[i].first, WithinRel(2 * grid[i - 1].first, 1e-12));
    if (grid[i].second < grid[best].second) best = i;
  }
  CHECK(best > 0);
  CHECK(best + 1 < grid.size());
  CHECK(sgd["reference_rate"] == grid[best].first);
  CHECK(sgd["reference_test_objective"] == grid[best].second);

  // The rate that was best, given by hand, is the same course; the network's is the same in all.
  const std::string rate = "reference_rate=" + sgd["reference_rate"].dump();
  REQUIRE(runs.run("rate", settings({"reference=sgd", rate})) == 0);
  CHECK(runs.results("rate")["reference_test_objective"] == sgd["reference_test_objective"]);
  CHECK(contents(runs.folder / "rate" / "curves.csv") ==
        contents(runs.folder / "grid" / "curves.csv"));
  for (const char* other : {"none", "online", "rate"})
    CHECK(runs.summary(other)["spike_hash"] == runs.summary("grid")["spike_hash"]);
}

TEST_CASE("dictionary-learning: with replicas, too, the reference is looked at beside the network",
          "[app]") {
  const LearningRuns runs;
  const auto count = GENERATE(7, 40, 300);
  CAPTURE(count);
  REQUIRE(runs.run("a", with(synthetic, {"samples=500", "reference=online", "learning_rate=0.001",
                                         "replicas=" + std::to_string(count)})) == 0);
  const auto curves = runs.curves("a");
  const auto& samples = curves.at("samples");
  REQUIRE(samples.size() >= 3);
  CHECK(samples.back() == 500);
  for (std::size_t i = 1; i < samples.size(); ++i) {
    CHECK_FALSE(std::isnan(curves.at("reference_test_objective")[i]));
    CHECK(samples[i] > samples[i - 1]);
    if (i + 1 < samples.size()) CHECK(std::fmod(samples[i], count) == 0);
  }
}

TEST_CASE("dictionary-learning: any number of replicas learns at the defaults", "[app]") {
  const LearningRuns runs;
  const auto count = GENERATE(2, 4, 8, 12, 16, 24, 32, 90);
  CAPTURE(count);
  REQUIRE(runs.run("a", {"data=synthetic", "samples=1000", "reference=none",
                         "replicas=" + std::to_string(count)}) == 0);
  const json r = runs.results("a");
  CHECK(r["test_objective"] < 0.95 * r["first_test_objective"].get<double>());
  CHECK(r["lateral_step"] <= 1.0 + 1e-9);
}

TEST_CASE("dictionary-learning: from independent F, B and H it learns, too", "[app]") {
  const LearningRuns runs;
  REQUIRE(runs.run("a", with(synthetic, {"samples=1500", "initialisation=random",
                                         "half_rate_samples=0"})) == 0);
  const json r = runs.results("a");
  const auto curves = runs.curves("a");
  CHECK(curves.at("symmetry").front() < 0.9);
  CHECK(curves.at("consistency").front() < 0.6);
  CHECK(r["symmetry"] > curves.at("symmetry").front() + 0.05);
  CHECK(r["consistency"] > 0.8);
  CHECK(r["test_objective"] < 0.9 * r["first_test_objective"].get<double>());
  REQUIRE(runs.run("b", with(synthetic, {"samples=10"})) == 0);
  CHECK_THAT(runs.curves("b")["symmetry"].front(), WithinAbs(1, 1e-6));
  CHECK_THAT(runs.curves("b")["consistency"].front(), WithinAbs(1, 1e-6));
}

TEST_CASE("dictionary-learning: patches of a picture, and the picture without noise", "[app]") {
  const LearningRuns runs;
  const std::string picture = runs.picture("my.png", 60, 48);
  const Words settings{"data=" + picture, "patch=4",         "atoms=24",  "samples=700",
                       "reference=none",  "test_samples=40", "denoise=30"};
  REQUIRE(runs.run("a", settings) == 0);
  const json r = runs.results("a");
  const LearningData data = data_of(settings);
  const MatrixXd d = runs.matrix("a", "dictionary.npy");
  REQUIRE(d.rows() == 32);  // two channels of 4 x 4
  CHECK_THAT(r["test_objective"].get<double>(),
             WithinRel(objective_of(d, data.test, 0.1, 4), 1e-6));
  CHECK_FALSE(r.contains("atoms_recovered"));
  CHECK_FALSE(r.contains("readout_accuracy"));
  const json& denoising = r["denoising"];
  CHECK_THAT(denoising["noisy_db"].get<double>(), WithinAbs(20 * std::log10(255. / 30), 0.3));
  CHECK(denoising["restored_db"].get<double>() > denoising["noisy_db"].get<double>() + 2);
  CHECK(denoising["non_zeros"] > 0);
  // The pictures are what the numbers say, but for 8 bits and what lay beyond black and white.
  const Image original = read_image(picture), restored = read_image(runs.folder / "a/restored.png");
  CHECK_THAT(grey_psnr_db(original, restored),
             WithinAbs(denoising["restored_db"].get<double>(), 0.5));
  CHECK(runs.summary("a")["configuration"]["readout"] == false);

  REQUIRE(runs.run("dead-leaves",
                   {"patch=4", "atoms=10", "samples=30", "reference=none", "denoise=25",
                    "denoise_lambda=50", "test_samples=9"},
                   {"--quick"}) == 0);
  CHECK(runs.results("dead-leaves")["denoising"]["non_zeros"] > 0);
  CHECK(read_image(runs.folder / "dead-leaves/restored.png").width == 64);
  REQUIRE(runs.run("named", {"patch=4", "atoms=10", "samples=30", "reference=none", "denoise=25",
                             "denoise_picture=" + picture, "test_samples=9"}) == 0);
  CHECK(read_image(runs.folder / "named/restored.png").width == 60);
}

TEST_CASE("dictionary-learning: labels are read from the codes of a labelled set", "[app]") {
  const LearningRuns runs;
  const Words settings{"data=" + runs.labelled(100),
                       "atoms=12",
                       "samples=300",
                       "test_samples=30",
                       "reference=none",
                       "activity=0.05"};
  REQUIRE(runs.run("a", settings) == 0);
  const json r = runs.results("a");
  CHECK(r["readout_accuracy"] > 0.9);
  CHECK(r["raw_accuracy"] > 0.9);
  CHECK(runs.matrix("a", "dictionary.npy").rows() == 36);
  REQUIRE(runs.run("b", with(settings, {"readout=false"})) == 0);
  CHECK_FALSE(runs.results("b").contains("readout_accuracy"));
  CHECK(runs.summary("b")["spike_hash"] == runs.summary("a")["spike_hash"]);
}

TEST_CASE("dictionary-learning: --quick is small", "[app]") {
  const LearningRuns runs;
  REQUIRE(runs.run("a", {"patch=4"}, {"--quick"}) == 0);
  const json s = runs.summary("a");
  CHECK(s["results"]["samples"] == 600);
  CHECK(s["configuration"]["atoms"] == 32);
  CHECK(s["configuration"]["test_samples"] == 50);
  CHECK(s["results"]["test_objective"] < s["results"]["first_test_objective"]);
}

TEST_CASE("dictionary-learning: every mistake gets one clear line, before anything is learned",
          "[app]") {
  const LearningRuns runs;
  const auto bad = [&](const std::string& setting) { return runs.error({setting}); };
  const auto bad_synthetic = [&](const Words& more) { return runs.error(with(synthetic, more)); };
  for (const char* setting : {"atoms=0",
                              "samples=0",
                              "learning_rate=-1",
                              "lateral_ratio=-1",
                              "half_rate_samples=-1",
                              "lambda=0",
                              "lambda=nan",
                              "activity=0",
                              "duration=0",
                              "duration=inf",
                              "feedback=0",
                              "feedback=1",
                              "signal=loud",
                              "safe_step=3",
                              "jitter=1",
                              "initialisation=zero",
                              "replicas=0",
                              "reference=best",
                              "reference_rate=0",
                              "denoise=-1",
                              "denoise_lambda=0",
                              "readout=perhaps",
                              "checkpoint_every=0",
                              "patch=-1",
                              "test_samples=0",
                              "amplitude=-1",
                              "channels=3"}) {
    const std::string word = setting, key = word.substr(0, word.find('='));
    CHECK_THAT(bad(setting),
               Contains("'" + key + "' = " + word.substr(key.size() + 1)) && Contains("expected"));
  }
  CHECK_THAT(bad("atom=5"), Contains("did you mean 'atoms'"));
  CHECK_THAT(bad("data=nowhere"), Contains("nowhere"));
  CHECK_THAT(bad("data=/no/such.png"), Contains("/no/such.png"));
  CHECK_THAT(bad("patch=300"), Contains("patch = 300") && Contains("256 x 256"));
  CHECK_THAT(bad_synthetic({"patch=8"}), Contains("'patch' = 8"));
  CHECK_THAT(bad_synthetic({"sparsity=7"}), Contains("'sparsity' = 7") && Contains("6 true atoms"));
  CHECK_THAT(runs.error({"noise=1"}), Contains("'noise' = 1") && Contains("synthetic"));
  CHECK_THAT(bad_synthetic({"learning_rate=1000"}),
             Contains("'learning_rate' = 1000") && Contains("stay below 25"));
  CHECK_THAT(bad_synthetic({"lambda=10000", "learning_rate=0.5"}),
             Contains("'learning_rate' = 0.5") && Contains("stay below"));
  CHECK_THAT(bad_synthetic({"lambda=10000"}), Contains("'learning_rate' = 0.0"));  // a default's
  CHECK_THAT(runs.error({"data=synthetic", "lambda=1e6", "test_samples=9"}),
             Contains("'lambda'") && Contains("no atom is ever active"));
  CHECK_THAT(bad_synthetic({"denoise=30"}), Contains("'denoise' = 30") && Contains("patches"));
  CHECK_THAT(bad_synthetic({"readout=true"}), Contains("'readout' = true") && Contains("labels"));
  CHECK_THAT(bad_synthetic({"checkpoint=/no/such/folder/state"}),
             Contains("'checkpoint' = /no/such/folder/state") && Contains("create it first"));
  CHECK_THAT(runs.error({"denoise=30", "denoise_picture=/no/such.png"}), Contains("/no/such.png"));
  const std::string small = runs.picture("small.png", 7, 20);
  CHECK_THAT(runs.error({"denoise=30", "denoise_picture=" + small}),
             Contains("'denoise_picture' = ") && Contains("7 x 20") && Contains("8 x 8"));
  CHECK_THAT(bad("data=" + small), Contains("patch = 8") && Contains("7 x 20"));
  const std::string set = "data=" + runs.labelled(20);
  CHECK_THAT(runs.error({set, "denoise=30"}), Contains("'denoise' = 30") && Contains("picture"));
  CHECK_THAT(runs.error({set, "test_samples=20"}), Contains("'test_samples' = 20"));
}
