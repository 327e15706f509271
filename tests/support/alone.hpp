// One neuron alone: a minimal event loop in ticks for a model, and the same in real time for a
// reference that knows only its voltage as a function of time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "core/neuron.hpp"
#include "core/random.hpp"

namespace clockless::test {

struct Arrival {
  Time at;
  Input input;
};

struct Firing {
  long double ps;
  float payload;
};

/// All firings of a model's neuron before the last arrival. What is due at one instant is delivered
/// before anyone looks at the threshold.
template <NeuronModel M>
std::vector<Firing> run_model(const typename M::Params& params, typename M::State state,
                              const std::vector<Arrival>& arrivals) {
  std::vector<Firing> firings;
  Time now{};
  for (const Arrival& arrival : arrivals) {
    for (;;) {
      const Duration wait = M::until_fire(params, state);
      if (wait >= arrival.at - now) break;
      M::advance(params, state, wait);
      now += wait;
      const Emission emission = M::fire(params, state);
      const auto ps = static_cast<long double>(now.time_since_epoch().count());
      if (emission.sent) firings.push_back({ps, emission.payload});
    }
    M::advance(params, state, arrival.at - now);
    now = arrival.at;
    M::receive(params, state, arrival.input);
  }
  return firings;
}

/// The same of a reference in real time. R has  above(t): how far the voltage is above threshold
/// after t picoseconds without input;  pass(t), receive(input);  fire(): the payload.
/// The crossing is looked for at `steps` points and at the maxima between them, then bisected.
template <class R>
std::vector<Firing> run_reference(R neuron, const std::vector<Arrival>& arrivals, int steps) {
  std::vector<Firing> firings;
  long double now = 0;
  for (const Arrival& arrival : arrivals) {
    const auto at = static_cast<long double>(arrival.at.time_since_epoch().count());
    for (;;) {
      const long double horizon = at - now;
      if (!(horizon > 0)) break;
      const auto bisect = [&](long double low, long double high) {
        while (high - low > 1e-5L) {
          const long double middle = (low + high) / 2;
          (neuron.above(middle) < 0 ? low : high) = middle;
        }
        return high;
      };
      const auto highest_in = [&](long double low, long double high) {
        for (int k = 0; k < 40; ++k) {  // ternary search
          const long double third = (high - low) / 3;
          const bool right = neuron.above(low + third) < neuron.above(high - third);
          (right ? low : high) += right ? third : -third;
        }
        return (low + high) / 2;
      };
      long double crossing = -1, before = neuron.above(0), last = before;
      if (before >= 0) crossing = 0;
      for (int i = 1; i <= steps && crossing < 0; ++i) {
        const long double from = horizon * (i - 1) / steps, to = horizon * i / steps;
        const long double here = neuron.above(to);
        if (here >= 0) {
          crossing = bisect(from, to);
        } else if (last >= before && last >= here && 4 * last > before + here) {
          // A maximum, and the parabola's peak is not far below the threshold.
          const long double left = horizon * std::max(i - 2, 0) / steps;
          const long double top = highest_in(left, to);
          if (neuron.above(top) >= 0) crossing = bisect(left, top);
        }
        before = last;
        last = here;
      }
      if (crossing < 0 || crossing >= horizon) break;
      neuron.pass(crossing);
      now += crossing;
      firings.push_back({now, neuron.fire()});
    }
    neuron.pass(at - now);
    now = at;
    neuron.receive(arrival.input);
  }
  return firings;
}

/// How a model's firings differ from the reference's: number and payloads must agree, each tick lie
/// within one of its time. Returns the worst lateness and earliness in ticks; 1e30 if they
/// disagree.
inline long double worst_error(const std::vector<Firing>& model,
                               const std::vector<Firing>& reference) {
  if (model.size() != reference.size()) return 1e30L;
  long double worst = 0;
  for (std::size_t i = 0; i < model.size(); ++i) {
    if (model[i].payload != reference[i].payload) return 1e30L;
    worst = std::max(worst, std::abs(model[i].ps - reference[i].ps));
  }
  return worst;
}

/// `count` arrivals at random ticks, mean distance `mean_s`, some at one tick; the last one brings
/// nothing. amount(random) draws each.
template <class F>
std::vector<Arrival> random_train(RandomStream& random, int count, double mean_s, F input) {
  std::vector<Arrival> train;
  Time t{};
  for (int i = 0; i < count; ++i) {
    if (i == 0 || random.below(8) != 0) t += from_seconds(mean_s * random.exponential());
    train.push_back({t, input(random)});
  }
  train.push_back({t + from_seconds(mean_s), {}});
  return train;
}

}  // namespace clockless::test
