// What a sweep came to: its table against the summaries, its figure against what is drawn.
#include <cmath>
#include <regex>
#include <string>
#include <vector>

#include "apps/sweep/figure.hpp"
#include "apps/sweep/table.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/csv.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Texts = std::vector<std::string>;

TEST_CASE("A table is tidy, with texts quoted, and names what a row lacks by nothing", "[app]") {
  const auto summary = nlohmann::ordered_json::parse(R"({
    "scenario": "s", "wall_s": 3.5, "simulated_s": 0.25, "spike_hash": "00ff",
    "counts": {"spikes": 7}, "waits": {"peak": 3, "cores": [{"peak": 3}]},
    "barrier": {"step_s": 1e-3, "with": {"spikes": 7}, "without": {"spikes": 9, "chip_s": 0.5}},
    "energy": {"chip": {"dynamic_j": {"min": 1, "nominal": 2, "max": 3},
                        "per_sample": {"joules": 0.5}}},
    "results": {"b": {"values": [1, 2], "median": 1.5}, "a": "one, \"two\"\nthree", "none": null,
                "good": true, "speed": 9},
    "times": {"speed": 9}})");
  SweepTable table{{"x"}, {}, ""};
  table.rows.push_back({0, "points/000", {"1,2"}, scalars_of(summary)});
  table.rows.push_back({1, "points/001", {"3"}, {{"late", 1e-30}}});
  const auto all = records(table.csv());
  REQUIRE(all.size() == 3);
  CHECK(all[0] == Texts{"point", "x", "results.b.median", "results.a", "results.none",
                        "results.good", "simulated_s", "spike_hash", "counts.spikes", "waits.peak",
                        "barrier.without.spikes", "barrier.without.chip_s", "energy.hardware",
                        "energy.dynamic_j", "energy.static_j", "energy.total_j",
                        "energy.per_sample.joules", "late"});
  CHECK(all[1] == Texts{"points/000", "1,2", "1.5", "one, \"two\"\nthree", "", "true", "0.25",
                        "00ff", "7", "3", "9", "0.5", "chip", "2", "", "", "0.5", ""});
  CHECK(all[2][1] == "3");
  CHECK(all[2].back() == "1e-30");
}

TEST_CASE("A sweep's figure shows means and deviations over seeds, a curve per setting", "[app]") {
  const GridAxis kinds{"kind", false, {"one", "two"}}, seeds{"seed", true, {"1", "2"}};
  const Grid grid{{{"scale", true, {"1", "10", "100"}}, kinds, seeds}};
  SweepTable table{{"scale", "kind", "seed"}, {}, "the objective"};
  for (std::size_t p = 0; p < grid.size(); ++p) {
    // 2 ± 1 at all points of the first curve, 4 ± 1 of the second.
    const double y = (grid.value(p, 1) == "one" ? 2 : 4) + (grid.value(p, 2) == "1" ? -1 : 1);
    table.rows.push_back({p,
                          "points",
                          {grid.value(p, 0), grid.value(p, 1), grid.value(p, 2)},
                          {{"counts.spikes", 5}, {"results.the_objective.median", y}}});
  }
  const SweepFigure figure = draw_sweep(grid, table, parse_plot("", grid));
  CHECK(figure.x == "scale");
  CHECK(figure.y == "results.the_objective.median");
  CHECK_THAT(figure.svg, Contains("kind = one") && Contains("kind = two"));
  const std::regex dot("<circle class=\"dot s([01])\" cx=\"([0-9.]+)\" cy=\"([0-9.]+)\"");
  std::vector<double> xs, ys;
  for (auto it = std::sregex_iterator(figure.svg.begin(), figure.svg.end(), dot);
       it != std::sregex_iterator(); ++it) {
    xs.push_back(std::stod((*it)[2]));
    ys.push_back(std::stod((*it)[3]));
  }
  REQUIRE(xs.size() == 6);
  CHECK_THAT(xs[1] - xs[0], Catch::Matchers::WithinAbs(xs[2] - xs[1], 0.2));  // by ratios
  // Whiskers of the deviation √2: in pixels, √2 / 2 of what lies between the curves' 2 and 4.
  const std::regex bar("<path class=\"line s[01]\" d=\"M([0-9.]+) ([0-9.]+)L([0-9.]+) ([0-9.]+)\"");
  int bars = 0;
  for (auto it = std::sregex_iterator(figure.svg.begin(), figure.svg.end(), bar);
       it != std::sregex_iterator(); ++it) {
    if ((*it)[1] != (*it)[3]) continue;  // of the legend
    const double half = (std::stod((*it)[2]) - std::stod((*it)[4])) / 2;
    CHECK_THAT(half, Catch::Matchers::WithinAbs((ys[0] - ys[3]) * std::sqrt(2.0) / 2, 0.2));
    ++bars;
  }
  CHECK(bars == 6);

  CHECK(draw_sweep(grid, table, parse_plot("seed:spikes", grid)).y == "counts.spikes");
  CHECK_THAT(error_of([&] { parse_plot("kind:y", grid); }),
             Contains("'kind' is no number that is swept; these are: scale, seed"));
  CHECK_THAT(error_of([&] { parse_plot("scale", grid); }), Contains("expected x:y"));
  CHECK_THAT(error_of([&] { draw_sweep(grid, table, parse_plot("scale:count.spikes", grid)); }),
             Contains("did you mean 'counts.spikes'?"));
  CHECK_THAT(error_of([&] { draw_sweep(grid, table, parse_plot("scale:the objectiv", grid)); }),
             Contains("did you mean 'the_objective'?"));
  const Grid named{{kinds, seeds}};
  table.rows.clear();
  for (std::size_t p = 0; p < named.size(); ++p)
    table.rows.push_back({p, "points", {named.value(p, 0), named.value(p, 1)}, {{"y", p}}});
  CHECK_THAT(draw_sweep(named, table, parse_plot("", named)).svg, Contains("kind = two"));
}
