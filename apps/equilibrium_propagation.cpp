// Scenario equilibrium-propagation: spiking cells on a directed graph learn labels by being nudged.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "apps/contrastive/equilibrium_checkpoint.hpp"
#include "apps/contrastive/equilibrium_course.hpp"
#include "apps/contrastive/equilibrium_references.hpp"
#include "apps/contrastive/equilibrium_replicas.hpp"
#include "apps/contrastive/equilibrium_report.hpp"
#include "apps/contrastive/equilibrium_task.hpp"
#include "apps/contrastive/lyapunov.hpp"
#include "apps/contrastive/outcome.hpp"
#include "apps/contrastive/output_code.hpp"
#include "apps/contrastive/rate_dynamics.hpp"
#include "apps/contrastive/spiking_gradient.hpp"
#include "apps/data/npy.hpp"
#include "apps/live/live_page.hpp"
#include "apps/placement.hpp"
#include "apps/registry.hpp"
#include "core/error.hpp"
#include "core/meter.hpp"

namespace clockless {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using nlohmann::json;

constexpr Index probes = 10;  // test samples along which Lyapunov functions are watched, an epoch

void declare(Settings& s) {
  declare_equilibrium(s);
  declare_references(s);
  s.integer("replicas", 1, "copies of the network, for samples at once; all learn after each lot")
      .range(1, 256);
  s.text("checkpoint", std::nullopt,
         "file to go on from, where there is one, and to write after each epoch");
}

class EquilibriumPropagation {
 public:
  explicit EquilibriumPropagation(Run& run)
      : run_(run),
        task_(prepare_equilibrium(run)),
        graph_(task_.graph),
        network_(task_.graph, task_.spiking),
        learner_(network_, task_.graph, run.settings.get<std::size_t>("replicas"),
                 place_network(run, network_.network()),
                 {.seed = run.seed,
                  .threads = static_cast<unsigned>(run.threads),
                  .cores = static_cast<std::size_t>(run.cores),
                  .machine = run.machine}),
        targets_(task_.label * one_hot(task_.data.train_labels, task_.graph.outputs())) {}

  void learn();
  void finish();

 private:
  bool learn_epoch(Progress& bar);
  void test(EquilibriumPoint& point);
  void watch_lyapunov(EquilibriumPoint& point);
  void warn_of_margin(const EquilibriumPoint& point) const;
  void warn_of_copies(const EquilibriumPoint& point) const;
  void prune();
  void close(EquilibriumPoint point);
  json first_gradient_cosine() const;
  std::string why_it_ended_so() const;
  json identity() const;
  void save();
  void resume();
  void show(const std::string& state);
  std::uint64_t seed_of_stretch() const {
    return random_bits(run_.seed, 0x7374726574636820, static_cast<std::uint64_t>(epoch_));
  }
  double priced(const Counts& counts) const {
    return price(counts, run_.hardware).dynamic_j.nominal;
  }

  Run& run_;
  EquilibriumTask task_;
  ContrastiveGraph graph_;  // with the present weights, from time to time
  EquilibriumNetwork network_;
  EquilibriumReplicas learner_;
  MatrixXd targets_;
  std::vector<EquilibriumPoint> points_;
  std::map<std::string, double> references_;
  int epoch_ = 0;  // whole ones
  double learning_s_ = 0;
  std::uint64_t learned_ = 0, learned_here_ = 0;  // samples, in all and in this run
};

json EquilibriumPropagation::identity() const {
  json settings = run_.resolved.to_json();
  for (const char* key :
       {"checkpoint", "epochs", "threads", "hardware", "fidelity", "speedup", "reference",
        "reference_epochs", "quick", "trace", "trace_events", "trace_neuron", "vcd"})
    settings.erase(key);
  if (const json machine = run_.machine_identity(); !machine.is_null())
    settings["fidelity, cores and the hardware's times"] = machine;
  settings["your data's checksum"] = fmt::format("{:08x}", checksum(task_.data));
  return settings;
}

void EquilibriumPropagation::save() {
  if (!run_.settings.has("checkpoint")) return;
  try {
    write_equilibrium(
        run_.settings.get<std::string>("checkpoint"), identity(),
        {epoch_, points_, graph_.input_mask, graph_.recurrent_mask, learner_.state()});
  } catch (const Error& e) {
    fmt::print(stderr, "clockless: {}; learning goes on, and this checkpoint is missing\n",
               e.what());
  }
}

void EquilibriumPropagation::resume() {
  if (!run_.settings.has("checkpoint")) return;
  const std::filesystem::path path = run_.settings.get<std::string>("checkpoint");
  if (!std::filesystem::is_directory(std::filesystem::absolute(path).parent_path()))
    run_.settings.fail("checkpoint", "there is no such folder; create it first");
  EquilibriumCheckpoint kept{0, {}, graph_.input_mask, graph_.recurrent_mask, {}};
  if (!read_equilibrium(path, identity(), network_.parts().size(), kept)) return;
  epoch_ = kept.epoch;
  if (epoch_ > task_.epochs)
    run_.settings.fail(
        "epochs", fmt::format("{} has learned for {} already; ask for as many at least, or give "
                              "another checkpoint",
                              path.string(), epoch_));
  points_ = std::move(kept.points);
  graph_.input_mask = kept.input_mask;
  graph_.recurrent_mask = kept.recurrent_mask;
  learner_.prune(graph_);
  learner_.restore(kept.state, seed_of_stretch());
  run_.resumed_s = learner_.simulated_s();
  learner_.give_weights(graph_);
  learned_ =
      static_cast<std::uint64_t>(epoch_) * static_cast<std::uint64_t>(task_.data.train.cols());
}

void EquilibriumPropagation::show(const std::string& state) {
  if (!run_.live || (state == "learning" && !run_.live->watched())) return;
  const auto all = static_cast<std::uint64_t>(task_.epochs) *
                   static_cast<std::uint64_t>(task_.data.train.cols());
  const Counts counts = learner_.counts();
  const auto presented = std::max<std::uint64_t>(1, learner_.presented());
  json s{{"state", state},
         {"samples", std::min(learned_, all)},
         {"samples_total", all},
         {"spikes", counts.spikes},
         {"energy_j", priced(counts)},
         {"spikes_per_sample", static_cast<double>(counts.spikes) / static_cast<double>(presented)},
         {"energy_per_sample_j", priced(counts) / static_cast<double>(presented)}};
  if (!points_.empty()) {
    s["test accuracy"] = points_.back().test_accuracy;
    s["training accuracy"] = points_.back().train_accuracy;
    s["synapses left"] = points_.back().synapses;
  }
  run_.live->publish(s);
}

/// False where Ctrl-C ended it.
bool EquilibriumPropagation::learn_epoch(Progress& bar) {
  const auto start = std::chrono::steady_clock::now();
  const LabelledData& data = task_.data;
  const Counts before = learner_.counts();
  const std::uint64_t unsettled = learner_.unsettled(), settlings = learner_.settlings();
  double strength = 1;
  for (int e = 0; e < epoch_; ++e) strength *= task_.rate_decay;
  MatrixXd outputs(task_.graph.outputs(), data.train.cols());
  double waited = 0;
  const std::vector<Index> order =
      epoch_order(run_.seed, static_cast<std::uint64_t>(epoch_), data.train.cols());
  std::size_t shown = 0;
  for (std::size_t begin = 0; begin < order.size(); begin += learner_.size()) {
    if (interrupted()) return false;
    const std::size_t n = std::min(learner_.size(), order.size() - begin);
    const std::vector<Index> lot(order.begin() + static_cast<std::ptrdiff_t>(begin),
                                 order.begin() + static_cast<std::ptrdiff_t>(begin + n));
    Simulation& last = learner_.copy(n - 1).simulation();
    const bool traced =
        run_.trace.events > 0 && epoch_ + 1 == task_.epochs && begin + n == order.size();
    if (traced) last.trace(run_.trace.events);
    outputs(Eigen::all, lot) =
        learner_.learn(data.train(Eigen::all, lot), targets_(Eigen::all, lot), strength);
    if (traced)
      run_.traced = traced_sample(last, network_.output_cells(), "the last lesson", run_.trace);
    learned_ += n;
    learned_here_ += n;
    bar.advance(n);
    if (!run_.live || begin + n < shown + 16) continue;
    show("learning");
    const auto pause = std::chrono::steady_clock::now();
    run_.live->wait_if_paused();
    for (; shown < begin + n; ++shown) run_.live->pace();
    waited += std::chrono::duration<double>(std::chrono::steady_clock::now() - pause).count();
  }
  learning_s_ +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() - waited;
  const Counts now = learner_.counts();
  const auto n = static_cast<double>(data.train.cols());
  EquilibriumPoint point;
  point.epoch = ++epoch_;
  point.train_accuracy = accuracy(decide(outputs), data.train_labels);
  point.spikes = static_cast<double>(now.spikes - before.spikes) / n;
  point.synaptic_events = static_cast<double>(now.synaptic_events - before.synaptic_events) / n;
  point.plasticity_updates =
      static_cast<double>(now.plasticity_updates - before.plasticity_updates) / n;
  Counts part = now;
  for (const CountTerm& term : count_terms) part.*term.count -= before.*term.count;
  point.energy_j = priced(part) / n;
  point.settlings = learner_.settlings() - settlings;
  if (point.settlings > 0)
    point.unsettled = static_cast<double>(learner_.unsettled() - unsettled) /
                      static_cast<double>(point.settlings);
  prune();
  close(point);
  return true;
}

void EquilibriumPropagation::prune() {
  const PruningPlan& p = task_.pruning;
  learner_.give_weights(graph_);
  if (p.l1 > 0) {
    const auto by = static_cast<float>(p.l1);
    learner_.change_weights(
        [&](float w) { return w > 0 ? std::max(w - by, 0.0F) : std::min(w + by, 0.0F); });
    learner_.give_weights(graph_);
  }
  const auto edges = edges_to_remove(p, graph_, task_.graph.synapses(), epoch_, run_.seed);
  if (edges.empty()) return;
  remove_edges(graph_, edges);
  learner_.prune(graph_);
}

// Of directed graphs: nearly symmetric layers are held by their energy. Once where it gets small,
// once where it is gone, which may be at first.
void EquilibriumPropagation::warn_of_margin(const EquilibriumPoint& point) const {
  if (!task_.directed) return;
  const auto level = [&](double margin) {
    return margin <= 0 ? 2 : margin <= 0.25 * task_.graph.base_leak ? 1 : 0;
  };
  const int now = level(point.contraction_margin);
  const auto warned = [&](const EquilibriumPoint& p) { return level(p.contraction_margin) >= now; };
  if (now == 0 || std::any_of(points_.begin(), points_.end(), warned)) return;
  fmt::print(stderr,
             "clockless: epoch {}: the contraction margin is {:.3g}; {}: learn more slowly, or use "
             "--leak=contractive\n",
             epoch_, point.contraction_margin,
             now == 2 ? "cells may never settle" : "where it is lost, cells may never settle");
}

// Where copies are no copies any more, the rule is no gradient; told once.
void EquilibriumPropagation::warn_of_copies(const EquilibriumPoint& point) const {
  const double usual = graph_.recurrent.norm() / std::sqrt(graph_.recurrent_mask.sum());
  const auto wrong = [&](const EquilibriumPoint& p) { return p.copy_error > usual; };
  if (!wrong(point) || std::any_of(points_.begin(), points_.end(), wrong)) return;
  fmt::print(stderr,
             "clockless: epoch {}: copies of reverse weights are off by up to {:.2g}, and weights "
             "are {:.2g} as a mean: lose fewer modulators and spikes, or wait longer for quiet "
             "(--silence)\n",
             epoch_, point.copy_error, usual);
}

// Directed graphs are watched for their distance from equilibrium, of which only the contractive
// leak promises anything (that others break it is seen, too), layers for their energy. The bounds
// are those of equal cells that lose nothing and tell each other at once.
void EquilibriumPropagation::watch_lyapunov(EquilibriumPoint& point) {
  const SpikingOptions& o = task_.spiking;
  if (o.mismatch > 0 || o.lost_spikes > 0 || o.delay_tau > 0.1) return;
  if ((graph_.leaks().array() <= 0).any()) return;  // there is no equilibrium
  constexpr double every = 0.25;                    // in time constants
  const bool distance = task_.directed || graph_.leak == Leak::contractive;
  const double theta = SigmaDelta::quantum({.threshold = o.threshold});
  const double bound =
      (distance ? spiking_bound : spiking_energy_rise)(graph_, theta, o.hysteresis);
  const double quantum = LevelSensor::quantum({o.input_threshold});
  LyapunovMonitor monitor(distance ? "distance from equilibrium" : "energy",
                          distance ? 1e-12 : every * bound);
  for (Index k = 0; k < std::min(probes, task_.data.test.cols()); ++k) {
    const VectorXd x = task_.data.test.col(k);
    const RateDynamics dynamics(graph_, (x / quantum).array().round() * quantum);
    const VectorXd equilibrium = distance ? dynamics.settle().states.col(0) : VectorXd();
    monitor.restart();
    learner_.first().test(x, from_seconds(every * o.tau_s), [&](const VectorXd& s) {
      // Below the bound nothing is promised of distances.
      monitor.observe(
          VectorXd::Constant(1, distance ? std::max(equilibrium_distance(s, equilibrium)[0], bound)
                                         : energy(graph_, dynamics, s)[0]));
    });
  }
  point.lyapunov_bound = bound;
  point.lyapunov_steps = monitor.steps();
  point.lyapunov_increases = monitor.increases();
  point.lyapunov_largest = distance ? monitor.largest_increase() / bound : monitor.largest_share();
}

void EquilibriumPropagation::test(EquilibriumPoint& point) {
  const LabelledData& data = task_.data;
  const Counts before = learner_.counts();
  const MatrixXd outputs = learner_.test(data.test);
  Counts part = learner_.counts();
  for (const CountTerm& term : count_terms) part.*term.count -= before.*term.count;
  const auto n = static_cast<double>(data.test.cols());
  point.test_accuracy = accuracy(decide(outputs), data.test_labels);
  point.test_spikes = static_cast<double>(part.spikes) / n;
  point.test_synaptic_events = static_cast<double>(part.synaptic_events) / n;
  point.test_energy_j = priced(part) / n;
}

// Ends a stretch: what follows depends on the weights alone, so that another run can go on.
void EquilibriumPropagation::close(EquilibriumPoint point) {
  point.held_error = learner_.held_error();
  point.copy_error = learner_.first().copy_error();
  learner_.restart(seed_of_stretch());
  learner_.give_weights(graph_);
  test(point);
  watch_lyapunov(point);
  if (interrupted()) return;  // not all samples were looked at
  point.synapses = graph_.synapses();
  point.synapse_bytes = learner_.synapse_bytes();
  point.contraction_margin = contraction_margin(graph_);
  point.asymmetry = asymmetry(graph_);
  warn_of_margin(point);
  warn_of_copies(point);
  points_.push_back(point);
  learner_.restart(seed_of_stretch());
}

void EquilibriumPropagation::learn() {
  resume();
  references_ = learn_references(run_, task_);
  if (interrupted()) return;
  if (points_.empty()) close({});
  show("preparing");
  Progress bar = run_.progress("learning", static_cast<std::uint64_t>(task_.epochs) *
                                               static_cast<std::uint64_t>(task_.data.train.cols()));
  bar.advance(learned_);
  while (!interrupted() && epoch_ < task_.epochs && learn_epoch(bar)) {
    if (interrupted()) break;
    bar.status(fmt::format("test accuracy {:.2f} %", 100 * points_.back().test_accuracy));
    save();
  }
}

// Of what the first weights would learn of a few samples; none where no equilibrium is regular.
json EquilibriumPropagation::first_gradient_cosine() const {
  const Index few = std::min<Index>(50, task_.data.train.cols());
  try {
    const double cosine =
        spiking_gradient_cosine(task_.graph, task_.spiking, task_.data.train.leftCols(few),
                                targets_.leftCols(few), /*contexts*/ 4, run_.seed);
    return std::isfinite(cosine) ? json(cosine) : json();
  } catch (const Error&) {
    return {};
  }
}

// Of a truth table; where spikes fail, by the equilibria that they should come to.
std::string EquilibriumPropagation::why_it_ended_so() const {
  if (points_.back().test_accuracy == 1) return outcome_text(Outcome::solved);
  const Outcome of_rates = outcome(graph_, task_.data.train, targets_);
  return of_rates == Outcome::solved ? "spikes do not come to the equilibria, which are right"
                                     : outcome_text(of_rates);
}

void EquilibriumPropagation::finish() {
  run_.counts = learner_.counts();
  run_.spike_hash = learner_.spike_hash();
  run_.congestion += learner_.congestion();
  run_.cores_used = learner_.first().cores_used();
  run_.simulated_s = learner_.simulated_s();
  run_.executions = std::max<std::uint64_t>(1, learner_.presented());
  run_.decisions = {
      "from a test sample's presentation to the teacher's next request, when outputs "
      "are read",
      learner_.tests()};
  run_.lessons = {"the same of a lesson: settling, nudged settling, and what follows",
                  learner_.lessons()};
  if (points_.empty()) return;
  learner_.give_weights(graph_);
  write_npy(run_.folder / "input_weights.npy", graph_.input_weights);
  write_npy(run_.folder / "recurrent_weights.npy", graph_.recurrent);
  write_curves(run_.folder / "curves.csv", points_);
  json& r = run_.results;
  r = to_results(points_);
  r["reference_accuracy"] = references_;
  r["gradient_cosine"] = first_gradient_cosine();
  if (is_truth_table(task_.data)) r["outcome"] = why_it_ended_so();
  // Weights are the present ones, the figures those at the end of the last whole epoch.
  r["samples_since_epoch"] = learned_ - static_cast<std::uint64_t>(points_.back().epoch) *
                                            static_cast<std::uint64_t>(task_.data.train.cols());
  r["samples_per_s"] =
      learning_s_ > 0 ? json(static_cast<double>(learned_here_) / learning_s_) : json();
  run_.times["samples_per_s"] = r["samples_per_s"];
  run_.metrics["footprint"] = points_.back().synapse_bytes;
  report_equilibrium(run_, task_, graph_, points_, references_);
  show("done");
}

void run(Run& run) {
  EquilibriumPropagation learning(run);
  learning.learn();
  learning.finish();
}

}  // namespace

CLOCKLESS_APP("equilibrium-propagation",
              "Labels learned by spiking cells that are nudged, on any directed graph", declare,
              run, shows_live);

}  // namespace clockless
