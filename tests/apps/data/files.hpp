// Support for tests of files: bytes by hand, the shared data.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <unistd.h>
#include <zlib.h>

#include "core/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temporary_folder.hpp"

namespace clockless {

/// CLOCKLESS_DATA names another folder while this lives.
class DataFolder {
 public:
  explicit DataFolder(const std::filesystem::path& path) {
    if (const char* value = std::getenv("CLOCKLESS_DATA")) before_ = value;
    ::setenv("CLOCKLESS_DATA", path.c_str(), 1);
  }
  ~DataFolder() {
    if (before_)
      ::setenv("CLOCKLESS_DATA", before_->c_str(), 1);
    else
      ::unsetenv("CLOCKLESS_DATA");
  }
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;

 private:
  std::optional<std::string> before_;
};

inline std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

inline void put(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

inline std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A 32-bit number, most significant byte first.
inline std::string big32(unsigned long value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xff);
  return out;
}

/// zlib's own gzip framing of `text`.
inline std::string gzip(const std::string& text) {
  std::string out(text.size() + 1000, '\0');
  z_stream z = {};
  deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

/// decode() of every proper prefix of `whole`: Error, in the name of "part", below
/// `must_fail_below` bytes; success or Error from there on.
template <class Decode>
void check_truncations(const std::string& whole, std::size_t must_fail_below, Decode decode) {
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::string part = whole.substr(0, length);
    const std::string message = error_of([&] { decode(bytes_of(part)); });
    CAPTURE(length, message);
    if (length < must_fail_below) CHECK(message.starts_with("part: "));
  }
}

/// decode() of `whole` with each byte in turn inverted: success or Error, never anything else.
template <class Decode>
void check_corruptions(const std::string& whole, Decode decode) {
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string bad = whole;
    bad[i] = static_cast<char>(~bad[i]);
    const std::string message = error_of([&] { decode(bytes_of(bad)); });
    CAPTURE(i, message);
    CHECK((message == "no error" || message.starts_with("part: ")));
  }
}

/// A file of the shared data; empty, after saying so, where it is not there.
inline std::filesystem::path shared_file(std::string_view name) {
  const char* set = std::getenv("CLOCKLESS_SHARED");
  const std::filesystem::path shared =
      set != nullptr ? set : std::filesystem::path(CLOCKLESS_SOURCE_DIR) / "../shared";
  const auto path = shared / "data" / name;
  if (std::filesystem::exists(path)) return path;
  WARN("skipped: no " << path);
  return {};
}

}  // namespace clockless
