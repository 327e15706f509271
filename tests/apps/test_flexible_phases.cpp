// The scenario flexible-phases through the command: its figures and files, determinism, resuming,
// clear errors; and confidence intervals.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/contrastive/contrastive_model.hpp"
#include "apps/contrastive/phase_report.hpp"
#include "apps/contrastive/seed_statistics.hpp"
#include "apps/contrastive/spiking_equilibrium.hpp"
#include "apps/report/plot.hpp"
#include "tests/apps/data/files.hpp"
#include "tests/support/runs.hpp"

namespace fs = std::filesystem;
using namespace clockless;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

const Words small{"data=xor", "models=forward-forward,rate-equilibrium,equilibrium-propagation",
                  "plans=random_order,staggered", "seeds=3", "length=0.05"};

}  // namespace

TEST_CASE("confidence intervals are Student's", "[app][flexible-phases]") {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  // Of two figures a ± d the interval is a ± d tan(0.475 π): t with one degree of freedom is
  // Cauchy's, and the standard error is d.
  const SeedStatistics two = seed_statistics({3, 5});
  CHECK(two.mean == 4);
  CHECK(two.deviation == Approx(std::sqrt(2.0)));
  CHECK(two.half_width == Approx(std::tan(0.475 * std::acos(-1.0))));
  // t of two degrees of freedom: p = ½ + t / (2 √(2 + t²)), so t = 0.95 √(2 / (1 − 0.95²)).
  const SeedStatistics three = seed_statistics({1, 2, none, 6});
  CHECK(three.count == 3);
  CHECK(three.mean == 3);
  CHECK(three.deviation == Approx(std::sqrt(7.0)));
  CHECK(three.half_width == Approx(0.95 * std::sqrt(2 / (1 - 0.95 * 0.95)) * std::sqrt(7.0 / 3)));
  CHECK(std::isnan(seed_statistics({7}).half_width));
  CHECK(std::isnan(seed_statistics({none}).mean));
  const SeedStatistics pairs = paired_statistics({1, 2, none, 4}, {0.5, 1, 3, none});
  CHECK(pairs.count == 2);
  CHECK(pairs.mean == 0.75);
  CHECK_THROWS_AS(paired_statistics({1}, {1, 2}), std::invalid_argument);
}

TEST_CASE("each kind of contrastive model knows plans that there are, rigid among them",
          "[app][flexible-phases]") {
  const auto kinds = contrastive_kinds();
  CHECK(kinds.size() >= 6);
  for (const ContrastiveKind* kind : kinds) {
    INFO(kind->name);
    for (const auto plan : kind->plans) CHECK_NOTHROW(phase_plan(plan));
    CHECK(std::count(kind->plans.begin(), kind->plans.end(), "rigid") == 1);
    CHECK(!kind->summary.empty());
    CHECK(!kind->figure.empty());
    CHECK(!kind->counted.empty());
  }
}

TEST_CASE("flexible phases: figures, intervals and gaps, the same bits on any threads",
          "[app][flexible-phases]") {
  const Runs runs{"flexible-phases"};
  REQUIRE(runs.run("one", small + Words{"threads=1"}) == 0);
  const json one = runs.results("one");
  for (const char* model : {"forward-forward", "rate-equilibrium", "equilibrium-propagation"}) {
    const json& plans = one[model]["plans"];
    CHECK(one[model]["unit"] == "%");
    CHECK(plans.contains("rigid"));
    CHECK(plans.contains("random_order"));
    for (const auto& [name, plan] : plans.items()) {
      INFO(model << ' ' << name);
      CHECK(plan["failures"] == 0);
      CHECK(plan["seeds"] == 3);
      const auto figures = plan["figures"].get<std::vector<double>>();
      const SeedStatistics s = seed_statistics(figures);
      CHECK(plan["mean"] == s.mean);
      CHECK(plan["confidence_95"][1] == s.mean + s.half_width);
      const auto rigid = plans["rigid"]["figures"].get<std::vector<double>>();
      CHECK(plan["better_than_rigid"]["mean"] == paired_statistics(figures, rigid).mean);
      CHECK(plan["learning_curve"].size() == 5);
      CHECK(plan["learning_curve"][4] == s.mean);
      const auto sums = plan["checksums"].get<std::set<std::uint32_t>>();
      CHECK(sums.size() == 3);  // another of each seed
    }
  }
  CHECK(!one["forward-forward"]["plans"].contains("staggered"));
  const json summary = runs.summary("one");
  const std::string csv = contents(runs.folder / "one" / "figures.csv");
  CHECK_THAT(csv, Contains("rate-equilibrium,staggered,2,"));
  CHECK_THAT(contents(runs.folder / "one" / "report.html"), Contains("class=\"dot s0\""));
  for (const char* threads : {"2", "4"}) {
    REQUIRE(runs.run(threads, small + Words{std::string("threads=") + threads}) == 0);
    CHECK(contents(runs.folder / threads / "figures.csv") == csv);
    CHECK(runs.results(threads) == one);
    for (const char* key : {"counts", "spike_hash", "simulated_s", "energy"})
      CHECK(runs.summary(threads)[key] == summary[key]);
  }
}

TEST_CASE("flexible phases count what learning costs on the engine, and nothing of rates",
          "[app][flexible-phases]") {
  const Runs runs{"flexible-phases"};
  REQUIRE(runs.run("a", small + Words{"threads=2"}) == 0);
  const json summary = runs.summary("a"), r = summary["results"];
  // The same trainings without grid and command.
  Settings settings;
  declare_labelled_data(settings, "xor");
  Run run(settings);
  const LabelledData data = prepare_labelled_data(run);
  Counts all;
  double simulated_s = 0;
  std::set<std::uint32_t> sums, known;
  for (const char* plan : {"rigid", "random_order", "staggered"}) {
    INFO(plan);
    Counts counts;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      SpikingEquilibrium model("layered", {data, phase_plan(plan).plan, seed, 0.05});
      model.learn(100);
      const EngineTally tally = model.tally().value();
      counts += tally.counts;
      simulated_s += tally.simulated_s;
      sums.insert(model.checksum());
    }
    const json& of_plan = r["equilibrium-propagation"]["plans"][plan];
    CHECK(of_plan["learned"] == 300);
    CHECK(of_plan["spikes_per_sample"] == static_cast<double>(counts.spikes) / 300);
    CHECK(of_plan["synaptic_events_per_sample"] ==
          static_cast<double>(counts.synaptic_events) / 300);
    CHECK(of_plan["plasticity_updates_per_sample"] ==
          static_cast<double>(counts.plasticity_updates) / 300);
    for (const json& sum : of_plan["checksums"]) known.insert(sum.get<std::uint32_t>());
    all += counts;
  }
  CHECK(known == sums);
  CHECK(summary["counts"]["spikes"] == all.spikes);
  CHECK(summary["counts"]["synaptic_events"] == all.synaptic_events);
  CHECK(all.spikes > 0);
  CHECK(summary["simulated_s"].get<double>() == Approx(simulated_s));
  CHECK(summary["energy"]["loihi1"]["dynamic_j"]["nominal"].get<double>() > 0);
  CHECK(summary["spike_hash"] != "0000000000000000");
  CHECK(r["rate-equilibrium"]["plans"]["rigid"]["spikes_per_sample"].is_null());
  CHECK(r["rate-equilibrium"]["counted"] == "phases");
  CHECK_THAT(contents(runs.folder / "a" / "report.html"),
             Contains("phases learned") && Contains("not counted") &&
                 Contains("samples learned, % of all"));
}

TEST_CASE("what a model learns does not depend on whether its figure is asked for",
          "[app][flexible-phases]") {
  Settings settings;
  declare_labelled_data(settings, "xor");
  Run run(settings);
  const LabelledData data = prepare_labelled_data(run);
  for (const ContrastiveKind* kind : contrastive_kinds())
    for (const char* plan : {"rigid", "staggered"}) {
      if (std::count(kind->plans.begin(), kind->plans.end(), plan) == 0) continue;
      INFO(kind->name << ' ' << plan);
      const ContrastiveContext context{data, phase_plan(plan).plan, 3};
      const auto looked_at = kind->make(context), left_alone = kind->make(context);
      const std::uint64_t part = std::max<std::uint64_t>(2, kind->length(context) / 500);
      const std::uint32_t first = left_alone->checksum();
      for (int k = 0; k < 3; ++k) {
        looked_at->figure();
        looked_at->learn(part);
        left_alone->learn(part);
      }
      CHECK(looked_at->figure() == left_alone->figure());
      CHECK(looked_at->checksum() == left_alone->checksum());
      CHECK(left_alone->checksum() != first);
      REQUIRE(looked_at->tally().has_value() == left_alone->tally().has_value());
      if (!looked_at->tally()) continue;
      CHECK(looked_at->tally()->counts == left_alone->tally()->counts);
      CHECK(looked_at->tally()->spike_hash == left_alone->tally()->spike_hash);
    }
}

TEST_CASE("flexible phases go on from what is finished", "[app][flexible-phases]") {
  const Runs runs{"flexible-phases"};
  const Words all{"data=xor", "models=rate-equilibrium,equilibrium-propagation", "length=0.02",
                  "plans=in_place,random_order", "threads=1"};
  const std::string file = "checkpoint=" + (runs.folder / "grid.ck").string();
  REQUIRE(runs.run("whole", all + Words{"seeds=3"}) == 0);
  // Fewer seeds first; then the rest.
  REQUIRE(runs.run("first", all + Words{"seeds=2", file}) == 0);
  REQUIRE(runs.run("rest", all + Words{"seeds=3", file}) == 0);
  CHECK(contents(runs.folder / "rest" / "figures.csv") ==
        contents(runs.folder / "whole" / "figures.csv"));
  CHECK(runs.results("rest") == runs.results("whole"));
  for (const char* key : {"counts", "spike_hash", "simulated_s", "energy"})
    CHECK(runs.summary("rest")[key] == runs.summary("whole")[key]);
  // Those that are there are not trained again: nor does a file of another length serve.
  CHECK_THAT(runs.error({"data=xor", "models=rate-equilibrium", "length=0.2", file}),
             Contains("this checkpoint is of a run with length = 0.02, not 0.2"));
  CHECK_THAT(runs.error(all + Words{"checkpoint=" + (runs.folder / "no" / "grid.ck").string()}),
             Contains("there is no such folder"));
  std::string bytes = contents(runs.folder / "grid.ck");
  bytes[bytes.size() / 2] = static_cast<char>(~bytes[bytes.size() / 2]);
  put(runs.folder / "bad.ck", bytes);
  CHECK_THAT(runs.error(all + Words{"checkpoint=" + (runs.folder / "bad.ck").string()}),
             Contains("damaged"));
}

TEST_CASE("flexible phases: bad settings are named, with what would do", "[app][flexible-phases]") {
  const Runs runs{"flexible-phases"};
  CHECK_THAT(runs.error({"models=forward"}), Contains("'models' = forward") &&
                                                 Contains("there is no model \"forward\"") &&
                                                 Contains("forward-forward") && Contains("or all"));
  CHECK_THAT(runs.error({"models="}), Contains("not empty"));
  CHECK_THAT(runs.error({"models=forward-forward,"}), Contains("there is no model \"\""));
  CHECK_THAT(runs.error({"models=rate-equilibrium,rate-equilibrium"}), Contains("twice"));
  CHECK_THAT(runs.error({"models=rbm, all"}),
             Contains("'models' = rbm, all") && Contains("leave the others out"));
  CHECK_THAT(runs.error({"models=rate-equilibrium, rate-equilibrium"}), Contains("twice"));
  CHECK_THAT(runs.error({"plans=lazy"}), Contains("'plans' = lazy") && Contains("rigid, in_place"));
  CHECK_THAT(runs.error({"models=forward-forward", "plans=jitter"}),
             Contains("forward-forward knows rigid"));
  CHECK_THAT(runs.error({"length=0"}), Contains("from 0.0001 to 10000"));
  CHECK_THAT(runs.error({"seeds=0"}), Contains("1 to 1000"));
  CHECK_THAT(runs.error({"data=/nowhere"}),
             Contains("/nowhere") && Contains("and, or, xor, not, id, digits8x8, mnist"));
}

TEST_CASE("models with data of their own take no other, and run again from their configuration",
          "[app][flexible-phases]") {
  const Runs runs{"flexible-phases"};
  const Words settings{"models=rbm", "plans=in_place", "seeds=1", "length=0.001"};
  CHECK_THAT(runs.error(settings + Words{"data=and"}), Contains("'data' = and: rbm has data"));
  CHECK_THAT(runs.error(settings + Words{"task=parity"}), Contains("'task' = parity"));
  REQUIRE(runs.run("a", settings) == 0);
  REQUIRE(command({"run", (runs.folder / "a" / "configuration.toml").string(), "--quiet", "-o",
                   (runs.folder / "b").string()}) == 0);
  CHECK(runs.results("a") == runs.results("b"));
}

TEST_CASE("spikes of a grid do not depend on neurocores", "[app][flexible-phases]") {
  const Runs runs{"flexible-phases"};
  const Words settings{"data=xor", "models=equilibrium-propagation", "plans=together", "seeds=1",
                       "length=0.02"};
  REQUIRE(runs.run("a", settings) == 0);
  REQUIRE(runs.run("b", settings, {"--cores", "5"}) == 0);
  const auto hash = [&](const char* run) { return runs.summary(run)["spike_hash"]; };
  CHECK(hash("a") == hash("b"));
  CHECK(runs.summary("a")["counts"]["packets"] < runs.summary("b")["counts"]["packets"]);
}

TEST_CASE("blanks beside the commas of a list do not matter", "[app][flexible-phases]") {
  const Runs runs{"flexible-phases"};
  REQUIRE(runs.run("a", {"data=xor", "models= rate-equilibrium , forward-forward", "seeds=1",
                         "plans=in_place, uneven ", "length=0.01"}) == 0);
  const json r = runs.results("a");
  CHECK(r.size() == 2);
  CHECK(r["rate-equilibrium"]["plans"].contains("in_place"));
  CHECK(r["forward-forward"]["plans"].contains("uneven"));
}

TEST_CASE("dots with whiskers", "[app][report]") {
  const std::string svg = svg_intervals({{"a < b", 1, 0.5, {0.8, 1.2}},
                                         {"alone", 2, std::nan(""), {}},
                                         {"none", std::nan(""), 1, {}}},
                                        {"value", false});
  CHECK_THAT(svg, Contains("a &lt; b") && Contains("none") && !Contains("nan"));
  const auto count = [&](const std::string& what) {
    std::size_t n = 0;
    for (auto at = svg.find(what); at != std::string::npos; at = svg.find(what, at + 1)) ++n;
    return n;
  };
  CHECK(count("class=\"dot") == 2);
  CHECK(count("class=\"value\"") == 2);
  CHECK(count("class=\"line s0\"") == 3);  // the bar, and a whisker at each end
  CHECK_THAT(svg_intervals({}, {"value", false}), Contains("nothing to draw"));
  // Whiskers end at what values can be: of 90 ± 20 % at 100, which is the axis' end then.
  const auto whiskers = [](double most) {
    return svg_intervals({{"a", 90, 20, {}}}, {.label = "share (%)", .least = 0, .most = most});
  };
  CHECK_THAT(whiskers(100), Contains(">100<") && !Contains(">110<"));
  CHECK_THAT(whiskers(1000), Contains(">110<"));
}

TEST_CASE("a report says how few seeds there are, and draws no interval of two",
          "[app][flexible-phases]") {
  const Runs runs{"flexible-phases"};
  const Words settings{"data=xor", "models=rate-equilibrium", "plans=in_place", "length=0.01"};
  const auto report = [&](const char* seeds) {
    REQUIRE(runs.run(seeds, settings + Words{std::string("seeds=") + seeds}) == 0);
    return contents(runs.folder / seeds / "report.html");
  };
  const std::string bar = "<path class=\"line s0\" d=\"M";
  CHECK_THAT(report("2"), Contains("(2 seeds)") && !Contains(" ± "));
  const auto plot = [&](const std::string& html) {
    return html.substr(0, html.find("</svg>"));  // the first: means and intervals
  };
  CHECK_THAT(plot(report("2")), !Contains(bar));
  CHECK_THAT(plot(report("3")), Contains(bar));
  CHECK_THAT(report("3"), Contains(" ± ") && !Contains("seeds)"));
}
