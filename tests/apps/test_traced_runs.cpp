// What a run tells of its latency, of where joules and seconds went, and of one sample traced:
// beside what was counted elsewhere.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/data/npy.hpp"
#include "apps/decisions.hpp"
#include "apps/hardware.hpp"
#include "apps/trace/queue_lengths.hpp"
#include "core/meter.hpp"
#include "core/random.hpp"
#include "tests/support/runs.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinRel;
using nlohmann::json;

namespace {

/// One sample of 12 values, or more, coded by 20 pairs of neurons.
Words small_coding(const Runs& runs, Eigen::Index samples) {
  RandomStream random{3, 1, 0};
  Eigen::MatrixXd data(samples, 12), dictionary(12, 20);
  for (auto& v : data.reshaped()) v = random.normal();
  for (auto& v : dictionary.reshaped()) v = random.normal();
  write_npy(runs.folder / "samples.npy", data);
  write_npy(runs.folder / "dictionary.npy", dictionary);
  return {"data=" + (runs.folder / "samples.npy").string(),
          "dictionary=" + (runs.folder / "dictionary.npy").string(),
          "samples=0.." + std::to_string(samples - 1), "duration=20", "reference=false"};
}

// Of Loihi, with four cores a tile.
const Words routed{"cores=8", "delay=0.1", "fidelity=routed", "speedup=3000"};

/// Populations and elsewhere, and cores and elsewhere, are the counts and joules of the run.
void check_attribution(const json& summary) {
  const json& parts = summary["attribution"];
  double populations = parts["elsewhere"]["joules"], cores = populations;
  for (const auto& [term, count] : summary["counts"].items()) {
    INFO(term);
    std::uint64_t sum = parts["elsewhere"][term];
    for (const json& p : parts["populations"]) sum += p[term].get<std::uint64_t>();
    CHECK(sum == count);
  }
  for (const json& p : parts["populations"]) populations += p["joules"].get<double>();
  for (const json& c : parts["cores"]) cores += c["joules"].get<double>();
  double terms = 0;
  for (const json& t : parts["terms"])
    if (t["joules"].is_number()) terms += t["joules"].get<double>();
  const double all = summary["energy"]["loihi1"]["dynamic_j"]["nominal"];
  CHECK_THAT(populations, WithinRel(all, 1e-12));
  CHECK_THAT(cores, WithinRel(all, 1e-12));
  CHECK_THAT(terms, WithinRel(all, 1e-12));
}

}  // namespace

TEST_CASE("quantiles are samples, by rank", "[app]") {
  Decisions decisions{"test", {}};
  const HardwareProfile loihi = load_hardware("loihi1");
  CHECK(latency_json(decisions, 1).is_null());
  CHECK(decisions_json(decisions, loihi, 1).is_null());
  for (unsigned k = 200; k > 0; --k)
    decisions.samples.push_back({from_seconds(1e-3 * k), {.spikes = 1000 - k, .packets = 3 * k}});
  const json times = latency_json(decisions, 0.5), joules = decisions_json(decisions, loihi, 0.5);
  CHECK(times["samples"] == 200);
  CHECK(times["median_s"] == 0.05);
  CHECK(times["p99_s"] == 0.099);
  CHECK(times["max_s"] == 0.1);
  CHECK(quantile({7}, 0) == 7);
  const auto price_of = [&](unsigned k) {
    return price({.spikes = 1000 - k, .packets = 3 * k}, loihi).dynamic_j.nominal;
  };
  std::vector<double> prices;
  for (unsigned k = 1; k <= 200; ++k) prices.push_back(price_of(k));
  std::sort(prices.begin(), prices.end());
  CHECK(joules["median_j"] == prices[99]);
  CHECK(joules["p99_j"] == prices[197]);
  CHECK(joules["max_j"] == prices[199]);
  const unsigned dearest = price_of(200) > price_of(1) ? 200 : 1;
  CHECK(joules["dearest"]["sample"] == 200 - dearest);
  CHECK(joules["dearest"]["packets"] == 3 * dearest);
  CHECK(joules["dearest"]["took_s"] == 0.5 * 1e-3 * dearest);
}

// Little's law: the area under a queue's length is the time that all spent in it.
TEST_CASE("queue lengths hold what all spent in queues", "[app]") {
  Trace::Core core;
  RandomStream random{1, 1, 0};
  Duration spent{};
  Time free{};
  for (int k = 0; k < 500; ++k) {
    const Time came{Duration{100 * k + static_cast<std::int64_t>(90 * random.uniform())}};
    const Time start = std::max(came, free);
    free = start + Duration{static_cast<std::int64_t>(180 * random.uniform())};
    core.record.events.push_back({CoreEvent::Kind::served, came, start, free, free});
    spent += free - came;
  }
  const auto queue = queue_of_core(core);
  REQUIRE(!queue.empty());
  CHECK(queue.back().length == 0);
  Duration area{};
  for (std::size_t k = 0; k + 1 < queue.size(); ++k)
    area += std::int64_t{queue[k].length} * (queue[k + 1].at - queue[k].at);
  CHECK(area == spent);
}

TEST_CASE("one traced sample is what the run counted, and changes nothing", "[app]") {
  const Runs runs{"sparse-coding"};
  const Words words = small_coding(runs, 1) + routed;
  REQUIRE(runs.run("plain", words) == 0);
  REQUIRE(runs.run("traced", words + Words{"vcd=true", "threads=2"}) == 0);
  const json plain = runs.summary("plain"), summary = runs.summary("traced");
  CHECK(plain["spike_hash"] == summary["spike_hash"]);
  CHECK(plain["waits"] == summary["waits"]);
  CHECK(!std::filesystem::exists(runs.folder / "plain" / "trace.json"));
  CHECK(summary["trace"]["left_out"] == 0);
  check_attribution(summary);
  const json& only = summary["attribution"]["decisions"]["dearest"];  // of one sample
  for (const auto& [term, count] : summary["counts"].items()) CHECK(only[term] == count);
  CHECK_THAT(only["joules"].get<double>(),
             WithinRel(summary["energy"]["loihi1"]["dynamic_j"]["nominal"].get<double>(), 1e-12));
  const double speedup = 3000;
  CHECK_THAT(summary["latency"]["max_s"].get<double>(), WithinRel(20 * 0.01 / speedup, 1e-12));

  const json trace = json::parse(runs.text("traced", "trace.json"));
  std::map<std::pair<int, int>, double> busy;  // by process and track, µs
  std::map<std::pair<int, int>, std::string> names;
  std::uint64_t spikes = 0;
  for (const json& e : trace["traceEvents"]) {
    const auto kind = e["ph"].get<std::string>();
    const std::pair track(e["pid"].get<int>(), e.value("tid", 0));
    spikes += kind == "i";
    if (kind == "M" && e.contains("tid")) names[track] = e["args"]["name"].get<std::string>();
    if (kind == "X") busy[track] += e["dur"].get<double>();
  }
  CHECK(spikes == summary["counts"]["spikes"]);
  REQUIRE(summary["waits"]["cores"].size() == 8);
  const auto served = summary["waits"]["served"].get<std::uint64_t>();
  const std::uint64_t pending = summary["counts"]["packets"].get<std::uint64_t>() - served;
  REQUIRE(20 * pending < served);  // those on their way at the end are not in the trace
  for (int c = 0; c < 8; ++c) {
    CHECK(names[std::pair(c + 1, 1)] == "input");
    const double counted = summary["waits"]["cores"][static_cast<std::size_t>(c)]["busy_s"];
    CHECK_THAT(1e-6 * busy[std::pair(c + 1, 1)] / speedup, WithinRel(counted, 0.02));
  }
  double links = 0;
  for (const auto& [track, us] : busy)
    if (track.first == 9) links += 1e-6 * us / speedup;
  CHECK_THAT(links, WithinRel(summary["waits"]["links"]["busy_s"].get<double>(), 1e-9));

  // The path ends where nothing came, or is as long as is shown; its parts add up.
  const json& path = summary["causal_path"];
  REQUIRE(path.size() > 1);
  for (std::size_t k = 0; k + 1 < path.size(); ++k) {
    double sum = 0;
    for (const char* part : {"leaving_s", "way_s", "queued_s", "service_s", "pending_s"})
      sum += path[k][part].get<double>();
    const double apart = path[k]["time_s"].get<double>() - path[k + 1]["time_s"].get<double>();
    REQUIRE(path[k]["cause"] == "packet");
    REQUIRE(std::abs(sum - apart) < 1e-12);
    REQUIRE(path[k]["way_s"].get<double>() >= 0.001);  // the delay
  }
  const std::string last = path.back()["cause"];
  CHECK((last == "drive" || last == "longer than shown"));
  CHECK_THAT(runs.text("traced", "report.html"), Contains("Queues over time") &&
                                                     Contains("bound by") &&
                                                     Contains("Why the last output spike"));
}

TEST_CASE("the causes of any neuron's last spike can be asked for", "[app]") {
  const Runs runs{"sparse-coding"};
  const Words words = small_coding(runs, 1) + routed;
  REQUIRE(runs.run("plain", words) == 0);
  std::map<std::string, std::string> last;  // time of each neuron's
  std::istringstream dat(runs.text("plain", "spikes.dat"));
  for (std::string line; std::getline(dat, line);) {
    const std::size_t space = line.find(' ');
    if (line[0] != '#') last[line.substr(space + 1)] = line.substr(0, space);
  }
  REQUIRE(last.size() > 1);
  REQUIRE(last.size() < 40);
  for (int k = 0; k < 40; ++k) {
    const std::string number = std::to_string(k), name = "code[" + number + "]";
    const bool fires = last.contains(number);
    if (k > 8 && fires == last.contains(std::to_string(k - 1)))
      continue;  // some of both are enough
    REQUIRE(runs.run("asked", words + Words{"trace_neuron=" + name}) == 0);
    const json summary = runs.summary("asked");
    REQUIRE(summary["causal_path"].empty() == !fires);
    if (fires) CHECK(summary["causal_path"][0]["neuron"] == name);
    if (fires) CHECK(summary["causal_path"][0]["time_s"] == std::stod(last[number]));
    CHECK_THAT(runs.text("asked", "report.html"),
               Contains(fires ? "the last spike of " + name : name + " did not fire"));
  }
  for (const char* wrong : {"code[40]", "code[-1]", "code[]", "code[1", "code", "[1]", "a"})
    CHECK_THAT(runs.error(words + Words{std::string("trace_neuron=") + wrong}),
               Contains("trace_neuron") && Contains(wrong) && Contains("[0] to [39]"));
}

TEST_CASE("a VCD holds every spike at its tick", "[app]") {
  const Runs runs{"sparse-coding"};
  REQUIRE(runs.run("out", small_coding(runs, 1) + routed + Words{"vcd=true"}) == 0);
  std::istringstream vcd(runs.text("out", "trace.vcd"));
  std::map<std::string, std::string> events;  // by code
  std::string line;
  std::int64_t now = -1;
  bool body = false;
  std::vector<std::pair<std::int64_t, std::string>> seen, told;
  while (std::getline(vcd, line)) {
    std::istringstream words(line);
    std::vector<std::string> w;
    for (std::string word; words >> word;) w.push_back(word);
    if (!body) {
      if (w[0] == "$timescale") CHECK(line == "$timescale 1 ps $end");
      if (w[0] == "$var" && w[1] == "event") events[w[3]] = w[4];
      body = w[0] == "$enddefinitions";
    } else if (line[0] == '#') {
      const std::int64_t next = std::stoll(line.substr(1));
      REQUIRE(next > now);
      now = next;
    } else if (line[0] == '1') {
      REQUIRE(events.contains(line.substr(1)));
      seen.emplace_back(now, events[line.substr(1)]);
    }
  }
  std::istringstream dat(runs.text("out", "spikes.dat"));
  while (std::getline(dat, line)) {
    if (line[0] == '#') continue;
    const std::size_t space = line.find(' '), point = line.find('.');
    const std::string ticks = line.substr(0, point) + line.substr(point + 1, space - point - 1);
    told.emplace_back(std::stoll(ticks), "_" + line.substr(space + 1));
  }
  std::sort(seen.begin(), seen.end());
  REQUIRE(seen.size() == told.size());
  REQUIRE(!seen.empty());
  for (auto& [at, name] : seen) name = name.substr(name.rfind('_'));
  std::sort(seen.begin(), seen.end());
  std::sort(told.begin(), told.end());
  CHECK(seen == told);
}

TEST_CASE("joules of learning are shared out, too, and lessons have a latency", "[app]") {
  const Runs runs{"equilibrium-propagation"};
  const Words xor_once{"data=xor", "epochs=2",   "reference=none", "fidelity=queued",
                       "cores=2",  "trace=true", "trace_events=50"};
  for (const char* replicas : {"replicas=1", "replicas=2"}) {
    REQUIRE(runs.run(replicas, xor_once + Words{replicas}) == 0);
    const json summary = runs.summary(replicas);
    check_attribution(summary);
    const bool alone = std::string(replicas) == "replicas=1";
    CHECK((summary["attribution"]["elsewhere"]["plasticity_updates"] == 0) == alone);
    const json& latency = summary["latency"];
    CHECK(latency["samples"] == 3 * 4);  // tested at first and after each epoch
    CHECK(latency["lessons"]["samples"] == 2 * 4);
    const json& decisions = summary["attribution"]["decisions"];
    CHECK(decisions["samples"] == 3 * 4);
    CHECK(decisions["dearest"]["plasticity_updates"] == 0);  // a test is no lesson
    CHECK(decisions["dearest"]["joules"] == decisions["max_j"]);
    CHECK(decisions["lessons"]["samples"] == 2 * 4);
    CHECK((decisions["lessons"]["dearest"]["plasticity_updates"] > 0) == alone);
    CHECK(latency["median_s"] <= latency["p99_s"]);
    CHECK(latency["p99_s"] <= latency["max_s"]);
    CHECK(summary["trace"]["events"] <= 50);
    CHECK(summary["trace"]["left_out"] > 0);
  }
}

TEST_CASE("dictionary learning's modulators follow each other by pauses", "[app]") {
  const Runs runs{"dictionary-learning"};
  const Words few{"data=synthetic", "samples=4", "reference=none"};
  const auto period_s = [&](const Words& more) {
    REQUIRE(runs.run("out", few + more) == 0);
    return runs.summary("out")["latency"]["max_s"].get<double>();
  };
  // Two phases of 20 τ of 10 ms, and four pauses.
  CHECK_THAT(period_s({}), WithinRel(0.4 + 4 * 1e-5, 1e-9));
  CHECK_THAT(period_s({"pause=5"}), WithinRel(0.4 + 4 * 0.05, 1e-9));
  CHECK_THAT(period_s({"fidelity=queued", "speedup=10"}), WithinRel(0.04 + 4 * 1e-4, 1e-9));
  // Beside barriers they are further apart than these.
  REQUIRE(runs.run("clocked", few + Words{"synchronise=1e-3"}) == 0);
  CHECK(runs.summary("clocked")["configuration"]["pause"] == 1.0);
  CHECK(runs.summary("clocked/without_barriers")["configuration"]["pause"] == 1.0);
  CHECK(runs.summary("clocked")["counts"]["plasticity_updates"] > 0);
  CHECK_THAT(runs.error(few + Words{"synchronise=1e-3", "pause=0.1"}),
             Contains("further apart than barriers"));
}

TEST_CASE("what is traced of a lesson in a stretch changes nothing", "[app]") {
  const Runs runs{"dictionary-learning"};
  const Words some{"data=synthetic",  "samples=20", "reference=none",
                   "fidelity=queued", "cores=2",    "speedup=1"};
  REQUIRE(runs.run("plain", some) == 0);
  REQUIRE(runs.run("traced", some + Words{"trace=true"}) == 0);
  const json summary = runs.summary("traced");
  CHECK(runs.summary("plain")["spike_hash"] == summary["spike_hash"]);
  check_attribution(summary);
  CHECK(summary["causal_path"].size() > 1);
  CHECK(summary["latency"]["samples"] == 20);
  CHECK(summary["attribution"]["decisions"]["samples"] == 20);
  CHECK(summary["attribution"]["decisions"]["dearest"]["plasticity_updates"] > 0);
  CHECK(summary["attribution"]["cores"][0]["bound_by"] != "nothing");
  CHECK_THAT(Runs{"flexible-phases"}.error({"trace=true"}), Contains("trace"));
}
