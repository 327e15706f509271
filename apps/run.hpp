// What a scenario gets: its settings, a folder to write to, progress, and where to put results.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/decisions.hpp"
#include "apps/interrupt.hpp"
#include "apps/progress.hpp"
#include "apps/report/report.hpp"
#include "apps/settings.hpp"
#include "apps/trace/traced.hpp"
#include "core/congestion.hpp"
#include "core/core_use.hpp"
#include "core/counts.hpp"
#include "core/machine.hpp"
#include "core/meter.hpp"
#include "core/placement.hpp"

namespace clockless {

class LivePage;

/// One run of a scenario. The caller turns it into summary.json, configuration.toml, report.html
/// and the table on the terminal, and puts the folder in place when all is written.
struct Run {
  explicit Run(const Settings& given) : settings(given), resolved(given) {}

  const Settings& settings;  ///< as given, else defaults
  std::uint64_t seed = 0;
  int threads = 1;     ///< threads to use, at least 1 (setting 0 = all the machine has, resolved)
  int cores = 1;       ///< neurocores asked for
  bool quick = false;  ///< as small as still makes sense (smoke tests)
  HardwareProfile hardware;            ///< the run's cost table
  Machine machine;                     ///< what of the hardware moves spikes: for RunOptions
  std::optional<Placement> placement;  ///< as asked for; see place_network()
  double speedup = 1;                  ///< simulated seconds a second of the chip
  TraceRequest trace;                  ///< of one sample
  std::filesystem::path folder;  ///< write files here: write_npy(run.folder / "codes.npy", ...)
  ProgressStyle style = ProgressStyle::none;
  LivePage* live = nullptr;  ///< where to show the run, if the scenario can and --live asks for it

  // To be filled by the scenario.
  Settings resolved;           ///< what is written to run again; see resolve()
  Counts counts;               ///< run.counts += simulation.counts(), replica by replica in order
  std::size_t cores_used = 0;  ///< that hold neurons; 0: as many as asked for
  std::optional<PlacementSummary> placed;  ///< see place_network()
  Congestion congestion;                   ///< run.congestion += simulation.congestion()
  std::vector<std::string> populations;    ///< of the network; see place_network()
  Decisions decisions;                     ///< samples
  Decisions lessons;                       ///< those learned from, where these take longer
  std::optional<Traced> traced;            ///< the sample to look at, if run.trace.events > 0
  double simulated_s = 0;                  ///< simulated time, added over samples
  double resumed_s = 0;                    ///< of that, before a checkpoint: not in `congestion`
  std::uint64_t executions = 1;  ///< samples that the counts are of, for metrics per sample
  std::uint64_t spike_hash = 0;
  nlohmann::json results = nlohmann::json::object();  ///< the scenario's own "results"
  nlohmann::json metrics = nlohmann::json::object();  ///< more top-level keys by NeuroBench name
  nlohmann::ordered_json without_barriers;            ///< toll() of the same run on a chip without
  nlohmann::json times = nlohmann::json::object();    ///< seconds, which no two runs share
  Report report;  ///< figures and texts; report.number(...) for the headline numbers

  /// Tells what was used where the setting leaves it open (a default that depends on the data, a
  /// relative path, a name that may come to mean another file), so that the run can be repeated.
  void resolve(std::string_view key, const Setting::Value& value) {
    resolved.put(key, value, "this run");
  }

  /// Simulated time on the chip's own clock, which runs `speedup` times faster; with barriers, what
  /// its steps took.
  double chip_s() const {
    if (machine.step > Duration{}) return static_cast<double>(congestion.steps) / ticks_per_second;
    return simulated_s / (speedup > 0 ? speedup : 1);
  }

  double chip_s(TickSum ticks) const {
    return static_cast<double>(ticks) / ticks_per_second / (speedup > 0 ? speedup : 1);
  }

  /// Seconds that the chip takes for one of simulated time; with barriers on average.
  double chip_s_per_simulated_s() const { return simulated_s > 0 ? chip_s() / simulated_s : 0; }

  /// What of the hardware makes another run of it, for checkpoints: null where no delay moves
  /// spikes.
  nlohmann::json machine_identity() const {
    if (machine.fidelity == Fidelity::ideal && machine.step == Duration{}) return {};
    const Timing& t = machine.timing;
    nlohmann::json json{fidelity_names[static_cast<std::size_t>(machine.fidelity)],
                        cores,
                        machine.mesh.columns,
                        machine.mesh.rows,
                        machine.mesh.cores_per_tile,
                        machine.buffer,
                        machine.core_buffer,
                        machine.step.count()};
    for (const Duration d : {t.synaptic_event, t.neuron_update, t.plasticity_update, t.spike,
                             t.packet, t.arrival, t.hop_east_west, t.hop_north_south, t.link})
      json.push_back(d.count());
    return json;
  }

  /// `Progress bar = run.progress("coding", samples); bar.advance();`
  Progress progress(std::string label, std::uint64_t total) const {
    return Progress(std::move(label), total, style);
  }
};

}  // namespace clockless
