// A run's folder: written beside its place and moved there when it is whole.
#include "apps/run_folder.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
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

}  // namespace

RunFolder::RunFolder(fs::path target) : target_(named(target)) {
  std::error_code error;
  if (fs::is_symlink(target_, error)) target_ = fs::weakly_canonical(target_, error);
  const bool earlier_run = fs::exists(target_ / "summary.json", error);
  const auto status = fs::status(target_, error);
  if (fs::exists(status) && !fs::is_directory(status))
    throw Error(target_.string() + ": is a file, not a folder; choose another place with -o");
  if (fs::exists(status) && !earlier_run && !fs::is_empty(target_, error))
    throw Error(target_.string() +
                ": holds files that are not a run of clockless; choose another place with -o");
  const fs::path parent = target_.parent_path();
  fs::create_directories(parent, error);
  part_ = target_;
  part_ += fmt::format(".part-{}", ::getpid());
  if (!error && !fs::create_directory(part_, error) && !error)
    error = std::make_error_code(std::errc::file_exists);
  if (error)
    throw Error(fmt::format("{}: cannot create a folder here: {}; choose another place with -o",
                            parent.string(), error.message()));
}

RunFolder::~RunFolder() {
  std::error_code ignored;
  if (!part_.empty()) fs::remove_all(part_, ignored);
}

void RunFolder::commit() {
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
