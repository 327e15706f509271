// Where joules and seconds went, beside what can be worked out by hand: a run that nobody ran, on
// three neurocores that are bound by different things, on a Loihi 1 of 10 simulated seconds a
// second.
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/attribution.hpp"
#include "apps/decisions.hpp"
#include "apps/run.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/made_up_run.hpp"

using namespace clockless;
using Catch::Matchers::WithinRel;
using nlohmann::ordered_json;

namespace {

constexpr double pJ = 1e-12;

ordered_json part_of(const MadeUpRun& made, const char* key) {
  return attribution_json(made.run)[key];
}

void check(const ordered_json& json, const char* key, double expected) {
  INFO(json.dump() << " " << key);
  REQUIRE(json.contains(key));
  CHECK_THAT(json[key].get<double>(), WithinRel(expected, 1e-12));
}

}  // namespace

TEST_CASE("attribution: each term has its count and joules and busy seconds", "[app]") {
  struct Row {
    const char* term;
    std::uint64_t count;
    double joules, busy_s;  // below 0: none is told
  };
  const Row rows[] = {
      {"spikes", 16, -1, (1 + 4 + 5) * 7 * 1e-10},  // firings, as each has its axons' time
      {"synaptic_events", 100, 100 * 23.6 * pJ, (12 + 20 + 30) * 2 * 1e-10},
      {"neuron_updates", 27, 27 * 81 * pJ, 27 * 3 * 1e-10},
      {"packets", 3, 3 * 1.7 * pJ, (4 * 11 + 4 * 17) * 1e-10},  // sent, and over cores' links
      {"plasticity_updates", 10, 10 * 120 * pJ, 10 * 5 * 1e-10},
      {"signals", 6, -1, -1},
      {"hops_east_west", 1000, 1000 * 3 * pJ, (300 + 500) * 1e-10},
      {"hops_north_south", 100, 100 * 4 * pJ, (400 + 800) * 1e-10},
      {"idle_updates", 100, 100 * 52 * pJ, -1},
      {"barriers", 3, -1, -1},
      {"arrivals", 7, -1, 7 * 13 * 1e-10}};
  const ordered_json terms = part_of(MadeUpRun{}, "terms");
  REQUIRE(terms.size() == std::size(rows));
  for (std::size_t k = 0; k < std::size(rows); ++k) {
    const Row& row = rows[k];
    CHECK(terms[k]["term"] == row.term);
    CHECK(terms[k]["count"] == row.count);
    if (row.joules < 0)
      CHECK(terms[k]["joules"].is_null());
    else
      check(terms[k], "joules", row.joules);
    if (row.busy_s < 0)
      CHECK(!terms[k].contains("busy_s"));
    else
      check(terms[k], "busy_s", row.busy_s);
  }
}

// Core 0 spends the most joules, by its hops, and is the least busy.
TEST_CASE("attribution: the busiest core comes first and each tells what binds it", "[app]") {
  struct Row {
    int core;
    double joules, memory, compute, traffic;  // of these nanoseconds of simulated time
    const char* bound_by;
  };
  const Row rows[] = {
      {1, (20 * 23.6 + 10 * 81 + 1.7 + 10 * 120) * pJ, 20 * 2 + 10 * 5, 10 * 3 + 4 * 7,
       2 * 13 + 11 + 17, "memory"},
      {2, (30 * 23.6 + 12 * 81 + 1.7) * pJ, 30 * 2, 12 * 3 + 5 * 7, 2 * 13 + 11 + 17, "compute"},
      {0, (12 * 23.6 + 5 * 81 + 2 * 1.7 + 1000 * 3 + 100 * 4) * pJ, 12 * 2, 5 * 3 + 1 * 7,
       3 * 13 + 2 * 11 + 2 * 17, "traffic"},
      {3, 0, 0, 0, 0, "nothing"}};
  const ordered_json cores = part_of(MadeUpRun{}, "cores");
  REQUIRE(cores.size() == std::size(rows));
  for (std::size_t k = 0; k < std::size(rows); ++k) {
    const Row& row = rows[k];
    const double all = row.memory + row.compute + row.traffic;
    CHECK(cores[k]["core"] == row.core);
    check(cores[k], "joules", row.joules);
    check(cores[k], "busy_s", all * 1e-10);
    check(cores[k], "memory", all > 0 ? row.memory / all : 0);
    check(cores[k], "compute", all > 0 ? row.compute / all : 0);
    check(cores[k], "traffic", all > 0 ? row.traffic / all : 0);
    CHECK(cores[k]["bound_by"] == row.bound_by);
  }
}

TEST_CASE("attribution: populations are those that cores counted and the dearest comes first",
          "[app]") {
  const ordered_json populations = part_of(MadeUpRun{}, "populations");
  REQUIRE(populations.size() == 3);
  CHECK(populations[0]["population"] == "in");
  check(populations[0], "joules", (17 * 23.6 + 9 * 81 + 3 * 1.7 + 3000 + 400) * pJ);
  CHECK(populations[0]["spikes"] == 5);
  CHECK(populations[0]["synaptic_events"] == 17);
  CHECK(populations[0]["hops_north_south"] == 100);
  CHECK(populations[1]["population"] == "out");
  check(populations[1], "joules", (45 * 23.6 + 18 * 81 + 1.7 + 1200) * pJ);
  CHECK(populations[1]["plasticity_updates"] == 10);
  CHECK(populations[2]["population"] == "population 2");
  CHECK(populations[2]["signals"] == 6);
  check(populations[2], "joules", 0);
}

TEST_CASE("attribution: links tell joules of their direction and what waited for them", "[app]") {
  struct Row {
    int tile;
    const char* to;
    int packets;
    double joules, busy_s, waited_s;
  };
  const Row rows[] = {{1, "north", 2, 2 * 4 * pJ, 800e-10, 1e-10},
                      {1, "west", 5, 5 * 3 * pJ, 500e-10, 20e-10},
                      {0, "south", 7, 7 * 4 * pJ, 400e-10, 90e-10},
                      {0, "east", 6, 6 * 3 * pJ, 300e-10, 700e-10}};
  const ordered_json links = part_of(MadeUpRun{}, "links");
  REQUIRE(links.size() == std::size(rows));
  for (std::size_t k = 0; k < std::size(rows); ++k) {
    CHECK(links[k]["tile"] == rows[k].tile);
    CHECK(links[k]["to"] == rows[k].to);
    CHECK(links[k]["packets"] == rows[k].packets);
    check(links[k], "joules", rows[k].joules);
    check(links[k], "busy_s", rows[k].busy_s);
    check(links[k], "waited_s", rows[k].waited_s);
  }
}

TEST_CASE("attribution: elsewhere is what no core counted and never less than nothing", "[app]") {
  const ordered_json elsewhere = part_of(MadeUpRun{}, "elsewhere");
  for (const CountTerm& term : count_terms) {
    INFO(term.name);
    const std::uint64_t left = term.name == "synaptic_events" ? 38
                               : term.name == "idle_updates"  ? 100
                               : term.name == "barriers"      ? 3
                                                              : 0;
    CHECK(elsewhere[std::string(term.name)] == left);
  }
  check(elsewhere, "joules", (38 * 23.6 + 100 * 52) * pJ);
}

TEST_CASE("attribution: seconds are those of a machine that serves packets", "[app]") {
  for (const Fidelity fidelity : {Fidelity::ideal, Fidelity::latency}) {
    const MadeUpRun made(fidelity);
    CHECK(part_of(made, "terms").size() == count_terms.size());  // no arrivals
    for (const char* parts : {"terms", "cores"})
      for (const ordered_json& part : part_of(made, parts)) CHECK(!part.contains("busy_s"));
    for (const ordered_json& core : part_of(made, "cores")) CHECK(!core.contains("bound_by"));
  }
  CHECK(part_of(MadeUpRun(Fidelity::queued), "terms")[0].contains("busy_s"));
  MadeUpRun at_its_own_pace;
  at_its_own_pace.run.speedup = 1;
  check(part_of(at_its_own_pace, "cores")[0], "busy_s", 202e-9);
  check(part_of(at_its_own_pace, "terms")[0], "busy_s", 70e-9);
  check(part_of(at_its_own_pace, "links")[0], "busy_s", 800e-9);
}

// By rank, rounded up: of three the second, of four the second, of 101 the hundredth.
TEST_CASE("attribution: quantiles of decisions are the least that so many are not above", "[app]") {
  CHECK(quantile({30, 10, 20}, 0.5) == 20);
  CHECK(quantile({30, 10, 40, 20}, 0.5) == 20);
  CHECK(quantile({30, 10, 20}, 0.34) == 20);
  CHECK(quantile({30, 10, 20}, 0.99) == 30);
  CHECK(quantile({30, 10, 20}, 0) == 10);
  CHECK(quantile({30, 10, 20}, 1) == 30);
  std::vector<double> values;
  for (int k = 1; k <= 101; ++k) values.push_back(k);
  CHECK(quantile(values, 0.99) == 100);

  MadeUpRun made;
  made.run.simulated_s = 2;  // 0.2 s of the chip
  made.run.decisions = {"tests", {}};
  for (const std::uint64_t events : {5U, 7U, 6U})
    made.run.decisions.samples.push_back(
        {static_cast<std::int64_t>(events) * ns, {.synaptic_events = events}});
  const ordered_json decisions = part_of(made, "decisions");
  CHECK(decisions["of"] == "tests");
  CHECK(decisions["samples"] == 3);
  check(decisions, "median_j", 6 * 23.6 * pJ);
  check(decisions, "p99_j", 7 * 23.6 * pJ);
  check(decisions, "max_j", 7 * 23.6 * pJ);
  CHECK(decisions["dearest"]["sample"] == 1);
  CHECK(decisions["dearest"]["synaptic_events"] == 7);
  check(decisions["dearest"], "took_s", 7e-10);
  CHECK(!decisions.contains("lessons"));
  made.run.lessons = {"lessons", {{ns, {.packets = 9}}}};
  check(part_of(made, "decisions")["lessons"], "max_j", 9 * 1.7 * pJ);
}
