// Scenario sparse-coding: images become spikes, the spikes a sparse code, the code an image again.
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "apps/data/image.hpp"
#include "apps/data/npy.hpp"
#include "apps/format.hpp"
#include "apps/hardware.hpp"
#include "apps/registry.hpp"
#include "apps/results.hpp"
#include "apps/run_folder.hpp"
#include "apps/solvers/fista.hpp"
#include "apps/sparse/coded.hpp"
#include "apps/sparse/coding_figures.hpp"
#include "apps/sparse/coding_task.hpp"
#include "apps/sparse/replicas.hpp"
#include "apps/sparse/spiking_lca.hpp"

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
  return name == "count"  ? &LcaCodes::count
         : name == "tail" ? &LcaCodes::tail
                          : &LcaCodes::membrane;
}

class SparseCoding {
 public:
  explicit SparseCoding(Run& run)
      : run_(run),
        task_(prepare_coding(run)),
        readout_(parse_readout(run.settings.get<std::string>("readout"))),
        with_reference_(run.settings.get<bool>("reference")),
        record_(run.settings.get<bool>("spikes")),
        replicas_(static_cast<unsigned>(run.threads), [this] {
          auto lca = std::make_unique<SpikingLca>(network());
          if (record_) lca->simulation().record(network().population());
          return lca;
        }) {
    if (with_reference_) lipschitz_ = largest_eigenvalue(network().gram());
  }

  void code_all();
  void write_files() const;
  void fill_results() const;
  void fill_report() const;

 private:
  std::size_t patches() const { return static_cast<std::size_t>(task_.data.patches()); }
  double lambda(std::size_t replica) const { return task_.lambdas[replica / patches()]; }
  VectorXd column(std::size_t replica) const {
    return task_.data.columns().col(static_cast<Index>(replica));
  }
  const LcaNetwork& network() const { return *task_.network; }
  void code(std::size_t replica, SpikingLca& lca, Coded& out) const;
  void report_images(Report& report) const;
  void report_dictionary(Report& report) const;
  void report_replica(Report& report) const;
  void report_samples(Report& report) const;
  std::string where(std::size_t replica) const;
  /// Sums of a member over the patches of each sample.
  template <class Value>
  std::vector<double> per_sample(Value value) const;
  VectorXd restored(std::size_t sample, VectorXd Coded::*code) const;
  std::vector<double> psnrs(VectorXd Coded::*code) const;

  Run& run_;
  CodingTask task_;
  VectorXd LcaCodes::*readout_;
  bool with_reference_, record_;
  Replicas<SpikingLca> replicas_;
  double lipschitz_ = 0;
  std::vector<Coded> coded_;
  std::size_t done_ = 0;  // samples
};

std::string SparseCoding::where(std::size_t replica) const {
  return patches() == 1 ? fmt::format("sample {} of those asked for", replica)
                        : fmt::format("sample {} of those asked for, patch {}", replica / patches(),
                                      replica % patches());
}

void SparseCoding::code(std::size_t replica, SpikingLca& lca, Coded& out) const {
  const LassoProblem problem{network().dictionary(), network().gram(), column(replica),
                             lambda(replica), network().options().signed_codes};
  try {
    code_by_spikes(problem, network(), lca, task_.duration, readout_, out);
  } catch (const Error& error) {
    throw Error(
        fmt::format("{}: {} (lateral is {}, weights are {}: lateral = 1 with weights = "
                    "double settles)",
                    where(replica), error.what(), network().options().lateral,
                    run_.settings.get<std::string>("weights")));
  }
  out.hash = replica_hash(replica, out.hash);
  if (with_reference_) solve_beside(problem, lipschitz_, out);
  out.done = true;
}

void SparseCoding::code_all() {
  const auto samples = static_cast<std::size_t>(task_.data.samples());
  const std::size_t neurons = static_cast<std::size_t>(network().neurons());
  coded_.resize(samples * patches());
  std::optional<SpikeWriter> writer;
  if (record_)
    writer.emplace(run_.folder / "spikes.dat",
                   fmt::format("sparse-coding: neuron = replica·{0} + i, i < {0}; replica = "
                               "sample·{1} + patch\nin the order of replicas, then of time; each "
                               "replica starts at 0 s",
                               neurons, patches()));
  Progress bar = run_.progress("coding", coded_.size());
  // Whole samples at a time, enough to keep all threads busy: then spikes need not be kept long,
  // and Ctrl-C finds most samples whole.
  const std::size_t busy = std::max<std::size_t>(64, 16 * static_cast<std::size_t>(run_.threads));
  const std::size_t batch = (busy + patches() - 1) / patches();
  bool whole = true;
  while (done_ < samples && whole) {
    const std::size_t last = std::min(samples, done_ + batch);
    replicas_.run(done_ * patches(), last * patches(), [&](std::size_t i, SpikingLca& lca) {
      code(i, lca, coded_[i]);
      bar.advance();
    });
    for (; done_ < last && whole; ++done_) {
      const std::size_t begin = done_ * patches(), end = begin + patches();
      for (std::size_t i = begin; i < end; ++i) whole = whole && coded_[i].done;
      if (!whole) break;
      for (std::size_t i = begin; i < end; ++i) {
        run_.counts += coded_[i].counts;
        run_.spike_hash += coded_[i].hash;
        for (const Spike& s : coded_[i].spikes) writer->write(s.at, i * neurons + index(s.source));
        coded_[i].spikes = {};
      }
    }
  }
  coded_.resize(done_ * patches());
  run_.simulated_s =
      static_cast<double>(coded_.size()) * task_.duration * network().options().tau_s;
  if (writer) writer->close();
}

template <class Value>
std::vector<double> SparseCoding::per_sample(Value value) const {
  std::vector<double> sums(done_, 0.0);
  for (std::size_t i = 0; i < coded_.size(); ++i)
    sums[i / patches()] += static_cast<double>(value(coded_[i]));
  return sums;
}

VectorXd SparseCoding::restored(std::size_t sample, VectorXd Coded::*code) const {
  MatrixXd columns(task_.data.columns().rows(), task_.data.patches());
  for (std::size_t p = 0; p < patches(); ++p)
    columns.col(static_cast<Index>(p)) =
        network().dictionary() * (coded_[sample * patches() + p].*code);
  return task_.data.restore(static_cast<Index>(sample), std::move(columns));
}

std::vector<double> SparseCoding::psnrs(VectorXd Coded::*code) const {
  std::vector<double> values;
  for (std::size_t i = 0; i < done_; ++i)
    values.push_back(psnr_db(task_.data.sample(static_cast<Index>(i)), restored(i, code)));
  return values;
}

void SparseCoding::write_files() const {
  MatrixXd codes(network().atoms(), static_cast<Index>(coded_.size()));
  for (std::size_t i = 0; i < coded_.size(); ++i) codes.col(static_cast<Index>(i)) = coded_[i].code;
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
  for (std::size_t i = 0; i < std::min<std::size_t>(done_, 100); ++i) {
    write(i, "original", task_.data.sample(static_cast<Index>(i)));
    write(i, "reconstruction", restored(i, &Coded::code));
  }
}

std::size_t nonzeros(const VectorXd& code) {
  return static_cast<std::size_t>((code.array() != 0).count());
}

void SparseCoding::fill_results() const {
  auto& results = run_.results;
  const auto objective = per_sample([](const Coded& c) { return c.objective; });
  results["objective"] = with_median(objective);
  results["nonzeros"] = with_median(per_sample([](const Coded& c) { return nonzeros(c.code); }));
  results["psnr_db"] = with_median(psnrs(&Coded::code));
  results["spikes"] = with_median(per_sample([](const Coded& c) { return c.counts.spikes; }));
  results["lambda"] = with_median(
      {task_.lambdas.begin(), task_.lambdas.begin() + static_cast<std::ptrdiff_t>(done_)});
  auto active = per_sample([](const Coded& c) { return c.active; });
  for (double& a : active)
    a /= static_cast<double>(network().neurons()) * static_cast<double>(patches());
  results["active_fraction"] = with_median(active);
  results["patches"] = patches();
  results["features"] = network().dictionary().rows();
  results["atoms"] = network().atoms();
  results["neurons"] = network().neurons();
  run_.metrics["spiking_s"] = with_median(per_sample([](const Coded& c) { return c.spiking_s; }));
  if (with_reference_) {
    const auto reference = per_sample([](const Coded& c) { return c.reference_objective; });
    std::vector<double> error;
    for (std::size_t i = 0; i < done_; ++i)
      error.push_back(objective[i] == reference[i] ? 0 : objective[i] / reference[i] - 1);
    double gap = 0;
    for (const Coded& c : coded_)
      if (c.reference_objective > 0) gap = std::max(gap, c.gap / c.reference_objective);
    results["reference_objective"] = with_median(reference);
    results["relative_error"] = with_median(error);
    results["reference_nonzeros"] =
        with_median(per_sample([](const Coded& c) { return nonzeros(c.reference); }));
    results["reference_psnr_db"] = with_median(psnrs(&Coded::reference));
    results["reference_gap"] = gap;
    run_.metrics["fista_s"] = with_median(per_sample([](const Coded& c) { return c.fista_s; }));
  }
  const auto synapses = static_cast<double>(network().synapses());
  const auto neurons = static_cast<double>(network().neurons());
  run_.metrics["footprint"] =
      network().weight_bytes() +
      static_cast<std::size_t>(network().neurons()) * sizeof(IfCurrent::State);
  run_.metrics["connection_sparsity"] = 1 - synapses / (neurons * neurons);
}

void SparseCoding::fill_report() const {
  Report& report = run_.report;
  const auto& results = run_.results;
  if (done_ == 0) {
    report.paragraph("Interrupted before the first sample was done.");
    return;
  }
  report.number("objective", fmt::format("{:.6g}", median_of(results["objective"])),
                "median over samples");
  if (with_reference_)
    report.number(
        "relative error", fmt::format("{:.2g}", median_of(results["relative_error"])),
        fmt::format("solver's duality gap ≤ {:.1g}", results["reference_gap"].get<double>()));
  report.number(
      "non-zeros",
      fmt::format("{:.1f}", median_of(results["nonzeros"]) / static_cast<double>(patches())),
      fmt::format("of {} atoms a {}", network().atoms(), patches() > 1 ? "patch" : "sample"));
  report.number("PSNR", fmt::format("{:.2f} dB", median_of(results["psnr_db"])),
                "reconstruction against original");
  const HardwareProfile hardware = load_hardware(run_.settings.get<std::string>("hardware"));
  report.number(
      "energy a sample",
      with_prefix(price(run_.counts, hardware).nominal_j / static_cast<double>(done_), "J"),
      fmt::format("{} spikes a sample on {}", grouped(run_.counts.spikes / done_), hardware.name));
  if (task_.data.image()) report_images(report);
  report_dictionary(report);
  report_replica(report);
  report_samples(report);
}

void SparseCoding::report_images(Report& report) const {
  const std::size_t shown = std::min<std::size_t>(done_, task_.data.width() > 200 ? 3 : 6);
  std::vector<Picture> pictures;
  const auto row = [&](const char* name, VectorXd Coded::*code) {
    for (std::size_t i = 0; i < shown; ++i) {
      const VectorXd original = task_.data.sample(static_cast<Index>(i));
      const VectorXd values = code == nullptr ? original : restored(i, code);
      pictures.push_back(picture_like(
          values, original, task_.data.width(), task_.data.height(),
          code == nullptr ? name : fmt::format("{}: {:.1f} dB", name, psnr_db(original, values))));
    }
  };
  row("original", nullptr);
  row("by spikes", &Coded::code);
  if (with_reference_) row("by the solver", &Coded::reference);
  report.heading("Images, to spikes, to images");
  report.paragraph(fmt::format(
      "{}: {} samples{}. Each is coded by {} spiking neurons that inhibit each other; what they "
      "settle on is the sparse code, and the dictionary times that code is the image again.",
      task_.origin, done_,
      patches() > 1 ? fmt::format(" of {} overlapping patches", patches()) : std::string(),
      network().neurons()));
  report.image_grid(pictures,
                    with_reference_
                        ? "From top to bottom: the originals; from the spikes; from the code that "
                          "coordinate descent finds."
                        : "Above the originals, below what the spikes say.",
                    shown);
}

void SparseCoding::report_dictionary(Report& report) const {
  VectorXd use = VectorXd::Zero(network().atoms());
  std::vector<double> sizes;
  for (const Coded& c : coded_) {
    use += c.code.cwiseAbs();
    for (const double v : c.code)
      if (v != 0) sizes.push_back(std::log10(std::abs(v)));
  }
  report.heading("The dictionary and its use");
  if (task_.data.image())
    report.image_grid(
        atom_pictures(network().dictionary(), use, task_.data.column_width(),
                      task_.data.column_height(), 90),
        fmt::format("The most used of {} atoms, the busiest first.", network().atoms()));
  report.figure(svg_histogram(sizes, 60, {"log₁₀ |coefficient|", false}),
                fmt::format("Sizes of all {} non-zero coefficients.", grouped(sizes.size())));
}

// The replica with the most to say among the first sample's.
void SparseCoding::report_replica(Report& report) const {
  std::size_t replica = 0;
  for (std::size_t i = 0; i < patches(); ++i)
    if (column(i).squaredNorm() > column(replica).squaredNorm()) replica = i;
  const Coded& coded = coded_[replica];
  const Anytime way = anytime(network(), column(replica), lambda(replica), task_.duration);
  report.heading("One network settling");
  report.paragraph(fmt::format("Looking closely at {}: {} spikes in {} time constants of {}.",
                               where(replica), grouped(way.spikes.size()), task_.duration,
                               with_prefix(network().options().tau_s, "s")));
  report.figure(
      svg_busiest(way.spikes, std::min(task_.duration, 60.0) * network().options().tau_s),
      "Its first spikes: a row for each neuron that fires, the busiest at the bottom. After a "
      "moment of competition few are left.");
  report.figure(svg_objective(way, coded.reference_objective),
                "The objective of what could be read out after any time, anew from the code.");
  if (coded.reference_objective > 0)
    report.figure(svg_excess(way, coded.reference_objective),
                  "The same as relative excess over the solver's optimum: counts approach it as "
                  "1/T, the membranes of the tail about as 1/T².");
  report.figure(svg_code(coded.code, coded.reference),
                "The sparse code: its largest coefficients.");
}

void SparseCoding::report_samples(Report& report) const {
  const auto& results = run_.results;
  const auto value = [&](const char* key, std::size_t i) {
    return number_of(results[key]["values"][i]);
  };
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < std::min<std::size_t>(done_, 50); ++i) {
    rows.push_back({fmt::format("{}", i), fmt::format("{:.6f}", value("objective", i))});
    if (with_reference_) {
      rows.back().push_back(fmt::format("{:.6f}", value("reference_objective", i)));
      rows.back().push_back(fmt::format("{:.1e}", value("relative_error", i)));
    }
    rows.back().push_back(fmt::format("{:.0f}", value("nonzeros", i)));
    rows.back().push_back(fmt::format("{:.2f}", value("psnr_db", i)));
    rows.back().push_back(fmt::format("{:.0f}", value("spikes", i)));
  }
  std::vector<std::string> header{"sample", "objective"};
  if (with_reference_) header.insert(header.end(), {"solver", "relative error"});
  header.insert(header.end(), {"non-zeros", "PSNR (dB)", "spikes"});
  report.heading("Sample by sample");
  report.table(header, rows, "Objectives are recomputed from the codes, summed over patches.");
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
