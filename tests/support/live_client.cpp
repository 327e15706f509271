// A viewer and a stranger for tests of the live page.
#include "tests/support/live_client.hpp"

#include <chrono>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/live/net.hpp"

namespace clockless {

namespace {

using namespace std::chrono_literals;

tcp::endpoint endpoint(std::uint16_t port) { return {asio::ip::make_address("127.0.0.1"), port}; }

}  // namespace

std::uint16_t port_of(const std::string& url) {
  return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

std::string answer_to(std::uint16_t port, const std::string& bytes, bool open) {
  asio::io_context io;
  beast::tcp_stream stream(io);
  beast::error_code error;
  stream.connect(endpoint(port), error);
  stream.socket().non_blocking(true);
  stream.socket().write_some(asio::buffer(bytes), error);  // what fits; more is not taken anyway
  if (!open) stream.socket().shutdown(tcp::socket::shutdown_send, error);
  std::string answer, part(65536, '\0');
  for (bool more = true; more; io.restart()) {
    stream.expires_after(1s);
    more = false;
    stream.async_read_some(asio::buffer(part), [&](const beast::error_code& bad, std::size_t size) {
      answer.append(part, 0, size);
      more = !bad;
    });
    io.run();
  }
  return answer;
}

struct SilentClient::State {
  asio::io_context io;
  beast::tcp_stream stream{io};
};

SilentClient::SilentClient(std::uint16_t port, const std::string& bytes)
    : state_(std::make_unique<State>()) {
  state_->stream.connect(endpoint(port));
  asio::write(state_->stream.socket(), asio::buffer(bytes));
}

SilentClient::~SilentClient() = default;
SilentClient::SilentClient(SilentClient&&) noexcept = default;

bool SilentClient::ended_within(double seconds) {
  bool ended = false;
  char byte = 0;
  state_->stream.expires_after(std::chrono::milliseconds(static_cast<int>(1000 * seconds)));
  state_->stream.async_read_some(
      asio::buffer(&byte, 1),
      [&](const beast::error_code& error, std::size_t) { ended = error != beast::error::timeout; });
  state_->io.restart();
  state_->io.run();
  return ended;
}

struct TestViewer::State {
  asio::io_context io;
  websocket::stream<beast::tcp_stream, false> stream{io};
  websocket::response_type response;

  // Runs what was begun until it called back; the error it ended with.
  template <class Begin>
  beast::error_code finish(Begin begin) {
    std::optional<beast::error_code> end;
    begin([&](const beast::error_code& error, auto...) { end = error; });
    io.restart();
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!end && std::chrono::steady_clock::now() < deadline) io.run_one_for(100ms);
    if (end) return *end;
    beast::get_lowest_layer(stream).close();
    io.restart();
    io.run();
    throw std::runtime_error("the live page did nothing for 30 s");
  }
};

TestViewer::TestViewer(std::uint16_t port, const std::string& origin, const std::string& host)
    : state_(std::make_unique<State>()) {
  const std::string own = fmt::format("127.0.0.1:{}", port);
  beast::get_lowest_layer(state_->stream).connect(endpoint(port));
  state_->stream.set_option(
      websocket::stream_base::decorator([&](websocket::request_type& request) {
        if (origin != "none")
          request.set(http::field::origin, origin.empty() ? "http://" + own : origin);
      }));
  state_->finish([&](auto done) {
    state_->stream.async_handshake(state_->response, host.empty() ? own : host, "/", done);
  });
}

TestViewer::~TestViewer() = default;

unsigned TestViewer::status() const { return state_->response.result_int(); }

void TestViewer::send(const std::string& text, bool binary) {
  state_->stream.binary(binary);
  state_->finish([&](auto done) { state_->stream.async_write(asio::buffer(text), done); });
}

void TestViewer::send_raw(const std::string& bytes) {
  beast::error_code ignored;
  asio::write(beast::get_lowest_layer(state_->stream).socket(), asio::buffer(bytes), ignored);
}

std::string TestViewer::read() {
  beast::flat_buffer buffer;
  const beast::error_code error =
      state_->finish([&](auto done) { state_->stream.async_read(buffer, done); });
  if (error) throw std::runtime_error("the live page ended the connection: " + error.message());
  return beast::buffers_to_string(buffer.data());
}

nlohmann::json TestViewer::read_with(const std::string& key) {
  for (;;) {
    nlohmann::json message = nlohmann::json::parse(read());
    if (message.contains(key)) return message;
  }
}

unsigned TestViewer::read_to_end() {
  beast::error_code error;
  while (!error) {
    beast::flat_buffer buffer;
    error = state_->finish([&](auto done) { state_->stream.async_read(buffer, done); });
  }
  return state_->stream.reason().code;
}

}  // namespace clockless
