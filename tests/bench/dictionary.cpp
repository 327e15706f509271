// Learning a dictionary by spikes: speed of the whole loop, and time to an objective beside others.
//
// 8 x 8 patches of a picture, split by sign, 256 atoms: experiment A of Lin & Tang 2018. First the
// loop (both phases, learning, readout) in ns per synaptic event beside `bench dense` of as many
// neurons, turn by turn. Then CPU time on one thread to given test objectives: every learner begins
// with the same dictionary and sees the same samples in the same order; at some numbers of samples
// its clock stops and held-out patches are coded by coordinate descent. Targets are shares of the
// way from the first objective to the best that any learner reached; each learner's best variant
// (rate, batch size) for a target stands in the line. Two threads or jobs are timed by the wall.
//
// --quick: a short form. --data PATH: a picture; else one of the development data, else dead
// leaves.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include <unistd.h>

#include "apps/data/npy.hpp"
#include "apps/solvers/dictionary_objective.hpp"
#include "apps/solvers/online_dictionary.hpp"
#include "apps/solvers/sgd_dictionary.hpp"
#include "apps/sparse/dictionary_task.hpp"
#include "apps/sparse/feedback_learner.hpp"
#include "core/error.hpp"
#include "tests/bench/dense_layer.hpp"
#include "tests/bench/time_to_objective.hpp"
#include "tests/support/shared.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace clockless;
using Eigen::Index;
using Eigen::MatrixXd;
namespace fs = std::filesystem;

namespace {

constexpr int atoms = 256;
const std::string peer = "scikit-learn";

DictionaryTask experiment_a(const std::string& picture, bool quick, int replicas = 1) {
  Settings settings;
  declare_dictionary(settings);
  settings.set("data", picture, "bench");
  settings.set("patch", "8", "bench");
  settings.set("atoms", std::to_string(atoms), "bench");
  if (replicas == 1) settings.set("learning_rate", "1", "bench");
  settings.set("replicas", std::to_string(replicas), "bench");
  settings.set("test_samples", quick ? "50" : "500", "bench");
  Run run(settings);
  run.seed = 1;
  return prepare_dictionary(run);
}

void whole_loop(const DictionaryTask& task, bool quick) {
  const std::uint64_t each = quick ? 128 : 1000;
  const FeedbackNetwork network(task.weights, task.options);
  FeedbackLearner learner(network);
  bench::DenseRun dense(bench::gaussian_layer(atoms, quick ? 500 : 8000));
  bench::Five ours, limit, per_second;
  std::uint64_t next = 0;
  for (std::size_t repeat = 0; repeat < 5; ++repeat) {
    std::vector<Eigen::VectorXd> samples;
    for (std::uint64_t k = 0; k < each; ++k) samples.push_back(task.data.sample(next++));
    const std::uint64_t events = learner.counts().synaptic_events;
    const double start = bench::cpu_seconds();
    for (const auto& sample : samples) learner.present(sample);
    const double took = bench::cpu_seconds() - start;
    ours.values[repeat] =
        1e9 * took / static_cast<double>(learner.counts().synaptic_events - events);
    per_second.values[repeat] = static_cast<double>(each) / took;
    limit.values[repeat] = dense.repeat();
  }
  const Counts counts = learner.counts();
  const auto per_sample = [&](std::uint64_t count) {
    return static_cast<double>(count) / static_cast<double>(next);
  };
  bench::Line(fmt::format("whole loop, {} x {}", network.features(), atoms))
      .field("data", task.data.origin)
      .field("samples_per_s", per_second)
      .field("spikes_per_sample", per_sample(counts.spikes))
      .field("synaptic_events_per_sample", per_sample(counts.synaptic_events))
      .field("plasticity_updates_per_sample", per_sample(counts.plasticity_updates))
      .field("ns_per_synaptic_event", ours)
      .field("dense", fmt::format("bench dense, gaussian {}", atoms))
      .field("dense_ns", limit)
      .field("ratio_to_dense", ours / limit);
}

/// Replicas at the scenario's defaults on one thread and on two, turn by turn, by the wall.
void replicas(const DictionaryTask& task, bool quick) {
  const std::size_t lots = quick ? 4 : 64;
  const auto at_once = static_cast<std::size_t>(task.options.replicas);
  const FeedbackNetwork network(task.weights, task.options);
  FeedbackLearner alone(network, 1), both(network, 2);
  bench::Five one, two;
  const auto samples_per_s = [&](FeedbackLearner& learner) {
    std::vector<std::vector<Eigen::VectorXd>> given(lots);
    std::uint64_t next = learner.presented();
    for (auto& lot : given)
      while (lot.size() < at_once) lot.push_back(task.data.sample(next++));
    const double start = bench::wall_seconds();
    for (const auto& lot : given) learner.present(lot);
    return static_cast<double>(lots * at_once) / (bench::wall_seconds() - start);
  };
  for (std::size_t repeat = 0; repeat < 5; ++repeat) {
    one.values[repeat] = samples_per_s(alone);
    two.values[repeat] = samples_per_s(both);
  }
  bench::Line(fmt::format("{} replicas, {} x {}", at_once, network.features(), atoms))
      .field("samples_per_s", one)
      .field("samples_per_s_on_2_threads", two)
      .field("ratio", two / one)
      .field("same_bits", alone.spike_hash() == both.spike_hash());
}

// -- time to an objective

class Comparison {
 public:
  Comparison(const DictionaryTask& task, Index count) : task_(task) {
    samples_.resize(task.data.features, count);
    for (Index k = 0; k < count; ++k)
      samples_.col(k) = task.data.sample(static_cast<std::uint64_t>(k));
    for (double at = 128; at < static_cast<double>(count); at *= std::sqrt(2.0))
      looks_.push_back(static_cast<Index>(at));
    looks_.push_back(count);
    first_ = objective(task.weights.feedback);
  }

  /// Learns whole batches up to each look: learn(samples) is timed, dictionary() tells what came.
  template <class Learn, class Dictionary>
  void follow(std::string learner, std::string variant, Index batch, Learn learn,
              Dictionary dictionary, double clock() = bench::cpu_seconds) {
    bench::Course course{std::move(learner), std::move(variant), {}};
    Index done = 0;
    double seconds = 0;
    for (const Index look : looks_) {
      if (done >= look) continue;
      const double start = clock();
      for (; done < look && done + batch <= samples_.cols(); done += batch)
        learn(samples_.middleCols(done, batch));
      seconds += clock() - start;
      if (done >= look)
        course.points.push_back({static_cast<double>(done), seconds, objective(dictionary())});
    }
    finish(std::move(course));
  }

  void spikes(double rate, double amplitude, double duration);
  void sgd(double rate);
  void online(Index batch, unsigned threads);
  void scikit_learn(const std::string& python, Index batch, const char* type, int sweeps, int jobs);
  void report() const { bench::report_times(first_, courses_, peer); }

 private:
  double objective(const MatrixXd& dictionary) {
    return task_.relative(
        dictionary_objective(dictionary, task_.data.test, task_.options.lambda1, parallel_)
            .objective);
  }
  void finish(bench::Course course);

  const DictionaryTask& task_;
  MatrixXd samples_;  // features x samples
  std::vector<Index> looks_;
  Parallel parallel_;
  double first_ = 0;
  std::vector<bench::Course> courses_;
};

/// At a rate for samples of norm 1, with samples of norm `amplitude` and phases of `duration` τ:
/// the fewer spikes, the coarser the codes.
void Comparison::spikes(double rate, double amplitude, double duration) {
  const double scale = amplitude / task_.amplitude;
  FeedbackOptions o = task_.options;
  const double faster = rate / task_.learning_rate / (scale * scale);
  o.learning_rate *= faster;
  o.lateral_rate *= faster;
  o.lambda1 *= scale;
  o.lambda2 *= scale * scale;
  o.duration = duration;
  const FeedbackNetwork network(task_.weights, o);
  FeedbackLearner learner(network);
  const std::string variant =
      fmt::format("rate {}, amplitude {}, phases of {} tau", rate, amplitude, duration);
  try {
    follow(
        "spikes", variant, 1, [&](const auto& samples) { learner.present(scale * samples); },
        [&] { return learner.weights().feedback; });
  } catch (const Error& e) {  // too large a step
    fmt::print(stderr, "spikes, {}: left out, {}\n", variant, e.what());
  }
}

void Comparison::sgd(double rate) {
  const SgdOptions options{.lambda = task_.options.lambda1,
                           .learning_rate = rate / (task_.amplitude * task_.amplitude)};
  SgdDictionary learner({task_.weights.feedback, 0}, options);
  follow(
      "sgd", fmt::format("rate {}", rate), 1, [&](const auto& x) { learner.learn(x); },
      [&] { return learner.dictionary(); });
}

void Comparison::online(Index batch, unsigned threads) {
  OnlineState start;
  start.dictionary = task_.weights.feedback;
  OnlineDictionary learner(std::move(start), {.lambda = task_.options.lambda1}, threads);
  follow(
      threads > 1 ? fmt::format("online, {} threads", threads) : "online",
      fmt::format("batch {}", batch), batch, [&](const auto& x) { learner.learn(x); },
      [&] { return learner.dictionary(); }, threads > 1 ? bench::wall_seconds : bench::cpu_seconds);
}

void Comparison::finish(bench::Course course) {
  if (course.points.empty()) return;
  const bench::Point& last = course.points.back();
  bench::Line(fmt::format("course of {}, {}", course.learner, course.variant))
      .field("samples", last.samples)
      .field("samples_per_s", last.samples / last.seconds)
      .field("test_objective", last.objective);
  courses_.push_back(std::move(course));
}

void Comparison::scikit_learn(const std::string& python, Index batch, const char* type, int sweeps,
                              int jobs) {
  const TemporaryFolder scratch;
  write_npy(scratch / "samples.npy", samples_);
  write_npy(scratch / "start.npy", task_.weights.feedback);
  std::string command =
      fmt::format("OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 '{}' '{}' '{}' {} {} {} {} {}", python,
                  CLOCKLESS_SOURCE_DIR "/tests/bench/dictionary_sklearn.py",
                  scratch.path().string(), task_.options.lambda1, type, batch, sweeps, jobs);
  for (const Index look : looks_) command += fmt::format(" {}", look);
  if (std::system(command.c_str()) != 0) throw Error("scikit-learn failed: " + command);
  const NpyArray course = read_npy(scratch / "course.npy");
  const NpyArray made = read_npy(scratch / "dictionaries.npy");
  bench::Course out{jobs > 1 ? fmt::format("scikit-learn, n_jobs = {}", jobs) : peer,
                    fmt::format("batch {}, {}, at most {} sweeps", batch, type, sweeps),
                    {}};
  const auto size = static_cast<std::size_t>(task_.data.features) * atoms;
  for (std::size_t i = 0; i < course.shape[0]; ++i) {
    const double* row = &course.values[3 * i];
    const Eigen::Map<const MatrixXd> dictionary(&made.values[i * size], task_.data.features, atoms);
    out.points.push_back({row[0], row[jobs > 1 ? 2 : 1], objective(dictionary)});
  }
  finish(std::move(out));
}

/// One that knows scikit-learn; the system's own where another comes first in the path.
std::optional<std::string> find_python() {
  for (const char* python : {"python3", "/usr/bin/python3"})
    if (std::system(fmt::format("{} -c 'import sklearn' 2>/dev/null", python).c_str()) == 0)
      return python;
  return std::nullopt;
}

void compare(const DictionaryTask& task, bool quick) {
  using Batches = std::vector<Index>;
  using Rates = std::vector<double>;
  Comparison comparison(task, quick ? 512 : 16384);
  if (const auto python = find_python()) {
    for (const Index batch : quick ? Batches{64} : Batches{16, 64, 256, 1024})
      comparison.scikit_learn(*python, batch, "float64", 1000, 1);
    for (const Index batch : quick ? Batches{} : Batches{64, 256, 1024})
      comparison.scikit_learn(*python, batch, "float32", 10, 1);
    for (const Index batch : quick ? Batches{} : Batches{256, 1024})
      comparison.scikit_learn(*python, batch, "float32", 10, 2);
  } else {
    fmt::print(stderr, "scikit-learn: SKIPPED, not found; Debian has it: python3-sklearn\n");
  }
  for (const Index batch : quick ? Batches{64} : Batches{16, 64, 256}) comparison.online(batch, 1);
  if (!quick) comparison.online(64, 2);
  for (const double rate : quick ? Rates{1} : Rates{0.5, 1, 2, 4}) comparison.sgd(rate);
  comparison.spikes(1, 4, 20);
  if (!quick) {
    comparison.spikes(2, 4, 20);
    comparison.spikes(1, 4, 10);
    comparison.spikes(2, 4, 10);
    comparison.spikes(2, 2, 20);
    comparison.spikes(2, 2, 10);
  }
  comparison.report();
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> given(argv + 1, argv + argc);
  const bool quick = std::find(given.begin(), given.end(), "--quick") != given.end();
  std::string picture = "dead-leaves";
  if (const auto shared = shared_folder()) picture = *shared / "data/images/lena512.pgm";
  for (std::size_t i = 1; i < given.size(); ++i)
    if (given[i - 1] == "--data") picture = given[i];
  try {
    const DictionaryTask task = experiment_a(picture, quick);
    whole_loop(task, quick);
    replicas(experiment_a(picture, quick, 16), quick);
    compare(task, quick);
  } catch (const Error& e) {
    fmt::print(stderr, "bench dictionary: {}\n", e.what());
    return 1;
  }
}
