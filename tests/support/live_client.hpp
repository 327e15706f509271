// A viewer and a stranger for tests of the live page: Boost stays in live_client.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace clockless {

/// Of http://127.0.0.1:PORT/.
std::uint16_t port_of(const std::string& url);

/// Sends bytes on a connection of their own, ends the sending side unless `open`, and returns all
/// that is answered until the connection ends or a second passed without a byte.
std::string answer_to(std::uint16_t port, const std::string& bytes, bool open = false);

/// A connection that says nothing more than `bytes`, until it is destroyed.
class SilentClient {
 public:
  explicit SilentClient(std::uint16_t port, const std::string& bytes = "");
  ~SilentClient();
  SilentClient(SilentClient&&) noexcept;
  /// Whether the server ends the connection within `seconds`.
  bool ended_within(double seconds);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A WebSocket to the page. Every method waits 30 s at most, then throws std::runtime_error.
class TestViewer {
 public:
  /// As a browser at `origin` connects to `host`; both are the page's own where empty.
  explicit TestViewer(std::uint16_t port, const std::string& origin = "",
                      const std::string& host = "");
  ~TestViewer();
  /// The HTTP status of the server's answer: 101 where it took us as a viewer.
  unsigned status() const;
  void send(const std::string& text, bool binary = false);
  void send_raw(const std::string& bytes);  ///< past the WebSocket's framing
  std::string read();
  /// The next message that has `key`, parsed.
  nlohmann::json read_with(const std::string& key);
  /// Reads on until the connection ends; the WebSocket's close code, 0 if it said none.
  unsigned read_to_end();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace clockless
