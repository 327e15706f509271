// Writing beside the target, then renaming.
#include "apps/data/atomic_file.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "core/error.hpp"

namespace clockless {
namespace {

const char* remedy(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "free some space or choose another folder";
    case EFBIG:
      return "raise the limit on file sizes (ulimit -f) or write less";
    case EACCES:
    case EPERM:
    case EROFS:
      return "choose a folder you may write to";
    case ENOENT:
      return "create its folder first";
    case ENOTDIR:
      return "a part of its path is a file, not a folder; choose another path";
    case EMFILE:
    case ENFILE:
      return "raise the limit on open files (ulimit -n)";
    default:
      return "choose another folder or check the disk";
  }
}

[[noreturn]] void fail(const std::filesystem::path& path, int error) {
  throw Error(
      fmt::format("{}: cannot write: {}; {}", path.string(), std::strerror(error), remedy(error)));
}

std::string_view as_text(const void* data, std::size_t size) {
  return {static_cast<const char*>(data), size};
}

}  // namespace

void write_all(int descriptor, std::string_view text, const std::filesystem::path& path) {
  while (!text.empty()) {
    const auto wrote = ::write(descriptor, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) fail(path, errno);
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  static std::atomic<unsigned> serial = 0;
  // A rename would replace a device such as /dev/null, or fail late on a folder.
  std::error_code ignored;
  const auto status = std::filesystem::status(path_, ignored);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    throw Error(fmt::format("{}: cannot write: it is no ordinary file; choose another name",
                            path_.string()));
  temporary_ = path_;
  temporary_ += fmt::format(".{}-{}.tmp", ::getpid(), serial++);
  fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd_ < 0) fail(path_, errno);
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::discard() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
}

void AtomicFile::flush() {
  write_all(fd_, {buffer_.data(), buffer_.size()}, path_);
  buffer_.clear();
}

void AtomicFile::write(std::string_view text) {
  buffer_.append(text.data(), text.data() + text.size());
  if (buffer_.size() >= buffer_size) flush();
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  write(as_text(bytes.data(), bytes.size()));
}

void AtomicFile::commit() {
  flush();
  // Some file systems report a full disk only when the file is closed.
  if (::close(std::exchange(fd_, -1)) != 0) fail(path_, errno);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail(path_, errno);
  temporary_.clear();
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  write_file_atomically(path, as_text(bytes.data(), bytes.size()));
}

void write_file_atomically(const std::filesystem::path& path,
                           std::span<const unsigned char> bytes) {
  write_file_atomically(path, as_text(bytes.data(), bytes.size()));
}

}  // namespace clockless
