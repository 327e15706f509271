// Modulator events: inputs at ports that are not linear, on both kernels.
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/random.hpp"
#include "core/simulation.hpp"
#include "neurons/phased_if.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/script.hpp"

using namespace clockless;
using namespace clockless::test;
using Catch::Matchers::WithinAbs;
using Phase = PhasedIf::Record::Phase;
using Message = PhasedIf::Record::Message;

namespace {

constexpr Duration second{1'000'000'000'000};
constexpr Kernel kernels[] = {Kernel::general, Kernel::dense};

/// Cells of one layer, whom a witness hears (cell i with weight i + 1), and speakers who tell
/// chosen cells something at a modulator's port.
struct Stage {
  Network network;
  Population<PhasedIf> cells;
  Population<Witness> witness;

  Stage(std::uint32_t size, PhasedIf::Params params, double lateral = -1e-6) {
    cells = network.add<PhasedIf>("cells", size, params);
    witness = network.add<Witness>("witness", 1);
    network.connect(cells, cells,
                    matrix_of<double>(size, size, [&](auto, auto) { return lateral; }), {},
                    PhasedIf::lateral);
    network.connect(cells, witness,
                    matrix_of<double>(size, 1, [](auto i, auto) { return double(i + 1); }));
  }
  /// Arrives at `at`, before anyone fires at that tick.
  void tell(const std::string& name, Time at, const std::vector<std::uint32_t>& whom,
            std::uint8_t port) {
    constexpr Duration delay{1000};
    const auto source = network.add<Script>(name, 1, Script::params({{{at - delay}}}));
    Edges edges;
    for (const std::uint32_t i : whom) edges.push_back({0, i, 1.0, delay});
    network.connect(source, cells, edges, {}, port);
  }
  Simulation simulate(Kernel kernel, const std::vector<PhasedIf::State>& states) const {
    Simulation s(network, {.kernel = kernel});
    REQUIRE(s.uses_dense_kernel(cells) == (kernel == Kernel::dense));
    s.set(cells, std::span<const PhasedIf::State>(states));
    return s;
  }
  std::vector<double> heard(const Simulation& s) const {
    const Witness::State state = s.state(witness, 0);
    std::vector<double> amounts;
    for (std::uint64_t k = 0; k < state.count; ++k) amounts.push_back(state.heard[k].amount);
    return amounts;
  }
};

std::vector<std::uint32_t> up_to(std::uint32_t n) {
  std::vector<std::uint32_t> all(n);
  for (std::uint32_t i = 0; i < n; ++i) all[i] = i;
  return all;
}

}  // namespace

TEST_CASE("modulators: due neurons fire lowest first, among crossings of the same tick",
          "[unit][modulators]") {
  for (const bool many : {false, true})
    for (const Kernel kernel : kernels) {
      INFO("kernel " << static_cast<int>(kernel) << (many ? ", many" : ", few"));
      Stage stage(40, {});
      const std::vector<std::uint32_t> few = {12, 3, 5, 7};
      stage.tell("teacher", Time{second}, many ? up_to(40) : few, PhasedIf::learn);
      std::vector<PhasedIf::State> states(40);
      for (std::uint32_t i = 0; i < 40; ++i) {
        states[i].error = 100;
        if (std::count(few.begin(), few.end(), i)) states[i].phase = Phase::compared;
        // 5, 9 and 30 cross at the first second, to the tick.
        if (i == 5 || i == 9 || i == 30) states[i].drive = states[i].current = 1;
      }
      Simulation s = stage.simulate(kernel, states);
      s.run_until(Time{second});
      CHECK(stage.heard(s).empty());
      s.run_until(Time{second} + Duration{1});
      const std::vector<double> order = {400, 600, 6, 800, 10, 1300, 31};
      CHECK(stage.heard(s) == order);
      CHECK(s.counts().signals == 4);
      CHECK(s.counts().spikes == 4);  // the teacher's and three
      CHECK(s.spike_counts(stage.cells)[5] == 1);
    }
}

TEST_CASE("modulators: reach one, few or all cells, each after its delay, at any time",
          "[unit][modulators]") {
  for (const std::uint32_t targets : {1U, 3U, 10U, 60U})
    for (const Kernel kernel : kernels) {
      INFO("kernel " << static_cast<int>(kernel) << ", " << targets << " targets");
      Stage stage(60, {}, -0.05);
      RandomStream random{targets};
      const auto source = stage.network.add<Script>(
          "clock", 1, Script::params({{{Time{5 * second}}, {Time{50 * second}}}}));
      Edges edges;
      std::vector<Duration> delay(60, forever);
      for (std::uint32_t k = 0; k < targets; ++k) {
        const std::uint32_t i = (k * 7 + 1) % 60;
        delay[i] = Duration{random.below(3'000'000) * std::int64_t{1'000'000}};
        edges.push_back({0, i, 1.0, delay[i]});
      }
      stage.network.connect(source, stage.cells, edges, {}, PhasedIf::onset);
      std::vector<PhasedIf::State> states(60);
      for (auto& state : states) {
        state.drive = state.current = random.uniform();
        state.latch = 2 * random.uniform();
      }
      Simulation s = stage.simulate(kernel, states);
      s.run_until(Time{20 * second});
      const auto at_20 = s.states(stage.cells);
      s.run_until(Time{80 * second});
      const auto at_80 = s.states(stage.cells);
      for (std::uint32_t i = 0; i < 60; ++i) {
        const bool told = delay[i] != forever;
        INFO("cell " << i);
        CHECK(at_20[i].drive == (told ? states[i].latch : states[i].drive));
        CHECK(at_20[i].since == (told ? Time{5 * second} + delay[i] : Time{}));
        CHECK(at_80[i].since == (told ? Time{50 * second} + delay[i] : Time{}));
        CHECK(at_80[i].phase == (told ? Phase::without : Phase::none));
        CHECK(at_80[i].latch == states[i].latch);
      }
      CHECK(s.counts().spikes > 300);
    }
}

TEST_CASE("modulators: an event may undo what another made due", "[unit][modulators]") {
  for (const Kernel kernel : kernels) {
    INFO("kernel " << static_cast<int>(kernel));
    Stage stage(40, {.role = PhasedIf::Role::coding});
    // In the order of sources within one tick: end, then for some of them onset.
    stage.tell("end", Time{4 * second}, {1, 2, 3, 4}, PhasedIf::end);
    stage.tell("onset", Time{4 * second}, {4, 2}, PhasedIf::onset);
    std::vector<PhasedIf::State> states(40);
    for (auto& state : states) {
      state.phase = Phase::with;
      state.drive = state.current = 0.9;
      state.latch = -1;
    }
    Simulation s = stage.simulate(kernel, states);
    s.run_until(Time{4 * second} + Duration{1});
    CHECK(s.counts().signals == 2);  // of 1 and 3
    const auto now = s.states(stage.cells);
    CHECK((now[1].phase == Phase::compared && now[2].phase == Phase::without));
    CHECK_THAT(now[1].activity, WithinAbs(3 / 4.0, 1e-12));
    CHECK(now[2].current == -1);
    CHECK(now[2].message == Message::none);
    CHECK(now[5].phase == Phase::with);
  }
}

TEST_CASE("modulators: a state that is set with something to say says it", "[unit][modulators]") {
  for (const Kernel kernel : kernels) {
    INFO("kernel " << static_cast<int>(kernel));
    Stage stage(40, {});
    std::vector<PhasedIf::State> states(40);
    states[7].message = states[30].message = Message::teach;
    states[7].error = states[30].error = 2;
    states[9].voltage = 1.5;
    Simulation s = stage.simulate(kernel, states);
    s.run_until(Time{1 * second});
    CHECK(stage.heard(s) == std::vector<double>{16, 10, 62});
    s.set(stage.cells, std::span<const PhasedIf::State>(states));
    s.run_until(Time{2 * second});
    CHECK(stage.heard(s) == std::vector<double>{16, 10, 62, 16, 10, 62});
    CHECK((s.state(stage.witness, 0).heard[3].at == Time{second}));
  }
}

TEST_CASE("modulators: a layer at rest that events drive fires as long as it is driven",
          "[unit][modulators]") {
  // Far longer than e^(t/tau) can be written: the frame must get new origins on the way.
  for (const std::uint32_t told : {1U, 40U})
    for (const Kernel kernel : kernels) {
      INFO("kernel " << static_cast<int>(kernel) << ", " << told << " told");
      Stage stage(40, {.tau_s = 0.01}, 0.0);  // nor does any input come
      stage.tell("onset", Time{second}, up_to(told), PhasedIf::onset);
      stage.tell("end", Time{31 * second}, {0}, PhasedIf::feedback);
      std::vector<PhasedIf::State> states(40);
      for (std::uint32_t i = 0; i < 40; ++i) states[i].latch = 0.25 + 0.01 * i;
      Simulation s = stage.simulate(kernel, states);
      s.run_until(Time{31 * second});
      const auto counts = s.spike_counts(stage.cells);
      for (std::uint32_t i = 0; i < 40; ++i)
        CHECK(std::abs(static_cast<double>(counts[i]) - (i < told ? 3000 * states[i].latch : 0)) <=
              2);
      s.run_until(Time{50 * second});
      const auto first = s.state(stage.cells, 0);
      CHECK(first.drive == (1 - 0.7) * states[0].latch);
      CHECK(std::abs(first.spikes - 1900 * first.drive) <= 2);
    }
}

TEST_CASE("modulators: restart() is a fresh start", "[unit][modulators]") {
  Stage stage(50, {.role = PhasedIf::Role::coding, .learning_rate = 0.1}, -0.01);
  RandomStream random{5};
  for (int k = 0; k < 16; ++k)
    stage.tell("speaker " + std::to_string(k),
               at_seconds(k < 8 ? 3 * k + 1 : 25 * random.uniform()),
               k < 8 ? up_to(50) : std::vector<std::uint32_t>{random.below(50), random.below(50)},
               static_cast<std::uint8_t>(PhasedIf::onset + k % 4));
  std::vector<PhasedIf::State> states(50);
  for (auto& state : states) {
    state.drive = state.current = random.uniform();
    state.latch = random.uniform();
  }
  for (const Kernel kernel : kernels) {
    Simulation s = stage.simulate(kernel, states);
    s.run_until(Time{25 * second});
    const std::uint64_t hash = s.spike_hash();
    const Counts counts = s.counts();
    CHECK(counts.spikes > 80);
    CHECK(counts.signals > 0);
    for (const double stop : {0.0, 3.3, 25.0}) {
      s.restart(1);
      s.set(stage.cells, std::span<const PhasedIf::State>(states));
      s.run_until(at_seconds(stop));
      s.restart(1);
      for (const auto& state : s.states(stage.cells)) {
        CHECK((state.latch == 0 && state.phase == Phase::none && state.voltage == 0));
      }
      s.set(stage.cells, std::span<const PhasedIf::State>(states));
      s.run_until(Time{25 * second});
      CHECK(s.spike_hash() == hash);
      CHECK(s.counts() == counts);
    }
  }
}
