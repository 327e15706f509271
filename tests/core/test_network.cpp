// The description of a network: numbering, and one clear line for every mistake.
#include <limits>
#include <memory>
#include <vector>

#include "core/network.hpp"
#include "core/simulation.hpp"
#include "neurons/if_current.hpp"
#include "neurons/relay.hpp"
#include "plasticity/stdp.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;
using Catch::Matchers::Contains;

namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

template <class Weight>
DenseMatrix<Weight> matrix(std::size_t pre, std::size_t post, Weight value) {
  std::shared_ptr<Weight[]> weights(new Weight[pre * post]);
  std::fill_n(weights.get(), pre * post, value);
  return {pre, post, weights};
}

}  // namespace

TEST_CASE("network: neurons are numbered in the order of populations", "[unit][network]") {
  Network network;
  const auto a = network.add<Relay>("a", 3);
  const auto b = network.add<IfCurrent>("b", 1);
  const auto c = network.add<IfCurrent>("c", 4);
  CHECK(network.neurons() == 8);
  CHECK(a[2] == NeuronId{2});
  CHECK(b[0] == NeuronId{3});
  CHECK(c[0] == NeuronId{4});
  CHECK(c.number == 2);
  CHECK(network.describe(NeuronId{2}) == "a[2]");
  CHECK(network.describe(NeuronId{3}) == "b[0]");
  CHECK(network.describe(NeuronId{7}) == "c[3]");
  CHECK(network.populations()[2]->model == "if_current");
  CHECK(network.populations()[2]->framed);
  CHECK_FALSE(network.populations()[0]->framed);
}

TEST_CASE("network: mistakes with populations", "[unit][network]") {
  Network network;
  network.add<Relay>("a", 3);
  CHECK_THAT(error_of([&] { network.add<Relay>("none", 0); }), Contains("'none' has no neurons"));
  CHECK_THAT(error_of([&] { network.add<Relay>("a", 1); }), Contains("'a' exists already"));
  CHECK_THAT(error_of([&] { network.add<Relay>("vast", std::size_t{1} << 40); }),
             Contains("'vast'") && Contains("4294967295"));
  CHECK_THAT(error_of([&] { network.add<Relay>("more", 4294967295U - 2); }), Contains("'more'"));
  CHECK_THAT(error_of([&] { network.add<IfCurrent>("b", 1, {.tau_s = -1}); }), Contains("tau_s"));
  CHECK(network.populations().size() == 1);
  CHECK(network.neurons() == 3);
}

TEST_CASE("network: mistakes with edges name the synapse and the projection", "[unit][network]") {
  Network network;
  const auto a = network.add<Relay>("a", 3);
  const auto b = network.add<Relay>("b", 2);
  const auto message = [&](const Edge& e) {
    return error_of([&] { network.connect(a, b, {{0, 0, 1.0, {}}, e}); });
  };
  CHECK_THAT(message({3, 1, 1.0, {}}), Contains("3 -> 1") && Contains("a -> b") && Contains("3"));
  CHECK_THAT(message({1, 2, 1.0, {}}), Contains("1 -> 2") && Contains("outside"));
  CHECK_THAT(message({1, 1, 1.0, Duration{-1}}), Contains("1 -> 1") && Contains("negative delay"));
  CHECK_THAT(message({2, 0, no_number, {}}), Contains("2 -> 0") && Contains("finite"));
  CHECK_THAT(message({2, 0, -std::numeric_limits<double>::infinity(), {}}), Contains("finite"));
  CHECK(network.projections().empty());
  CHECK_THAT(error_of([&] {
               network.connect<Stdp>(a, b, {{0, 0, 0.5, {}}}, {.tau_plus_s = 0});
             }),
             Contains("tau_plus_s"));
  CHECK(network.projections().empty());
}

TEST_CASE("network: mistakes with matrices", "[unit][network]") {
  Network network;
  const auto a = network.add<Relay>("a", 3);
  const auto b = network.add<IfCurrent>("b", 2);
  CHECK_THAT(error_of([&] { network.connect(a, b, matrix<float>(2, 3, 1.0F)); }),
             Contains("2 x 3") && Contains("3 x 2") && Contains("a -> b"));
  CHECK_THAT(error_of([&] { network.connect(a, b, matrix<double>(3, 2, 1.0), Duration{-5}); }),
             Contains("negative delay"));
  CHECK_THAT(error_of([&] { network.connect(a, b, matrix<double>(3, 2, no_number)); }),
             Contains("0 -> 0") && Contains("finite"));
  CHECK(network.projections().empty());
  CHECK_NOTHROW(network.connect(a, b, matrix<float>(3, 2, 1.0F)));
}

TEST_CASE("network: a population of another network is refused", "[unit][network]") {
  Network network, other;
  const auto a = network.add<Relay>("a", 3);
  other.add<Relay>("x", 2);
  const auto far = other.add<Relay>("y", 3);
  CHECK_THAT(error_of([&] { network.connect(a, far, Edges{}); }), Contains("not of this network"));
  CHECK_THAT(error_of([&] { network.connect(far, a, Edges{}); }), Contains("not of this network"));
  // The same place and size, but another model.
  Network third;
  const auto neurons = third.add<IfCurrent>("a", 3);
  CHECK_THAT(error_of([&] { network.connect(a, neurons, Edges{}); }),
             Contains("not of this network"));
}

TEST_CASE("network: a learning rule refuses weights out of its bounds", "[unit][network]") {
  Network network;
  const auto a = network.add<Relay>("a", 2);
  network.connect<Stdp>(a, a, {{0, 1, 1.5, Duration{1000}}});
  CHECK_THAT(error_of([&] { Simulation{network}; }), Contains("w_max"));
}

TEST_CASE("network: a simulation keeps what it needs of it", "[unit][network]") {
  auto network = std::make_unique<Network>();
  const auto b = network->add<IfCurrent>("b", 4);
  network->connect(b, b, matrix<float>(4, 4, -0.1F));
  Simulation simulation(*network);
  network.reset();
  simulation.set(b, &IfCurrent::State::drive, 1.0);
  CHECK_NOTHROW(simulation.run_until(at_seconds(10)));
  CHECK(simulation.counts().spikes > 0);
}
