// The dense kernel: when it is chosen, and that what it shows is what the general path shows.
#include <algorithm>
#include <vector>

#include "core/random.hpp"
#include "core/simulation.hpp"
#include "neurons/if_current.hpp"
#include "neurons/lif.hpp"
#include "neurons/relay.hpp"
#include "neurons/spike_list.hpp"
#include "plasticity/stdp.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/layers.hpp"

using namespace clockless;
using namespace clockless::test;
using Catch::Matchers::WithinAbs;

namespace {

constexpr Duration second{1'000'000'000'000};

template <class Weight = float>
DenseMatrix<Weight> full(std::size_t pre, std::size_t post, Weight value) {
  std::shared_ptr<Weight[]> weights(new Weight[pre * post]);
  std::fill_n(weights.get(), pre * post, value);
  return {pre, post, weights};
}

/// Two runs of one network, by the two kernels.
struct Both {
  Simulation dense, general;
  Both(const Network& network, RunOptions options = {})
      : dense(network, options), general(network, with_general(options)) {}
  static RunOptions with_general(RunOptions options) {
    options.kernel = Kernel::general;
    return options;
  }
  template <class F>
  void each(F f) {
    f(dense);
    f(general);
  }
};

/// The same sources in the same order, at times at most `ticks` apart. Returns how many.
std::size_t check_same(const std::vector<Spike>& a, const std::vector<Spike>& b,
                       std::int64_t ticks = 1) {
  REQUIRE(a.size() == b.size());
  for (std::size_t k = 0; k < a.size(); ++k) {
    INFO("spike " << k << " at " << seconds(a[k].at) << " s");
    REQUIRE(a[k].source == b[k].source);
    REQUIRE(std::abs((a[k].at - b[k].at).count()) <= ticks);
    REQUIRE(a[k].payload == b[k].payload);
  }
  return a.size();
}

}  // namespace

TEST_CASE("dense kernel: chosen for framed layers of zero-delay, static, full connections alone",
          "[unit][dense_slice]") {
  const auto chosen = [](auto connect) {
    Network network;
    const auto input = network.add<Relay>("input", 4);
    const auto code = network.add<IfCurrent>("code", 6);
    connect(network, input, code);
    return Simulation(network).uses_dense_kernel(code);
  };
  using N = Network&;
  using In = Population<Relay>;
  using Code = Population<IfCurrent>;
  const auto layer = [](N n, Code c) { n.connect(c, c, full(6, 6, -0.1F)); };
  CHECK(chosen([&](N n, In, Code c) { layer(n, c); }));
  CHECK(chosen([&](N n, In, Code c) { n.connect(c, c, full(6, 6, -0.1)); }));
  CHECK(chosen([&](N n, In, Code c) {
    n.connect(c, c, all_to_all(6, 6, constant(-0.1), constant(Duration{}), false));
  }));
  CHECK(chosen([&](N n, In i, Code c) {
    layer(n, c);
    n.connect(i, c, full(4, 6, 0.5F), second);
  }));
  CHECK_FALSE(chosen([&](N, In, Code) {}));
  CHECK_FALSE(chosen([&](N n, In, Code c) { n.connect(c, c, full(6, 6, -0.1F), second); }));
  CHECK_FALSE(chosen([&](N n, In i, Code c) {
    layer(n, c);
    n.connect(i, c, {{0, 0, 1.0, second}});  // few synapses: rows of mostly zeros
  }));
  CHECK_FALSE(chosen([&](N n, In, Code c) {
    n.connect<Stdp>(c, c, all_to_all(6, 6, constant(0.1), constant(Duration{}), false));
  }));
  CHECK_FALSE(chosen([&](N n, In, Code c) {
    Edges edges = all_to_all(6, 6, constant(-0.1), constant(Duration{}), false);
    edges[3].delay = second;
    n.connect(c, c, edges);
  }));
  CHECK_FALSE(chosen([&](N n, In, Code c) {  // one neuron stands apart
    Edges edges = all_to_all(5, 5, constant(-0.1), constant(Duration{}), false);
    n.connect(c, c, edges);
  }));
  Network network;
  const auto leaky = network.add<Lif>("leaky", 6);  // a model without a frame, or with: never
  network.connect(leaky, leaky, full(6, 6, -0.1F));
  CHECK(Simulation(network).uses_dense_kernel(leaky) == Framed<Lif>);
  CHECK_FALSE(Simulation(network, {.kernel = Kernel::general}).uses_dense_kernel(leaky));
}

TEST_CASE("dense kernel: states, counts and spikes are those of the general path at any time",
          "[unit][dense_slice]") {
  for (const Atoms kind : {Atoms::gaussian, Atoms::signed_pairs, Atoms::coherent}) {
    const Layer layer = random_layer(24, 48, kind, 5);
    Network network;
    const auto code = network.add<IfCurrent>("code", 48);
    network.connect(code, code, layer.matrix<float>());
    Both both(network);
    REQUIRE(both.dense.uses_dense_kernel(code));
    both.each([&](Simulation& s) {
      layer.begin(s, code);
      s.record(code);
    });
    RandomStream random{8};
    for (Time t{}; t < Time{40 * second}; t += Duration{random.below(2'000'000'000)} * 1000) {
      both.each([&](Simulation& s) { s.run_until(t); });
      const auto voltage = both.dense.read(code, &IfCurrent::State::voltage);
      const auto current = both.dense.read(code, &IfCurrent::State::current);
      const auto voltage_here = both.general.read(code, &IfCurrent::State::voltage);
      const auto current_here = both.general.read(code, &IfCurrent::State::current);
      for (std::size_t i = 0; i < 48; ++i) {
        REQUIRE_THAT(voltage[i], WithinAbs(voltage_here[i], 1e-10));
        REQUIRE_THAT(current[i], WithinAbs(current_here[i], 1e-10));
      }
      REQUIRE(both.dense.counts() == both.general.counts());
    }
    CHECK(both.dense.spike_counts(code) == both.general.spike_counts(code));
    const auto compared = check_same(both.dense.take_spikes(), both.general.take_spikes());
    CHECK(compared > 50);
  }
}

TEST_CASE("dense kernel: weights in edges, float and double are the same synapses",
          "[unit][dense_slice]") {
  const Layer layer = random_layer(16, 32, Atoms::gaussian, 6);
  Layer rounded = layer;
  for (double& w : rounded.weights) w = static_cast<double>(static_cast<float>(w));
  const auto run = [&](int form) {
    Network network;
    const auto code = network.add<IfCurrent>("code", 32);
    if (form == 0) network.connect(code, code, rounded.matrix<float>());
    if (form == 1) network.connect(code, code, rounded.matrix<double>());
    if (form == 2) network.connect(code, code, from_matrix(32, 32, rounded.weights));
    if (form == 3) network.connect<FixedFloat>(code, code, from_matrix(32, 32, layer.weights));
    Simulation simulation(network, {.kernel = Kernel::dense});
    rounded.begin(simulation, code);
    simulation.run_until(Time{50 * second});
    return simulation.spike_hash();
  };
  for (const int form : {1, 2, 3}) CHECK(run(form) == run(0));
}

TEST_CASE("dense kernel: packets are sent to rows with synapses only", "[unit][dense_slice]") {
  Network network;
  const auto input = network.add<SpikeList>(
      "input", 4, SpikeList::params(std::vector<std::vector<Time>>(4, {Time{second}})));
  const auto code = network.add<IfCurrent>("code", 8);
  network.connect(code, code, full(8, 8, -0.1F));
  std::shared_ptr<float[]> some(new float[32]);
  for (std::size_t k = 0; k < 32; ++k) some.get()[k] = k / 8 == 2 ? 0.0F : 0.5F;  // a row of zeros
  network.connect(input, code, DenseMatrix<float>{4, 8, some}, second);
  Both both(network);
  REQUIRE(both.dense.uses_dense_kernel(code));
  both.each([&](Simulation& s) { s.run_until(Time{2 * second}); });
  CHECK(both.general.counts().packets == 3);
  CHECK(both.dense.counts() == both.general.counts());
  CHECK(both.dense.packets_pending() == both.general.packets_pending());
  both.each([&](Simulation& s) { s.run_until(Time{20 * second}); });
  CHECK(both.dense.counts() == both.general.counts());
}

TEST_CASE("dense kernel: delayed inputs with payloads, bursts and long silence",
          "[unit][dense_slice]") {
  RandomStream random{12};
  SpikeList::Lists lists(6);
  for (auto& list : lists) {
    Time t{};
    for (int k = 0; k < 60; ++k) {
      // From bursts within nanoseconds to a silence of hours.
      t += Duration{static_cast<std::int64_t>(std::exp(9 + 25 * random.uniform()))};
      list.push_back({t, static_cast<float>(random.normal())});
      if (random.below(4) == 0) list.push_back({t, 0.5F});
    }
  }
  Network network;
  const auto input = network.add<SpikeList>("input", 6, SpikeList::params(lists));
  const auto code = network.add<IfCurrent>("code", 40);
  const Layer layer = random_layer(20, 40, Atoms::gaussian, 13);
  network.connect(code, code, layer.matrix<float>());
  std::shared_ptr<double[]> weights(new double[240]);
  for (std::size_t k = 0; k < 240; ++k) weights.get()[k] = random.normal();
  network.connect(input, code, DenseMatrix<double>{6, 40, weights}, Duration{1'500'000'000});
  Both both(network);
  REQUIRE(both.dense.uses_dense_kernel(code));
  both.each([&](Simulation& s) {
    s.set(code, &IfCurrent::State::drive, -0.05);  // λ: without it the echoes would not end
    s.record(code);
    s.run_until(Time{10'000 * second});
  });
  CHECK(both.dense.counts() == both.general.counts());
  const auto compared = check_same(both.dense.take_spikes(), both.general.take_spikes());
  CHECK(compared > 100);
}

TEST_CASE("dense kernel: what is set in mid-run holds from then on", "[unit][dense_slice]") {
  const Layer first = random_layer(24, 48, Atoms::gaussian, 31);
  Layer second_layer = random_layer(24, 48, Atoms::gaussian, 31);
  RandomStream random{32};
  for (double& b : second_layer.drive) b += 0.5 * random.normal();
  Network network;
  const auto code = network.add<IfCurrent>("code", 48);
  network.connect(code, code, first.matrix<float>());
  Both both(network);
  both.each([&](Simulation& s) {
    first.begin(s, code);
    s.record(code);
    s.run_until(Time{20 * second});
    s.set(code, &IfCurrent::State::drive, second_layer.drive);
    s.run_until(Time{40 * second});
    s.set(code, &IfCurrent::State::voltage, 0.0);
    s.set(code, &IfCurrent::State::threshold, 1.2);  // a lower one would diverge
    s.run_until(Time{60 * second});
    s.restart(1);
    first.begin(s, code);
    s.run_until(Time{20 * second});
  });
  CHECK(both.dense.counts() == both.general.counts());
  CHECK(both.dense.spike_counts(code) == both.general.spike_counts(code));
  Simulation fresh(network);  // a restart is a fresh start
  first.begin(fresh, code);
  fresh.run_until(Time{20 * second});
  CHECK(both.dense.spike_hash() == fresh.spike_hash());
}

TEST_CASE("dense kernel: a layer that nothing drives stays silent, and wakes when driven",
          "[unit][dense_slice]") {
  for (const std::int64_t silence : {1000, 1'000'000}) {  // the frame's origin is of old by then
    Network network;
    const auto code = network.add<IfCurrent>("code", 10);
    network.connect(code, code, full(10, 10, -0.1F));
    Both both(network);
    REQUIRE(both.dense.uses_dense_kernel(code));
    const Time woken{silence * second};
    both.each([&](Simulation& s) {
      s.record(code);
      s.run_until(Time{500 * second});
      s.set(code, &IfCurrent::State::drive, -1e-6);
      s.run_until(woken);
      CHECK(s.counts() == Counts{});
      s.set(code, &IfCurrent::State::drive, 1.5);
      s.run_until(woken + 50 * second);
    });
    const auto voltage = both.dense.read(code, &IfCurrent::State::voltage);
    const auto voltage_here = both.general.read(code, &IfCurrent::State::voltage);
    const auto current = both.dense.read(code, &IfCurrent::State::current);
    const auto current_here = both.general.read(code, &IfCurrent::State::current);
    for (std::size_t i = 0; i < 10; ++i) {
      CHECK_THAT(voltage[i], WithinAbs(voltage_here[i], 1e-9));
      CHECK_THAT(current[i], WithinAbs(current_here[i], 1e-9));
    }
    CHECK(both.dense.counts() == both.general.counts());
    const auto compared = check_same(both.dense.take_spikes(), both.general.take_spikes());
    CHECK(compared > 100);
  }
}

TEST_CASE("dense kernel: runaway excitation is an error here too", "[unit][dense_slice]") {
  Network network;
  const auto code = network.add<IfCurrent>("code", 10);
  network.connect(code, code, full(10, 10, 0.5F));
  Simulation simulation(network, {.kernel = Kernel::dense, .max_rate_hz = 1e6});
  simulation.set(code, &IfCurrent::State::drive, 1.5);
  CHECK_THROWS_AS(simulation.run_until(Time{1000 * second}), Error);
}
