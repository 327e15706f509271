// A restricted Boltzmann machine of spiking units that sample and learn at instants of their own,
// as a contrastive model (Williams, Bredenberg & Lajoie 2023, on asynchronous hardware).
#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "apps/contrastive/boltzmann_exact.hpp"
#include "apps/contrastive/contrastive_model.hpp"
#include "apps/interrupt.hpp"
#include "core/network.hpp"
#include "core/random.hpp"
#include "core/simulation.hpp"
#include "neurons/relay.hpp"
#include "neurons/stochastic_binary.hpp"
#include "plasticity/modulated_hebbian.hpp"

namespace clockless {
namespace {

constexpr std::uint64_t phases = 200'000;
constexpr std::uint32_t side = 3, visible = side * side, hidden = 9;

// Seconds; units draw their states each millisecond, on average.
constexpr double draws = 1e-3;
constexpr double settling = 25 * draws;  // after data have changed, before units learn
constexpr double lesson = 25 * draws;    // in which they learn, on average
constexpr double wire = 0.01 * draws;
constexpr double late = 3 * draws;  // modulators, where they come to each unit in its own time

/// W of both directions and biases, each with synapses of their own that learn by themselves. Data
/// hold the visible units or let them go; modulators come to each unit as events.
class BoltzmannMachineModel final : public ContrastiveModel {
 public:
  explicit BoltzmannMachineModel(const ContrastiveContext& context)
      : plan_(context.plan),
        rates_fall_(context.length * static_cast<double>(phases)),
        patterns_(bars_and_stripes(side)),
        random_{context.seed, 0x70686173},  // 'phas'
        simulation_(describe(context), {.seed = context.seed, .cores = context.cores}) {
    simulation_.set(one_, &Relay::State::sum, 1);
    simulation_.run_until(simulation_.now() + from_seconds(wire));
  }

  void learn(std::uint64_t count) override {
    for (const std::uint64_t end = learned_ + count; learned_ < end && !interrupted(); ++learned_)
      pass(plan_.random_order ? random_.uniform() <= plan_.positive_share : learned_ % 2 == 0);
  }

  double figure() override { return negative_log_likelihood(machine(), patterns_); }

  std::optional<EngineTally> tally() const override {
    return EngineTally{simulation_.counts(), simulation_.spike_hash(), seconds(simulation_.now())};
  }
  std::uint32_t checksum() const override { return weights_checksum(machine().weights); }

 private:
  Network describe(const ContrastiveContext& context) {
    Network network;
    const StochasticBinary::Params unit{.rate_hz = 1 / draws};
    const auto v = network.add<StochasticBinary>("visible", visible, unit);
    const auto h = network.add<StochasticBinary>("hidden", hidden, unit);
    one_ = network.add<Relay>("one", 1);
    data_ = network.add<Relay>("data", visible);
    release_ = network.add<Relay>("release", 1);
    modulator_ = network.add<Relay>("modulator", 1);
    pause_ = network.add<Relay>("pause", 1);

    const RestrictedBoltzmann initial =
        RestrictedBoltzmann::random(visible, hidden, 0.01, context.seed);
    RandomStream random{context.seed, 0x64656c61};  // 'dela'
    const auto delay = [&](double mean, double spread) {
      return from_seconds(mean * (1 + spread * (2 * random.uniform() - 1)));
    };
    Edges up, down, to_hidden, to_visible, held, freed;
    for (std::uint32_t i = 0; i < visible; ++i)
      for (std::uint32_t j = 0; j < hidden; ++j) {
        up.push_back({i, j, initial.weights(i, j), delay(wire, context.plan.jitter / 2)});
        down.push_back({j, i, initial.weights(i, j), delay(wire, context.plan.jitter / 2)});
      }
    for (std::uint32_t j = 0; j < hidden; ++j) to_hidden.push_back({0, j, 0, from_seconds(wire)});
    for (std::uint32_t i = 0; i < visible; ++i) {
      to_visible.push_back({0, i, 0, from_seconds(wire)});
      held.push_back({i, i, 1, from_seconds(wire)});
      freed.push_back({0, i, 0, from_seconds(wire)});  // nothing holds them: amount 0
    }
    const ModulatedHebbian::Params rule{.rate = 1};  // modulators bring the rate
    up_ = network.connect<ModulatedHebbian>(v, h, up, rule);
    down_ = network.connect<ModulatedHebbian>(h, v, down, rule);
    hidden_bias_ = network.connect<ModulatedHebbian>(one_, h, to_hidden, rule);
    visible_bias_ = network.connect<ModulatedHebbian>(one_, v, to_visible, rule);
    network.connect(data_, v, held, {}, StochasticBinary::hold);
    network.connect(release_, v, freed, {}, StochasticBinary::hold);
    for (const auto& units : {v, h}) {
      Edges told, paused;
      for (std::uint32_t j = 0; j < units.size; ++j) {
        const Duration after =
            from_seconds(plan_.staggered ? wire + late * random.uniform() : wire);
        told.push_back({0, j, 1, after});
        paused.push_back({0, j, 0, after});
      }
      network.connect(modulator_, units, told, {}, StochasticBinary::modulate);
      network.connect(pause_, units, paused, {}, StochasticBinary::modulate);
    }
    return network;
  }

  /// One phase: data, or the network's own states, of which its units learn.
  void pass(bool positive) {
    const double left = std::max(0.0, 1 - static_cast<double>(learned_) / rates_fall_);
    const double rate = 0.01 / lesson * plan_.rate_factor * left;
    const double share = plan_.positive_share;
    for (int k = 0; k < plan_.data_per_phase; ++k) {
      if (!plan_.through_transient) {
        simulation_.set(pause_, &Relay::State::sum, 1);
        if (plan_.staggered) simulation_.run_until(simulation_.now() + from_seconds(late));
      }
      // Of what is always on the change is handed over by its going off and on.
      simulation_.set(one_, &Relay::State::sum, -1);
      simulation_.run_until(simulation_.now() + Duration{1});
      simulation_.set(one_, &Relay::State::sum, 1);
      if (positive) {
        const auto pattern =
            patterns_.col(random_.below(static_cast<std::uint32_t>(patterns_.cols())));
        std::vector<double> values(visible);
        for (std::uint32_t i = 0; i < visible; ++i) values[i] = pattern[i] > 0 ? 1 : -1;
        simulation_.set(data_, &Relay::State::sum, values);
      } else {
        simulation_.set(release_, &Relay::State::sum, 1);
      }
      const double length = plan_.random_lengths ? 0.5 + 0.5 * random_.exponential() : 1;
      if (!plan_.through_transient)
        simulation_.run_until(simulation_.now() + from_seconds(length * settling));
      simulation_.set(modulator_, &Relay::State::sum,
                      rate * (positive ? 1 / share : -1 / (1 - share)) *
                          (plan_.through_transient ? lesson / (settling + lesson) : 1));
      simulation_.run_until(
          simulation_.now() +
          from_seconds(length * (plan_.through_transient ? settling + lesson : lesson)));
    }
  }

  /// Both directions' mean.
  RestrictedBoltzmann machine() const {
    RestrictedBoltzmann out{Eigen::MatrixXd::Zero(visible + 1, hidden + 1)};
    for (const auto& s : simulation_.synapses(up_)) out.weights(s.pre, s.post) += 0.5 * s.weight;
    for (const auto& s : simulation_.synapses(down_)) out.weights(s.post, s.pre) += 0.5 * s.weight;
    for (const auto& s : simulation_.synapses(hidden_bias_))
      out.weights(visible, s.post) = s.weight;
    for (const auto& s : simulation_.synapses(visible_bias_))
      out.weights(s.post, hidden) = s.weight;
    return out;
  }

  PhasePlan plan_;
  double rates_fall_;
  Eigen::MatrixXd patterns_;
  RandomStream random_;
  Population<Relay> one_, data_, release_, modulator_, pause_;
  Projection<ModulatedHebbian> up_, down_, hidden_bias_, visible_bias_;
  Simulation simulation_;
  std::uint64_t learned_ = 0;
};

CLOCKLESS_CONTRASTIVE_MODEL({
    .name = "boltzmann-machine",
    .summary = "a restricted Boltzmann machine of spiking units, 9 + 9, on bars and stripes",
    .figure = "negative log-likelihood",
    .unit = "nat",
    .larger_is_better = false,
    .plans = {"rigid", "random_order", "uneven", "random_lengths", "several_data", "transient",
              "staggered", "jitter", "together"},
    .counted = "phases",
    .own_data = true,
    .length = [](const ContrastiveContext&) { return phases; },
    .make = [](const ContrastiveContext& context) -> std::unique_ptr<ContrastiveModel> {
      return std::make_unique<BoltzmannMachineModel>(context);
    },
});

}  // namespace
}  // namespace clockless
