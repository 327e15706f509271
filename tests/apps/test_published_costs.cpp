// Every figure of every profile against a table of citations that is kept apart from them.
#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "apps/hardware.hpp"
#include "core/meter.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

struct Citation {
  std::string profile, kind, term, which, unit;
  double value;
};

std::vector<Citation> citations() {
  std::ifstream file(std::string(CLOCKLESS_SOURCE_DIR) + "/tests/apps/published_costs.csv");
  std::vector<Citation> all;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    Citation c;
    std::string value;
    for (std::string* field : {&c.profile, &c.kind, &c.term, &c.which, &value, &c.unit})
      std::getline(fields, *field, ',');
    c.value = std::stod(value);
    all.push_back(c);
  }
  return all;
}

double in_si(double value, const std::string& unit) {
  if (unit == "1/ns") return value * 1e9;
  const std::string prefixes = "pnum";
  const auto at = prefixes.find(unit[0]);
  REQUIRE(at != std::string::npos);
  return value * std::vector<double>{1e-12, 1e-9, 1e-6, 1e-3}[at];
}

// The parts of a term, together: what one of it costs.
double unit_cost(const std::vector<Tariff>& tariffs, const std::string& term,
                 const std::string& which) {
  double sum = 0;
  for (const Tariff& t : tariffs)
    if (t.term == term)
      sum += which == "min" ? t.min.value : which == "max" ? t.max.value : t.nominal.value;
  return sum;
}

double of_one(const std::string& term, const HardwareProfile& profile, const std::string& which) {
  Counts one;
  for (const CountTerm& t : count_terms)
    if (t.name == term) one.*t.count = 1;
  REQUIRE(one != Counts{});
  const Joules j = price(one, profile).dynamic_j;
  return which == "min" ? j.min : which == "max" ? j.max : j.nominal;
}

}  // namespace

TEST_CASE("One event costs, takes and draws on each device what was published", "[app]") {
  const auto all = citations();
  REQUIRE(all.size() > 50);
  for (const Citation& c : all) {
    CAPTURE(c.profile, c.kind, c.term, c.which);
    const HardwareProfile profile = load_hardware(c.profile);
    const double published = in_si(c.value, c.unit);
    if (c.kind == "price")
      CHECK_THAT(of_one(c.term, profile, c.which), WithinRel(published, 1e-12));
    if (c.kind == "time")
      CHECK_THAT(unit_cost(profile.times, c.term, c.which), WithinRel(published, 1e-12));
    if (c.kind == "rate")  // written down as its inverse, to six digits
      CHECK_THAT(1 / unit_cost(profile.times, c.term, c.which), WithinRel(published, 2e-6));
    CHECK((c.kind == "price" || c.kind == "time" || c.kind == "rate" || c.kind == "power"));
    if (c.kind == "power")
      CHECK_THAT(unit_cost(profile.powers, c.term, c.which), WithinRel(published, 1e-12));
  }
}

TEST_CASE("No device has a figure without a citation", "[app]") {
  std::set<std::string> cited;
  for (const Citation& c : citations())
    cited.insert(c.profile + ' ' + (c.kind == "rate" ? "time" : c.kind) + ' ' + c.term + ' ' +
                 c.which);
  for (const std::string& name : hardware_names()) {
    if (name == "truenorth") continue;  // a line through cited points: below
    const HardwareProfile profile = load_hardware(name);
    const auto check = [&](const std::string& kind, const std::vector<Tariff>& tariffs) {
      for (const Tariff& t : tariffs) {
        const std::string key = name + ' ' + kind + ' ' + t.term + ' ';
        CAPTURE(key);
        CHECK(cited.count(key + "nominal") == 1);
        if (t.min.value < t.nominal.value) CHECK(cited.count(key + "min") == 1);
        if (t.max.value > t.nominal.value) CHECK(cited.count(key + "max") == 1);
      }
    };
    check("price", profile.energies);
    check("time", profile.times);
    check("power", profile.powers);
  }
}

// Merolla et al. 2014, supplement, at 0.8 V: 2^20 neurons with 128 active synapses each.
TEST_CASE("TrueNorth draws what its power curve says, from slope and static power", "[app]") {
  struct Point {
    double hz, mw;
  };
  const Point points[] = {{11.58, 68}, {20.07, 71}, {95.93, 94}};
  const double synapses = 1048576.0 * 128;
  const double slope = (94e-3 - 68e-3) / ((95.93 - 11.58) * synapses);
  const HardwareProfile profile = load_hardware("truenorth");
  CHECK_THAT(profile.energies.at(0).nominal.value, WithinRel(slope, 2e-6));
  CHECK_THAT(profile.powers.at(0).nominal.value, WithinRel(68e-3 - 11.58 * synapses * slope, 2e-6));
  for (const Point& p : points) {
    Counts counts;  // of 100 s
    counts.synaptic_events = static_cast<std::uint64_t>(p.hz * synapses * 100);
    const Energy energy = price(counts, profile, {100, 1, 4096});
    CHECK_THAT(energy.total_j().nominal / 100, WithinRel(p.mw * 1e-3, 0.01));
    // The all-in figure is right near 20 Hz only: why profiles keep the two apart.
    const double all_in = price(counts, load_hardware("truenorth-all-in")).total_j().nominal / 100;
    const double off = all_in / (p.mw * 1e-3) - 1;
    if (p.hz < 15) CHECK_THAT(off, WithinAbs(-0.41, 0.01));
    if (p.hz > 90) CHECK_THAT(off, WithinAbs(2.56, 0.01));
  }
}
