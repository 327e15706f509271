// Energy is the sum of counts times prices; cost tables are checked with file and line.
#include <cstdint>
#include <string>

#include <fmt/format.h>

#include "apps/hardware.hpp"
#include "core/error.hpp"
#include "core/meter.hpp"
#include "tests/support/catch.hpp"

using clockless::Counts;
using clockless::Error;
using clockless::HardwareProfile;
using clockless::Joules;

namespace {

const std::string good = R"(name = "chip"
title = "A chip"
scope = "per-term"
voltage = "1 V"
unpriced = ["static power"]
[sources]
paper = "Someone 2020"
[[price]]
term = "spikes"
title = "spike"
unit = "nJ"
min = { value = 1, grade = "measured", source = "paper" }
nominal = { value = 2.5, grade = "measured", source = "paper" }
max = { value = 4, grade = "measured", source = "paper" }
)";

std::string broken(const std::string& from, const std::string& to) {
  std::string text = good;
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
  try {
    clockless::parse_hardware(text, "chip.toml");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("Energy on Loihi 1 is the sum of counts times published prices", "[app]") {
  const HardwareProfile loihi = clockless::load_hardware("loihi1");
  const Counts counts{1'000'003, 987'654'321, 12'345'678'901, 2'000'005, 777'777};
  const clockless::Energy energy = clockless::price(counts, loihi);
  // By hand from Davies et al. 2018, Table 2: 23.6, 81, 1.7 and 120 pJ, in units of 0.1 pJ, which
  // integers hold exactly.
  const std::uint64_t tenths = 236 * counts.synaptic_events + 810 * counts.neuron_updates +
                               17 * counts.packets + 1200 * counts.plasticity_updates;
  REQUIRE_THAT(energy.dynamic_j.nominal,
               Catch::Matchers::WithinRel(static_cast<double>(tenths) * 1e-13, 1e-12));
  const Joules fit = clockless::price(counts, clockless::load_hardware("loihi1-silicon")).dynamic_j;
  const std::uint64_t most = 355 * counts.synaptic_events + 728 * counts.neuron_updates +
                             1110 * counts.packets + 693 * counts.spikes;
  REQUIRE_THAT(fit.max, Catch::Matchers::WithinRel(static_cast<double>(most) * 1e-13, 1e-12));
  REQUIRE(fit.min < fit.nominal);
  REQUIRE(energy.unpriced.size() == loihi.unpriced.size() + 1);
  REQUIRE(energy.unpriced[0] == "spikes");  // counted, and no one has published a price
  REQUIRE(clockless::price(Counts{}, loihi).total_j().max == 0.0);
  REQUIRE(clockless::price(Counts{}, loihi).unpriced == loihi.unpriced);
}

TEST_CASE("Prices add up over parts of a run", "[app]") {
  const HardwareProfile loihi = clockless::load_hardware("loihi1");
  const Counts a{1, 2, 3, 4, 5}, b{100, 2000, 30'000, 400'000, 5'000'000};
  REQUIRE_THAT(clockless::price(a + b, loihi).dynamic_j.nominal,
               Catch::Matchers::WithinRel(clockless::price(a, loihi).dynamic_j.nominal +
                                              clockless::price(b, loihi).dynamic_j.nominal,
                                          1e-12));
}

TEST_CASE("A cost table is read with its units and sources", "[app]") {
  const HardwareProfile chip = clockless::parse_hardware(good, "chip.toml");
  REQUIRE(chip.energies.size() == 1);
  REQUIRE_THAT(chip.energies[0].nominal.value, Catch::Matchers::WithinRel(2.5e-9, 1e-15));
  REQUIRE(chip.energies[0].min.source == "Someone 2020");
  const std::string shown = clockless::describe(clockless::load_hardware("loihi1"));
  for (const char* part : {"23.6 pJ", "81 pJ", "1.7 pJ", "120 pJ", "Davies et al. 2018", "SANA-FE",
                           "static power", "  spikes\n", "4.1 ns", "neurons_per_core"})
    REQUIRE(shown.find(part) != std::string::npos);
}

TEST_CASE("Mistakes in a cost table are told with file and line", "[app]") {
  REQUIRE(broken("unit = \"nJ\"\n", "") == "chip.toml:8: 'unit' is missing");
  REQUIRE(broken("\"nJ\"", "\"eV\"").starts_with("chip.toml:11: unknown unit 'eV'; units are"));
  REQUIRE(broken("value = 1,", "value = -1,") ==
          "chip.toml:12: 'value': expected a finite number >= 0");
  REQUIRE(broken("value = 1,", "value = nan,") ==
          "chip.toml:12: 'value': expected a finite number >= 0");
  REQUIRE(broken("value = 1,", "value = \"1\",").starts_with("chip.toml:12: 'value'"));
  REQUIRE(broken("value = 1,", "value = 3,").find("min <= nominal <= max") != std::string::npos);
  REQUIRE(
      broken("\"spikes\"", "\"spike\"").starts_with("chip.toml:9: unknown term 'spike'; terms"));
  REQUIRE(broken("source = \"paper\" }\nnom", "source = \"papers\" }\nnom") ==
          "chip.toml:6: 'papers' is missing");
  REQUIRE(broken("scope", "scpoe") == "chip.toml:3: unknown key 'scpoe'; did you mean 'scope'?");
  REQUIRE(broken("[[price]]", "[price]").starts_with("chip.toml:8: 'price': expected tables"));
  REQUIRE(
      broken("[\"static power\"]", "3").starts_with("chip.toml:5: 'unpriced': expected a list"));
  REQUIRE(broken("\"A chip\"", "").starts_with("chip.toml:2: not valid TOML: "));
  const std::string entry = good.substr(good.find("[[price]]"));
  REQUIRE_THROWS_WITH(clockless::parse_hardware(good + entry, "chip.toml"),
                      "chip.toml:17: a second price of 'spikes' with this title; keep one");
  REQUIRE(broken("max = { value = 4,", "max = { value = 1e300,") ==
          "chip.toml:8: figures of 'spikes': more than a million J; is the unit right?");
  REQUIRE(broken("\"spike\"\n", "\"spike\"\ncovers = [\"spikes\"]\n") ==
          "chip.toml:11: 'spikes' has a price of its own, which would be added; keep one");
  const auto limit = [](const std::string& term, int value) {
    return fmt::format(
        "[[limit]]\nterm = \"{}\"\nfigure = {{ value = {}, grade = \"g\", source = \"paper\" }}\n",
        term, value);
  };
  const std::string columns = limit("mesh_columns", 257), rows = limit("mesh_rows", 256);
  REQUIRE_THROWS_WITH(clockless::parse_hardware(good + columns + rows, "chip.toml"),
                      "chip.toml:15: a mesh of 257 x 256 tiles; at most 65536 are followed");
  REQUIRE_THROWS_WITH(clockless::parse_hardware(good + rows, "chip.toml"),
                      "chip.toml:15: of 'mesh_columns' and 'mesh_rows' one is missing: give both");
  REQUIRE_THROWS_WITH(clockless::load_hardware("loihi"),
                      "no hardware profile 'loihi'; did you mean 'loihi1'?");
  REQUIRE_THROWS_AS(clockless::load_hardware("none.toml"), Error);
}
