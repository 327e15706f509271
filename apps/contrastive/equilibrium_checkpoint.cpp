// A header in JSON, then masks and weights as they are in memory.
#include "apps/contrastive/equilibrium_checkpoint.hpp"

#include <cstdint>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "apps/counts_json.hpp"
#include "apps/data/checkpoint_file.hpp"

namespace clockless {

using Eigen::MatrixXd;
using nlohmann::json;

namespace {
constexpr std::string_view magic = "clockless equilibrium 4\n";
}

void write_equilibrium(const std::filesystem::path& path, const json& run,
                       const EquilibriumCheckpoint& c) {
  const EquilibriumState& state = c.state;
  CheckpointWriter out(magic);
  out.text(json{{"run", run},
                {"points", c.points},
                {"epoch", c.epoch},
                {"presented", state.presented},
                {"stretches", state.stretches},
                {"unsettled", state.unsettled},
                {"settlings", state.settlings},
                {"spike_hash", state.spike_hash},
                {"simulated_s", state.simulated_s},
                {"counts", state.counts}}
               .dump());
  for (const MatrixXd* mask : {&c.input_mask, &c.recurrent_mask})
    out.array(std::vector<double>(mask->data(), mask->data() + mask->size()));
  for (const LevelWeights& part : state.weights) {
    out.array(std::vector<std::uint64_t>{part.size()});
    for (const auto& core : part) out.array(core);
  }
  out.write(path);
}

bool read_equilibrium(const std::filesystem::path& path, const json& run, std::size_t parts,
                      EquilibriumCheckpoint& c) {
  auto in = CheckpointReader::open(path, magic);
  if (!in) return false;
  EquilibriumState& state = c.state;
  try {
    const json header = json::parse(in->text());
    require_same_run(path, header.at("run"), run);
    c.points = header.at("points").get<std::vector<EquilibriumPoint>>();
    c.epoch = header.at("epoch").get<int>();
    state.presented = header.at("presented").get<std::uint64_t>();
    state.stretches = header.at("stretches").get<std::uint64_t>();
    state.unsettled = header.at("unsettled").get<std::uint64_t>();
    state.settlings = header.at("settlings").get<std::uint64_t>();
    state.spike_hash = header.at("spike_hash").get<std::uint64_t>();
    state.simulated_s = header.at("simulated_s").get<double>();
    state.counts = header.at("counts").get<Counts>();
  } catch (const json::exception&) {
    in->fail();
  }
  for (MatrixXd* mask : {&c.input_mask, &c.recurrent_mask}) {
    const auto values = in->array<double>();
    if (values.size() != static_cast<std::size_t>(mask->size())) in->fail();
    *mask = Eigen::Map<const MatrixXd>(values.data(), mask->rows(), mask->cols());
  }
  for (std::size_t k = 0; k < parts; ++k) {
    const auto cores = in->array<std::uint64_t>();
    if (cores.size() != 1 || cores[0] > 1'000'000) in->fail();
    LevelWeights part;
    for (std::uint64_t core = 0; core < cores[0]; ++core) part.push_back(in->array<float>());
    state.weights.push_back(std::move(part));
  }
  in->finish();
  return true;
}

}  // namespace clockless
