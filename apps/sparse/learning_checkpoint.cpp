// A learning run on disk: a magic word, a header in JSON, arrays as they are in memory, a checksum.
#include "apps/sparse/learning_checkpoint.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <zlib.h>

#include "apps/data/atomic_file.hpp"
#include "apps/data/read_file.hpp"
#include "apps/sparse/learning_course.hpp"
#include "core/error.hpp"

namespace clockless {

namespace fs = std::filesystem;
using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "checkpoints are little-endian");

namespace {

constexpr std::string_view magic = "clockless learning 1\n";
constexpr std::size_t most_bytes = std::size_t{1} << 36;

class Writer {
 public:
  template <class T>
  void array(const std::vector<T>& values) {
    number(values.size());
    bytes({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)});
  }
  void text(std::string_view s) {
    number(s.size());
    bytes(s);
  }
  void number(std::uint64_t n) { bytes({reinterpret_cast<const char*>(&n), sizeof n}); }
  void bytes(std::string_view s) { data_.append(s); }
  std::string& data() { return data_; }

 private:
  std::string data_;
};

class Reader {
 public:
  Reader(std::string_view data, const fs::path& path) : data_(data), path_(path) {}
  [[noreturn]] void fail() const {
    throw Error(
        fmt::format("{}: this checkpoint is damaged; remove it to begin anew", path_.string()));
  }
  std::uint64_t number() {
    std::uint64_t n = 0;
    std::memcpy(&n, take(sizeof n).data(), sizeof n);
    return n;
  }
  std::string_view text() { return take(number()); }
  template <class T>
  std::vector<T> array() {
    const std::uint64_t n = number();
    if (n > data_.size() / sizeof(T)) fail();
    std::vector<T> values(n);
    const std::string_view from = take(n * sizeof(T));
    if (n > 0) std::memcpy(values.data(), from.data(), from.size());
    return values;
  }
  bool at_end() const { return at_ == data_.size(); }

 private:
  std::string_view take(std::uint64_t n) {
    if (n > data_.size() - at_) fail();
    at_ += n;
    return data_.substr(at_ - n, n);
  }
  std::string_view data_;
  const fs::path& path_;
  std::size_t at_ = 0;
};

std::uint64_t checksum(std::string_view data) {
  return crc32_z(0, reinterpret_cast<const unsigned char*>(data.data()), data.size());
}

}  // namespace

void write_checkpoint(const fs::path& path, const LearningCheckpoint& checkpoint) {
  const FeedbackState& s = checkpoint.state;
  Writer out;
  out.bytes(magic);
  out.text(json{{"run", checkpoint.run},
                {"course", checkpoint.course},
                {"presented", s.presented},
                {"spike_hash", s.spike_hash},
                {"counts", s.counts}}
               .dump());
  for (const auto* weights : {&s.forward, &s.feedback, &s.lateral}) {
    out.array(weights->synapses);
    out.array(weights->rows);
  }
  for (const auto* values : {&s.norms, &s.latches, &s.lessons}) out.array(*values);
  out.number(checksum(out.data()));
  write_file_atomically(path, std::string_view(out.data()));
}

std::optional<LearningCheckpoint> read_checkpoint(const fs::path& path) {
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
  Reader in(all.substr(magic.size(), end - magic.size()), path);
  std::uint64_t sum = 0;
  std::memcpy(&sum, all.data() + end, std::min(sizeof sum, all.size() - end));
  if (sum != checksum(all.substr(0, end))) in.fail();
  LearningCheckpoint checkpoint;
  FeedbackState& s = checkpoint.state;
  try {
    const json header = json::parse(in.text());
    checkpoint.run = header.at("run");
    checkpoint.course = header.at("course");
    s.presented = header.at("presented").get<std::uint64_t>();
    s.spike_hash = header.at("spike_hash").get<std::uint64_t>();
    s.counts = header.at("counts").get<Counts>();
  } catch (const json::exception&) {
    in.fail();
  }
  for (auto* weights : {&s.forward, &s.feedback, &s.lateral}) {
    weights->synapses = in.array<Contrast::Synapse>();
    weights->rows = in.array<Contrast::Row>();
  }
  for (auto* values : {&s.norms, &s.latches, &s.lessons}) *values = in.array<double>();
  if (!in.at_end()) in.fail();
  return checkpoint;
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
