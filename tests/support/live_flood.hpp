// Requests that no browser makes: malformed, cut short, oversized, of other sites.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace clockless {

/// "127.0.0.1:PORT"
std::string own_host(std::uint16_t port);

/// A GET / of the page itself, with `more` header lines, or another request `line`.
std::string get(std::uint16_t port, const std::string& more = "", const std::string& line = "");

/// A request for a WebSocket as the page makes it.
std::string upgrade(std::uint16_t port, const std::string& version = "13");

/// An endless variety of bad requests, the same ones for one seed.
class LiveFlood {
 public:
  LiveFlood(std::uint16_t port, unsigned seed) : port_(port), random_(seed) {}
  std::string next();

 private:
  std::size_t up_to(std::size_t n) { return static_cast<std::size_t>(random_()) % n; }
  std::string bytes(std::size_t n);

  std::uint16_t port_;
  std::mt19937 random_;
  std::size_t made_ = 0;
};

}  // namespace clockless
