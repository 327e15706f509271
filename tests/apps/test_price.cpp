// `clockless price`: the bill of a run on any device, long after it, is what summary.json said.
#include <cmath>
#include <csignal>
#include <string>

#include <nlohmann/json.hpp>

#include "apps/hardware.hpp"
#include "apps/interrupt.hpp"
#include "apps/price.hpp"
#include "tests/apps/data/files.hpp"
#include "tests/support/runs.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinRel;
using nlohmann::json;

namespace {

constexpr const char* a_summary =
    R"({"simulated_s": 2.5, "samples": 5, "cores_used": 200,
  "counts": {"spikes": 7, "synaptic_events": 1000003, "neuron_updates": 12, "packets": 3,
             "plasticity_updates": 1, "signals": 0, "hops_east_west": 11, "hops_north_south": 13}})";

std::string nominal_of(const json& energy, const char* term) {
  for (const json& part : energy["parts"])
    if (part["term"] == term) return part["nominal_j"].dump();
  return "none";
}

}  // namespace

TEST_CASE("price: a run's bill is the one that its summary has", "[app]") {
  const Runs runs{"sparse-coding"};
  REQUIRE(runs.run("a", {"quick=true", "hardware=loihi1-silicon"}) == 0);
  const json energy = runs.summary("a")["energy"];
  REQUIRE(energy.size() == 1);
  const std::string folder = (runs.folder / "a").string();
  CHECK(json::parse(price_run(folder, "loihi1-silicon", true)) == energy);
  CHECK(json::parse(price_run(folder + "/summary.json", "loihi1-silicon", true)) == energy);
  CHECK_THAT(price_run(folder, "loihi1,truenorth", false),
             Contains("loihi1: Intel") && Contains("truenorth: IBM") && Contains("unpriced"));
}

TEST_CASE("price: parts add up, power is charged for what is switched on", "[app]") {
  const TemporaryFolder folder;
  put(folder / "summary.json", a_summary);
  const std::string run = folder.path().string();
  for (const std::string& name : hardware_names()) {
    INFO(name);
    const json e = json::parse(price_run(run, name, true))[name];
    for (const char* which : {"min", "nominal", "max"}) {
      double sum = 0;
      for (const json& part : e["parts"]) sum += part[std::string(which) + "_j"].get<double>();
      CHECK_THAT(sum, WithinRel(e["total_j"][which].get<double>(), 1e-12));
    }
    CHECK_THAT(e["total_j"]["nominal"].get<double>() / 5,
               WithinRel(e["per_sample"]["joules"].get<double>(), 1e-12));
    CHECK(e["per_sample"]["seconds"] == 0.5);
    CHECK_THAT(e["per_sample"]["energy_delay_js"].get<double>(),
               WithinRel(0.5 * e["per_sample"]["joules"].get<double>(), 1e-12));
  }
  const json loihi = json::parse(price_run(run, "loihi1", true))["loihi1"];
  // 200 cores are two chips of 128: 2 x 104.375 mW for 2.5 s.
  CHECK_THAT(loihi["static_j"]["nominal"].get<double>(), WithinRel(2 * 0.104375 * 2.5, 1e-12));
  CHECK(nominal_of(loihi, "hops_east_west") == json(11 * 3.0e-12).dump());
  CHECK(nominal_of(loihi, "hops_north_south") == json(13 * 4.0e-12).dump());
  const json spinnaker = json::parse(price_run(run, "spinnaker1", true))["spinnaker1"];
  CHECK_THAT(spinnaker["static_j"]["nominal"].get<double>(),
             WithinRel((12 * 0.35 + 200 * 0.034) * 2.5, 1e-12));
  CHECK(spinnaker["unpriced"][0] == "spikes");
}

TEST_CASE("price: what cannot be priced is told in one line", "[app]") {
  const TemporaryFolder folder;
  const auto file = folder / "summary.json";
  const auto says = [&](const std::string& text, const std::string& hardware = "loihi1") {
    put(file, text);
    return error_of([&] { price_run(folder.path().string(), hardware, true); });
  };
  CHECK_THAT(error_of([&] { price_run((folder / "none").string(), "loihi1", false); }),
             Contains("none"));
  CHECK_THAT(says("[1, 2"), Contains("summary.json: not the JSON of a run"));
  CHECK_THAT(says("[]"), Contains("not the JSON of a run"));
  CHECK_THAT(says("{}"), Contains("no 'counts'"));
  CHECK_THAT(says(R"({"counts": {"spikes": -1}})"), Contains("'spikes' is no whole number >= 0"));
  CHECK_THAT(says(R"({"counts": {"spikes": 1.5}})"), Contains("'spikes'"));
  CHECK_THAT(says(R"({"counts": {"spikes": 1}})"), Contains("'simulated_s'"));
  CHECK_THAT(says(R"({"counts": {"spikes": 1}, "simulated_s": -2})"), Contains("'simulated_s'"));
  CHECK_THAT(says(R"({"counts": {"spikes": 1}, "simulated_s": 1e300})"), Contains("1e15"));
  CHECK_THAT(says(R"({"counts": {"spikes": 1}, "simulated_s": 1, "samples": 0})"),
             Contains("is 0"));
  CHECK_THAT(says(a_summary, "loihi1,loihi1"), Contains("two profiles"));
  CHECK_THAT(says(a_summary, "loihi1,,odin"), Contains("an empty name"));
  CHECK_THAT(says(a_summary, "loihi1,odn"), Contains("did you mean 'odin'"));
}

TEST_CASE("fidelity: a scenario on a machine with delays of its own", "[app]") {
  const Runs runs{"sparse-coding"};
  const Words small{"quick=true"};
  REQUIRE(runs.run("ideal", small) == 0);
  REQUIRE(runs.run("none", small + Words{"fidelity=queued", "speedup=0"}) == 0);
  CHECK(runs.summary("none")["spike_hash"] == runs.summary("ideal")["spike_hash"]);
  CHECK(!runs.summary("ideal").contains("waits"));
  REQUIRE(runs.run("one", small + Words{"fidelity=queued", "speedup=100"},
                   {"--cores", "16", "--threads", "1"}) == 0);
  REQUIRE(runs.run("two", small + Words{"fidelity=queued", "speedup=100"},
                   {"--cores", "16", "--threads", "2"}) == 0);
  const json one = runs.summary("one"), two = runs.summary("two");
  CHECK(one["spike_hash"] == two["spike_hash"]);
  CHECK(one["spike_hash"] != runs.summary("ideal")["spike_hash"]);
  CHECK(one["waits"] == two["waits"]);
  CHECK(one["waits"]["cores"].size() == 16);
  CHECK(one["waits"]["mean_s"] > 0);
  REQUIRE(runs.run("routed", small + Words{"fidelity=routed", "router_buffer=1", "speedup=100"},
                   {"--cores", "16", "--threads", "2"}) == 0);
  const json routed = runs.summary("routed");
  CHECK(routed["spike_hash"] != one["spike_hash"]);
  std::uint64_t over = 0;  // some are on their way when a sample ends
  for (const json& link : routed["waits"]["links"]["each"])
    over += link["packets"].get<std::uint64_t>();
  CHECK(over == routed["waits"]["links"]["packets"]);
  CHECK(over <= routed["hops"]["east_west"].get<std::uint64_t>() +
                    routed["hops"]["north_south"].get<std::uint64_t>());
  CHECK(over > routed["counts"]["packets"].get<std::uint64_t>() / 2);
  // What was sent was served, or was on its way at an end.
  const auto messages = [&](const char* key) { return one["waits"][key].get<std::uint64_t>(); };
  CHECK(messages("sent") == one["counts"]["packets"]);
  CHECK(messages("served") + messages("unserved") == messages("sent"));
  CHECK(messages("served") > messages("sent") / 2);
  // Places at neurocores make senders wait; slower links make another machine.
  Words tight = small + Words{"cores=16", "fidelity=queued", "speedup=10000"};
  REQUIRE(runs.run("endless", tight) == 0);
  CHECK(runs.summary("endless")["waits"]["stalls"] == 0);
  tight.push_back("core_buffer=1");
  std::vector<json> stalled;
  for (const char* threads : {"1", "2"}) {
    REQUIRE(runs.run(threads, tight, {"--threads", threads}) == 0);
    stalled.push_back(runs.summary(threads));
    const json& waits = stalled.back()["waits"];
    CHECK(waits["stalls"] > 0);
    CHECK(waits["stalled_s"] > 0);
    CHECK(waits["unserved"] > waits["sent"].get<std::uint64_t>() / 20);
    CHECK(waits["served"].get<std::uint64_t>() + waits["unserved"].get<std::uint64_t>() ==
          waits["sent"].get<std::uint64_t>());
    CHECK_THAT(runs.text(threads, "report.html"), Contains("never served"));
  }
  CHECK(stalled[0]["waits"] == stalled[1]["waits"]);
  CHECK(stalled[0]["spike_hash"] == stalled[1]["spike_hash"]);
  CHECK(stalled[0]["spike_hash"] != runs.summary("endless")["spike_hash"]);
  REQUIRE(runs.run("slow links", small + Words{"cores=16", "fidelity=queued", "speedup=100",
                                               "noc_slowdown=1000"}) == 0);
  CHECK(runs.summary("slow links")["spike_hash"] != one["spike_hash"]);
  CHECK_THAT(runs.error(small + Words{"core_buffer=1", "fidelity=queued"}),
             Contains("ask for more --cores"));
  CHECK_THAT(runs.error(small + Words{"core_buffer=1", "fidelity=latency"}),
             Contains("core_buffer") && Contains("queued on"));
  CHECK_THAT(runs.error(small + Words{"cores=16", "core_buffer=1", "fidelity=queued",
                                      "hardware=loihi1-silicon"}),
             Contains("leave core_buffer at 0"));
  // Barriers, which nobody waits for here, do not bound how fast it runs.
  CHECK(runs.run("fast", small + Words{"fidelity=queued", "speedup=1e6"}) == 0);
  // A chip that runs it a hundred times faster is switched on for a hundredth of the time.
  CHECK_THAT(one["energy"]["loihi1"]["static_j"]["nominal"].get<double>() * 100,
             WithinRel(0.104375 * one["simulated_s"].get<double>(), 1e-12));
  CHECK(json::parse(price_run((runs.folder / "one").string(), "loihi1", true)) == one["energy"]);
  CHECK(one["fidelity"] == "queued");
  CHECK(one["hops"]["east_west"].get<double>() > 0);
  CHECK(runs.results("one")["cores_used"] == 16);
  CHECK_THAT(runs.error(small + Words{"speedup=2"}), Contains("fidelity = ideal"));
  CHECK_THAT(runs.error(small + Words{"fidelity=latency", "hardware=odin"}),
             Contains("nothing is published of how long things take on odin"));
  CHECK_THAT(runs.error(small + Words{"fidelity=latency", "cores=129"}),
             Contains("129 neurocores are 1 more than the 128 of loihi1"));
}

TEST_CASE("fidelity: with barriers and without, side by side", "[app]") {
  const Runs runs{"sparse-coding"};
  const Words small{"quick=true"};
  REQUIRE(runs.run("clocked", small + Words{"synchronise=1e-3"}, {"--cores", "4"}) == 0);
  const json clocked = runs.summary("clocked");
  const json with = clocked["barrier"]["with"], without = clocked["barrier"]["without"];
  // Without barriers the same chip has as long, and follows its queues.
  const json beside = runs.summary("clocked/without_barriers");
  CHECK(beside["fidelity"] == "queued");
  CHECK_THAT(without["chip_s"].get<double>(), WithinRel(with["chip_s"].get<double>(), 1e-12));
  CHECK_THAT(without["static_j"].get<double>(), WithinRel(with["static_j"].get<double>(), 1e-12));
  const std::string speedup = beside["configuration"]["speedup"].dump();
  REQUIRE(runs.run("queued", small + Words{"fidelity=queued", "speedup=" + speedup},
                   {"--cores", "4"}) == 0);
  CHECK(beside["spike_hash"] == runs.summary("queued")["spike_hash"]);
  CHECK(without["spikes"] == beside["counts"]["spikes"]);
  CHECK_THAT(without["result"].get<std::string>(), Contains("objective"));
  CHECK(without["barriers"] == 0);
  CHECK(without["idle_updates"] == 0);
  CHECK(with["spikes"] == clocked["counts"]["spikes"]);
  CHECK(with["spikes"] != without["spikes"]);
  // One each millisecond of every sample.
  CHECK_THAT(with["barriers"].get<double>(),
             WithinRel(1e3 * clocked["simulated_s"].get<double>(), 1e-9));
  CHECK(with["idle_updates"] > 0);
  CHECK(clocked["chip_s"] == with["chip_s"]);
  CHECK(with["chip_s"].get<double>() >= 113e-9 * with["barriers"].get<double>());
  CHECK_THAT(runs.error(small + Words{"synchronise=1e-3", "fidelity=queued"}),
             Contains("slowest neurocore"));
  // Interrupted, what was asked for has come first.
  catch_interrupts();
  std::raise(SIGTERM);
  CHECK(runs.run("cut", small + Words{"synchronise=1e-3"}) == 128 + SIGTERM);
  clear_interrupt();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_DFL);
  CHECK(runs.summary("cut")["barrier"]["without"].is_null());
}

TEST_CASE("fidelity: times that are too long for a run that follows them are no matter to others",
          "[app]") {
  const Runs runs{"sparse-coding"};
  std::ofstream(runs.folder / "slow.toml") << R"(name = "slow"
title = "A slow device"
scope = "per-term"
voltage = "1 V"
unpriced = []
[sources]
paper = "Someone 2020"
[[price]]
term = "spikes"
title = "spike"
unit = "nJ"
nominal = { value = 1, grade = "measured", source = "paper" }
[[time]]
term = "spikes"
title = "spike"
unit = "s"
nominal = { value = 0.2, grade = "measured", source = "paper" }
)";
  const Words slow{"quick=true", "hardware=" + (runs.folder / "slow.toml").string()};
  CHECK(runs.run("ideal", slow) == 0);
  CHECK_THAT(runs.error(slow + Words{"fidelity=latency"}), Contains("more than 0.1"));
  CHECK_THAT(runs.error(slow + Words{"speedup=1e12"}), Contains("fidelity = ideal"));
}
