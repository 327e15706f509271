// The report of sparse coding.
#include "apps/sparse/coding_report.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "apps/format.hpp"
#include "apps/hardware.hpp"
#include "apps/results.hpp"
#include "apps/sparse/coding_figures.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

constexpr std::size_t most_rows = 50;

void report_images(Report& report, const CodedSamples& coded) {
  const LcaNetwork& network = *coded.task.network;
  const std::size_t shown =
      std::min<std::size_t>(coded.samples, coded.task.data.width() > 200 ? 3 : 6);
  std::vector<Picture> pictures;
  const auto row = [&](const char* name, VectorXd Coded::*code) {
    for (std::size_t i = 0; i < shown; ++i) {
      const VectorXd original = coded.task.data.sample(static_cast<Index>(i));
      const VectorXd values = code == nullptr ? original : coded.restored(i, code);
      pictures.push_back(picture_like(
          values, original, coded.task.data.width(), coded.task.data.height(),
          code == nullptr ? name : fmt::format("{}: {:.1f} dB", name, psnr_db(original, values))));
    }
  };
  row("original", nullptr);
  row("by spikes", &Coded::code);
  if (coded.with_reference) row("by the solver", &Coded::reference);
  report.heading("Images, to spikes, to images");
  report.paragraph(fmt::format(
      "{}: {} samples{}. Each is coded by {} spiking neurons that inhibit each other; what they "
      "settle on is the sparse code, and the dictionary times that code is the image again.{}",
      coded.task.origin, coded.samples,
      coded.patches() > 1 ? fmt::format(" of {} overlapping patches", coded.patches())
                          : std::string(),
      network.neurons(),
      coded.samples > most_pictures
          ? fmt::format(" The run folder holds the pictures of the first {}.", most_pictures)
          : std::string()));
  report.image_grid(pictures,
                    coded.with_reference
                        ? "From top to bottom: the originals; from the spikes; from the code that "
                          "coordinate descent finds."
                        : "Above the originals, below what the spikes say.",
                    shown);
}

void report_dictionary(Report& report, const CodedSamples& coded) {
  const LcaNetwork& network = *coded.task.network;
  VectorXd use = VectorXd::Zero(network.atoms());
  std::vector<double> sizes;
  for (const Coded& c : coded.replicas) {
    use += c.code.cwiseAbs();
    for (const double v : c.code)
      if (v != 0) sizes.push_back(std::log10(std::abs(v)));
  }
  report.heading("The dictionary and its use");
  if (coded.task.data.image())
    report.image_grid(
        atom_pictures(network.dictionary(), use, coded.task.data.column_width(),
                      coded.task.data.column_height(), 90),
        fmt::format("The most used of {} atoms, the busiest first.", network.atoms()));
  report.figure(svg_histogram(sizes, 60, {"log₁₀ |coefficient|", false}),
                fmt::format("Sizes of all {} non-zero coefficients.", grouped(sizes.size())));
}

void report_replica(Report& report, const CodedSamples& coded) {
  const LcaNetwork& network = *coded.task.network;
  const std::size_t replica = coded.example();
  const Coded& shown = coded.replicas[replica];
  const Anytime way =
      anytime(network, coded.column(replica), coded.lambda(replica), coded.task.duration);
  report.heading("One network settling");
  report.paragraph(fmt::format("Looking closely at {}: {} spikes in {} time constants of {}.",
                               coded.where(replica), grouped(way.spikes.size()),
                               coded.task.duration, with_prefix(network.options().tau_s, "s")));
  report.figure(
      svg_busiest(way.spikes, std::min(coded.task.duration, 60.0) * network.options().tau_s),
      "Its first spikes: a row for each neuron that fires, the busiest at the bottom. After a "
      "moment of competition few are left.");
  report.figure(svg_objective(way, shown.reference_objective),
                "The objective of what could be read out after any time, anew from the code.");
  if (shown.reference_objective > 0)
    report.figure(svg_excess(way, shown.reference_objective),
                  "The same as relative excess over the solver's optimum: counts approach it as "
                  "1/T, the membranes of the tail about as 1/T².");
  report.figure(svg_code(shown.code, shown.reference),
                "The sparse code: its largest coefficients.");
}

void report_samples(Report& report, const CodedSamples& coded, const nlohmann::json& results) {
  const auto value = [&](const char* key, std::size_t i) {
    return number_of(results[key]["values"][i]);
  };
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < std::min(coded.samples, most_rows); ++i) {
    rows.push_back({fmt::format("{}", i), fmt::format("{:.6f}", value("objective", i))});
    if (coded.with_reference) {
      rows.back().push_back(fmt::format("{:.6f}", value("reference_objective", i)));
      rows.back().push_back(fmt::format("{:.1e}", value("relative_error", i)));
    }
    rows.back().push_back(fmt::format("{:.0f}", value("nonzeros", i)));
    rows.back().push_back(fmt::format("{:.2f}", value("psnr_db", i)));
    rows.back().push_back(fmt::format("{:.0f}", value("spikes", i)));
  }
  std::vector<std::string> header{"sample", "objective"};
  if (coded.with_reference) header.insert(header.end(), {"solver", "relative error"});
  header.insert(header.end(), {"non-zeros", "PSNR (dB)", "spikes"});
  report.heading("Sample by sample");
  report.table(header, rows,
               "Objectives are recomputed from the codes, summed over patches." +
                   (coded.samples > most_rows
                        ? fmt::format(" The first {} of {} samples; summary.json holds all.",
                                      most_rows, coded.samples)
                        : std::string()));
}

}  // namespace

void report_coding(Run& run, const CodedSamples& coded) {
  Report& report = run.report;
  const auto& results = run.results;
  const LcaNetwork& network = *coded.task.network;
  if (coded.samples == 0) {
    report.paragraph("Interrupted before the first sample was done.");
    return;
  }
  report.number("objective", fmt::format("{:.6g}", median_of(results["objective"])),
                "median over samples");
  if (coded.with_reference)
    report.number(
        "relative error", fmt::format("{:.2g}", median_of(results["relative_error"])),
        fmt::format("solver's duality gap ≤ {:.1g}", results["reference_gap"].get<double>()));
  report.number(
      "non-zeros",
      fmt::format("{:.1f}", median_of(results["nonzeros"]) / static_cast<double>(coded.patches())),
      fmt::format("of {} atoms a {}; {:.2f} a {}", network.atoms(),
                  coded.patches() > 1 ? "patch" : "sample",
                  median_of(results["nonzeros_per_pixel"]),
                  coded.task.data.image() ? "pixel" : "value"));
  report.number("PSNR", fmt::format("{:.2f} dB", median_of(results["psnr_db"])),
                "reconstruction against original");
  const HardwareProfile hardware = load_hardware(run.settings.get<std::string>("hardware"));
  report.number(
      "energy a sample",
      with_prefix(
          price(run.counts, hardware).dynamic_j.nominal / static_cast<double>(coded.samples), "J"),
      fmt::format("of events, {} spikes a sample on {}", grouped(run.counts.spikes / coded.samples),
                  hardware.name));
  if (run.cores > 1)
    report.number(
        "neurocores", fmt::format("{}", results["cores_used"].get<std::size_t>()),
        fmt::format("of {} asked for{}", run.cores,
                    results["cores_used"] == 1
                        ? "; spikes without delay keep the layer whole, delay > 0 splits it"
                        : ""));
  if (coded.task.data.image()) report_images(report, coded);
  report_dictionary(report, coded);
  report_replica(report, coded);
  report_samples(report, coded, results);
}

}  // namespace clockless
