// The scenario sparse-coding through the command: results, files, determinism and clear errors.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "apps/command.hpp"
#include "apps/data/image.hpp"
#include "apps/data/npy.hpp"
#include "apps/solvers/lasso.hpp"
#include "core/random.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

namespace fs = std::filesystem;
using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using Catch::Matchers::WithinRel;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// A folder of its own for each test case, with small data: 6 samples of 12 values, 20 atoms.
struct Place {
  Place()
      : path(fs::temp_directory_path() / ("clockless-coding-" + std::to_string(::getpid()))),
        samples(6, 12),
        dictionary(12, 20) {
    fs::remove_all(path);
    fs::create_directories(path);
    RandomStream random{3, 1, 0};
    for (auto& v : samples.reshaped()) v = random.normal();
    for (auto& v : dictionary.reshaped()) v = random.normal();
    write_npy(path / "samples.npy", samples);
    write_npy(path / "dictionary.npy", dictionary);
  }
  ~Place() { fs::remove_all(path); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  std::string file(const char* name) const { return (path / name).string(); }
  /// Runs on the small data, or other settings put after it.
  int run(const std::string& out, const std::vector<std::string>& settings,
          const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"run", "sparse-coding", "--quiet", "-o", file(out.c_str())};
    const auto set = [&](const std::string& s) {
      arguments.emplace_back("--set");
      arguments.push_back(s);
    };
    set("data=" + file("samples.npy"));
    set("samples=0..5");
    set("dictionary=" + file("dictionary.npy"));
    for (const std::string& s : settings) set(s);
    arguments.insert(arguments.end(), more.begin(), more.end());
    return command(arguments);
  }
  std::string error(const std::vector<std::string>& settings) const {
    const std::string message = error_of([&] { run("failed", settings); });
    CHECK_FALSE(fs::exists(path / "failed"));  // nothing half-written
    CHECK(message.find('\n') == std::string::npos);
    return message;
  }

  fs::path path;
  MatrixXd samples, dictionary;
};

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

nlohmann::json summary_of(const fs::path& folder) {
  return nlohmann::json::parse(text_of(folder / "summary.json"));
}

}  // namespace

TEST_CASE("Samples that are no images are coded whole, to the optimum", "[app]") {
  const Place place;
  const bool pairs = GENERATE(true, false);
  CAPTURE(pairs);
  REQUIRE(place.run("a", {"lambda=0.7", "duration=1000", pairs ? "signed=true" : "signed=false"}) ==
          0);
  const auto json = summary_of(place.path / "a");
  const auto& results = json["results"];
  const MatrixXd codes = read_npy_matrix(place.path / "a" / "codes.npy");
  REQUIRE(codes.rows() == 20);
  REQUIRE(codes.cols() == 6);
  CHECK(read_npy_matrix(place.path / "a" / "dictionary.npy") == place.dictionary);
  if (!pairs) CHECK(codes.minCoeff() >= 0);
  const MatrixXd gram = gram_matrix(place.dictionary);
  std::vector<double> errors;
  for (std::size_t i = 0; i < 6; ++i) {
    CAPTURE(i);
    const auto column = static_cast<Index>(i);
    const VectorXd x = place.samples.row(column).transpose();
    const double best = coordinate_descent({place.dictionary, gram, x, 0.7, pairs}).objective;
    const double objective = lasso_objective(place.dictionary, x, codes.col(column), 0.7);
    CHECK_THAT(results["objective"]["values"][i].get<double>(), WithinRel(objective, 1e-12));
    CHECK_THAT(results["reference_objective"]["values"][i].get<double>(), WithinRel(best, 1e-8));
    CHECK(std::abs(results["relative_error"]["values"][i].get<double>() - (objective / best - 1)) <
          1e-8);
    CHECK(results["nonzeros"]["values"][i] == (codes.col(column).array() != 0).count());
    errors.push_back(objective / best - 1);
  }
  std::sort(errors.begin(), errors.end());
  CHECK(errors.back() < 1e-4);
  CHECK(std::abs(results["relative_error"]["median"].get<double>() - (errors[2] + errors[3]) / 2) <
        1e-8);
  CHECK(results["reference_gap"] <= 1e-8);
  CHECK(json["simulated_s"] == 6 * 1000 * 0.01);
}

TEST_CASE("spikes.dat holds every spike, replica by replica", "[app]") {
  const Place place;
  REQUIRE(place.run("a", {"duration=50"}) == 0);
  std::istringstream lines(text_of(place.path / "a" / "spikes.dat"));
  const auto json = summary_of(place.path / "a");
  std::string line, header;
  std::uint64_t spikes = 0, last_replica = 0;
  double last = 0;
  while (std::getline(lines, line)) {
    if (line[0] == '#') {
      header += line;
      continue;
    }
    std::istringstream fields(line);
    double time = 0;
    std::uint64_t neuron = 0;
    fields >> time >> neuron;
    const std::uint64_t replica = neuron / 40;  // 20 atoms, ± pairs
    REQUIRE(replica >= last_replica);
    REQUIRE((replica > last_replica || time >= last));
    REQUIRE(time < 0.5);
    last_replica = replica;
    last = time;
    ++spikes;
  }
  CHECK_THAT(header, Contains("replica·40 + i"));
  CHECK(last_replica == 5);
  CHECK(json["counts"]["spikes"] == spikes);
  CHECK(json["counts"]["synaptic_events"] == spikes * 39);
}

TEST_CASE("Threads change nothing, and neither do cores where delay lets the layer be split",
          "[app]") {
  const Place place;
  const auto same = [&](const char* a, const char* b) {
    auto x = summary_of(place.path / a), y = summary_of(place.path / b);
    for (auto* summary : {&x, &y}) (*summary)["results"].erase("cores_used");
    CHECK(x["spike_hash"] == y["spike_hash"]);
    CHECK(x["counts"]["spikes"] == y["counts"]["spikes"]);
    CHECK(x["results"] == y["results"]);
    CHECK(text_of(place.path / a / "spikes.dat") == text_of(place.path / b / "spikes.dat"));
    CHECK(text_of(place.path / a / "codes.npy") == text_of(place.path / b / "codes.npy"));
  };
  REQUIRE(place.run("one", {}, {"--threads", "1"}) == 0);
  REQUIRE(place.run("two", {}, {"--threads", "2"}) == 0);
  REQUIRE(place.run("four", {}, {"--threads", "4"}) == 0);
  REQUIRE(place.run("cores", {}, {"--threads", "4", "--cores", "4"}) == 0);
  same("one", "two");
  same("one", "four");
  same("one", "cores");
  REQUIRE(place.run("late", {"delay=0.01"}, {"--threads", "1"}) == 0);
  REQUIRE(place.run("split", {"delay=0.01"}, {"--threads", "4", "--cores", "4"}) == 0);
  same("late", "split");
  CHECK(summary_of(place.path / "one")["spike_hash"] !=
        summary_of(place.path / "late")["spike_hash"]);
  // One sample alone is coded as among others.
  REQUIRE(place.run("alone", {"samples=0"}, {"--threads", "4"}) == 0);
  CHECK(read_npy_matrix(place.path / "alone" / "codes.npy").col(0) ==
        read_npy_matrix(place.path / "one" / "codes.npy").col(0));
}

TEST_CASE("Images come back from their patches", "[app]") {
  const Place place;
  const auto dictionary = GENERATE(std::string("dct"), std::string("exemplars"));
  CAPTURE(dictionary);
  REQUIRE(place.run("a", {"data=dead-leaves", "samples=0", "dictionary=" + dictionary,
                          "duration=100", "spikes=false"}) == 0);
  const auto json = summary_of(place.path / "a");
  for (const auto& psnr : json["results"]["psnr_db"]["values"])
    CHECK(psnr > (dictionary == "dct" ? 25 : 22));
  CHECK(json["results"]["relative_error"]["median"] < 0.02);
  CHECK_FALSE(fs::exists(place.path / "a" / "spikes.dat"));
  const Image original = read_image(place.path / "a" / "original_0000.png");
  const Image restored = read_image(place.path / "a" / "reconstruction_0000.png");
  REQUIRE(original.pixels.size() == restored.pixels.size());
  double squares = 0;
  for (std::size_t i = 0; i < original.pixels.size(); ++i)
    squares += std::pow(original.pixels[i] - restored.pixels[i], 2);
  const double psnr = 10 * std::log10(static_cast<double>(original.pixels.size()) / squares);
  CHECK(std::abs(psnr - json["results"]["psnr_db"]["values"][0].get<double>()) < 0.5);
  CHECK_THAT(text_of(place.path / "a" / "report.html"), Contains("by spikes") && Contains("svg"));
}

TEST_CASE("Scale and shift act before coding, a relative λ on the sample's own size", "[app]") {
  const Place place;
  REQUIRE(place.run("a", {"lambda_relative=0.2"}) == 0);
  REQUIRE(place.run("b", {"lambda_relative=0.2", "scale=2"}) == 0);
  REQUIRE(place.run("c", {"lambda=0.5", "scale=2", "shift=1"}) == 0);
  const auto results = [&](const char* run) { return summary_of(place.path / run)["results"]; };
  const auto a = results("a"), b = results("b"), c = results("c");
  const VectorXd x = place.samples.row(2).transpose();
  const double largest = (place.dictionary.transpose() * x).cwiseAbs().maxCoeff();
  CHECK_THAT(a["lambda"]["values"][2].get<double>(), WithinRel(0.2 * largest, 1e-12));
  CHECK_THAT(b["reference_objective"]["values"][2].get<double>(),
             WithinRel(4 * a["reference_objective"]["values"][2].get<double>(), 1e-8));
  const VectorXd moved = (2 * x).array() + 1;
  const MatrixXd gram = gram_matrix(place.dictionary);
  CHECK_THAT(
      c["reference_objective"]["values"][2].get<double>(),
      WithinRel(coordinate_descent({place.dictionary, gram, moved, 0.5, true}).objective, 1e-8));
}

TEST_CASE("A dictionary in rows is the same, and nothing to code is coded as nothing", "[app]") {
  const Place place;
  write_npy(place.path / "rows.npy", MatrixXd(place.dictionary.transpose()));
  REQUIRE(place.run("columns", {}) == 0);
  REQUIRE(place.run("rows", {"dictionary=" + place.file("rows.npy"), "dictionary_layout=rows"}) ==
          0);
  CHECK(summary_of(place.path / "columns")["spike_hash"] ==
        summary_of(place.path / "rows")["spike_hash"]);
  write_npy(place.path / "zero.npy", MatrixXd(MatrixXd::Zero(1, 12)));
  REQUIRE(place.run("zero", {"data=" + place.file("zero.npy"), "samples=0"}) == 0);
  const auto results = summary_of(place.path / "zero")["results"];
  CHECK(results["objective"]["median"] == 0);
  CHECK(results["relative_error"]["median"] == 0);
  CHECK(results["nonzeros"]["median"] == 0);
}

TEST_CASE("Every mistake gets one clear line and leaves nothing behind", "[app]") {
  const Place place;
  for (const char* setting : {"lambda=0", "lambda=-1", "lambda_relative=0", "lambda=nan"})
    CHECK_THAT(place.error({setting}), Contains("lambda"));
  CHECK_THAT(place.error({"lambda=1", "lambda_relative=0.1"}),
             Contains("lambda_relative") && Contains("one of the two"));
  CHECK_THAT(place.error({"samples=0..6"}), Contains("samples.npy") && Contains("6"));
  CHECK_THAT(place.error({"samples=-1"}), Contains("samples"));
  CHECK_THAT(place.error({"duration=0"}), Contains("duration"));
  CHECK_THAT(place.error({"duration=1e9", "tau=1"}), Contains("duration") && Contains("shorten"));
  CHECK_THAT(place.error({"readout=spikes"}), Contains("readout") && Contains("membrane"));
  CHECK_THAT(place.error({"atom=5"}), Contains("did you mean 'atoms'"));
  CHECK_THAT(place.error({"atoms=21"}), Contains("atoms") && Contains("20"));
  CHECK_THAT(place.error({"patch=3"}), Contains("no images") && Contains("patch"));
  CHECK_THAT(place.error({"dictionary=dct"}), Contains("no images"));
  CHECK_THAT(place.error({"dictionary=nowhere.npy"}), Contains("nowhere.npy"));
  CHECK_THAT(place.error({"data=nowhere"}), Contains("nowhere"));
  CHECK_THAT(place.error({"data=dead-leaves", "samples=0", "dictionary=dct", "patch=97"}),
             Contains("97") && Contains("48"));
  CHECK_THAT(place.error({"data=dead-leaves", "samples=0", "dictionary=dct", "stride=9"}),
             Contains("stride"));
  CHECK_THAT(place.error({"data=dead-leaves", "samples=0", "patch=4"}),
             Contains("dictionary.npy") && Contains("12"));
  CHECK_THAT(place.error({"dictionary_layout=rows"}), Contains("dictionary_layout"));
  CHECK_THAT(place.error({"lateral=-1"}), Contains("diverges") && Contains("lateral"));

  MatrixXd bad = place.samples;
  bad(4, 7) = std::nan("");
  write_npy(place.path / "bad.npy", bad);
  CHECK_THAT(place.error({"data=" + place.file("bad.npy")}),
             Contains("bad.npy") && Contains("sample 4"));
  bad = place.dictionary;
  bad(4, 7) = std::nan("");
  write_npy(place.path / "nan.npy", bad);
  CHECK_THAT(place.error({"dictionary=" + place.file("nan.npy")}), Contains("nan.npy"));
  bad = place.dictionary;
  bad.col(7).setZero();
  write_npy(place.path / "hole.npy", bad);
  CHECK_THAT(place.error({"dictionary=" + place.file("hole.npy")}),
             Contains("hole.npy") && Contains("atom 7 is zero"));
  write_npy(place.path / "small.npy", MatrixXd(place.dictionary.topRows(5)));
  CHECK_THAT(place.error({"dictionary=" + place.file("small.npy")}),
             Contains("small.npy") && Contains("5") && Contains("12"));
}

namespace {

/// Another working directory while it lives.
struct Elsewhere {
  explicit Elsewhere(const fs::path& path) : before(fs::current_path()) { fs::current_path(path); }
  ~Elsewhere() { fs::current_path(before); }
  Elsewhere(const Elsewhere&) = delete;
  Elsewhere& operator=(const Elsewhere&) = delete;
  fs::path before;
};

/// A value of CLOCKLESS_DATA while it lives.
struct DataFolder {
  explicit DataFolder(const fs::path& path) {
    if (const char* value = std::getenv("CLOCKLESS_DATA")) before = value;
    ::setenv("CLOCKLESS_DATA", path.c_str(), 1);
  }
  ~DataFolder() {
    if (before.empty())
      ::unsetenv("CLOCKLESS_DATA");
    else
      ::setenv("CLOCKLESS_DATA", before.c_str(), 1);
  }
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;
  std::string before;
};

}  // namespace

TEST_CASE("A run's configuration says what was used, and repeats it from any folder", "[app]") {
  const Place place;
  const auto coded = [](const std::vector<std::string>& more) {
    std::vector<std::string> all{"run"};
    all.insert(all.end(), more.begin(), more.end());
    return command(all);
  };
  const auto again = [&](const char* configuration, const char* out) {
    const Elsewhere elsewhere(fs::temp_directory_path());
    REQUIRE(coded({place.file(configuration), "--quiet", "-o", place.file(out)}) == 0);
    return summary_of(place.path / out);
  };
  {
    const Elsewhere here(place.path);
    REQUIRE(coded({"sparse-coding", "--quiet", "-o", "a", "--set", "data=samples.npy", "--set",
                   "samples=0..2", "--set", "dictionary=dictionary.npy", "--set", "duration=30"}) ==
            0);
  }
  const auto a = summary_of(place.path / "a");
  const auto& used = a["configuration"];
  const fs::path canonical = fs::canonical(place.path);
  CHECK(used["data"] == (canonical / "samples.npy").string());
  CHECK(used["dictionary"] == (canonical / "dictionary.npy").string());
  CHECK(used["patch"] == 0);
  CHECK(used["atoms"] == 20);
  CHECK(used["scale"] == 1.0);
  CHECK(used["lambda_relative"] == 0.03);
  CHECK_FALSE(used.contains("lambda"));
  const auto b = again("a/configuration.toml", "b");
  CHECK(b["spike_hash"] == a["spike_hash"]);
  CHECK(b["configuration"] == used);

  // A named set stays the file that it was.
  const fs::path set = place.path / "sets" / "fashion-mnist";
  fs::create_directories(set);
  std::string idx{"\0\0\x08\x03\0\0\0\x02\0\0\0\x10\0\0\0\x10", 16};
  RandomStream random{4, 1, 0};
  for (int i = 0; i < 2 * 16 * 16; ++i) idx += static_cast<char>(random.below(256));
  std::ofstream(set / "t10k-images-idx3-ubyte", std::ios::binary) << idx;
  {
    const DataFolder data(place.path / "sets");
    REQUIRE(coded({"sparse-coding", "--quiet", "-o", place.file("c"), "--set", "duration=5",
                   "--set", "atoms=70", "--set", "lambda=0.5"}) == 0);
  }
  const DataFolder nowhere(place.path / "nowhere");
  const auto c = summary_of(place.path / "c");
  CHECK(c["configuration"]["data"] == fs::canonical(set / "t10k-images-idx3-ubyte").string());
  CHECK(c["configuration"]["samples"] == "0..1");  // of the default 0..9
  CHECK(c["configuration"]["patch"] == 8);
  CHECK(c["configuration"]["stride"] == 3);
  CHECK(c["configuration"]["scale"] == 1.0 / 255);
  CHECK(c["configuration"]["lambda"] == 0.5);
  CHECK_FALSE(c["configuration"].contains("lambda_relative"));
  CHECK(again("c/configuration.toml", "d")["spike_hash"] == c["spike_hash"]);
}

TEST_CASE("One picture needs no other setting", "[app]") {
  const Place place;
  Image image{16, 12, {}};
  RandomStream random{5, 1, 0};
  for (int i = 0; i < 16 * 12; ++i) image.pixels.push_back(static_cast<float>(random.uniform()));
  write_png(place.path / "my.png", image);
  REQUIRE(command({"run", "sparse-coding", "--quiet", "-o", place.file("a"), "--set",
                   "data=" + place.file("my.png"), "--set", "duration=5", "--cores", "4"}) == 0);
  const auto json = summary_of(place.path / "a");
  const auto& results = json["results"];
  CHECK(results["nonzeros"]["values"].size() == 1);
  CHECK_THAT(results["nonzeros_per_pixel"]["median"].get<double>(),
             WithinRel(results["nonzeros"]["median"].get<double>() / (16 * 12), 1e-12));
  CHECK(results["cores_used"] == 1);  // spikes without delay
  CHECK_FALSE(json.contains("spiking_s"));
  CHECK(json["times"]["spiking_s"]["values"].size() == 1);
  CHECK(json["times"]["fista_s"]["values"].size() == 1);
  CHECK_THAT(text_of(place.path / "a" / "report.html"), Contains("of 4 asked for"));
  CHECK_THAT(error_of([&] {
               command({"run", "sparse-coding", "--quiet", "-o", place.file("b"), "--set",
                        "data=" + place.file("my.png"), "--set", "samples=0..9"});
             }),
             Contains("holds 1"));
}

TEST_CASE("Synaptic operations are those of a sample, and cores follow the delay", "[app]") {
  const Place place;
  REQUIRE(place.run("a", {"duration=20", "delay=0.01"}, {"--cores", "4"}) == 0);
  const auto json = summary_of(place.path / "a");
  CHECK(json["synaptic_operations"]["Effective_ACs"].get<double>() ==
        json["counts"]["synaptic_events"].get<double>() / 6);
  CHECK(json["results"]["cores_used"] == 4);
}

TEST_CASE("Atoms that see nothing but rounding code nothing", "[app]") {
  const Place place;
  // One atom of a DCT is constant, and patches are coded without their means.
  REQUIRE(place.run("a", {"data=dead-leaves", "samples=0", "dictionary=dct", "atoms=1",
                          "duration=20"}) == 0);
  const auto results = summary_of(place.path / "a")["results"];
  CHECK(results["nonzeros"]["median"] == 0);
  CHECK(results["reference_nonzeros"]["median"] == 0);
}

TEST_CASE("Extreme sizes and magnitudes are refused by name", "[app]") {
  const Place place;
  CHECK_THAT(place.error({"lambda=1e-300"}), Contains("lambda_relative") && Contains("reference"));
  CHECK_THAT(place.error({"data=dead-leaves", "samples=0", "dictionary=dct", "atoms=1048576"}),
             Contains("atoms") && Contains("GiB of memory are needed"));
  CHECK_THAT(place.error({"duration=1e-300"}), Contains("duration") && Contains("tau"));
  CHECK_THAT(place.error({"scale=1e200"}), StartsWith("scale = ") && !Contains("lateral"));
  CHECK_THAT(place.error({"scale=1e-200"}), StartsWith("scale = "));
  CHECK_THAT(place.error({"shift=1e308"}), StartsWith("shift = "));
  CHECK_THAT(place.error({"scale=1e12"}), Contains("scale") && !Contains("lateral"));
  const auto scaled = [&](const char* file, double factor) {
    write_npy(place.path / file, MatrixXd(place.dictionary * factor));
    return place.error({"dictionary=" + place.file(file)});
  };
  CHECK_THAT(scaled("huge.npy", 1e160), Contains("huge.npy") && Contains("too large"));
  CHECK_THAT(scaled("tiny.npy", 1e-170), Contains("tiny.npy") && Contains("too small"));
  write_npy(place.path / "1e30.npy", MatrixXd(place.dictionary * 1e30));
  CHECK_THAT(place.error({"dictionary=" + place.file("1e30.npy"), "weights=float", "scale=1e30"}),
             Contains("weights = double"));
}
