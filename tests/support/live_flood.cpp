// Requests that no browser makes.
#include "tests/support/live_flood.hpp"

#include <iterator>

namespace clockless {

std::string own_host(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }

std::string get(std::uint16_t port, const std::string& more, const std::string& line) {
  return (line.empty() ? "GET / HTTP/1.1" : line) + "\r\nHost: " + own_host(port) + "\r\n" + more +
         "\r\n";
}

std::string upgrade(std::uint16_t port, const std::string& version) {
  return get(port, "Connection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://" + own_host(port) +
                       "\r\nSec-WebSocket-Version: " + version +
                       "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
}

std::string LiveFlood::bytes(std::size_t n) {
  std::string text(n, '\0');
  for (char& c : text) c = static_cast<char>(random_());
  return text;
}

std::string LiveFlood::next() {
  static constexpr const char* methods[] = {"POST", "PUT", "HEAD", "OPTIONS", "TRACE", "get", ""};
  switch (made_++ % 12) {
    case 0:
      return bytes(1 + up_to(300));
    case 1:
      return get(port_).substr(0, up_to(get(port_).size()));
    case 2:
      return get(port_, "", std::string(methods[up_to(std::size(methods))]) + " / HTTP/1.1");
    case 3:
      return get(port_, "A: " + std::string(up_to(40'000), 'a') + "\r\n");
    case 4:
      return get(port_, "Content-Length: " + std::to_string(random_()) + "\r\n") + bytes(2000);
    case 5: {  // one bit wrong
      std::string text = upgrade(port_);
      char& c = text[up_to(text.size())];
      c = static_cast<char>(c ^ (1 << up_to(8)));
      return text;
    }
    case 6:
      return upgrade(port_) + bytes(up_to(200));
    case 7:
      return get(port_, bytes(up_to(50)) + ": " + bytes(up_to(50)) + "\r\n");
    case 8:
      return "GET " + bytes(up_to(100)) + " HTTP/1.1\r\n\r\n";
    case 9:
      return "GET /" + std::string(200'000, 'x') + " HTTP/1.1\r\n\r\n";
    case 10: {  // another site
      std::string text = upgrade(port_);
      return text.replace(text.find("http://") + 7, own_host(port_).size(), "evil.example");
    }
    default:
      return "\r\n\r\n\r\n";
  }
}

}  // namespace clockless
