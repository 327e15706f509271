// Rows that hold neurons at levels and know the weights of the reverse synapses.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/description.hpp"
#include "core/error.hpp"
#include "core/plasticity.hpp"
#include "core/relaxing_slice.hpp"
#include "core/slice.hpp"

namespace clockless {

/// The rows of one projection whose rule learns both ways, on a slice of either kind.
template <class OnSlice, Relaxes M, class R>
requires LearnsBothWays<R, typename M::Record>
class PairedLevelRows final : public LevelBlock, public LevelListener<M> {
  static constexpr bool in_columns = std::is_same_v<OnSlice, RelaxingSlice<M>>;

 public:
  /// `weights` and `copies`, i → j and j → i: pre × the slice's neurons, in order. Without
  /// wiring.self, and of a projection from the slice's own population, i → i is no synapse.
  PairedLevelRows(OnSlice& slice, const LevelWiring& wiring, typename R::Params params,
                  std::size_t pre, std::vector<float> weights, std::vector<float> copies,
                  bool recurrent)
      : LevelBlock(wiring, pre),
        slice_(slice),
        params_(std::move(params)),
        reversed_(R::reversed(params_)),
        n_(slice.size()),
        synapses_(std::make_shared<Synapses>(Synapses{std::move(weights), std::move(copies)})),
        passed_(pre),
        borrowed_(n_, 0.0),
        acting_(n_, 0.0F) {
    if (recurrent && !wiring.self)
      for (std::uint32_t i = 0; i < n_; ++i) {
        own_.push_back(slice.places()[i]);
        for (auto* all : {&synapses_->weights, &synapses_->copies}) (*all)[own_[i] * n_ + i] = 0;
      }
    slice_.listen(static_cast<LevelListener<M>*>(this));
  }

  std::uint64_t synapses(std::uint32_t r) const override {
    return n_ - (std::binary_search(own_.begin(), own_.end(), r) ? 1 : 0);
  }

  void consolidate(std::uint32_t j, Time t, Counts& counts) override {
    const typename M::Record& record = record_of_target(j);
    const double of_target = R::gathered(params_, record), rest = R::rest(params_, record);
    double correction = -std::exchange(borrowed_[j], 0.0);
    LevelLesson lesson{j, {}};
    for (std::uint32_t r = 0; r < levels_.size(); ++r) {
      const Passed of_source = passed_[r].empty() ? Passed{} : std::exchange(passed_[r][j], {});
      if ((of_source.counted == 0 && of_target == 0) || is_own(r, j)) continue;
      for (const bool copy : {false, true}) {
        const float w = copy ? synapses_->copies[r * n_ + j] : synapses_->weights[r * n_ + j];
        const double learned =
            copy ? R::learned(reversed_, w, rest, of_target, of_source.counted)
                 : R::learned(params_, w, levels_[r] - of_source.all, of_source.counted, of_target);
        if (learned == 0) continue;
        const std::uint32_t row = r + (copy ? pre() : 0);
        if (deferred_) {
          lesson.of_rows.emplace_back(row, learned);
        } else {
          correction += heard(learn(row, j, learned));
          ++counts.plasticity_updates;
        }
      }
    }
    hold(j, t, correction);
    keep_lesson(std::move(lesson));
  }

  void restart() override {
    restart_levels();
    std::fill(borrowed_.begin(), borrowed_.end(), 0.0);
    passed_ = std::vector<std::vector<Passed>>(passed_.size());  // and their memory
  }

  void collect(Edges& edges) const override { collect(synapses_->weights, edges); }
  void collect_copies(Edges& edges) const override { collect(synapses_->copies, edges); }

  /// Weights, then copies.
  std::vector<float> weights() const override {
    std::vector<float> all = synapses_->weights;
    all.insert(all.end(), synapses_->copies.begin(), synapses_->copies.end());
    return all;
  }
  void restore(const std::vector<float>& all, Time now) override {
    const auto copies = all.begin() + static_cast<std::ptrdiff_t>(synapses_->weights.size());
    for (std::uint32_t i = 0; i < n_; ++i) {
      double correction = 0;
      for (std::uint32_t r = 0; r < pre(); ++r)
        correction += (static_cast<double>(all[r * n_ + i]) -
                       static_cast<double>(synapses_->weights[r * n_ + i])) *
                      levels_[r];
      hold(i, now, correction);
    }
    if (!owner_) return;
    synapses_->weights.assign(all.begin(), copies);
    synapses_->copies.assign(copies, all.end());
  }
  void keep_only(const std::function<bool(std::uint32_t, std::uint32_t)>&, Time) override {
    throw Error(
        "synapses that learn both ways cannot be removed one by one: each would leave a "
        "copy of it behind");
  }
  std::size_t bytes() const override {
    std::size_t passed = 0;
    for (const auto& row : passed_) passed += row.capacity();
    return (synapses_->weights.capacity() + synapses_->copies.capacity()) * sizeof(float) +
           passed * sizeof(Passed);
  }
  void add_held(std::vector<double>& inputs) const override {
    for (std::uint32_t i = 0; i < n_; ++i) {
      for (std::uint32_t r = 0; r < pre(); ++r)
        inputs[i] += static_cast<double>(synapses_->weights[r * n_ + i]) * levels_[r];
      inputs[i] += borrowed_[i];
    }
  }

  std::vector<LevelChange> teach_levels(const std::vector<LevelLesson>& lessons,
                                        Time now) override {
    std::vector<LevelChange> changes;
    for (const LevelLesson& lesson : lessons)
      for (const auto& [row, learned] : lesson.of_rows)
        changes.push_back(learn(row, lesson.post, learned));
    hear(changes, now);
    return changes;
  }
  bool share(LevelBlock& owner) override {
    auto* other = dynamic_cast<PairedLevelRows*>(&owner);
    if (!other || other->synapses_->weights.size() != synapses_->weights.size()) return false;
    synapses_ = other->synapses_;
    owner_ = false;
    deferred_ = true;
    return true;
  }
  void hear(const std::vector<LevelChange>& changes, Time now) override {
    for (std::size_t k = 0; k < changes.size();) {
      const std::uint32_t post = changes[k].post;
      double correction = 0;
      for (; k < changes.size() && changes[k].post == post; ++k) correction += heard(changes[k]);
      hold(post, now, correction);
    }
  }

 private:
  /// Changes of a source's level since the target was open: those that count, by m, and all.
  struct Passed {
    double counted = 0, all = 0;
  };
  /// Row by row, n_ each.
  struct Synapses {
    std::vector<float> weights, copies;
  };

  std::uint32_t pre() const { return static_cast<std::uint32_t>(levels_.size()); }
  bool is_own(std::uint32_t r, std::uint32_t i) const { return !own_.empty() && own_[i] == r; }
  const typename M::Record& record_of_target(std::uint32_t i) const {
    if constexpr (in_columns)
      return slice_.record(i);
    else
      return slice_.state(i);
  }
  void hold(std::uint32_t i, Time t, double change) {
    if (change == 0) return;
    if constexpr (in_columns) {
      slice_.correct(i, t, change);
    } else {
      slice_.move_to(i, t);
      slice_.receive(i, {change, M::held, t});
    }
  }

  void become(std::uint32_t r, Time t, double change) override {
    const float* weights = synapses_->weights.data() + r * n_;
    if (anyone_open()) weights = acting_of(r, change);
    if constexpr (in_columns) {
      slice_.move_to(t);
      slice_.add(weights, change);
    } else {
      for (std::uint32_t i = 0; i < n_; ++i)
        if (!is_own(r, i)) hold(i, t, static_cast<double>(weights[i]) * change);
    }
    levels_[r] += change;
  }
  bool anyone_open() {
    if constexpr (in_columns) {
      const auto& changes = slice_.changes();
      if (changes.list == list_ && changes.who.size() == seen_) return open_;
      list_ = changes.list;
      seen_ = changes.who.size();
    }
    open_ = false;
    for (std::uint32_t i = 0; i < n_ && !open_; ++i) open_ = R::open(params_, record_of_target(i));
    return open_;
  }
  // What a change of level acts by, and what it leaves for later.
  const float* acting_of(std::uint32_t r, double change) {
    const float* weights = synapses_->weights.data() + r * n_;
    const float* copies = synapses_->copies.data() + r * n_;
    if (passed_[r].empty()) passed_[r].resize(n_);
    for (std::uint32_t i = 0; i < n_; ++i) {
      const typename M::Record& record = record_of_target(i);
      const double m = R::modulator(params_, record);
      acting_[i] = m == 0 ? weights[i] : copies[i];
      if (!R::open(params_, record)) continue;
      passed_[r][i].all += change;
      if (m == 0) continue;
      passed_[r][i].counted += m * change;
      borrowed_[i] += (static_cast<double>(copies[i]) - static_cast<double>(weights[i])) * change;
    }
    return acting_.data();
  }

  // Rows beyond the last are those of the copies. Nobody is held by these.
  LevelChange learn(std::uint32_t row, std::uint32_t j, double learned) {
    const bool copy = row >= pre();
    float& w = copy ? synapses_->copies[(row - pre()) * n_ + j] : synapses_->weights[row * n_ + j];
    const float before = w;
    w = R::consolidated(copy ? reversed_ : params_, before, learned);
    return {j, row, static_cast<double>(w) - static_cast<double>(before),
            std::abs(w) - std::abs(before)};
  }
  // Tells the source, and returns by how much the target is held more.
  double heard(const LevelChange& c) {
    if (c.row >= pre()) return 0;
    report(c.row, static_cast<float>(c.change), c.magnitude);
    return c.change * levels_[c.row];
  }
  void collect(const std::vector<float>& all, Edges& edges) const {
    for (std::uint32_t r = 0; r < pre(); ++r)
      for (std::uint32_t i = 0; i < n_; ++i)
        if (!is_own(r, i))
          edges.push_back(
              {r, slice_.places()[i], static_cast<double>(all[r * n_ + i]), keys_[r].delay});
  }

  OnSlice& slice_;
  typename R::Params params_, reversed_;
  std::size_t n_;
  std::shared_ptr<Synapses> synapses_;
  bool owner_ = true;                        // of the synapses, or another block is; see share()
  std::vector<std::vector<Passed>> passed_;  // by synapse, of rows that have any
  std::vector<double> borrowed_;             // by target: what copies made of its input
  std::vector<float> acting_;                // scratch
  std::vector<std::uint32_t> own_;           // by target: the row i → i, if it would have one
  std::uint64_t list_ = 0;                   // of the slice's changes, how far they were looked at
  std::size_t seen_ = 0;
  bool open_ = false;
};

}  // namespace clockless
