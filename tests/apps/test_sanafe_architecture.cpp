// Architectures of SANA-FE: figures against those written here by hand, and bad files refused in
// one line that says where.
#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/format.h>

#include "apps/command.hpp"
#include "apps/hardware.hpp"
#include "apps/hardware_toml.hpp"
#include "apps/price.hpp"
#include "apps/sanafe_architecture.hpp"
#include "apps/yaml.hpp"
#include "core/machine.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temporary_folder.hpp"

namespace fs = std::filesystem;
using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinRel;

namespace {

// Two kinds of synapse and of soma, an input, and hops that differ by direction.
const std::string example = R"(# an example
architecture:
  name: made up
  attributes:
    width: 4
    height: 2
    link_buffer_size: 3
    sync_model: table
    latency_sync: {1: 0.5e-6, 2: 0.7e-6, 8: 0.6e-6}
  tile:
    - name: tile[0..5]
      attributes: {energy_north_hop: 2e-12, latency_north_hop: 1e-9,
                   energy_east_hop: 5e-12, latency_east_hop: 3e-9,
                   energy_south_hop: 2e-12, latency_south_hop: 1e-9,
                   energy_west_hop: 7e-12, latency_west_hop: 3e-9}
      core:
        - name: big[0..2]
          attributes: {buffer_position: soma, max_neurons_supported: 512}
          axon_in:
            name: in
            attributes: {energy_message_in: 11e-12, latency_message_in: 13e-9}
          synapse:
            - name: dense
              attributes: {model: current_based, energy_process_spike: 30e-12,
                           latency_process_spike: 4e-9}
            - name: sparse
              attributes: {model: current_based, energy_process_spike: 20e-12,
                           latency_process_spike: 6e-9, energy_of_its_own: 1e-12}
          dendrite:
            - name: dendrite[0..99]
              attributes: {model: accumulator, energy_update: 0, latency_update: 2e-9,
                           update_every_timestep: true}
          soma:
            - name: inputs
              attributes: {model: input}
            - name: lif
              attributes: {model: leaky_integrate_fire, energy_access_neuron: 50e-12,
                           latency_access_neuron: 6e-9, energy_update_neuron: 21e-12,
                           latency_update_neuron: 0, energy_spike_out: 69e-12,
                           latency_spike_out: 30e-9}
          axon_out:
            - name: out
              attributes: {energy_message_out: 111.5e-12, latency_message_out: 5e-9}
        - name: small
          attributes: {max_neurons_supported: 100}
          axon_in:
            - name: in
              attributes: {energy_message_in: 11e-12, latency_message_in: 13e-9}
          synapse:
            - name: dense
              attributes: {energy_process_spike: 35e-12, latency_process_spike: 4e-9}
          dendrite:
            - name: dendrite
              attributes: {energy_update: 0, latency_update: 2e-9}
          soma:
            - name: lif
              attributes: {energy_access_neuron: 50e-12, latency_access_neuron: 6e-9,
                           energy_update_neuron: 21e-12, latency_update_neuron: 0,
                           energy_spike_out: 70e-12, latency_spike_out: 30e-9}
          axon_out:
            - name: out
              attributes: {energy_message_out: 111.5e-12, latency_message_out: 5e-9}
)";

std::string with(const std::string& what, const std::string& instead) {
  std::string text = example;
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), instead);
}

// The error of a file whose text is `what` changed; its line is that of the change.
std::string error(const std::string& what, const std::string& instead) {
  const std::string text = with(what, instead);
  const std::string message = error_of([&] { parse_sanafe(text, "bad.yaml"); });
  CHECK(message.find('\n') == std::string::npos);
  const auto line =
      1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(example.find(what)),
                     '\n');
  CHECK_THAT(message, Catch::Matchers::StartsWith(fmt::format("bad.yaml:{}: ", line)));
  return message;
}

HardwareProfile imported() {
  const ImportedHardware made = parse_sanafe(example, "folder/example.yaml");
  return parse_hardware(hardware_toml(made.profile, made.comments), "example.toml");
}

const Tariff& tariff(const std::vector<Tariff>& all, const std::string& term,
                     const std::string& title) {
  for (const Tariff& t : all)
    if (t.term == term && t.title.find(title) != std::string::npos) return t;
  FAIL("no tariff of " << term);
  return all.front();
}

void check(const Tariff& t, double min, double nominal, double max) {
  CHECK_THAT(t.min.value, WithinRel(min, 1e-14));
  CHECK_THAT(t.nominal.value, WithinRel(nominal, 1e-14));
  CHECK_THAT(t.max.value, WithinRel(max, 1e-14));
}

}  // namespace

TEST_CASE("An architecture of SANA-FE becomes a cost table with the same figures", "[app]") {
  const HardwareProfile p = imported();
  CHECK(p.name == "made up");
  const auto& e = p.energies;
  check(tariff(e, "synaptic_events", "synapse"), 20e-12, 30e-12, 35e-12);
  check(tariff(e, "neuron_updates", "access"), 50e-12, 50e-12, 50e-12);
  check(tariff(e, "neuron_updates", "its update"), 21e-12, 21e-12, 21e-12);
  check(tariff(e, "idle_updates", "in vain"), 50e-12, 50e-12, 50e-12);
  check(tariff(e, "spikes", "spike"), 69e-12, 69e-12, 70e-12);
  check(tariff(e, "packets", "out of a core"), 111.5e-12, 111.5e-12, 111.5e-12);
  check(tariff(e, "packets", "into a core"), 11e-12, 11e-12, 11e-12);
  check(tariff(e, "hops_east_west", "hop"), 5e-12, 6e-12, 7e-12);
  check(tariff(e, "hops_north_south", "hop"), 2e-12, 2e-12, 2e-12);
  CHECK(e.size() == 9);  // the dendrite's is 0
  check(tariff(p.times, "synaptic_events", "synapse"), 4e-9, 4e-9, 6e-9);
  check(tariff(p.times, "synaptic_events", "dendrite"), 2e-9, 2e-9, 2e-9);
  check(tariff(p.times, "arrivals", "into a core"), 13e-9, 13e-9, 13e-9);
  check(tariff(p.times, "barriers", "barrier"), 0.5e-6, 0.6e-6, 0.7e-6);
  for (const auto* all : {&p.energies, &p.times})
    for (const Tariff& t : *all) {
      CHECK_THAT(t.nominal.grade, Catch::Matchers::StartsWith("imported"));
      CHECK(t.nominal.source == "architecture 'made up' in example.yaml");
    }
  CHECK(limit_of(p, "mesh_columns") == 4);
  CHECK(limit_of(p, "mesh_rows") == 2);
  CHECK(limit_of(p, "cores_per_tile") == 4);
  CHECK(limit_of(p, "cores_per_chip") == 24);
  CHECK(limit_of(p, "neurons_per_core") == 100);
  std::string unpriced;
  for (const std::string& text : p.unpriced) unpriced += text + "\n";
  for (const char* what :
       {"energy_of_its_own of synapse 'sparse'", "energy_update is 0",
        "of dendrite 'dendrite[0..99]' in time steps", "static power", "learning"})
    CHECK_THAT(unpriced, Contains(what));
}

TEST_CASE("What was imported prices and times a run by the file's figures", "[app]") {
  const HardwareProfile p = imported();
  Consumption used;
  used.counts.spikes = 3;
  used.counts.synaptic_events = 100;
  used.counts.neuron_updates = 100;
  used.counts.packets = 7;
  used.counts.hops_east_west = 5;
  used.counts.hops_north_south = 2;
  CHECK_THAT(price(used, p).dynamic_j.nominal, WithinRel(3 * 69e-12 + 100 * 30e-12 + 100 * 71e-12 +
                                                             7 * 122.5e-12 + 5 * 6e-12 + 2 * 2e-12,
                                                         1e-12));
  const Timing t = timing_of(p, 1);
  CHECK(t.synaptic_event == from_seconds(6e-9));  // look-up and dendrite
  CHECK(t.neuron_update == from_seconds(6e-9));
  CHECK(t.spike == from_seconds(30e-9));
  CHECK(t.packet == from_seconds(5e-9));
  CHECK(t.arrival == from_seconds(13e-9));
  CHECK(t.hop_east_west == from_seconds(3e-9));
}

TEST_CASE("A bad architecture is refused in one line that says where", "[app]") {
  CHECK_THAT(
      error("energy_process_spike: 30e-12", "energy_process_spike: -30e-12"),
      Contains("'energy_process_spike': expected joules, a number >= 0") && Contains("-30e-12"));
  for (const char* bad : {"30 pJ", "nan", ".inf", "''", "1e999", "0x10", "30e-12,5"})
    CHECK_THAT(error("latency_message_in: 13e-9", fmt::format("latency_message_in: '{}'", bad)),
               Contains("expected seconds"));
  CHECK_THAT(error("energy_process_spike: 30e-12", "energy_process_spike: [30e-12]"),
             Contains("expected joules"));
  CHECK_THAT(error("energy_process_spike: 30e-12", "energy_process_spike: 30"),
             Contains("is it in J"));
  CHECK_THAT(error("latency_message_in: 13e-9", "latency_message_in: 13"), Contains("is it in s"));
  CHECK_THAT(error("attributes: {energy_message_out: 111.5e-12, ", "attributes: {"),
             Contains("'energy_message_out' is missing"));
  CHECK_THAT(error("width: 4", "width: 0"), Contains("'width': expected a whole number from 1"));
  CHECK_THAT(error("width: 4", "width: 2.5"), Contains("whole number"));
  CHECK_THAT(error("height: 2", "height: 1e7"), Contains("whole number"));
  CHECK_THAT(error_of([&] { parse_sanafe(with("width: 4", "width: 40000"), "bad.yaml"); }),
             Contains("bad.yaml:5: a mesh of 40000 x 2 tiles; at most 65536"));
  CHECK_THAT(error("architecture:", "architectures:"), Contains("no 'architecture'"));
  for (const char* bad : {"tile[5..0]", "tile[0..]", "tile[..5]", "tile[0.5]", "tile]0..5[",
                          "tile[0..5", "tile0..5", "tile[-1..5]", "tile[0..99999999]"})
    CHECK_THAT(error("- name: tile[0..5]", fmt::format("- name: '{}'", bad)),
               Contains("expected a range as name[0..31]"));
  CHECK_THAT(error("name: made up", "name: [made, up]"), Contains("'name': expected a text"));
  CHECK_THAT(error_of([&] { parse_sanafe(with("tile[0..5]", "tile[0..8]"), "bad.yaml"); }),
             Contains("9 tiles are 1 more than the 4 x 2"));
  CHECK_THAT(error_of([&] { parse_sanafe(with("big[0..2]", "big[0..999999]"), "bad.yaml"); }),
             Contains("bad.yaml:11: more than 1000000 tiles or cores"));
  CHECK_THAT(error_of([&] { parse_sanafe(with("core:", "cores:"), "bad.yaml"); }),
             Contains("'core' is missing"));
  for (const char* nothing : {"", "a", "[]", "- a", "architecture:", "architecture: [1]",
                              "architecture: {name: a}", "\xff\xfe", "%", "? [a]\n: b"})
    CHECK(error_of([&] { parse_sanafe(nothing, "bad.yaml"); }) != "no error");
}

TEST_CASE("YAML that would make much of little is refused at once", "[app]") {
  const auto error_in = [](const std::string& text) {
    return error_of([&] { parse_yaml(text, "bomb.yaml"); });
  };
  std::string laughs = "a: &a [x, x]\n";
  for (char c = 'b'; c < 'z'; ++c)
    laughs += fmt::format("{}: &{} [*{}, *{}]\n", c, c, char(c - 1), char(c - 1));
  CHECK_THAT(error_in(laughs), Contains("bomb.yaml:2: aliases"));
  CHECK_THAT(error_in("a: &a [*a]"), Contains("aliases"));
  CHECK_THAT(error_in("<<: &a {b: 1}\nc: *a"), Contains("bomb.yaml:2: aliases"));
  for (const std::string open : {"[", "{a: ", "- ", "? "}) {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += open;
    CHECK_THAT(error_in(deep), Contains("bomb.yaml:1: "));
  }
  std::string indented;
  for (std::size_t i = 0; i < 40; ++i) indented += std::string(i, ' ') + "a:\n";
  CHECK_THAT(error_in(indented), Contains("nested deeper than 32 levels"));
  std::string many = "[";
  for (int i = 0; i < 200'000; ++i) many += "1,";
  CHECK_THAT(error_in(many + "]"), Contains("more than 100000 values"));
  CHECK_THAT(error_in("a: [1, 2"), Contains("not valid YAML"));
  CHECK_THAT(error_in("a: 1\na: 2"), Contains("bomb.yaml:2: 'a' comes twice"));
  const YamlNode fine = parse_yaml("a: &x 1\nb:\n  - c\n  - {d: ~}\n", "fine.yaml");
  REQUIRE(fine.find("b") != nullptr);
  CHECK(fine.find("a")->text == "1");
  CHECK(fine.find("b")->items[1].line == 4);
}

TEST_CASE("clockless hardware import writes a new cost table, whole or not at all", "[app]") {
  const TemporaryFolder folder;
  const std::string from = (folder / "example.yaml").string();
  const std::string to = (folder / "mine.toml").string();
  std::ofstream(from) << example;
  REQUIRE(command({"hardware", "import", from, "-o", to}) == 0);
  CHECK(limit_of(load_hardware(to), "cores_per_chip") == 24);
  CHECK_THAT(error_of([&] {
               command({"hardware", "import", from, "-o", to});
             }),
             Contains("is there already"));
  CHECK_THAT(error_of([&] {
               command({"hardware", "import", from, "-o", from});
             }),
             Contains("ends in .toml"));
  CHECK_THAT(error_of([&] {
               command({"hardware", "import", "/nonexistent.yaml"});
             }),
             Contains("/nonexistent.yaml: cannot read"));
  std::ofstream(from) << std::string((1 << 20) + 1, '#');
  const std::string other = (folder / "other.toml").string();
  CHECK_THAT(error_of([&] {
               command({"hardware", "import", from, "-o", other});
             }),
             Contains("larger than 1048576 bytes"));
  CHECK_FALSE(fs::exists(other));
  CHECK(folder.entries() == 2);
}
