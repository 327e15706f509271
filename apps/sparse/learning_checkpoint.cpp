// A learning run on disk.
#include "apps/sparse/learning_checkpoint.hpp"

#include <string_view>

#include "apps/data/checkpoint_file.hpp"
#include "apps/sparse/learning_course.hpp"

namespace clockless {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {
constexpr std::string_view magic = "clockless learning 1\n";
}

void write_checkpoint(const fs::path& path, const LearningCheckpoint& checkpoint) {
  const FeedbackState& s = checkpoint.state;
  CheckpointWriter out(magic);
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
  out.write(path);
}

std::optional<LearningCheckpoint> read_checkpoint(const fs::path& path) {
  auto in = CheckpointReader::open(path, magic);
  if (!in) return std::nullopt;
  LearningCheckpoint checkpoint;
  FeedbackState& s = checkpoint.state;
  try {
    const json header = json::parse(in->text());
    checkpoint.run = header.at("run");
    checkpoint.course = header.at("course");
    s.presented = header.at("presented").get<std::uint64_t>();
    s.spike_hash = header.at("spike_hash").get<std::uint64_t>();
    s.counts = header.at("counts").get<Counts>();
  } catch (const json::exception&) {
    in->fail();
  }
  for (auto* weights : {&s.forward, &s.feedback, &s.lateral}) {
    weights->synapses = in->array<Contrast::Synapse>();
    weights->rows = in->array<Contrast::Row>();
  }
  for (auto* values : {&s.norms, &s.latches, &s.lessons}) *values = in->array<double>();
  in->finish();
  return checkpoint;
}

}  // namespace clockless
