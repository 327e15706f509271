// Reading and unpacking whole files.
#include "apps/data/read_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/error.hpp"

namespace clockless {
namespace {

class ReadOnlyFile {
 public:
  explicit ReadOnlyFile(const std::filesystem::path& path)
      : path_(path), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0) fail(errno == ENOENT ? "check the path" : "check its permissions");
    struct stat info = {};
    if (::fstat(fd_, &info) == 0 && S_ISREG(info.st_mode))
      size_ = static_cast<std::size_t>(info.st_size);
  }
  ~ReadOnlyFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  ReadOnlyFile(const ReadOnlyFile&) = delete;
  ReadOnlyFile& operator=(const ReadOnlyFile&) = delete;

  std::size_t size() const { return size_; }  // zero where it is not known beforehand

  /// Reads up to `limit` bytes.
  std::vector<std::byte> read(std::size_t limit) {
    std::vector<std::byte> bytes(std::min(limit, size_ + 1));  // one more, to meet the end
    std::size_t filled = 0;
    while (filled < limit) {
      if (filled == bytes.size())
        bytes.resize(std::min(limit, std::max<std::size_t>(4096, 2 * filled)));
      const auto got = ::read(fd_, bytes.data() + filled, bytes.size() - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail(errno == EISDIR ? "name a file inside it" : "check the disk");
      if (got == 0) break;
      filled += static_cast<std::size_t>(got);
    }
    bytes.resize(filled);
    return bytes;
  }

 private:
  [[noreturn]] void fail(const char* remedy) {
    const int error = errno;
    if (fd_ >= 0) ::close(fd_);
    throw Error(
        fmt::format("{}: cannot read: {}; {}", path_.string(), std::strerror(error), remedy));
  }

  std::filesystem::path path_;
  int fd_;
  std::size_t size_ = 0;
};

class Inflater {
 public:
  explicit Inflater(std::string_view name) {
    if (inflateInit2(&stream, 15 + 16) != Z_OK)  // the largest window, gzip framing
      throw Error(fmt::format("{}: not enough memory to unpack; free some", name));
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream stream = {};
};

}  // namespace

std::vector<std::byte> read_file(const std::filesystem::path& path, std::size_t limit) {
  ReadOnlyFile file(path);
  std::vector<std::byte> bytes;
  if (file.size() <= limit) bytes = file.read(limit + 1);
  if (file.size() > limit || bytes.size() > limit)
    throw Error(
        fmt::format("{}: larger than {} bytes; split it into smaller files", path.string(), limit));
  return bytes;
}

std::vector<std::byte> read_start(const std::filesystem::path& path, std::size_t count) {
  return ReadOnlyFile(path).read(count);
}

bool is_gzip(std::span<const std::byte> data) {
  return data.size() >= 2 && data[0] == std::byte{0x1f} && data[1] == std::byte{0x8b};
}

std::vector<std::byte> gunzip(std::span<const std::byte> data, std::size_t limit,
                              std::string_view name) {
  constexpr std::size_t most = std::numeric_limits<uInt>::max();
  Inflater inflater(name);
  z_stream& z = inflater.stream;
  std::vector<std::byte> out;
  std::size_t used = 0, filled = 0;
  while (true) {
    if (filled == out.size()) {
      if (filled == limit) return out;
      out.resize(std::min(limit, std::max<std::size_t>(4096, 2 * filled)));
    }
    const auto available = static_cast<uInt>(std::min(most, data.size() - used));
    const auto room = static_cast<uInt>(std::min(most, out.size() - filled));
    // zlib's interface predates const.
    z.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(data.data() + used));
    z.avail_in = available;
    z.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
    z.avail_out = room;
    const int state = inflate(&z, Z_NO_FLUSH);
    used += available - z.avail_in;
    filled += room - z.avail_out;
    if (state == Z_STREAM_END) {
      if (used == data.size()) break;
      if (!is_gzip(data.subspan(used)) || inflateReset(&z) != Z_OK)
        throw Error(fmt::format("{}: foreign bytes after the gzip data, at byte {}; get it again",
                                name, used));
    } else if (state == Z_BUF_ERROR && used == data.size()) {
      throw Error(
          fmt::format("{}: truncated gzip data: ends at byte {} in the middle; get the file again",
                      name, used));
    } else if (state != Z_OK && state != Z_BUF_ERROR) {
      throw Error(fmt::format("{}: corrupt gzip data near byte {} ({}); get the file again", name,
                              used, z.msg != nullptr ? z.msg : zError(state)));
    }
  }
  out.resize(filled);
  return out;
}

}  // namespace clockless
