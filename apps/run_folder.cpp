// A run's folder: written beside its place and moved there when it is whole.
#include "apps/run_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <random>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.hpp"

namespace clockless {

namespace fs = std::filesystem;

namespace {

// "runs/x/" and "runs/x" are one folder, and "." has a name.
fs::path named(const fs::path& given) {
  fs::path path = fs::absolute(given).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

constexpr std::string_view mark = ".part-clockless-";

std::error_code last_error() { return {errno, std::generic_category()}; }

// The summary.json of an earlier run, or null.
nlohmann::json summary_in(const fs::path& folder) {
  std::ifstream file(folder / "summary.json");
  return file ? nlohmann::json::parse(file, nullptr, false) : nlohmann::json();
}

bool complete(const fs::path& folder) {
  const nlohmann::json summary = summary_in(folder);
  return summary.is_object() && !summary.contains("interrupted");
}

// The first entry of a folder that no run wrote; empty if there is none.
std::string stranger(const fs::path& folder) {
  std::vector<std::string> known;
  const nlohmann::json summary = summary_in(folder);
  if (summary.is_object() && summary.contains("files") && summary["files"].is_array() &&
      fs::is_regular_file(folder / "configuration.toml"))
    for (const nlohmann::json& name : summary["files"])
      if (name.is_string()) known.push_back(name);
  for (const std::string& name : entries_of(folder))
    if (std::find(known.begin(), known.end(), name) == known.end()) return name;
  return "";
}

// Removes what killed runs left for this target: their locks are free.
void sweep(const fs::path& target) {
  const std::string prefix = target.filename().string() + std::string(mark);
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(target.parent_path(), ignored)) {
    if (!entry.path().filename().string().starts_with(prefix)) continue;
    const int fd = ::open(entry.path().c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) continue;
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) fs::remove_all(entry.path(), ignored);
    ::close(fd);
  }
}

}  // namespace

std::vector<std::string> entries_of(const fs::path& folder) {
  std::vector<std::string> names;
  try {
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      names.push_back(entry.path().lexically_relative(folder).string());
  } catch (const fs::filesystem_error& error) {
    throw Error(fmt::format("{}: cannot look into this folder: {}; choose another place with -o",
                            folder.string(), error.code().message()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

RunFolder::RunFolder(fs::path target) : target_(named(target)) {
  std::error_code error;
  if (fs::is_symlink(target_, error)) target_ = fs::weakly_canonical(target_, error);
  if (fs::is_symlink(target_, error))
    throw Error(target_.string() +
                ": is a link to nowhere; remove it or choose another place with -o");
  const auto status = fs::status(target_, error);
  if (fs::exists(status) && !fs::is_directory(status))
    throw Error(target_.string() + ": is a file, not a folder; choose another place with -o");
  if (fs::exists(status))
    if (const std::string name = stranger(target_); !name.empty())
      throw Error(
          fmt::format("{}: holds '{}', which is not a file of an earlier run; move it away "
                      "or choose another place with -o",
                      target_.string(), name));
  const fs::path parent = target_.parent_path();
  fs::create_directories(parent, error);
  if (!error) sweep(target_);
  std::random_device random;
  while (!error && lock_ < 0) {
    part_ = target_;
    part_ += fmt::format("{}{:08x}", mark, random());
    if (::mkdir(part_.c_str(), 0777) != 0) {
      if (errno != EEXIST) error = last_error();
      continue;
    }
    lock_ = ::open(part_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    // Not every file system has locks; there nothing is swept either. But where another run sweeps
    // just now, it takes this folder for a dead one.
    if (lock_ >= 0 &&
        ((::flock(lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) || !fs::exists(part_))) {
      ::close(lock_);
      lock_ = -1;
    } else if (lock_ < 0 && errno != ENOENT) {
      error = last_error();
      ::rmdir(part_.c_str());
    }
  }
  if (error)
    throw Error(fmt::format("{}: cannot create a folder here: {}; choose another place with -o",
                            parent.string(), error.message()));
}

RunFolder::~RunFolder() {
  std::error_code ignored;
  if (!part_.empty()) fs::remove_all(part_, ignored);
  ::close(lock_);
}

void RunFolder::commit(bool interrupted) {
  if (fs::is_directory(target_)) {
    if (!stranger(target_).empty())
      target_ += ".new";
    else if (interrupted && complete(target_))
      target_ += ".interrupted";
    if (fs::is_directory(target_))
      if (const std::string name = stranger(target_); !name.empty())
        throw Error(fmt::format("{}: holds '{}', which is not a file of a run; move it away",
                                target_.string(), name));
  }
  const auto moved = [](const fs::path& from, const fs::path& to) {
    return std::rename(from.c_str(), to.c_str()) == 0;  // also replaces an empty folder
  };
  bool done = moved(part_, target_);
  if (!done && (errno == ENOTEMPTY || errno == EEXIST)) {
    // Swap in one step where the file system can; the destructor removes what was there before.
    if (::renameat2(AT_FDCWD, part_.c_str(), AT_FDCWD, target_.c_str(), RENAME_EXCHANGE) == 0)
      return;
    fs::path old = part_;
    old += ".old";
    done = moved(target_, old) && moved(part_, target_);
    if (done) {
      part_ = old;
      return;
    }
    const int reason = errno;
    moved(old, target_);
    errno = reason;
  }
  if (!done)
    throw Error(fmt::format("{}: cannot be put in place: {}; choose another place with -o",
                            target_.string(), std::strerror(errno)));
  part_.clear();
}

SpikeWriter::SpikeWriter(const fs::path& path, std::string_view header) : file_(path) {
  while (!header.empty()) {
    const std::size_t end = header.find('\n');
    file_ << "# " << header.substr(0, end) << "\n";
    header.remove_prefix(end == std::string_view::npos ? header.size() : end + 1);
  }
  file_ << "# time_s neuron\n";
}

void SpikeWriter::write(Time at, std::uint64_t neuron) {
  constexpr std::int64_t second = 1'000'000'000'000;
  const std::int64_t ticks = at.time_since_epoch().count();
  file_.print("{}.{:012} {}\n", ticks / second, ticks % second, neuron);
}

}  // namespace clockless
