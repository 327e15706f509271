// Strangers, floods and garbage: refused, bounded, and the page is still served.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/live/live_page.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/live_client.hpp"
#include "tests/support/live_flood.hpp"

using namespace clockless;
using Catch::Matchers::StartsWith;

namespace {

LiveOptions fast() {
  LiveOptions options;
  options.connections_per_second = 1'000'000;
  return options;
}

// Still there, for a browser and for a viewer.
void require_served(LivePage& page) {
  const std::uint16_t port = port_of(page.url());
  REQUIRE_THAT(answer_to(port, get(port)), StartsWith("HTTP/1.1 200 "));
  page.publish({{"samples", 77}});
  REQUIRE(TestViewer(port).read_with("samples")["samples"] == 77);
}

}  // namespace

TEST_CASE("other origins, and hosts that are not the page's, are refused", "[app]") {
  LivePage page("run", fast());
  const std::uint16_t port = port_of(page.url());
  const std::string number = std::to_string(port);
  const std::vector<std::string> others = {"none",
                                           "null",
                                           "http://evil.example",
                                           "http://evil.example:" + number,
                                           "http://localhost:" + number,
                                           "https://" + own_host(port),
                                           "http://127.0.0.1:1"};
  for (const std::string& origin : others) {
    CAPTURE(origin);
    CHECK(TestViewer(port, origin).status() == 403);
  }
  CHECK(TestViewer(port, "http://localhost:" + number, "localhost:" + number).status() == 101);
  // A name that was pointed here is its own origin to a browser.
  CHECK(TestViewer(port, "http://evil.example:" + number, "evil.example:" + number).status() ==
        403);
  CHECK_THAT(answer_to(port, "GET / HTTP/1.1\r\nHost: evil.example:" + number + "\r\n\r\n"),
             StartsWith("HTTP/1.1 403 "));
  CHECK_FALSE(page.paused());
}

TEST_CASE("requests that are not for the page get their status", "[app]") {
  LivePage page("run", fast());
  const std::uint16_t port = port_of(page.url());
  const std::string host = "Host: " + own_host(port) + "\r\n";
  const std::string big(1 << 20, 'x');
  const std::vector<std::pair<std::string, std::string>> cases = {
      {get(port, "", "GET /favicon.ico HTTP/1.1"), "404"},
      {get(port, "", "GET /../../etc/passwd HTTP/1.1"), "404"},
      {get(port, "", "POST / HTTP/1.1"), "405"},
      {get(port, "Content-Length: 5\r\n", "DELETE / HTTP/1.1") + "hello", "405"},
      {get(port, "Content-Length: 5\r\n") + "hello", "413"},
      {get(port, "Content-Length: 99999999999\r\n") + big, "413"},
      {get(port, "Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\n0\r\n\r\n", "413"},
      {get(port, "A: " + big + "\r\n"), "431"},
      {"GET /" + big + " HTTP/1.1\r\n" + host + "\r\n", "431"},
      {"GET / HTTP/1.1\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n" + host + host + "\r\n", "400"},
      {get(port, "Content-Length: -1\r\n"), "400"},
      {get(port, "no colon\r\n"), "400"},
      {"GET / HTTP/9.9\r\n" + host + "\r\n", "400"},
      {"\x16\x03\x01\x02 a browser that tries TLS", "400"},
      {upgrade(port, "12"), "426"}};
  for (const auto& [request, status] : cases) {
    CAPTURE(request.substr(0, 120));
    CHECK_THAT(answer_to(port, request), StartsWith("HTTP/1.1 " + status + " "));
  }
  require_served(page);
}

TEST_CASE("a viewer that says anything but a command is dropped, it alone", "[app]") {
  LivePage page("run", fast());
  const std::uint16_t port = port_of(page.url());
  TestViewer good(port);
  const std::vector<std::pair<std::string, std::function<void(TestViewer&)>>> faults = {
      {"no JSON", [](TestViewer& v) { v.send("pause"); }},
      {"no command", [](TestViewer& v) { v.send(R"({"command":"rm"})"); }},
      {"binary", [](TestViewer& v) { v.send(R"({"command":"pause"})", true); }},
      {"too long", [](TestViewer& v) { v.send(std::string(2000, ' ')); }},
      {"huge length",
       [](TestViewer& v) {
         v.send_raw("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x01\x02\x03\x04");
       }},
      {"not masked", [](TestViewer& v) { v.send_raw("\x81\x05hello"); }},
      {"reserved bits", [](TestViewer& v) { v.send_raw("\xf1\x80\x01\x02\x03\x04"); }},
      {"unknown opcode", [](TestViewer& v) { v.send_raw("\x8b\x80\x01\x02\x03\x04"); }},
      {"bare continuation", [](TestViewer& v) { v.send_raw("\x80\x80\x01\x02\x03\x04"); }},
      {"HTTP", [](TestViewer& v) { v.send_raw("GET / HTTP/1.1\r\n\r\n"); }}};
  for (const auto& [name, fault] : faults) {
    CAPTURE(name);
    TestViewer bad(port);
    REQUIRE(bad.status() == 101);
    fault(bad);
    const unsigned code = bad.read_to_end();  // by a goodbye with a reason, or cut off
    CHECK((code == 0 || code == 1002 || code == 1008 || code == 1009));
  }
  CHECK_FALSE(page.paused());
  page.publish({{"samples", 5}});
  CHECK(good.read_with("samples")["samples"] == 5);
  require_served(page);
}

TEST_CASE("ten thousand malformed requests later the page is still served", "[app]") {
  LivePage page("run", fast());
  const std::uint16_t port = port_of(page.url());
  LiveFlood flood(port, 20);
  for (int i = 0; i < 10'000; ++i) answer_to(port, flood.next());
  CHECK_FALSE(page.paused());
  require_served(page);
}

TEST_CASE("garbage on open WebSockets harms no one", "[app]") {
  LivePage page("run", fast());
  const std::uint16_t port = port_of(page.url());
  std::mt19937 random(21);
  for (int i = 0; i < 300; ++i) {
    std::string frames;
    for (int k = 0; k < 40; ++k) frames += static_cast<char>(random());
    SilentClient(port, upgrade(port)).ended_within(0);
    TestViewer viewer(port);
    viewer.send_raw(frames);
  }
  CHECK_FALSE(page.paused());
  require_served(page);
}

TEST_CASE("idle connections are bounded in number and time", "[app][parallel]") {
  LiveOptions options = fast();
  options.connections = 8;
  options.timeout_s = 0.5;
  LivePage page("run", options);
  const std::uint16_t port = port_of(page.url());
  std::vector<SilentClient> idle;
  for (std::size_t i = 0; i < 8; ++i) idle.emplace_back(port, i % 2 ? "" : "GET / HTTP/1.1\r\nA: ");
  CHECK_THAT(answer_to(port, get(port)), StartsWith("HTTP/1.1 503 "));
  for (int i = 0; i < 100; ++i) idle.emplace_back(port);  // more than are even heard
  for (SilentClient& client : idle) CHECK(client.ended_within(20));
  require_served(page);
}

TEST_CASE("a flood is let in slowly, and is answered", "[app]") {
  LiveOptions options;
  options.connections_per_second = 20;  // 2 in each tenth of a second
  LivePage page("run", options);
  const std::uint16_t port = port_of(page.url());
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i) CHECK_THAT(answer_to(port, get(port)), StartsWith("HTTP/1.1 200 "));
  CHECK(std::chrono::steady_clock::now() - start > std::chrono::milliseconds(300));
}
