// A run's folder: written beside its place and moved there when it is whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "apps/data/atomic_file.hpp"
#include "core/event.hpp"

namespace clockless {

/// A temporary folder beside `target`. Without commit() the destructor removes it.
class RunFolder {
 public:
  /// Error if the place cannot be written, or holds something else than an earlier run.
  explicit RunFolder(std::filesystem::path target);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const std::filesystem::path& path() const { return part_; }      ///< write here
  const std::filesystem::path& target() const { return target_; }  ///< where it will be
  /// Puts the folder in its place; an earlier run there is replaced as a whole.
  void commit();

 private:
  std::filesystem::path target_;
  std::filesystem::path part_;
};

/// Streams spikes.dat: `#` header lines, then `time_s neuron` a line; the 12 decimals are exact.
class SpikeWriter {
 public:
  /// `header` may hold several lines; each gets its `# `. Error if the file cannot be written.
  explicit SpikeWriter(const std::filesystem::path& path, std::string_view header = "");

  /// `neuron` is any number that tells who fired; Error if the disk is full.
  void write(Time at, std::uint64_t neuron);
  void write(const Spike& spike) { write(spike.at, index(spike.source)); }
  /// Puts the whole file in place. Without it there is none.
  void close() { file_.commit(); }

 private:
  AtomicFile file_;
};

}  // namespace clockless
