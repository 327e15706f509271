// Checkpoints on disk: a magic word, texts and arrays as they are in memory, a checksum; whole or
// not at all.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace clockless {

class CheckpointWriter {
 public:
  /// `magic` names kind and version of what follows.
  explicit CheckpointWriter(std::string_view magic) : data_(magic) {}

  void text(std::string_view s) {
    number(s.size());
    data_.append(s);
  }
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void array(const std::vector<T>& values) {
    number(values.size());
    data_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  }
  /// Puts it in place of the file that is there, to survive kill -9 at any moment. Throws Error
  /// where the disk does not take it.
  void write(const std::filesystem::path& path);

 private:
  void number(std::uint64_t n) { data_.append(reinterpret_cast<const char*>(&n), sizeof n); }
  std::string data_;
};

/// Takes back, in the same order, what was written.
class CheckpointReader {
 public:
  /// Nothing if there is no such file. Throws Error for a file that is no checkpoint of this kind
  /// and version, or is damaged.
  static std::optional<CheckpointReader> open(const std::filesystem::path& path,
                                              std::string_view magic);

  std::string_view text() { return take(number()); }
  template <class T>
  requires std::is_trivially_copyable_v<T> std::vector<T> array() {
    const std::uint64_t n = number();
    if (n > data_.size() / sizeof(T)) fail();
    std::vector<T> values(n);
    const std::string_view from = take(n * sizeof(T));
    if (n > 0) std::memcpy(values.data(), from.data(), from.size());
    return values;
  }
  /// Throws Error unless all was read.
  void finish() const {
    if (at_ != data_.size()) fail();
  }
  /// The Error of a checkpoint that does not hold what it should.
  [[noreturn]] void fail() const;

 private:
  CheckpointReader(std::string data, std::filesystem::path path)
      : data_(std::move(data)), path_(std::move(path)) {}
  std::uint64_t number();
  std::string_view take(std::uint64_t n);

  std::string data_;
  std::filesystem::path path_;
  std::size_t at_ = 0;
};

/// Throws Error, naming the first difference, unless `found` is of a run like `wanted`.
void require_same_run(const std::filesystem::path& path, const nlohmann::json& found,
                      const nlohmann::json& wanted);

}  // namespace clockless
