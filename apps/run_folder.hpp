// A run's folder: written beside its place and moved there when it is whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "apps/data/atomic_file.hpp"
#include "core/event.hpp"

namespace clockless {

/// All that is inside a folder, as sorted paths relative to it. A run lists this in its
/// summary.json as `files`; a later run replaces a folder only if all in it is on that list.
std::vector<std::string> entries_of(const std::filesystem::path& folder);

/// A temporary folder beside `target`. Without commit() the destructor removes it. It is locked
/// while this object lives; what a killed run left unlocked for the same target is removed by the
/// next.
class RunFolder {
 public:
  /// Error if the place cannot be written, or holds anything else than an earlier run.
  explicit RunFolder(std::filesystem::path target);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const std::filesystem::path& path() const { return part_; }      ///< write here
  const std::filesystem::path& target() const { return target_; }  ///< where it will be
  /// Puts the folder in its place; an earlier run there is replaced as a whole. But an interrupted
  /// run spares a complete one and goes to NAME.interrupted; and where files of others appeared
  /// meanwhile, it goes to NAME.new. target() tells.
  void commit(bool interrupted = false);

 private:
  std::filesystem::path target_;
  std::filesystem::path part_;
  int lock_ = -1;
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
