// Checkpoints on disk.
#include "apps/data/checkpoint_file.hpp"

#include <algorithm>
#include <bit>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include "apps/data/atomic_file.hpp"
#include "apps/data/read_file.hpp"
#include "core/error.hpp"

namespace clockless {

namespace fs = std::filesystem;
using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "checkpoints are little-endian");

namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 36;

std::uint64_t checksum(std::string_view data) {
  return crc32_z(0, reinterpret_cast<const unsigned char*>(data.data()), data.size());
}

}  // namespace

void CheckpointWriter::write(const fs::path& path) {
  number(checksum(data_));
  write_file_atomically(path, std::string_view(data_));
}

std::optional<CheckpointReader> CheckpointReader::open(const fs::path& path,
                                                       std::string_view magic) {
  std::error_code none;
  if (!fs::exists(path, none)) return std::nullopt;
  const auto bytes = read_file(path.string(), most_bytes);
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!all.starts_with(magic))
    throw Error(
        fmt::format("{}: not a checkpoint of this version of Clockless; give another file, "
                    "or remove it to begin anew",
                    path.string()));
  const std::size_t end = std::max(magic.size(), all.size() - sizeof(std::uint64_t));
  CheckpointReader in(std::string(all.substr(magic.size(), end - magic.size())), path);
  std::uint64_t sum = 0;
  std::memcpy(&sum, all.data() + end, std::min(sizeof sum, all.size() - end));
  if (sum != checksum(all.substr(0, end))) in.fail();
  return in;
}

void CheckpointReader::fail() const {
  throw Error(
      fmt::format("{}: this checkpoint is damaged; remove it to begin anew", path_.string()));
}

std::uint64_t CheckpointReader::number() {
  std::uint64_t n = 0;
  std::memcpy(&n, take(sizeof n).data(), sizeof n);
  return n;
}

std::string_view CheckpointReader::take(std::uint64_t n) {
  if (n > data_.size() - at_) fail();
  at_ += n;
  return std::string_view(data_).substr(at_ - n, n);
}

void require_same_run(const fs::path& path, const json& found, const json& wanted) {
  if (found == wanted) return;
  for (const auto& [key, value] : wanted.items())
    if (!found.contains(key) || found.at(key) != value)
      throw Error(
          fmt::format("{}: this checkpoint is of a run with {} = {}, not {}; use the same "
                      "settings, another file, or remove it to begin anew",
                      path.string(), key, found.contains(key) ? found.at(key).dump() : "nothing",
                      value.dump()));
  throw Error(
      fmt::format("{}: this checkpoint is of a run with other settings; use the same ones, "
                  "another file, or remove it to begin anew",
                  path.string()));
}

}  // namespace clockless
