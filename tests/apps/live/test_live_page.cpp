// The live page serves its page and snapshots, and obeys pause, resume and speed.
#include <atomic>
#include <chrono>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include <nlohmann/json.hpp>

#include "apps/interrupt.hpp"
#include "apps/live/live_page.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/live_client.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using Json = nlohmann::json;

namespace {

// Until something holds that is on its way; fails after 5 s.
template <class F>
void eventually(F&& holds) {
  for (int i = 0; i < 500 && !holds(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  REQUIRE(holds());
}

}  // namespace

TEST_CASE("the live page is one self-contained page that lets in no other source", "[app]") {
  LivePage page("Learning <b>&");
  const std::uint16_t port = port_of(page.url());
  CHECK(page.url() == "http://127.0.0.1:" + std::to_string(port) + "/");
  const std::string host = "Host: 127.0.0.1:" + std::to_string(port) + "\r\n";
  const std::string answer = answer_to(port, "GET / HTTP/1.1\r\n" + host + "\r\n");
  CHECK_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  CHECK_THAT(answer, Contains("Learning &lt;b&gt;&amp;</h1>") && EndsWith("</html>\n"));
  for (const char* header : {"X-Content-Type-Options: nosniff", "Cache-Control: no-store",
                             "Content-Security-Policy: default-src 'none'; script-src 'nonce-",
                             "frame-ancestors 'none'", "Connection: close"})
    CHECK_THAT(answer, Contains(header));
  CHECK(answer.find("{{") == std::string::npos);
  CHECK(answer.find("https://") == std::string::npos);
  // The nonce stands at the style and the script, and is never the same again.
  const auto nonce = [](const std::string& text) {
    return text.substr(text.find("'nonce-") + 7, 32);
  };
  CHECK_THAT(answer, Contains("<style nonce=\"" + nonce(answer) + "\">"));
  CHECK_THAT(answer, Contains("<script nonce=\"" + nonce(answer) + "\">"));
  CHECK(nonce(answer_to(port, "GET / HTTP/1.1\r\n" + host + "\r\n")) != nonce(answer));
}

TEST_CASE("a viewer gets snapshots, a late one the last", "[app][parallel]") {
  LivePage page("run");
  CHECK_FALSE(page.watched());
  page.publish({{"samples", 1}, {"text", "\xff"}});
  TestViewer early(port_of(page.url()));
  REQUIRE(early.status() == 101);
  CHECK(early.read_with("paused") == Json{{"paused", false}, {"speed", 0.0}});
  CHECK(early.read_with("samples")["samples"] == 1);
  eventually([&] { return page.watched(); });
  page.publish({{"samples", 2}, {"objective", 0.1 + 0.2}});
  CHECK(early.read_with("samples") == Json{{"samples", 2}, {"objective", 0.1 + 0.2}});
  TestViewer late(port_of(page.url()));
  CHECK(late.read_with("samples")["samples"] == 2);
}

TEST_CASE("the newest snapshot wins, and the last is always seen", "[app][parallel]") {
  std::optional<LivePage> page(std::in_place, "run");
  TestViewer viewer(port_of(page->url()));
  const std::string bulk(100'000, 'x');
  for (int i = 1; i <= 500; ++i) page->publish({{"samples", i}, {"bulk", bulk}});
  std::thread end([&] { page.reset(); });
  int seen = 0, last = 0;
  try {
    for (;; ++seen) {
      const int next = viewer.read_with("samples")["samples"];
      CHECK(next > last);
      last = next;
    }
  } catch (const std::runtime_error&) {
  }
  end.join();
  CHECK(last == 500);
  CHECK(seen < 400);
}

TEST_CASE("a viewer that reads nothing delays no one, and skips snapshots", "[app][parallel]") {
  LiveOptions options;
  options.timeout_s = 60;
  LivePage page("run", options);
  TestViewer slow(port_of(page.url())), quick(port_of(page.url()));
  const std::string bulk(4'000'000, 'x');
  for (int i = 1; i <= 10; ++i) {
    page.publish({{"samples", i}, {"bulk", bulk}});
    CHECK(quick.read_with("samples")["samples"] == i);
  }
  int messages = 1;  // those that the system had buffered, and the last
  while (slow.read_with("samples")["samples"] != 10) ++messages;
  CHECK(messages < 8);
}

TEST_CASE("a viewer that reads nothing for too long is given up", "[app]") {
  LiveOptions options;
  options.timeout_s = 0.3;
  LivePage page("run", options);
  TestViewer slow(port_of(page.url()));
  eventually([&] { return page.watched(); });
  page.publish({{"bulk", std::string(20'000'000, 'x')}});
  eventually([&] { return !page.watched(); });
}

TEST_CASE("pause, resume and speed reach the run and every viewer", "[app][parallel]") {
  LivePage page("run");
  TestViewer one(port_of(page.url())), other(port_of(page.url()));
  CHECK_FALSE(page.paused());
  CHECK(page.speed() == 0);
  other.read_with("paused");
  one.send(R"({"command":"pause"})");
  CHECK(other.read_with("paused")["paused"] == true);
  CHECK(page.paused());

  std::atomic<bool> resumed = false;
  std::thread run([&] {
    page.wait_if_paused();
    resumed = true;
  });
  one.send(R"({"command":"speed","value":250})");
  CHECK(other.read_with("paused") == Json{{"paused", true}, {"speed", 250.0}});
  CHECK_FALSE(resumed);
  one.send(R"({"command":"resume"})");
  run.join();
  CHECK(resumed);
  CHECK(page.speed() == 250);
  CHECK(other.read_with("paused")["paused"] == false);
}

TEST_CASE("the pace is at most the speed asked for, and freed at once", "[app][parallel]") {
  LivePage page("run");
  TestViewer viewer(port_of(page.url()));
  for (int i = 0; i < 1'000'000; ++i) page.pace();  // free
  viewer.send(R"({"command":"speed","value":100})");
  eventually([&] { return page.speed() == 100; });
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 30; ++i) page.pace();
  // 30 samples less those that a short delay in the past allows to make up for.
  CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(230));
  viewer.send(R"({"command":"speed","value":0.01})");
  eventually([&] { return page.speed() == 0.01; });
  std::thread run([&] { page.pace(); });  // 100 s
  viewer.send(R"({"command":"speed","value":0})");
  run.join();
  CHECK(page.speed() == 0);
}

TEST_CASE("an interrupt ends a pause and a slow sample", "[app]") {
  LivePage page("run");
  TestViewer viewer(port_of(page.url()));
  viewer.send(R"({"command":"speed","value":0.01})");
  viewer.send(R"({"command":"pause"})");
  eventually([&] { return page.paused() && page.speed() == 0.01; });
  catch_interrupts();
  std::raise(SIGINT);
  page.wait_if_paused();
  page.pace();
  CHECK(page.paused());
  clear_interrupt();
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGHUP, SIG_DFL);
}

TEST_CASE("an address that cannot be bound is named", "[app]") {
  const auto failure = [](const std::string& address, std::uint16_t port) {
    LiveOptions options;
    options.address = address;
    options.port = port;
    return error_of([&] { LivePage page("run", options); });
  };
  CHECK_THAT(failure("example.org", 0), Contains("'example.org' is not an IP address; give "));
  CHECK_THAT(failure("203.0.113.1", 0), Contains("cannot listen on 203.0.113.1 port 0 ("));
  LivePage page("run");
  CHECK_THAT(failure("127.0.0.1", port_of(page.url())), Contains("Address already in use"));
  CHECK(failure("localhost", 0) == "no error");
}
