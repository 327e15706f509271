// Scenario dictionary-learning: a spiking network learns the atoms that its samples are made of.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <zlib.h>

#include "apps/data/checkpoint_file.hpp"
#include "apps/data/npy.hpp"
#include "apps/placement.hpp"
#include "apps/registry.hpp"
#include "apps/solvers/dictionary_objective.hpp"
#include "apps/sparse/dictionary.hpp"
#include "apps/sparse/dictionary_reference.hpp"
#include "apps/sparse/dictionary_task.hpp"
#include "apps/sparse/learning_checkpoint.hpp"
#include "apps/sparse/learning_course.hpp"
#include "apps/sparse/learning_report.hpp"
#include "apps/sparse/learning_view.hpp"
#include "core/error.hpp"
#include "core/meter.hpp"

namespace clockless {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using nlohmann::json;

void declare(Settings& s) {
  declare_dictionary(s);
  declare_reference(s);
  declare_uses(s);
  s.text("checkpoint", std::nullopt,
         "file to go on from, where there is one, and to write now and then and at the end");
  s.integer("checkpoint_every", 2560, "samples from one checkpoint to the next, in steps of 256")
      .range(1, 1'000'000'000);
}

/// Two looks a doubling, the first after a hundred or so, the last at the end; after whole lots, so
/// that the reference looks at the same samples.
std::vector<std::uint64_t> looks_at(std::uint64_t samples, std::uint64_t lot) {
  std::vector<std::uint64_t> looks;
  for (double at = 128; at < static_cast<double>(samples); at *= std::sqrt(2.0)) {
    const std::uint64_t look = (static_cast<std::uint64_t>(at) + lot - 1) / lot * lot;
    if (look < samples && (looks.empty() || look > looks.back())) looks.push_back(look);
  }
  looks.push_back(samples);
  return looks;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

class DictionaryLearning {
 public:
  explicit DictionaryLearning(Run& run)
      : run_(run),
        task_(prepare_dictionary(run)),
        looks_(looks_at(task_.samples, task_.options.replicas)),
        network_(task_.weights, task_.options),
        learner_(network_, place_network(run, network_.network()),
                 static_cast<unsigned>(run.threads)),
        parallel_(static_cast<unsigned>(run.threads)) {
    check_uses(run_, task_);
  }

  void learn();
  void finish();

 private:
  void learn_on();
  std::size_t present_some();
  void take_part();
  void close_point();
  void look(LearningPoint point);
  json identity() const;
  void keep();
  void save();
  void resume();

  Run& run_;
  DictionaryTask task_;
  std::vector<std::uint64_t> looks_;
  FeedbackNetwork network_;
  FeedbackLearner learner_;
  Parallel parallel_;
  DictionaryReference reference_;
  std::vector<LearningPoint> points_;
  OpenPoint open_;
  MatrixXd first_, dictionary_;  // of unit norm
  std::vector<Spike> spikes_;    // of the last sample
  double learning_s_ = 0, looking_s_ = 0;
  std::uint64_t learned_here_ = 0;          // in this run, not before a checkpoint
  std::optional<LearningCheckpoint> kept_;  // the last there could be, until it is on disk
  LearningView view_{run_, task_, learner_, points_, reference_};
};

/// Settings that make another run. Those that only say how long or where are none of them.
json DictionaryLearning::identity() const {
  json settings = run_.resolved.to_json();
  for (const char* key :
       {"samples", "checkpoint", "checkpoint_every", "threads", "cores", "hardware", "fidelity",
        "speedup", "reference", "reference_rate", "denoise", "denoise_picture", "denoise_lambda",
        "readout", "quick", "trace", "trace_events", "trace_neuron", "vcd"})
    settings.erase(key);
  if (run_.machine.fidelity == Fidelity::ideal) settings.erase("placement");
  if (const json machine = run_.machine_identity(); !machine.is_null())
    settings["fidelity, cores and the hardware's times"] = machine;
  settings["features"] = task_.data.features;
  const MatrixXd& test = task_.data.test;  // other content by the same name gives others
  settings["your data's checksum"] =       // the last key: what setting differs is told first
      fmt::format("{:08x}", crc32_z(0, reinterpret_cast<const unsigned char*>(test.data()),
                                    static_cast<std::size_t>(test.size()) * sizeof(double)));
  return settings;
}

void DictionaryLearning::keep() {
  kept_ = {learner_.state(), identity(), {{"points", points_}, {"open", open_}}};
}

/// A disk that is full now does not end the run: there may be room for the next one.
void DictionaryLearning::save() {
  if (!kept_) return;
  try {
    write_checkpoint(run_.settings.get<std::string>("checkpoint"), *kept_);
  } catch (const Error& e) {
    fmt::print(stderr, "clockless: {}; learning goes on, and this checkpoint is missing\n",
               e.what());
  }
  kept_.reset();
}

void DictionaryLearning::resume() {
  if (!run_.settings.has("checkpoint") || interrupted()) return;
  const std::filesystem::path path = run_.settings.get<std::string>("checkpoint");
  if (!std::filesystem::is_directory(std::filesystem::absolute(path).parent_path()))
    run_.settings.fail("checkpoint", "there is no such folder; create it first");
  const auto checkpoint = read_checkpoint(path);
  if (!checkpoint) {  // what cannot be written shall be told before anything is learned
    write_checkpoint(path, {learner_.state(), identity(), {{"points", points_}, {"open", open_}}});
    return;
  }
  require_same_run(path, checkpoint->run, identity());
  if (checkpoint->state.presented > task_.samples)
    run_.settings.fail("samples", fmt::format("the checkpoint {} is {} samples on already",
                                              path.string(), checkpoint->state.presented));
  learner_.restore(checkpoint->state);
  run_.resumed_s = learner_.simulated_s();
  try {
    points_ = checkpoint->course.at("points").get<std::vector<LearningPoint>>();
    open_ = checkpoint->course.at("open").get<OpenPoint>();
  } catch (const json::exception&) {
    throw Error(path.string() + ": this checkpoint is damaged; remove it to begin anew");
  }
}

/// As many samples as there are replicas, less where the end comes first; how many.
std::size_t DictionaryLearning::present_some() {
  const std::uint64_t at = learner_.presented(), replicas = task_.options.replicas;
  const std::uint64_t end = std::min(task_.samples, (at / replicas + 1) * replicas);
  std::vector<Eigen::VectorXd> samples;
  for (std::uint64_t i = at; i < end; ++i) samples.push_back(task_.data.sample(i));
  if (end == task_.samples) {
    learner_.record();
    learner_.trace(run_.trace);
  }
  try {
    learner_.present(samples);
  } catch (const Error& e) {  // inhibition H fell behind the feedback FB
    throw Error(
        fmt::format("{}; in this scenario that is a learning_rate below {:.3g}, or a lesser "
                    "feedback",
                    e.what(), task_.learning_rate));
  }
  return samples.size();
}

/// What the last samples add to the next point.
void DictionaryLearning::take_part() {
  const auto& o = task_.options;
  const double most = o.safe_step > 0 ? o.safe_step / static_cast<double>(o.replicas) : INFINITY;
  const double pace =
      o.halving > 0 ? 1 / (1 + static_cast<double>(learner_.presented() - 1) / o.halving) : 1.0;
  double step = 0;
  for (const FeedbackLearner::Code& code : learner_.last()) {
    open_.activity += code.activity / task_.amplitude;
    step += std::min(pace * o.lateral_rate * code.power, most);
    open_.greatest_cost = std::max(open_.greatest_cost, code.cost);
  }
  open_.lateral_step = std::max(open_.lateral_step, step);
}

void DictionaryLearning::close_point() {
  const Counts now = learner_.counts();
  const std::uint64_t presented = learner_.presented();
  const auto samples = static_cast<double>(std::max<std::uint64_t>(1, presented - open_.since));
  Counts part = now;
  for (const CountTerm& term : count_terms) part.*term.count -= open_.before.*term.count;
  LearningPoint point;
  point.activity = open_.activity / samples;
  point.lateral_step = open_.lateral_step;
  point.greatest_cost = open_.greatest_cost;
  point.spikes = static_cast<double>(part.spikes) / samples;
  point.energy_j = price(part, run_.hardware).dynamic_j.nominal / samples;
  open_ = OpenPoint{};
  open_.since = presented;
  open_.before = now;
  look(point);
}

void DictionaryLearning::look(LearningPoint point) {
  const auto start = std::chrono::steady_clock::now();
  const FeedbackWeights weights = learner_.weights();
  dictionary_ = weights.feedback;
  const Eigen::VectorXd norms = dictionary_.colwise().norm();
  normalise(dictionary_);
  const DictionaryObjective on_test =
      dictionary_objective(dictionary_, task_.data.test, task_.options.lambda1, parallel_);
  const FeedbackConsistency whole = consistency(weights);
  point.samples = learner_.presented();
  point.objective = task_.relative(on_test.objective);
  point.non_zeros = on_test.median_non_zeros;
  point.consistency = whole.consistency;
  point.symmetry = whole.symmetry;
  point.least_norm = norms.minCoeff();
  point.greatest_norm = norms.maxCoeff();
  points_.push_back(point);
  looking_s_ += seconds_since(start);
}

void DictionaryLearning::learn_on() {
  const bool checkpoints = run_.settings.has("checkpoint");
  const auto every = run_.settings.get<std::uint64_t>("checkpoint_every");
  const std::uint64_t steps =
      std::max<std::uint64_t>(1, every / FeedbackLearner::stretch) * FeedbackLearner::stretch;
  Progress bar = run_.progress("learning", task_.samples);
  bar.advance(learner_.presented());
  auto next = std::upper_bound(looks_.begin(), looks_.end(), learner_.presented());
  if (points_.empty()) look({});
  view_.begin();
  while (learner_.presented() < task_.samples && !interrupted()) {
    const std::uint64_t at = learner_.presented();
    const std::size_t some = present_some();
    for (const FeedbackLearner::Code& code : learner_.last())
      run_.decisions.samples.push_back({network_.period(), code.counts});
    take_part();
    learned_here_ += some;
    bar.advance(some);
    if (next != looks_.end() && learner_.presented() >= *next) {
      close_point();
      bar.status(fmt::format("test objective {:.4f}", points_.back().objective));
      next = std::upper_bound(next, looks_.end(), learner_.presented());
    }
    const auto passed = [&](std::uint64_t each) {
      return learner_.presented() / each != at / each;
    };
    const bool whole_lot = learner_.presented() % task_.options.replicas == 0;
    if (checkpoints && whole_lot && passed(FeedbackLearner::stretch)) keep();
    if (passed(steps)) save();
    view_.after_samples();
  }
  const bool whole_lots = learner_.presented() % task_.options.replicas == 0;
  if (checkpoints && learned_here_ > 0 && whole_lots && learner_.between_stretches()) keep();
  save();
  if (open_.since != learner_.presented()) close_point();
  spikes_ = learner_.spikes();
  run_.traced = learner_.take_traced();
}

void DictionaryLearning::learn() {
  first_ = task_.weights.feedback;
  normalise(first_);
  resume();
  reference_ = learn_reference(run_, task_, looks_);
  if (interrupted() && learner_.presented() == 0) return;
  const auto start = std::chrono::steady_clock::now();
  learn_on();
  learning_s_ = seconds_since(start) - view_.waited_s() - looking_s_;
}

void DictionaryLearning::finish() {
  run_.counts = learner_.counts();
  run_.spike_hash = learner_.spike_hash();
  run_.congestion += learner_.congestion();
  run_.cores_used = learner_.simulation().cores_used();
  run_.simulated_s = learner_.simulated_s();
  run_.executions = std::max<std::uint64_t>(1, learner_.presented());
  run_.decisions.of = "from a sample's presentation to the next one's: two phases, and learning";
  if (points_.empty()) return;
  const FeedbackWeights weights = learner_.weights();
  if (dictionary_.size() == 0) {
    dictionary_ = weights.feedback;
    normalise(dictionary_);
  }
  write_npy(run_.folder / "dictionary.npy", weights.feedback);
  write_npy(run_.folder / "forward.npy", weights.forward);
  write_npy(run_.folder / "lateral.npy", weights.lateral);
  if (reference_.dictionary.size() > 0)
    write_npy(run_.folder / "reference_dictionary.npy", reference_.dictionary);
  write_curves(run_.folder / "curves.csv", points_, reference_);

  const auto samples = static_cast<double>(run_.executions);
  json& r = run_.results;
  r["samples"] = learner_.presented();
  r["test_objective"] = points_.back().objective;
  r["first_test_objective"] = points_.front().objective;
  if (const auto theirs = reference_.at(learner_.presented()))
    r["reference_test_objective"] = *theirs;
  if (!reference_.grid.empty()) {
    r["reference_rate"] = reference_.learning_rate;
    r["reference_grid"] = reference_.grid;
  }
  if (task_.data.truth.size() > 0)
    r["atoms_recovered"] = recovered_atoms(task_.data.truth, dictionary_);
  r["sparsity"] = points_.back().non_zeros;
  r["consistency"] = points_.back().consistency;
  r["symmetry"] = points_.back().symmetry;
  r["activity"] = points_.back().activity;
  r["spikes_per_sample"] = static_cast<double>(run_.counts.spikes) / samples;
  r["synaptic_events_per_sample"] = static_cast<double>(run_.counts.synaptic_events) / samples;
  r["plasticity_updates_per_sample"] =
      static_cast<double>(run_.counts.plasticity_updates) / samples;
  r["energy_per_sample_j"] = price(run_.counts, run_.hardware).dynamic_j.nominal / samples;
  double step = 0, cost = 0;
  for (const LearningPoint& p : points_) {
    step = std::max(step, p.lateral_step);
    cost = std::max(cost, p.greatest_cost);
  }
  r["lateral_step"] = step;
  r["greatest_cost"] = cost;
  if (learning_s_ > 0 && learned_here_ > 0)
    run_.times["samples_per_s"] = r["samples_per_s"] =
        static_cast<double>(learned_here_) / learning_s_;
  const auto bytes = static_cast<std::size_t>(weights.forward.size() + weights.feedback.size() +
                                              weights.lateral.size()) *
                     sizeof(Contrast::Synapse);
  run_.metrics["footprint"] = bytes;

  const LearningUses uses = use_dictionary(run_, task_, dictionary_);
  report_learning(run_, {task_, points_, reference_, first_, dictionary_, spikes_, network_,
                         learner_.began(), uses});
  view_.finish();
}

void run(Run& run) {
  DictionaryLearning learning(run);
  learning.learn();
  learning.finish();
}

}  // namespace

CLOCKLESS_APP("dictionary-learning",
              "A dictionary learned by spikes alone, beside gradient descent", declare, run,
              shows_live);

}  // namespace clockless
