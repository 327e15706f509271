// Holds every neuron model to the contract of core/neuron.hpp and every rule to that of
// core/plasticity.hpp, knowing nothing of them but the contract. CMake writes one test per header.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/neuron.hpp"
#include "core/plasticity.hpp"
#include "core/random.hpp"
#include "tests/support/bytes.hpp"
#include "tests/support/catch.hpp"

namespace clockless::test {

/// One neuron that lives through random inputs, waits and firings.
template <NeuronModel M>
class Specimen {
 public:
  using State = typename M::State;

  Specimen(typename M::Params its_params, std::uint64_t seed)
      : params(std::move(its_params)), random_{.seed = seed} {
    const Birth birth{seed, NeuronId{static_cast<std::uint32_t>(seed)}, 0};
    if constexpr (StartsItself<M>) M::start(params, state, birth);
    // What users set per neuron, under the names that models share.
    if constexpr (requires { state.drive; })
      if (random_.below(4) != 0) state.drive = amount();
    if constexpr (requires { state.threshold; })
      if (random_.below(2) != 0) state.threshold = std::abs(amount());
  }

  /// Either sign, log-uniform over five decades.
  double amount() {
    const double magnitude = std::pow(10.0, 5 * random_.uniform() - 3);
    return random_.below(2) ? magnitude : -magnitude;
  }
  /// 0 … limit, uniform or log-uniform; for `forever` up to about ten seconds.
  Duration wait(Duration limit) {
    const double most = std::min(static_cast<double>(limit.count()), 1e13);
    const double ticks = random_.below(2) ? most * random_.uniform()
                                          : std::pow(std::max(most, 1.0), random_.uniform());
    return std::min(limit, Duration{static_cast<std::int64_t>(ticks)});
  }
  /// A model that keeps a Record beside its flow takes modulators; which ports are such, it alone
  /// knows. All others have two ports at most.
  Input input() {
    const double what = amount();
    if constexpr (std::is_same_v<RecordOf<M>, NoRecord>)
      return {what, 0, now};
    else
      return {what, static_cast<std::uint8_t>(random_.below(8)), now};
  }
  State after(Duration dt) const {
    State later = clone(state);
    M::advance(params, later, dt);
    return later;
  }
  /// One step of life; never past a firing that is due.
  void live() {
    const Duration due = M::until_fire(params, state);
    switch (random_.below(4)) {
      case 0:
        if (std::is_same_v<RecordOf<M>, NoRecord> || random_.below(4) == 0)
          M::receive(params, state, {amount(), static_cast<std::uint8_t>(random_.below(2)), now});
        else
          M::receive(params, state, input());
        break;
      case 1:
        pass(wait(due));
        break;
      default:
        if (due == forever) {
          M::receive(params, state, {std::abs(amount()), 0, now});
        } else if (seconds(due) < 100) {
          pass(due);
          emission = M::fire(params, state);
        }
    }
  }

  typename M::Params params;
  State state{};
  Emission emission{};
  Time now{};

 private:
  void pass(Duration dt) {
    M::advance(params, state, dt);
    now += dt;
  }
  RandomStream random_;
};

/// A state without its threshold where that is infinite: there is a neuron that does not fire.
template <class State>
State but_silence(const State& state) {
  State copy = clone(state);
  if constexpr (requires { copy.threshold; })
    if (copy.threshold == std::numeric_limits<double>::infinity()) copy.threshold = 0;
  return copy;
}

/// By how many ticks the prediction moves when the state is moved by a few roundings: what no
/// arithmetic in double can promise better. `forever` where it appears or vanishes.
template <NeuronModel M>
Duration blur(const typename M::Params& params, const typename M::State& state) {
  const Words<typename M::State> words(state);
  const Duration exact = M::until_fire(params, state);
  Duration sum{0};
  for (std::size_t i = 0; i < words.count; ++i) {
    if (words.is_integer(i) && words.word[i] << 1 != 0) continue;
    for (const double sign : {1.0, -1.0}) {
      auto moved = words;
      const double shift = sign * 8 * std::numeric_limits<double>::epsilon() * words.scale();
      moved.word[i] = std::bit_cast<std::uint64_t>(words.number(i) + shift);
      const Duration due = M::until_fire(params, moved.value(state));
      if (due == exact) continue;
      if (due == forever || exact == forever) return forever;
      const Duration change = due > exact ? due - exact : exact - due;
      if (change > Duration{1}) sum += std::min(change, Duration{std::int64_t{1} << 60});
      if (sum > Duration{std::int64_t{1} << 58}) return forever;
    }
  }
  return sum;
}

/// Time passes the same whether in one step or two, and zero time is no time.
template <NeuronModel M>
void check_flow(Specimen<M>& neuron) {
  const Duration due = M::until_fire(neuron.params, neuron.state);
  const auto still = neuron.after(Duration::zero());
  REQUIRE(same_bytes(still, neuron.state));
  const Duration both = neuron.wait(due);
  const Duration first = neuron.wait(both);
  const auto once = neuron.after(both);
  auto twice = neuron.after(first);
  M::advance(neuron.params, twice, both - first);
  REQUIRE(close(but_silence(once), but_silence(twice), but_silence(neuron.state), 64));
}

/// until_fire keeps its word: on the way the rest shrinks as time passes, at the tick it is due.
template <NeuronModel M>
void check_prediction(Specimen<M>& neuron) {
  const Duration due = M::until_fire(neuron.params, neuron.state);
  REQUIRE(due >= Duration::zero());
  if constexpr (BoundsFire<M>) {
    const Duration bound = M::fire_bound(neuron.params, neuron.state);
    REQUIRE(bound >= Duration::zero());
    REQUIRE(bound <= due);
  }
  if (due != forever && seconds(due) > 1000) return;  // a double holds no ticks there
  const auto check_at = [&](Duration passed) {
    const auto then = neuron.after(passed);
    const Duration rest = M::until_fire(neuron.params, then);
    const Duration expected = due == forever ? forever : due - passed;
    if (rest == expected) return;
    const Duration unsure =
        std::max(blur<M>(neuron.params, neuron.state), blur<M>(neuron.params, then));
    if (unsure == forever) return;
    INFO("predicted " << due.count() << " ticks; " << passed.count() << " later it is "
                      << rest.count() << " more, unsure " << unsure.count());
    REQUIRE(expected != forever);
    REQUIRE(rest != forever);
    REQUIRE(std::abs((rest - expected).count()) <= 1 + unsure.count());
  };
  for (int i = 0; i < 4; ++i) check_at(neuron.wait(due));
  if (due == forever) return;
  if (due > Duration::zero()) check_at(due - Duration{1});
  check_at(due);
}

/// Asking changes nothing, and the same state answers the same.
template <NeuronModel M>
void check_purity(Specimen<M>& neuron) {
  const auto before = clone(neuron.state);
  const Duration due = M::until_fire(neuron.params, neuron.state);
  if constexpr (BoundsFire<M>) (void)M::fire_bound(neuron.params, neuron.state);
  if constexpr (TellsDue<M>)
    REQUIRE(M::due(neuron.params, neuron.state) == (due == Duration::zero()));
  REQUIRE(M::until_fire(neuron.params, neuron.state) == due);
  REQUIRE(same_bytes(before, neuron.state));
  const Input input = neuron.input();
  auto one = clone(before), other = clone(before);
  for (auto* twin : {&one, &other}) {
    M::receive(neuron.params, *twin, input);
    const Duration wait = M::until_fire(neuron.params, *twin);
    if (wait == forever) continue;
    M::advance(neuron.params, *twin, wait);
    (void)M::fire(neuron.params, *twin);
  }
  REQUIRE(same_bytes(one, other));
}

/// Many neurons with these parameters, through random lives.
template <NeuronModel M>
void check_model(const typename M::Params& params = {}) {
  if constexpr (ChecksParams<M>) REQUIRE_NOTHROW(M::check(params));
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Specimen<M> neuron(params, seed);
    for (int step = 0; step < 40; ++step) {
      INFO("seed " << seed << ", step " << step);
      check_purity(neuron);
      check_flow(neuron);
      check_prediction(neuron);
      neuron.live();
      REQUIRE(Words(but_silence(neuron.state)).finite());
      REQUIRE(std::isfinite(neuron.emission.payload));
    }
  }
  // The same life twice: the checks above draw numbers too, so both live it alone.
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Specimen<M> neuron(params, seed), twin(params, seed);
    for (int step = 0; step < 100; ++step) {
      neuron.live();
      twin.live();
      REQUIRE(same_bytes(neuron.state, twin.state));
    }
  }
}

/// A neuron's state with the names that models share, for rules that read one structurally.
struct SharedNames {
  double voltage = 0.25;
  double current = 0.5;
  double drive = 0.125;
  double threshold = 1;
  double activity = 0.75;
  double error = -0.25;
  double gathered = 0.5, modulated = 0.625, active = 0.75;
};

/// Rules on signals: each part moves what is its own, weights stay within bounds, and the gain may
/// be handed over at any time.
template <SynapseRule R, class Record>
void check_signals(const typename R::Params& params, double low, double high) {
  RandomStream random{.seed = 12};
  for (int life = 0; life < 200; ++life) {
    const double from = std::max(low, -1.0), to = std::min(high, 1.0);
    const auto draw = [&] { return from + (to - from) * random.uniform(); };
    typename R::Synapse synapses[3] = {R::synapse(params, draw()), R::synapse(params, draw()),
                                       R::synapse(params, draw())};
    auto& y = synapses[1];
    typename R::Row row{};
    const Record record{};
    const double shown = R::factor(params, record);
    REQUIRE(std::isfinite(shown));
    REQUIRE(R::factor(params, record) == shown);
    REQUIRE(same_bytes(record, Record{}));
    for (int event = 0; event < 200; ++event) {
      const float payload = random.below(4) == 0 ? 0.0F : static_cast<float>(random.normal());
      const double factor = random.below(4) == 0 ? 0.0 : random.below(2) ? shown : random.normal();
      auto twin = clone(row);
      const auto untouched = clone(y);
      twin.signal(params, payload);
      row.signal(params, payload);
      REQUIRE(same_bytes(row, twin));
      REQUIRE(same_bytes(y, untouched));
      // The gain handed over: the weight that is applied stays, to the rounding of a float.
      const double before = R::gain(params, row) * R::weight(params, y);
      const double carry = R::carry(params, row);
      for (auto& synapse : synapses)
        if (carry != 1) R::scale(synapse, carry);
      REQUIRE(std::abs(R::gain(params, row) * R::weight(params, y) - before) <=
              0x1p-22 * std::abs(before));
      if (carry == 1) REQUIRE(same_bytes(row, twin));
      const auto left = clone(synapses[0]), right = clone(synapses[2]);
      const auto row_before = clone(row);
      auto other = clone(y), still = clone(y);
      if (payload != 0) {
        R::on_signal(params, y, row, factor);
        R::on_signal(params, other, row, factor);
      }
      REQUIRE(same_bytes(y, other));
      R::on_signal(params, other, row, 0.0);
      REQUIRE(same_bytes(y, other));
      if (factor == 0) REQUIRE(same_bytes(y, still));
      REQUIRE(same_bytes(row, row_before));
      REQUIRE(same_bytes(synapses[0], left));
      REQUIRE(same_bytes(synapses[2], right));
      const double gain = R::gain(params, row);
      REQUIRE(std::isfinite(gain));
      REQUIRE(std::isfinite(R::weight(params, y)));
      REQUIRE(R::weight(params, y) >= low);
      REQUIRE(R::weight(params, y) <= high);
      REQUIRE(Words(row).finite());
    }
  }
}

/// What a neuron shows to rules on levels, under the names that models share.
struct SharedLevels {
  double level = 0.25;
  double modulator = 1;
  double gathered = 0.5;
  double rest = 0.125;
  std::uint64_t open = 1;
};

/// Weights that learned so much, or nothing, stay finite and within what Params declare.
template <class R>
void check_consolidated(const typename R::Params& params, float weight, double amount,
                        double most) {
  REQUIRE(R::consolidated(params, weight, 0.0) == weight);
  for (const double learned : {amount, -amount}) {
    const float after = R::consolidated(params, weight, learned);
    REQUIRE(std::isfinite(after));
    REQUIRE(std::abs(static_cast<double>(after)) <= most);
  }
}

/// Rules on levels: they read and change nothing, what takes no part is left alone, and weights
/// stay finite and within what Params declare.
template <LearnsOnLevels<SharedLevels> R>
void check_rule(const typename R::Params& params = {}) {
  if constexpr (requires { R::check(params); }) REQUIRE_NOTHROW(R::check(params));
  double most = 1e6;
  if constexpr (requires { params.largest; }) most = params.largest;
  RandomStream random{.seed = 13};
  for (int life = 0; life < 2000; ++life) {
    SharedLevels record{random.normal(), random.normal(), random.normal(), random.normal(), 1};
    const auto before = clone(record);
    const double level = random.normal(), amount = std::pow(10.0, 8 * random.uniform() - 4);
    const auto is_steady = [&](auto ask) {
      const double once = ask();
      REQUIRE(std::isfinite(once));
      REQUIRE(ask() == once);
      return once;
    };
    is_steady([&] { return R::gathered(params, record); });
    is_steady([&] { return R::arriving(params, record, level); });
    if constexpr (requires { R::opposed(params, record, level); })
      is_steady([&] { return R::opposed(params, record, level); });
    REQUIRE(same_bytes(record, before));
    const auto weight = static_cast<float>(std::clamp(random.normal(), -most, most));
    check_consolidated<R>(params, weight, amount, most);
  }
}

/// Rules both ways: likewise, for the weight and for the copy of the reverse one.
template <LearnsBothWays<SharedLevels> R>
void check_rule(const typename R::Params& params = {}) {
  if constexpr (requires { R::check(params); }) REQUIRE_NOTHROW(R::check(params));
  double most = 1e6;
  if constexpr (requires { params.largest; }) most = params.largest;
  RandomStream random{.seed = 17};
  for (int life = 0; life < 2000; ++life) {
    SharedLevels record{random.normal(), random.normal(), random.normal(), random.normal(),
                        random.below(2)};
    const auto before = clone(record);
    for (const auto& p : {params, R::reversed(params)}) {
      REQUIRE(R::modulator(p, record) == R::modulator(p, record));
      REQUIRE(R::gathered(p, record) == R::gathered(p, record));
      REQUIRE(R::rest(p, record) == R::rest(p, record));
      REQUIRE(R::open(p, record) == R::open(p, record));
      const auto weight = static_cast<float>(std::clamp(random.normal(), -most, most));
      const double level = random.normal();
      REQUIRE(R::learned(p, weight, level, 0.0, 0.0) == 0);
      REQUIRE(std::isfinite(R::learned(p, weight, level, random.normal(), random.normal())));
      check_consolidated<R>(p, weight, std::pow(10.0, 8 * random.uniform() - 4), most);
    }
    REQUIRE(same_bytes(record, before));
  }
}

template <SynapseRule R>
void check_rule(const typename R::Params& params = {}) {
  using Neuron = std::conditional_t<PlasticityRule<R, AnyState>, AnyState, SharedNames>;
  if constexpr (requires { R::check(params); }) REQUIRE_NOTHROW(R::check(params));
  // Params may declare bounds.
  double low = -1e6, high = 1e6;
  if constexpr (requires { params.w_min; }) low = static_cast<double>(params.w_min);
  if constexpr (requires { params.w_max; }) high = static_cast<double>(params.w_max);
  RandomStream random{.seed = 11};
  if constexpr (LearnsOnSignal<R, SharedNames>) check_signals<R, SharedNames>(params, low, high);

  for (int life = 0; life < 200; ++life) {
    const double from = std::max(low, -1.0), to = std::min(high, 1.0);
    const auto draw = [&] { return from + (to - from) * random.uniform(); };
    typename R::Synapse synapses[3] = {R::synapse(params, draw()), R::synapse(params, draw()),
                                       R::synapse(params, draw())};
    auto& y = synapses[1];
    const auto left = clone(synapses[0]), right = clone(synapses[2]);
    if constexpr (PlasticityRule<R, Neuron>) {
      const Neuron neuron{};
      typename R::Pre pre{};
      typename R::Post post{};
      Time t{};
      for (int event = 0; event < 50; ++event) {
        t += Duration{static_cast<std::int64_t>(std::pow(10.0, 12 * random.uniform()))};
        const auto pre_before = clone(pre);
        const auto post_before = clone(post);
        const auto neuron_before = clone(neuron);
        const bool is_pre = random.below(2) == 0;
        const auto learn = [&](typename R::Synapse& synapse, Time when) {
          if (is_pre) {
            R::on_pre(params, synapse, pre, post, neuron, when);
          } else if constexpr (LearnsOnPost<R, Neuron>) {
            R::on_post(params, synapse, pre, post, neuron, when);
          }
        };
        auto other = clone(y);
        auto earlier = clone(y);
        learn(earlier, t - Duration{1});  // a reading in between, that must leave no mark
        learn(y, t);
        learn(other, t);
        REQUIRE(same_bytes(y, other));
        REQUIRE(same_bytes(pre, pre_before));
        REQUIRE(same_bytes(post, post_before));
        REQUIRE(same_bytes(neuron, neuron_before));
        REQUIRE(same_bytes(synapses[0], left));
        REQUIRE(same_bytes(synapses[2], right));
        const double weight = R::weight(params, y);
        REQUIRE(std::isfinite(weight));
        REQUIRE(weight >= low);
        REQUIRE(weight <= high);
        if (is_pre) {
          pre.spike(params, t);
          REQUIRE(same_bytes(post, post_before));
        } else {
          post.spike(params, t);
          REQUIRE(same_bytes(pre, pre_before));
        }
        REQUIRE(Words(pre).finite());
        REQUIRE(Words(post).finite());
      }
    }
  }
}

}  // namespace clockless::test

#define CLOCKLESS_MODEL_CONFORMANCE(Type, file)                        \
  TEST_CASE(file " keeps the contract of a neuron model", "[model]") { \
    static_assert(clockless::NeuronModel<Type>);                       \
    static_assert(Type::name == std::string_view(file));               \
    clockless::test::check_model<Type>();                              \
  }

#define CLOCKLESS_RULE_CONFORMANCE(Type, file)                                      \
  TEST_CASE(file " keeps the contract of a learning rule", "[rule]") {              \
    static_assert(clockless::SynapseRule<Type> ||                                   \
                  clockless::LearnsOnLevels<Type, clockless::test::SharedLevels> || \
                  clockless::LearnsBothWays<Type, clockless::test::SharedLevels>);  \
    static_assert(Type::name == std::string_view(file));                            \
    clockless::test::check_rule<Type>();                                            \
  }
