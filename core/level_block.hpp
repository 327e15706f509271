// Rows that hold neurons at levels: what is the same of all of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "core/slice.hpp"

namespace clockless {

/// How levels reach a population: the sources' axons, each with its delay, and what goes back.
struct LevelWiring {
  std::uint8_t bundle = 0;
  std::vector<Duration> delays;  ///< one per source
  bool self = true;              ///< as in Wiring
  double quantum = 0;  ///< change of level that one spike brings; 0: any packet is one spike
  /// When a weight i → j changes, source i is told by a message to its port `report_port`: by how
  /// much the weight grew, or its magnitude.
  enum class Reports : std::uint8_t { nothing, change, magnitude };
  Reports reports = Reports::nothing;
  std::uint8_t report_port = 0;
  Duration report_delay{};
};

/// What was to be learned by the synapses that reach one neuron: source's row and E of each.
struct LevelLesson {
  std::uint32_t post;  ///< local number
  std::vector<std::pair<std::uint32_t, double>> of_rows;
};

/// What became of lessons: a weight has changed, and its magnitude, by so much.
struct LevelChange {
  std::uint32_t post, row;
  double change;
  float magnitude;
};

/// Rows that hold neurons at levels.
class LevelBlock : public RowBlock {
 public:
  /// Message to a row's source: a weight has changed by so much.
  struct Report {
    std::uint32_t row;
    float change;
  };
  /// Those since the last call.
  std::vector<Report>& reports() { return reports_; }

  /// All weights by row; of removed synapses there are none. And back, correcting what neurons are
  /// held at.
  virtual std::vector<float> weights() const = 0;
  virtual void restore(const std::vector<float>& weights, Time now) = 0;
  /// Keeps those of which keep(pre place, post place) is true, and frees the memory of the others.
  virtual void keep_only(const std::function<bool(std::uint32_t, std::uint32_t)>& keep,
                         Time now) = 0;
  virtual std::size_t bytes() const = 0;
  /// Adds Σ weight · level to each of the slice's neurons: what held inputs must be.
  virtual void add_held(std::vector<double>& inputs) const = 0;
  /// Adds the copies that synapses keep of the reverse weights: of i → j as an edge i → j.
  virtual void collect_copies(Edges&) const {}
  /// Lessons kept since the last call, where learning is deferred; and learning from such.
  std::vector<LevelLesson> take_level_lessons() { return std::exchange(lessons_, {}); }
  virtual std::vector<LevelChange> teach_levels(const std::vector<LevelLesson>& lessons,
                                                Time now) = 0;
  /// Makes the owner's weights those of this block, too, which defers its learning; false where it
  /// cannot. From then on the owner alone is taught, and this block hears what changed; weights are
  /// restored and removed here first, which corrects what neurons are held at, then at the owner.
  virtual bool share(LevelBlock& /*owner*/) { return false; }
  virtual void hear(const std::vector<LevelChange>& /*changes*/, Time /*now*/) {}

  void defer_learning() final { deferred_ = true; }

  void deliver(std::uint32_t row, Time t, float payload, Counts& counts) final {
    const auto change = static_cast<double>(payload);
    counts.synaptic_events += synapses(row) * spikes_of(change);
    counts.neuron_updates += synapses(row);
    become(row, t, change);
  }
  /// A signal is a source's level itself, where spikes are changes of it.
  bool takes_signals() const override { return true; }
  void signal(std::uint32_t row, Time t, float payload, Counts& counts) final {
    const double change = told_level(payload) - levels_[row];
    if (change == 0) return;
    counts.synaptic_events += synapses(row);
    counts.neuron_updates += synapses(row);
    become(row, t, change);
  }
  float unit() const override { return quantum_ > 0 ? static_cast<float>(quantum_) : 1.0F; }
  Load load(std::uint32_t row, float payload, bool signal) const override {
    const std::uint64_t spikes = signal ? 1 : spikes_of(static_cast<double>(payload));
    return {spikes, synapses(row) * spikes, synapses(row)};
  }

 protected:
  LevelBlock(const LevelWiring& wiring, std::size_t sources)
      : levels_(sources, 0.0), quantum_(wiring.quantum), tells_(wiring.reports) {
    for (std::uint32_t r = 0; r < sources; ++r) keys_.push_back({r, wiring.delays[r]});
  }

  /// The source's level, levels_[row], changes by so much.
  virtual void become(std::uint32_t row, Time t, double change) = 0;

  /// Levels are 0 again, and nothing is to be told or learned.
  void restart_levels() {
    std::fill(levels_.begin(), levels_.end(), 0.0);
    reports_.clear();
    lessons_.clear();
  }
  /// A weight has grown by `change`, and its magnitude: what of it the source is to hear.
  void report(std::uint32_t row, float change, float magnitude) {
    if (tells_ == LevelWiring::Reports::nothing) return;
    reports_.push_back({row, tells_ == LevelWiring::Reports::change ? change : magnitude});
  }
  /// Where learning is deferred.
  void keep_lesson(LevelLesson lesson) {
    if (!lesson.of_rows.empty()) lessons_.push_back(std::move(lesson));
  }

  std::vector<double> levels_;  // of sources, as they have arrived
  bool deferred_ = false;

 private:
  /// Spikes that a change of level is told by.
  std::uint64_t spikes_of(double change) const {
    return quantum_ > 0 ? static_cast<std::uint64_t>(std::llround(std::abs(change) / quantum_)) : 1;
  }
  /// The level that a signal means: a whole number of spikes, which single precision need not hold.
  double told_level(float payload) const {
    const auto level = static_cast<double>(payload);
    return quantum_ > 0 ? std::nearbyint(level / quantum_) * quantum_ : level;
  }

  double quantum_;  // change of level that one spike brings; 0: any packet is one spike
  LevelWiring::Reports tells_;
  std::vector<Report> reports_;
  std::vector<LevelLesson> lessons_;
};

}  // namespace clockless
