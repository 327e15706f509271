// Rows that hold the neurons of a relaxing slice at levels, static or learning.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "core/description.hpp"
#include "core/plasticity.hpp"
#include "core/relaxing_slice.hpp"
#include "core/synapse_rows.hpp"

namespace clockless {

/// The rule of levels that do not learn.
struct StaticLevels {
  static constexpr std::string_view name = "static_levels";
  struct Params {};
};

/// What the neurons of a slice show to a rule on levels, kept up to date by who has changed.
template <Relaxes M, class R>
class ShownLevels {
 public:
  void update(const RelaxingSlice<M>& slice, const typename R::Params& params) {
    const auto& changes = slice.changes();
    const auto look = [&](std::uint32_t i) {
      const bool before = shows_[i] != 0;
      const bool now = M::shows(slice.record(i));
      open_ += static_cast<int>(now) - static_cast<int>(before);
      shows_[i] = now;
      gathered_[i] = R::gathered(params, slice.record(i));
    };
    if (changes.list != list_ || shows_.size() != slice.size()) {
      shows_.assign(slice.size(), 0);
      gathered_.assign(slice.size(), 0.0);
      open_ = 0;
      for (std::uint32_t i = 0; i < slice.size(); ++i) look(i);
      list_ = changes.list;
    } else {
      for (; seen_ < changes.who.size(); ++seen_) look(changes.who[seen_]);
    }
    seen_ = changes.who.size();
  }
  /// Whether anybody gathers, or has what was gathered still to hand over.
  bool open() const { return open_ > 0; }
  bool shows(std::uint32_t i) const { return shows_[i] != 0; }
  double gathered(std::uint32_t i) const { return gathered_[i]; }

 private:
  std::vector<std::uint8_t> shows_;
  std::vector<double> gathered_;
  std::uint64_t list_ = 0;
  std::size_t seen_ = 0;
  int open_ = 0;
};

/// The rows of one projection on a relaxing slice. Of what synapses are to learn only that is kept
/// which changes of level bring while somebody gathers (see LearnsOnLevels).
template <Relaxes M, class R>
class LevelRows final : public LevelBlock, public LevelListener<M> {
  using Record = typename M::Record;
  static constexpr bool learns = LearnsOnLevels<R, Record>;

 public:
  /// `weights`: pre × the slice's neurons, in order. Without wiring.self, and of a projection from
  /// the slice's own population, i → i is no synapse.
  LevelRows(RelaxingSlice<M>& slice, const LevelWiring& wiring, typename R::Params params,
            std::size_t pre, const std::vector<float>& weights, bool recurrent)
      : LevelBlock(wiring, pre),
        slice_(slice),
        params_(std::move(params)),
        synapses_(std::make_shared<SynapseRows>(pre, slice.size())),
        pending_(pre),
        pends_(slice.size(), 0),
        all_rows_(pre) {
    std::iota(all_rows_.begin(), all_rows_.end(), 0U);
    for (std::uint32_t r = 0; r < pre; ++r)
      std::copy_n(weights.data() + std::size_t{r} * slice.size(), slice.size(), synapses_->row(r));
    if (recurrent && !wiring.self)
      for (std::uint32_t i = 0; i < slice.size(); ++i) {
        own_.push_back(slice.places()[i]);
        synapses_->row(own_[i])[i] = 0;
      }
    if constexpr (learns) slice_.listen(this);
  }

  std::uint64_t synapses(std::uint32_t r) const override {
    return synapses_->size(r) - (has_own(r) ? 1 : 0);
  }

  void consolidate(std::uint32_t j, Time t, Counts& counts) override {
    if constexpr (learns) {
      shown_.update(slice_, params_);
      const double gathered = shown_.gathered(j);
      [[maybe_unused]] double ending = 0, ending_opposed = 0;
      if constexpr (requires { R::ending(params_, slice_.record(j)); }) {
        ending = R::ending(params_, slice_.record(j));
        ending_opposed = R::ending_opposed(params_, slice_.record(j));
      }
      LevelLesson lesson{j, {}};
      double correction = 0;
      const bool all = ending != 0 || ending_opposed != 0;
      const bool pends = std::exchange(pends_[j], std::uint8_t{0}) != 0;
      if (!pends && gathered == 0 && !all) return;  // who stayed silent, mostly
      const bool whole = synapses_->whole();
      find_rows();
      for (const std::uint32_t r : all ? all_rows_ : gathered != 0 ? something_ : pended_) {
        // Most often so, and then nothing is looked up.
        if (gathered == 0 && !all && whole && pending_[r][j] == 0) continue;
        float* weight = synapses_->find(r, j);
        if (!weight) continue;
        double learned = levels_[r] * gathered;
        if (!pending_[r].empty())
          learned +=
              std::exchange(pending_[r][static_cast<std::size_t>(weight - synapses_->row(r))], 0.0);
        if ((learned == 0 && !all) || is_own(r, j)) continue;
        if (all)
          learned += ending + std::copysign(1.0, static_cast<double>(*weight)) * ending_opposed;
        if (learned == 0) continue;
        if (deferred_) {
          lesson.of_rows.emplace_back(r, learned);
        } else {
          correction += learn(r, *weight, learned);
          ++counts.plasticity_updates;
        }
      }
      slice_.correct(j, t, correction);
      keep_lesson(std::move(lesson));
    }
  }

  void restart() override {
    restart_levels();
    pending_ = std::vector<std::vector<double>>(pending_.size());  // and their memory
    std::fill(pends_.begin(), pends_.end(), 0);
    found_ = false;
  }

  void collect(Edges& edges) const override {
    for (std::uint32_t r = 0; r < synapses_->rows(); ++r)
      for (std::size_t k = 0; k < synapses_->size(r); ++k) {
        const std::uint32_t i = synapses_->target(r, k);
        if (!is_own(r, i))
          edges.push_back(
              {r, slice_.places()[i], static_cast<double>(synapses_->row(r)[k]), keys_[r].delay});
      }
  }

  std::vector<float> weights() const override {
    std::vector<float> all;
    all.reserve(synapses_->count());
    for (std::size_t r = 0; r < synapses_->rows(); ++r)
      all.insert(all.end(), synapses_->row(r), synapses_->row(r) + synapses_->size(r));
    return all;
  }
  void restore(const std::vector<float>& weights, Time now) override {
    std::vector<double> correction(slice_.size(), 0.0);
    const float* from = weights.data();
    for (std::size_t r = 0; r < synapses_->rows(); ++r) {
      float* row = synapses_->row(r);
      const std::size_t size = synapses_->size(r);
      for (std::size_t k = 0; levels_[r] != 0 && k < size; ++k)
        correction[synapses_->target(r, k)] +=
            (static_cast<double>(from[k]) - static_cast<double>(row[k])) * levels_[r];
      if (owner_) std::copy_n(from, size, row);
      from += size;
    }
    correct(correction, now);
  }
  void keep_only(const std::function<bool(std::uint32_t, std::uint32_t)>& keep, Time now) override {
    std::vector<double> correction(slice_.size(), 0.0);
    const auto kept = [&](std::size_t row, std::uint32_t i) {
      const auto r = static_cast<std::uint32_t>(row);
      return !is_own(r, i) && keep(r, slice_.places()[i]);
    };
    for (std::size_t r = 0; r < synapses_->rows(); ++r)
      for (std::size_t k = 0; levels_[r] != 0 && k < synapses_->size(r); ++k) {
        const std::uint32_t i = synapses_->target(r, k);
        if (!kept(r, i)) correction[i] -= static_cast<double>(synapses_->row(r)[k]) * levels_[r];
      }
    for (std::uint32_t r = 0; r < synapses_->rows(); ++r) keep_pending(r, kept);
    if (owner_) synapses_->keep_only(kept);
    own_.clear();  // gone with the others
    correct(correction, now);
  }
  std::size_t bytes() const override {
    std::size_t pending = 0;
    for (const auto& row : pending_) pending += row.capacity();
    return synapses_->bytes() + pending * sizeof(double);
  }

  void add_held(std::vector<double>& inputs) const override {
    for (std::size_t r = 0; r < synapses_->rows(); ++r)
      for (std::size_t k = 0; levels_[r] != 0 && k < synapses_->size(r); ++k)
        inputs[synapses_->target(r, k)] += static_cast<double>(synapses_->row(r)[k]) * levels_[r];
  }

  std::vector<LevelChange> teach_levels(const std::vector<LevelLesson>& lessons,
                                        Time now) override {
    std::vector<LevelChange> changes;
    if constexpr (learns) {
      for (const LevelLesson& lesson : lessons)
        for (const auto& [r, learned] : lesson.of_rows)
          if (float* weight = synapses_->find(r, lesson.post)) {
            const float before = *weight;
            *weight = R::consolidated(params_, before, learned);
            changes.push_back({lesson.post, r,
                               static_cast<double>(*weight) - static_cast<double>(before),
                               std::abs(*weight) - std::abs(before)});
          }
      hear(changes, now);
    }
    return changes;
  }
  bool share(LevelBlock& owner) override {
    auto* other = dynamic_cast<LevelRows*>(&owner);
    if (!other || other->synapses_->rows() != synapses_->rows() ||
        other->synapses_->count() != synapses_->count())
      return false;
    synapses_ = other->synapses_;
    owner_ = false;
    deferred_ = true;
    return true;
  }
  void hear(const std::vector<LevelChange>& changes, Time now) override {
    for (std::size_t k = 0; k < changes.size();) {
      const std::uint32_t post = changes[k].post;
      double correction = 0;
      for (; k < changes.size() && changes[k].post == post; ++k) {
        const LevelChange& c = changes[k];
        correction += c.change * levels_[c.row];
        report(c.row, static_cast<float>(c.change), c.magnitude);
      }
      slice_.correct(post, now, correction);
    }
  }

 private:
  bool has_own(std::uint32_t r) const { return std::binary_search(own_.begin(), own_.end(), r); }
  bool is_own(std::uint32_t r, std::uint32_t i) const { return !own_.empty() && own_[i] == r; }

  // Rows that have nothing to hand over are not visited: most pixels are dark, and most cells do
  // not move as outputs are nudged.
  void find_rows() {
    if (std::exchange(found_, true)) return;
    something_.clear();
    pended_.clear();
    for (const std::uint32_t r : all_rows_) {
      if (!pending_[r].empty()) pended_.push_back(r);
      if (levels_[r] != 0 || !pending_[r].empty()) something_.push_back(r);
    }
  }

  /// Before the synapses themselves go.
  template <class Kept>
  void keep_pending(std::uint32_t r, const Kept& kept) {
    std::vector<double> left;
    for (std::size_t k = 0; k < pending_[r].size(); ++k)
      if (kept(r, synapses_->target(r, k))) left.push_back(pending_[r][k]);
    left.shrink_to_fit();
    pending_[r] = std::move(left);
    found_ = false;
  }

  void correct(const std::vector<double>& correction, Time now) {
    for (std::uint32_t i = 0; i < slice_.size(); ++i) slice_.correct(i, now, correction[i]);
  }

  void become(std::uint32_t r, Time t, double change) override {
    if constexpr (learns) arrive(r, change);
    slice_.move_to(t);
    if (synapses_->whole())
      slice_.add(synapses_->row(r), change);
    else
      slice_.add(synapses_->targets(r), synapses_->row(r), synapses_->size(r), change);
    const bool was_zero = levels_[r] == 0;
    levels_[r] += change;
    if (was_zero != (levels_[r] == 0)) found_ = false;
  }

  // A level is about to change while targets gather.
  void arrive(std::uint32_t r, double change) {
    shown_.update(slice_, params_);
    if (!shown_.open()) return;
    std::vector<double>& pending = pending_[r];
    if (pending.empty()) {
      pending.assign(synapses_->size(r), 0.0);
      found_ = false;
    }
    const double middle = levels_[r] + 0.5 * change;
    const float* row = synapses_->row(r);
    for (std::size_t k = 0; k < synapses_->size(r); ++k) {
      const std::uint32_t i = synapses_->target(r, k);
      if (!shown_.shows(i)) continue;
      double worth = R::arriving(params_, slice_.record(i), middle) - shown_.gathered(i);
      if constexpr (requires { R::opposed(params_, slice_.record(i), middle); })
        worth += std::copysign(1.0, static_cast<double>(row[k])) *
                 R::opposed(params_, slice_.record(i), middle);
      pending[k] += worth * change;
      pends_[i] |= static_cast<std::uint8_t>(worth != 0);
    }
  }

  // Returns by how much the neuron is now held more.
  double learn(std::uint32_t r, float& weight, double learned) {
    const float before = weight;
    weight = R::consolidated(params_, before, learned);
    const double change = static_cast<double>(weight) - static_cast<double>(before);
    report(r, static_cast<float>(change), std::abs(weight) - std::abs(before));
    return change * levels_[r];
  }

  RelaxingSlice<M>& slice_;
  typename R::Params params_;
  std::shared_ptr<SynapseRows> synapses_;
  bool owner_ = true;  // of the synapses, or another block is; see share()
  // By synapse, of rows whose level changed since neurons gather.
  std::vector<std::vector<double>> pending_;
  std::vector<std::uint8_t> pends_;  // by target, whether one of its synapses does
  std::vector<std::uint32_t> all_rows_, pended_, something_;  // pending, or with a level, too
  bool found_ = false;                                        // the last two are up to date
  std::vector<std::uint32_t>
      own_;  // by target: the row that would be i → i; empty if there is none
  ShownLevels<M, R> shown_;
};

}  // namespace clockless
