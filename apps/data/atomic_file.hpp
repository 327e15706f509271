// Files that appear whole or not at all.
#pragma once

#include <cstddef>
#include <filesystem>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace clockless {

/// Writes beside the target under a temporary name; commit() puts the whole file in place by
/// renaming. Destruction without commit removes the temporary file and leaves the target as it was.
/// Every failure throws Error with the system's reason and a remedy.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view text);
  void write(std::span<const std::byte> bytes);
  /// fmt's format string and arguments, straight into the buffer.
  template <class... Args>
  void print(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(buffer_), format, std::forward<Args>(args)...);
    if (buffer_.size() >= buffer_size) flush();
  }
  AtomicFile& operator<<(std::string_view text) {
    write(text);
    return *this;
  }

  /// Flushes, closes and renames: after it returns the file is complete at its path.
  void commit();

 private:
  static constexpr std::size_t buffer_size = std::size_t{1} << 16;
  void flush();
  void discard() noexcept;

  std::filesystem::path path_, temporary_;
  int fd_ = -1;
  fmt::memory_buffer buffer_;
};

/// The whole file at once.
void write_file_atomically(const std::filesystem::path& path, std::string_view text);
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file_atomically(const std::filesystem::path& path, std::span<const unsigned char> bytes);

/// Writes all of `text` to a descriptor or throws Error about `path`.
void write_all(int descriptor, std::string_view text, const std::filesystem::path& path);

}  // namespace clockless
