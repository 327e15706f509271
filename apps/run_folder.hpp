// A run's folder: written beside its place and moved there when it is whole.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/time.hpp"

namespace clockless {

/// A temporary folder beside `target`. Without commit() the destructor removes it.
class RunFolder {
 public:
  /// Error if the place cannot be written, or holds files that are not an earlier run.
  explicit RunFolder(std::filesystem::path target);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const std::filesystem::path& path() const { return part_; }      ///< write here
  const std::filesystem::path& target() const { return target_; }  ///< where it will be
  /// Puts the folder in place of an earlier run, which is removed as a whole.
  void commit();

 private:
  std::filesystem::path target_;
  std::filesystem::path part_;
};

/// Streams spikes.dat: `#` header lines, then `time_s neuron` a line, 12 decimals, exact.
class SpikeWriter {
 public:
  /// `header` may hold several lines; each gets its `# `. Error if the file cannot be written.
  explicit SpikeWriter(const std::filesystem::path& path, std::string_view header = "");
  ~SpikeWriter();
  SpikeWriter(const SpikeWriter&) = delete;
  SpikeWriter& operator=(const SpikeWriter&) = delete;

  void write(Time at, std::uint64_t neuron);
  /// Flushes and checks; call it at the end. Without it the file is removed.
  void close();

 private:
  void flush();

  std::filesystem::path path_;
  std::FILE* file_;
  std::string buffer_;
};

}  // namespace clockless
