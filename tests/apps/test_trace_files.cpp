// trace.json and trace.vcd of a trace made by hand, and the queues in it: every value by itself.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/trace/chrome_trace.hpp"
#include "apps/trace/queue_lengths.hpp"
#include "apps/trace/traced.hpp"
#include "apps/trace/vcd.hpp"
#include "apps/version.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/made_up_trace.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace clockless;
using nlohmann::json;

namespace {

json process(int pid, const char* name) {
  return {{"ph", "M"}, {"pid", pid}, {"name", "process_name"}, {"args", {{"name", name}}}};
}
json place(int pid) {
  return {
      {"ph", "M"}, {"pid", pid}, {"name", "process_sort_index"}, {"args", {{"sort_index", pid}}}};
}
json track(int pid, int tid, const char* name) {
  return {
      {"ph", "M"}, {"pid", pid}, {"tid", tid}, {"name", "thread_name"}, {"args", {{"name", name}}}};
}
json slice(int pid, int tid, double ts, double dur, const char* name, double waited) {
  return {{"ph", "X"},
          {"pid", pid},
          {"tid", tid},
          {"ts", ts},
          {"dur", dur},
          {"name", name},
          {"args", {{"waited_us", waited}}}};
}
json spike(int pid, double ts, const char* name) {
  return {{"ph", "i"}, {"s", "t"}, {"pid", pid}, {"tid", 4}, {"ts", ts}, {"name", name}};
}
json counter(int pid, double ts, const char* name, int messages) {
  return {
      {"ph", "C"}, {"pid", pid}, {"ts", ts}, {"name", name}, {"args", {{"messages", messages}}}};
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}
std::string written(void (*write)(const std::filesystem::path&, const Traced&),
                    const Traced& traced) {
  const TemporaryFolder folder;
  write(folder / "trace", traced);
  return text_of(folder / "trace");
}

using Lengths = std::vector<QueueLength>;
bool same(const Lengths& a, const Lengths& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.at == y.at && x.length == y.length;
  });
}

}  // namespace

TEST_CASE("trace files: trace.json holds each event as it was", "[app]") {
  const json trace = json::parse(written(write_chrome_trace, made_up_trace()));
  CHECK(trace["displayTimeUnit"] == "ns");
  const json other{{"sample", "sample \"3\""}, {"left_out", 7}, {"clockless", version()}};
  CHECK(trace["otherData"] == other);
  const std::vector<json> expected{process(1, "neurocore 0"),
                                   place(1),
                                   track(1, 1, "input"),
                                   track(1, 2, "axons"),
                                   track(1, 3, "link"),
                                   track(1, 4, "spikes"),
                                   slice(1, 1, 1.000005, 0.000015, "from in[0]", 0.000005),
                                   slice(1, 1, 1.00003, 0.000007, "report to code[1]", 0.00002),
                                   slice(1, 1, 1.000041, 0.000011, "learning", 0.000004),
                                   spike(1, 1.0001, "code[0]"),
                                   slice(1, 2, 1.000101, 0.000007, "fire code[0]", 0.000001),
                                   slice(1, 2, 1.000108, 0.000006, "to neurocore 1", 0.000008),
                                   slice(1, 3, 1.000119, 0.000006, "to neurocore 1", 0.000005),
                                   slice(1, 2, 1.000114, 0.000006, "to neurocore 0", 0.000014),
                                   slice(1, 2, 1.00012, 0.00001, "fire code[1]", 0.00001),
                                   slice(1, 2, 1.00013, 0.000002, "to neurocore 1", 0.00001),
                                   slice(1, 3, 10, 0.000003, "to neurocore 1", 8.999868),
                                   spike(1, 10.000123, "code[1]"),
                                   counter(1, 1, "queue", 1),
                                   counter(1, 1.00001, "queue", 2),
                                   counter(1, 1.000025, "queue", 1),
                                   counter(1, 1.000037, "queue", 0),
                                   process(2, "neurocore 1"),
                                   place(2),
                                   track(2, 1, "input"),
                                   track(2, 2, "axons"),
                                   track(2, 3, "link"),
                                   track(2, 4, "spikes"),
                                   slice(2, 1, 1.0002, 0.00001, "from code[0]", 0),
                                   slice(2, 1, 1.00021, 0.00001, "from code[0]", 0.000005),
                                   slice(2, 1, 1.00022, 0.00001, "from code[0]", 0.00001),
                                   slice(2, 1, 1.00024, 0, "from code[0]", 0),
                                   spike(2, 1.00024, "neuron 0"),
                                   counter(2, 1.0002, "queue", 1),
                                   counter(2, 1.000205, "queue", 2),
                                   counter(2, 1.00022, "queue", 1),
                                   counter(2, 1.00023, "queue", 0),
                                   process(4, "mesh"),
                                   place(4),
                                   track(4, 1, "tile 0 east"),
                                   counter(4, 1.000126, "tile 0 east", 1),
                                   counter(4, 1.000128, "tile 0 east", 0),
                                   track(4, 7, "tile 1 north"),
                                   counter(4, 2.000007, "tile 1 north", 1),
                                   counter(4, 2.000008, "tile 1 north", 2),
                                   counter(4, 2.000014, "tile 1 north", 1),
                                   counter(4, 2.000031, "tile 1 north", 0),
                                   slice(4, 1, 1.000125, 0.000003, "0 to 1", 0),
                                   slice(4, 1, 1.000128, 0.000003, "2 to 1", 0.000002),
                                   slice(4, 7, 2.000014, 0.000017, "1 to 0", 0.000007),
                                   slice(4, 7, 2.000031, 0.000003, "1 to 0", 0.000023)};
  const json& events = trace["traceEvents"];
  REQUIRE(events.size() == expected.size());
  for (std::size_t k = 0; k < expected.size(); ++k) CHECK(events[k] == expected[k]);
}

// A double would lose ticks: the text does not.
TEST_CASE("trace files: times in trace.json are exact to the tick after a day", "[app]") {
  Traced traced{"", "", {}, {}, {}, {}};
  const Time day{Duration{86'400'000'000'000'001}};
  traced.trace.cores.resize(1);
  traced.trace.cores[0].record.events = {
      learned(day, day + Duration{10}, day + Duration{1'000'051})};
  CHECK(written(write_chrome_trace, traced)
            .find("\"ts\":86400000000.000011,\"dur\":1.000041,\"name\":\"learning\","
                  "\"args\":{\"waited_us\":0.000010}}") != std::string::npos);
}

TEST_CASE("trace files: queues are of those that wait or are served and of those before links",
          "[app]") {
  const Trace trace = made_up_trace().trace;
  CHECK(same(queue_of_core(trace.cores[0]), {{at(0), 1}, {at(10), 2}, {at(25), 1}, {at(37), 0}}));
  CHECK(same(queue_of_core(trace.cores[1]),
             {{at(200), 1}, {at(205), 2}, {at(220), 1}, {at(230), 0}}));
  CHECK(queue_of_core(trace.cores[2]).empty());
  const auto links = queues_of_links(trace);
  REQUIRE(links.size() == 2);
  CHECK(same(links.at(0), {{at(126), 1}, {at(128), 0}}));
  CHECK(same(links.at(6),
             {{at(1'000'007), 1}, {at(1'000'008), 2}, {at(1'000'014), 1}, {at(1'000'031), 0}}));
}

TEST_CASE("trace files: trace.vcd holds spikes and queues at their ticks", "[app]") {
  CHECK(written(write_vcd, made_up_trace()) == "$version clockless " + version() +
                                                   R"( $end
$comment sample "3"; 7 events left out $end
$timescale 1 ps $end
$scope module neurocore_0 $end
$var integer 32 ! queue $end
$var event 1 " code_0 $end
$var event 1 # code_1 $end
$upscope $end
$scope module neurocore_1 $end
$var integer 32 $ queue $end
$var event 1 % neuron_0 $end
$upscope $end
$scope module mesh $end
$var integer 32 & tile_0_east $end
$var integer 32 ' tile_1_north $end
$upscope $end
$enddefinitions $end
#1000000
$dumpvars
b0 !
b0 $
b0 &
b0 '
$end
b1 !
#1000010
b10 !
#1000025
b1 !
#1000037
b0 !
#1000100
1"
#1000126
b1 &
#1000128
b0 &
#1000200
b1 $
#1000205
b10 $
#1000220
b1 $
#1000230
b0 $
#1000240
1%
#2000007
b1 '
#2000008
b10 '
#2000014
b1 '
#2000031
b0 '
#10000123
1#
)");
}

// 94 characters can be printed; what follows needs two.
TEST_CASE("trace files: each variable of trace.vcd has a code of its own", "[app]") {
  Traced traced{"", "", {}, {}, {}, {{0, "all"}}};
  traced.trace.cores.resize(1);
  for (std::uint32_t n = 0; n < 9000; ++n)
    traced.trace.cores[0].record.events.push_back(fired(n, 1, at(n), at(n), at(n)));
  std::istringstream lines(written(write_vcd, traced));
  std::vector<std::string> codes;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word, type, bits, code;
    words >> word >> type >> bits >> code;
    if (word == "$var") codes.push_back(code);
  }
  REQUIRE(codes.size() == 9001);  // the queue is the first
  CHECK(codes[93] == "~");
  CHECK(codes[94].size() == 2);
  CHECK(std::set<std::string>(codes.begin(), codes.end()).size() == codes.size());
  for (const std::string& code : codes)
    REQUIRE(code.find_first_not_of("!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~") == std::string::npos);
}
