// Dictionary learning on a live page.
#include "apps/sparse/learning_view.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "apps/base64.hpp"
#include "apps/live/live_page.hpp"
#include "apps/solvers/dictionary_objective.hpp"
#include "apps/sparse/coding_figures.hpp"
#include "apps/sparse/dictionary.hpp"
#include "apps/sparse/learning_report.hpp"

namespace clockless {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using nlohmann::json;

namespace {

using namespace std::chrono_literals;

constexpr auto interval = 250ms;            // from one snapshot to the next
constexpr int share = 50;                   // making them takes at most one part in so many
constexpr std::size_t most_spikes = 20000;  // of a snapshot
constexpr std::size_t most_pixels = 1 << 20;

/// The keys of a snapshot, and of summary.json where it calls them otherwise.
constexpr std::pair<const char*, const char*> results[] = {
    {"objective", "test_objective"},
    {"reference_objective", "reference_test_objective"},
    {"sparsity", "sparsity"},
    {"consistency", "consistency"},
    {"symmetry", "symmetry"},
    {"atoms_recovered", "atoms_recovered"},
    {"spikes_per_sample", "spikes_per_sample"},
    {"energy_per_sample_j", "energy_per_sample_j"},
    {"samples_per_s", "samples_per_s"},
    {"readout_accuracy", "readout_accuracy"}};

}  // namespace

LearningView::LearningView(const Run& run, const DictionaryTask& task, FeedbackLearner& learner,
                           const std::vector<LearningPoint>& points,
                           const DictionaryReference& reference)
    : run_(run), task_(task), learner_(learner), points_(points), reference_(reference) {
  if (run_.live) publish("preparing");
}

/// What is seen at the looks; and the reference ahead of it.
json LearningView::curve() const {
  json samples = json::array(), objective = json::array(), reference = json::array();
  const auto add = [&](std::uint64_t at, const json& ours) {
    const auto theirs = reference_.at(at);
    samples.push_back(at);
    objective.push_back(ours);
    reference.push_back(theirs ? json(*theirs) : json());
  };
  for (const LearningPoint& point : points_) add(point.samples, point.objective);
  const std::uint64_t last = points_.empty() ? 0 : points_.back().samples;
  for (const auto& [at, theirs] : reference_.objective)
    if (at > last) add(at, nullptr);
  return {{"samples", samples}, {"objective", objective}, {"reference_objective", reference}};
}

/// Input neurons below, coding neurons above; of very many spikes the first.
json LearningView::raster() const {
  const FeedbackNetwork& network = learner_.network();
  const double tau = task_.options.tau_s;
  const std::uint32_t first = std::min(network.inputs().first, network.codes().first);
  json spikes = json::array();
  double duration = seconds(network.period()) / tau;
  for (const Spike& spike : learner_.spikes()) {
    const double at = std::round(1e3 * seconds(spike.at - learner_.began()) / tau) / 1e3;
    if (spikes.size() == most_spikes) {
      duration = at;
      break;
    }
    spikes.push_back({at, index(spike.source) - first});
  }
  json raster{{"layers", json::array({json::array({"input", network.features()}),
                                      json::array({"coding", network.atoms()})})},
              {"duration_tau", duration},
              {"spikes", std::move(spikes)}};
  if (task_.options.jitter == 0)
    raster["phase_tau"] = task_.options.duration;  // else no one moment
  return raster;
}

/// As in the report.
json LearningView::atoms(const MatrixXd& dictionary) const {
  const LearningData& data = task_.data;
  const std::size_t most = std::max<std::size_t>(1, most_pixels / (data.width * data.height));
  const VectorXd use = VectorXd::LinSpaced(dictionary.cols(), 1, 0);  // in their own order
  const std::vector<Picture> pictures =
      atom_pictures(atoms_as_pictures(data, dictionary), use, data.width, data.height, most);
  std::vector<std::uint8_t> pixels;
  for (const Picture& p : pictures) pixels.insert(pixels.end(), p.pixels.begin(), p.pixels.end());
  return {{"width", data.width},
          {"height", data.height},
          {"count", pictures.size()},
          {"pixels", base64(pixels)}};
}

json LearningView::snapshot(const std::string& state) const {
  const std::uint64_t samples = learner_.presented();
  json s{{"state", state}, {"samples", samples}, {"samples_total", task_.samples}};
  MatrixXd dictionary = learner_.weights().feedback;
  normalise(dictionary);
  if (task_.data.width > 0) s["atoms"] = atoms(dictionary);
  if (task_.data.truth.size() > 0)
    s["atoms_recovered"] = recovered_atoms(task_.data.truth, dictionary);
  s["curve"] = curve();
  if (!points_.empty()) {
    const LearningPoint& point = points_.back();
    s["objective"] = point.objective;
    s["sparsity"] = point.non_zeros;
    s["consistency"] = point.consistency;
    s["symmetry"] = point.symmetry;
    if (const auto theirs = reference_.at(point.samples)) s["reference_objective"] = *theirs;
  }
  if (samples == 0) return s;
  const Counts counts = learner_.counts();
  const double energy = price(counts, run_.hardware).dynamic_j.nominal;
  s["spikes"] = counts.spikes;
  s["energy_j"] = energy;
  s["spikes_per_sample"] = static_cast<double>(counts.spikes) / static_cast<double>(samples);
  s["energy_per_sample_j"] = energy / static_cast<double>(samples);
  if (!learner_.spikes().empty()) s["raster"] = raster();
  const double took = std::chrono::duration<double>(Clock::now() - began_).count() - waited_s_;
  if (samples > first_ && took > 0)
    s["samples_per_s"] = static_cast<double>(samples - first_) / took;
  return s;
}

void LearningView::publish(const std::string& state) {
  const Clock::time_point start = Clock::now();
  run_.live->publish(snapshot(state));
  const Clock::time_point end = Clock::now();
  due_ = end + std::max<Clock::duration>(interval, share * (end - start));
}

void LearningView::begin() {
  if (!run_.live) return;
  learner_.record();
  seen_ = first_ = learner_.presented();
  began_ = Clock::now();
  publish("learning");
}

void LearningView::after_samples() {
  if (!run_.live) return;
  LivePage& page = *run_.live;
  const bool slow = page.paused() || (page.speed() > 0 && page.speed() <= 1s / interval);
  if (page.watched() && (slow || Clock::now() >= due_)) publish("learning");
  const Clock::time_point start = Clock::now();
  page.wait_if_paused();
  for (; seen_ < learner_.presented(); ++seen_) page.pace();
  waited_s_ += std::chrono::duration<double>(Clock::now() - start).count();
}

void LearningView::finish() {
  if (!run_.live) return;
  json last = snapshot("done");
  for (const auto& [key, name] : results)
    if (run_.results.contains(name))
      last[key] = run_.results[name];
    else
      last.erase(key);
  run_.live->publish(last);
}

}  // namespace clockless
