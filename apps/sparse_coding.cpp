// Scenario sparse-coding: images become spikes, the spikes a sparse code, the code an image again.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "apps/data/image.hpp"
#include "apps/data/npy.hpp"
#include "apps/placement.hpp"
#include "apps/registry.hpp"
#include "apps/run_folder.hpp"
#include "apps/solvers/fista.hpp"
#include "apps/sparse/coded_samples.hpp"
#include "apps/sparse/coding_report.hpp"
#include "apps/sparse/coding_task.hpp"
#include "apps/sparse/replicas.hpp"
#include "apps/sparse/spiking_lca.hpp"
#include "core/mapping.hpp"

namespace clockless {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

void declare(Settings& s) {
  declare_coding(s);
  s.text("readout", "membrane", "count, tail (without the first quarter) or membrane of the tail")
      .one_of({"count", "tail", "membrane"});
  s.flag("reference", true, "solve by coordinate descent and FISTA, too, and compare");
  s.flag("spikes", true, "write spikes.dat");
}

VectorXd LcaCodes::*parse_readout(const std::string& name) {
  if (name == "count") return &LcaCodes::count;
  if (name == "tail") return &LcaCodes::tail;
  if (name == "membrane") return &LcaCodes::membrane;
  throw Error("readout: '" + name + "' is not known; use count, tail or membrane");
}

class SparseCoding {
 public:
  explicit SparseCoding(Run& run)
      : run_(run),
        task_(prepare_coding(run)),
        readout_(parse_readout(run.settings.get<std::string>("readout"))),
        record_(run.settings.get<bool>("spikes")),
        mapping_(place_network(run, network().network())),
        replicas_(static_cast<unsigned>(run.threads),
                  [this] {
                    auto lca = std::make_unique<SpikingLca>(network(), mapping_);
                    if (record_) lca->simulation().record(network().population());
                    return lca;
                  }),
        coded_(task_) {
    coded_.with_reference = run.settings.get<bool>("reference");
    if (coded_.with_reference) lipschitz_ = largest_eigenvalue(network().gram());
  }

  void code_all();
  void write_files() const;
  void fill_results() const;
  void fill_report() const { report_coding(run_, coded_); }

 private:
  const LcaNetwork& network() const { return *task_.network; }
  void code(std::size_t replica, SpikingLca& lca, Coded& out) const;
  std::string remedy() const;

  Run& run_;
  CodingTask task_;
  VectorXd LcaCodes::*readout_;
  bool record_;
  Mapping mapping_;
  Replicas<SpikingLca> replicas_;
  CodedSamples coded_;
  std::size_t example_ = 0;  // the replica that is traced
  double lipschitz_ = 0;
};

/// What in the settings may keep a network from settling; nothing where they are those that do.
std::string SparseCoding::remedy() const {
  const LcaOptions& options = network().options();
  if (options.lateral == 1 && options.weights == WeightWidth::float64 && options.delay == 0)
    return "";
  return fmt::format(
      " (lateral is {}, weights are {}, delay is {}: lateral = 1 with weights = double and delay = "
      "0 settles)",
      options.lateral, run_.settings.get<std::string>("weights"), options.delay);
}

void SparseCoding::code(std::size_t replica, SpikingLca& lca, Coded& out) const {
  const LassoProblem problem{network().dictionary(), network().gram(), coded_.column(replica),
                             coded_.lambda(replica), network().options().signed_codes};
  const bool traced = run_.trace.events > 0 && replica == example_;  // whichever thread has it
  if (traced) lca.simulation().trace(run_.trace.events);
  try {
    code_by_spikes(problem, network(), lca, task_.duration, readout_, out);
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}{}", coded_.where(replica), error.what(), remedy()));
  }
  if (traced)
    run_.traced =
        traced_sample(lca.simulation(), network().population(), coded_.where(replica), run_.trace);
  out.hash = replica_hash(replica, out.hash);
  if (coded_.with_reference) try {
      solve_beside(problem, lipschitz_, out);
    } catch (const Error& error) {
      throw Error(fmt::format("{}: {}", coded_.where(replica), error.what()));
    }
  out.done = true;
}

void SparseCoding::code_all() {
  const auto samples = static_cast<std::size_t>(task_.data.samples());
  const std::size_t patches = coded_.patches();
  const std::size_t neurons = static_cast<std::size_t>(network().neurons());
  coded_.replicas.resize(samples * patches);
  if (run_.trace.events > 0 && samples > 0) example_ = coded_.example();
  std::optional<SpikeWriter> writer;
  if (record_)
    writer.emplace(run_.folder / "spikes.dat",
                   fmt::format("sparse-coding: neuron = replica·{0} + i, i < {0}; replica = "
                               "sample·{1} + patch\nin the order of replicas, then of time; each "
                               "replica starts at 0 s",
                               neurons, patches));
  Progress bar = run_.progress("coding", coded_.replicas.size());
  // Whole samples at a time, enough to keep all threads busy: then spikes need not be kept long,
  // and Ctrl-C finds most samples whole.
  const std::size_t busy = std::max<std::size_t>(64, 16 * static_cast<std::size_t>(run_.threads));
  const std::size_t batch = (busy + patches - 1) / patches;
  bool whole = true;
  while (coded_.samples < samples && whole) {
    const std::size_t last = std::min(samples, coded_.samples + batch);
    replicas_.run(coded_.samples * patches, last * patches, [&](std::size_t i, SpikingLca& lca) {
      code(i, lca, coded_.replicas[i]);
      bar.advance();
    });
    for (; coded_.samples < last && whole; ++coded_.samples) {
      const std::size_t begin = coded_.samples * patches, end = begin + patches;
      for (std::size_t i = begin; i < end; ++i) whole = whole && coded_.replicas[i].done;
      if (!whole) break;
      for (std::size_t i = begin; i < end; ++i) {
        run_.counts += coded_.replicas[i].counts;
        run_.spike_hash += coded_.replicas[i].hash;
        for (const Spike& s : coded_.replicas[i].spikes)
          writer->write(s.at, i * neurons + index(s.source));
        coded_.replicas[i].spikes = {};
      }
    }
  }
  coded_.replicas.resize(coded_.samples * patches);
  replicas_.each([&](const SpikingLca& lca) {
    run_.congestion += lca.simulation().congestion();
    run_.cores_used = lca.simulation().cores_used();
  });
  run_.executions = std::max<std::size_t>(1, coded_.samples);
  run_.simulated_s =
      static_cast<double>(coded_.replicas.size()) * task_.duration * network().options().tau_s;
  run_.decisions.of =
      "from a sample's presentation to the end of its last patch's window, patch after patch";
  const Duration took =
      static_cast<std::int64_t>(patches) * from_seconds(task_.duration * network().options().tau_s);
  for (std::size_t sample = 0; sample < coded_.samples; ++sample) {
    Decision& decision = run_.decisions.samples.emplace_back(Decision{took, {}});
    for (std::size_t k = 0; k < patches; ++k)
      decision.counts += coded_.replicas[sample * patches + k].counts;
  }
  if (writer) writer->close();
}

void SparseCoding::write_files() const {
  MatrixXd codes(network().atoms(), static_cast<Index>(coded_.replicas.size()));
  for (std::size_t i = 0; i < coded_.replicas.size(); ++i)
    codes.col(static_cast<Index>(i)) = coded_.replicas[i].code;
  write_npy(run_.folder / "codes.npy", codes);
  write_npy(run_.folder / "dictionary.npy", network().dictionary());
  if (!task_.data.image()) return;
  const auto write = [&](std::size_t i, const char* kind, const VectorXd& values) {
    const VectorXd original = task_.data.sample(static_cast<Index>(i));
    const double low = original.minCoeff(), range = original.maxCoeff() - low;
    Image image{task_.data.width(), task_.data.height(), {}};
    for (const double v : values)
      image.pixels.push_back(static_cast<float>(range > 0 ? (v - low) / range : 0.5));
    write_png(run_.folder / fmt::format("{}_{:04}.png", kind, i), image);
  };
  for (std::size_t i = 0; i < std::min(coded_.samples, most_pictures); ++i) {
    write(i, "original", task_.data.sample(static_cast<Index>(i)));
    write(i, "reconstruction", coded_.restored(i, &Coded::code));
  }
}

void SparseCoding::fill_results() const {
  run_.results = coded_.results();
  run_.results["cores_used"] = run_.cores_used = std::max<std::size_t>(1, run_.cores_used);
  run_.times = coded_.times();
  const auto synapses = static_cast<double>(network().synapses());
  const auto neurons = static_cast<double>(network().neurons());
  run_.metrics["footprint"] =
      network().weight_bytes() +
      static_cast<std::size_t>(network().neurons()) * sizeof(IfCurrent::State);
  run_.metrics["connection_sparsity"] = 1 - synapses / (neurons * neurons);
}

void run(Run& run) {
  SparseCoding coding(run);
  coding.code_all();
  coding.write_files();
  coding.fill_results();
  coding.fill_report();
}

}  // namespace

CLOCKLESS_APP("sparse-coding", "Images sparse-coded by spikes, beside an independent solver",
              declare, run);

}  // namespace clockless
