// The folder of a sweep: what was asked for, and the run folders of its points.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace clockless {

/// Holds sweep.json and points/NNN. It is locked while this object lives.
class SweepFolder {
 public:
  /// Opens the folder for the sweep that `description` tells in full: one that is there goes on.
  /// Another one there is an Error that says what differs, or with `renew` is removed with its
  /// points; so is a folder that holds anything else, or another process's running sweep.
  SweepFolder(const std::filesystem::path& place, const nlohmann::ordered_json& description,
              std::size_t points, bool renew);
  ~SweepFolder();
  SweepFolder(const SweepFolder&) = delete;
  SweepFolder& operator=(const SweepFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// "points/007"
  std::string name(std::size_t point) const;
  std::filesystem::path folder(std::size_t point) const { return path_ / name(point); }
  /// The summary of a point that has run to its end; nothing of one that has not.
  std::optional<nlohmann::ordered_json> summary(std::size_t point) const;

 private:
  std::filesystem::path path_;
  std::size_t digits_;
  int lock_ = -1;
};

}  // namespace clockless
