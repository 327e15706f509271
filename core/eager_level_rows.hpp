// Rows of levels on a general slice: each synapse keeps what it is to learn, and brings it up to
// date whenever its level changes. The plain form of what LevelRows does late and in columns.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "core/description.hpp"
#include "core/plasticity.hpp"
#include "core/relaxation.hpp"
#include "core/slice.hpp"

namespace clockless {

template <Relaxes M, class R>
class EagerLevelRows final : public LevelBlock, public LevelListener<M> {
  static constexpr bool learns = LearnsOnLevels<R, typename M::Record>;

 public:
  /// As LevelRows; `weights` hold only what is a synapse where `synapse(r, i)`.
  EagerLevelRows(Slice<M>& slice, const LevelWiring& wiring, typename R::Params params,
                 std::size_t pre, const std::vector<float>& weights, bool recurrent)
      : LevelBlock(wiring, pre), slice_(slice), params_(std::move(params)), rows_(pre) {
    for (std::uint32_t r = 0; r < pre; ++r)
      for (std::uint32_t i = 0; i < slice.size(); ++i)
        if (!recurrent || wiring.self || slice.places()[i] != r)
          rows_[r].push_back({i, weights[std::size_t{r} * slice.size() + i], 0, 0});
    if constexpr (learns) slice_.listen(static_cast<LevelListener<M>*>(this));
  }

  std::uint64_t synapses(std::uint32_t r) const override { return rows_[r].size(); }

  void consolidate(std::uint32_t j, Time t, Counts& counts) override {
    if constexpr (learns) {
      LevelLesson lesson{j, {}};
      for (std::uint32_t r = 0; r < rows_.size(); ++r)
        for (Synapse& y : rows_[r]) {
          if (y.target != j) continue;
          catch_up(y, levels_[r]);
          double learned = std::exchange(y.learned, 0.0);
          if constexpr (requires { R::ending(params_, record_of<M>(slice_.state(j))); }) {
            const auto& record = record_of<M>(slice_.state(j));
            learned +=
                R::ending(params_, record) + std::copysign(1.0, static_cast<double>(y.weight)) *
                                                 R::ending_opposed(params_, record);
          }
          y.seen = 0;  // what it has gathered is handed over
          if (learned == 0) continue;
          if (deferred_) {
            lesson.of_rows.emplace_back(r, learned);
          } else {
            learn(r, y, learned, t);
            ++counts.plasticity_updates;
          }
        }
      keep_lesson(std::move(lesson));
    }
  }

  void restart() override {
    restart_levels();
    for (auto& row : rows_)
      for (Synapse& y : row) y.learned = y.seen = 0;
  }

  void collect(Edges& edges) const override {
    for (std::uint32_t r = 0; r < rows_.size(); ++r)
      for (const Synapse& y : rows_[r])
        edges.push_back(
            {r, slice_.places()[y.target], static_cast<double>(y.weight), keys_[r].delay});
  }
  std::vector<float> weights() const override {
    std::vector<float> all;
    for (const auto& row : rows_)
      for (const Synapse& y : row) all.push_back(y.weight);
    return all;
  }
  void restore(const std::vector<float>& weights, Time now) override {
    std::size_t k = 0;
    for (std::uint32_t r = 0; r < rows_.size(); ++r)
      for (Synapse& y : rows_[r]) set(r, y, weights[k++], now);
  }
  void keep_only(const std::function<bool(std::uint32_t, std::uint32_t)>& keep, Time now) override {
    for (std::uint32_t r = 0; r < rows_.size(); ++r) {
      for (Synapse& y : rows_[r])
        if (!keep(r, slice_.places()[y.target])) {
          set(r, y, 0, now);
          y.target = gone;
        }
      std::erase_if(rows_[r], [](const Synapse& y) { return y.target == gone; });
      rows_[r].shrink_to_fit();
    }
  }
  std::size_t bytes() const override {
    std::size_t synapses = 0;
    for (const auto& row : rows_) synapses += row.capacity();
    return synapses * sizeof(Synapse);
  }
  void add_held(std::vector<double>& inputs) const override {
    for (std::uint32_t r = 0; r < rows_.size(); ++r)
      for (const Synapse& y : rows_[r])
        inputs[y.target] += static_cast<double>(y.weight) * levels_[r];
  }

  std::vector<LevelChange> teach_levels(const std::vector<LevelLesson>& lessons,
                                        Time now) override {
    std::vector<LevelChange> changes;
    if constexpr (learns) {
      for (const LevelLesson& lesson : lessons)
        for (const auto& [r, learned] : lesson.of_rows)
          for (Synapse& y : rows_[r])
            if (y.target == lesson.post) {
              const float before = y.weight;
              learn(r, y, learned, now);
              changes.push_back({lesson.post, r,
                                 static_cast<double>(y.weight) - static_cast<double>(before),
                                 std::abs(y.weight) - std::abs(before)});
            }
    }
    return changes;
  }

 private:
  void become(std::uint32_t r, Time t, double change) override {
    const double middle = levels_[r] + 0.5 * change;
    for (Synapse& y : rows_[r]) {
      slice_.move_to(y.target, t);
      if constexpr (learns) {
        const auto& record = record_of<M>(slice_.state(y.target));
        catch_up(y, levels_[r]);
        if (M::shows(record)) {
          y.learned += R::arriving(params_, record, middle) * change;
          if constexpr (requires { R::opposed(params_, record, middle); })
            y.learned += std::copysign(1.0, static_cast<double>(y.weight)) *
                         R::opposed(params_, record, middle) * change;
        }
      }
      slice_.receive(y.target, {static_cast<double>(y.weight) * change, M::held, t});
    }
    levels_[r] += change;
  }

  static constexpr std::uint32_t gone = ~std::uint32_t{0};
  struct Synapse {
    std::uint32_t target;
    float weight;
    double learned;  // E so far
    double seen;     // C_j as it was then
  };

  void catch_up(Synapse& y, double level) {
    const double gathered = R::gathered(params_, record_of<M>(slice_.state(y.target)));
    y.learned += level * (gathered - y.seen);
    y.seen = gathered;
  }
  void set(std::uint32_t r, Synapse& y, float weight, Time t) {
    const double change = static_cast<double>(weight) - static_cast<double>(y.weight);
    y.weight = weight;
    if (change == 0 || levels_[r] == 0) return;
    slice_.move_to(y.target, t);
    slice_.receive(y.target, {change * levels_[r], M::held, t});
  }
  void learn(std::uint32_t r, Synapse& y, double learned, Time t) {
    const float before = y.weight;
    set(r, y, R::consolidated(params_, before, learned), t);
    report(r, static_cast<float>(static_cast<double>(y.weight) - static_cast<double>(before)),
           std::abs(y.weight) - std::abs(before));
  }

  Slice<M>& slice_;
  typename R::Params params_;
  std::vector<std::vector<Synapse>> rows_;
};

}  // namespace clockless
