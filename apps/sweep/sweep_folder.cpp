// Recognises an earlier sweep, so that only what is missing runs.
#include "apps/sweep/sweep_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "apps/data/atomic_file.hpp"
#include "apps/data/read_file.hpp"
#include "apps/text.hpp"
#include "core/error.hpp"

namespace clockless {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace {

constexpr const char* manifest = "sweep.json";

// Null where there is none, or one that is damaged: what a failed parse gives equals everything.
ordered_json read_json(const fs::path& file) {
  std::error_code none;
  if (!fs::is_regular_file(file, none)) return {};
  const auto bytes = read_file(file, std::size_t{1} << 28);
  ordered_json json = ordered_json::parse(bytes.begin(), bytes.end(), nullptr, false);
  return json.is_discarded() ? ordered_json() : json;
}

std::string shown(const ordered_json& object, const std::string& key) {
  const auto found = object.find(key);
  if (found == object.end()) return "nothing";
  return printable(found->dump().substr(0, 80));
}

// The first thing in which two descriptions differ, for people.
std::string difference(const ordered_json& there, const ordered_json& wanted) {
  if (!there.is_object() || !wanted.is_object()) return "its sweep.json is damaged";
  std::vector<std::string> keys;
  for (const ordered_json* object : {&wanted, &there})
    for (const auto& [key, value] : object->items()) keys.push_back(key);
  for (const std::string& key : keys) {
    const auto a = there.find(key), b = wanted.find(key);
    if (a != there.end() && b != wanted.end() && *a == *b) continue;
    if (a != there.end() && b != wanted.end() && a->is_object() && b->is_object())
      return difference(*a, *b);
    return fmt::format("there '{}' is {}, here {}", printable(key), shown(there, key),
                       shown(wanted, key));
  }
  return "its settings come in another order";
}

// Removes the points of another sweep: folders by number, nothing else.
void remove_points(const fs::path& sweep) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(sweep / "points", error)) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") == std::string::npos)
      fs::remove_all(entry.path(), error);
    if (error)
      throw Error(fmt::format("{}: cannot be removed: {}; choose another place with -o",
                              entry.path().string(), error.message()));
  }
  for (const char* name : {"sweep.csv", "report.html"}) fs::remove(sweep / name, error);
}

}  // namespace

SweepFolder::SweepFolder(const fs::path& place, const ordered_json& description, std::size_t points,
                         bool renew)
    : path_(fs::absolute(place).lexically_normal()),
      digits_(std::max<std::size_t>(3, fmt::formatted_size("{}", points - 1))) {
  std::error_code error;
  fs::create_directories(path_, error);
  if (!error) lock_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ < 0 && !error) error = {errno, std::generic_category()};
  if (error)
    throw Error(fmt::format("{}: cannot create a folder here: {}; choose another place with -o",
                            path_.string(), error.message()));
  // A file system without locks is no reason not to run.
  const bool busy = ::flock(lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  try {
    if (busy)
      throw Error(path_.string() +
                  ": another sweep runs here; wait for it or choose another place with -o");
    const fs::path file = path_ / manifest;
    if (!fs::exists(file)) {
      for (const auto& entry : fs::directory_iterator(path_))
        throw Error(
            fmt::format("{}: holds '{}', and is not the folder of a sweep; choose another "
                        "place with -o",
                        path_.string(), printable(entry.path().filename().string())));
    } else if (const ordered_json there = read_json(file); there != description) {
      if (!renew)
        throw Error(
            fmt::format("{}: holds another sweep: {}; choose another place with -o, or "
                        "--renew to remove it with its points",
                        path_.string(), difference(there, description)));
      remove_points(path_);
    } else {
      return;
    }
    write_file_atomically(file, description.dump(2) + "\n");
  } catch (...) {
    ::close(lock_);
    throw;
  }
}

SweepFolder::~SweepFolder() { ::close(lock_); }

std::string SweepFolder::name(std::size_t point) const {
  return fmt::format("points/{:0{}}", point, digits_);
}

std::optional<ordered_json> SweepFolder::summary(std::size_t point) const {
  ordered_json summary = read_json(folder(point) / "summary.json");
  if (!summary.is_object() || summary.contains("interrupted")) return std::nullopt;
  if (summary.contains("headline") && !summary["headline"].is_string()) return std::nullopt;
  return summary;
}

}  // namespace clockless
