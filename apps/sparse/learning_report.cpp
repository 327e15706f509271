// The report of dictionary learning.
#include "apps/sparse/learning_report.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "apps/format.hpp"
#include "apps/report/plot.hpp"
#include "apps/sparse/channels.hpp"
#include "apps/sparse/coding_figures.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

Picture picture_of(const Image& image, std::string caption) {
  return grey_picture(image.pixels, image.width, image.height, 0.0F, 1.0F, std::move(caption));
}

void report_atoms(Report& report, const LearningSummary& s) {
  const LearningData& data = s.task.data;
  if (data.width == 0) return;
  const VectorXd use = VectorXd::LinSpaced(s.dictionary.cols(), 1, 0);  // in their own order
  const auto grid = [&](const MatrixXd& dictionary) {
    return atom_pictures(atoms_as_pictures(data, dictionary), use, data.width, data.height, 256);
  };
  report.heading("The atoms");
  report.paragraph(fmt::format(
      "{}: {} atoms, learned from {} samples by {} spiking neurons. Every weight changed by what "
      "its own two neurons saw: spikes, and the graded signals they send at the end of a sample.",
      data.origin, s.dictionary.cols(), s.points.back().samples,
      s.network.features() + s.network.atoms()));
  const std::string shown = s.dictionary.cols() > 256 ? "256 of its atoms" : "each atom";
  report.image_grid(grid(s.dictionary),
                    fmt::format("What the network learned: {} as a picture.", shown), 16);
  report.image_grid(grid(s.first), "What it began with.", 16);
}

void report_curves(Report& report, const LearningSummary& s) {
  Line spiking{"by spikes", {}, false}, reference{s.reference.name, {}, true};
  Line consistent{"H against FB", {}, false}, symmetric{"F against B transposed", {}, false};
  for (const LearningPoint& p : s.points) {
    const auto at = static_cast<double>(std::max<std::uint64_t>(p.samples, 1));
    if (p.samples > 0) spiking.points.emplace_back(at, p.objective);
    if (p.samples > 0) consistent.points.emplace_back(at, p.consistency);
    if (p.samples > 0) symmetric.points.emplace_back(at, p.symmetry);
  }
  for (const auto& [samples, objective] : s.reference.objective)
    reference.points.emplace_back(static_cast<double>(samples), objective);
  std::vector<Line> lines = {spiking};
  if (!s.reference.name.empty()) lines.push_back(reference);
  report.heading("How it learned");
  report.figure(
      svg_lines(lines, {"samples", true}, {"test objective"}),
      fmt::format("Mean of half the squared error plus {} times the l1 norm, over {} held-out "
                  "samples of norm 1, with atoms of unit norm coded exactly by a solver.{}",
                  s.task.lambda, s.task.data.test.cols(),
                  s.reference.name == "sgd"
                      ? fmt::format(" Beside it projected gradient descent on the same samples at "
                                    "rate {:.3g}.",
                                    s.reference.learning_rate)
                      : ""));
  report.figure(svg_lines({consistent, symmetric}, {"samples", true}, {"1 is whole"}),
                "Nobody keeps the three sets of weights in step; they find it by themselves.");
  if (s.reference.grid.size() < 2) return;
  std::vector<std::vector<std::string>> rows;
  for (const auto& [rate, objective] : s.reference.grid)
    rows.push_back({fmt::format("{:.4g}", rate), fmt::format("{:.5f}", objective)});
  report.table({"rate", "test objective"}, rows,
               s.reference.best_at_edge()
                   ? "Gradient descent at other rates, at the end. The best is the last tried; "
                     "one beyond might be better."
                   : "Gradient descent at other rates, at the end.");
}

void report_spikes(Report& report, const LearningSummary& s) {
  if (s.spikes.empty()) return;
  const std::uint32_t first = std::min(s.network.inputs().first, s.network.codes().first);
  std::vector<std::pair<double, std::uint32_t>> points;
  for (const Spike& spike : s.spikes)
    points.emplace_back(seconds(spike.at - s.began), index(spike.source) - first);
  report.heading("One sample");
  report.figure(
      svg_raster(points, s.network.features() + s.network.atoms(), seconds(s.network.period())),
      fmt::format("The last sample's spikes: below the {} input neurons, above the {} "
                  "coding neurons. From their second phase on these feed back what they think "
                  "the input is; the difference is what is learned from.",
                  s.network.features(), s.network.atoms()));
}

void report_uses(Report& report, const LearningUses& uses) {
  if (uses.denoised) {
    const DenoisedPicture& d = *uses.denoised;
    report.number("denoised", fmt::format("{:.2f} dB", d.restored_db),
                  fmt::format("from {:.2f} dB, {:.1f} atoms a patch", d.noisy_db, d.non_zeros));
    report.heading("What it is good for");
    report.image_grid(
        {picture_of(d.original, "original"),
         picture_of(d.noisy, fmt::format("noisy: {:.2f} dB", d.noisy_db)),
         picture_of(d.restored, fmt::format("restored: {:.2f} dB", d.restored_db))},
        fmt::format("Noise taken off with the dictionary, {:.1f} atoms a patch.", d.non_zeros), 3);
  }
  if (uses.readout_accuracy)
    report.number("linear read-out", fmt::format("{:.1f} %", 100 * *uses.readout_accuracy),
                  fmt::format("{:.1f} % on the samples themselves", 100 * *uses.raw_accuracy));
}

}  // namespace

MatrixXd atoms_as_pictures(const LearningData& data, const MatrixXd& dictionary) {
  return data.split ? join_channels(dictionary) : dictionary;
}

void report_learning(Run& run, const LearningSummary& s) {
  Report& report = run.report;
  const nlohmann::json& r = run.results;
  const auto theirs = s.reference.at(s.points.back().samples);
  report.number("test objective", fmt::format("{:.4f}", s.points.back().objective),
                theirs ? fmt::format("{:.4f} by {}", *theirs, s.reference.name)
                       : fmt::format("{:.4f} at first", s.points.front().objective));
  if (r.contains("atoms_recovered"))
    report.number("atoms recovered", fmt::format("{} of {}", r["atoms_recovered"].get<int>(),
                                                 s.task.data.truth.cols()));
  report.number("samples", grouped(s.points.back().samples));
  report.number("consistency", fmt::format("{:.3f}", s.points.back().consistency), "of H with FB");
  if (const double step = r["lateral_step"].get<double>(); step > 2)
    report.number("greatest step of H", fmt::format("{:.2g}", step),
                  "above 2 a lesson overshoots; safe_step bounds it");
  if (const double cost = r["greatest_cost"].get<double>(); cost > 1)
    report.number("a code ran away", fmt::format("{:.2g}", cost),
                  "times what no code costs: H fell below FB for a while");
  report.number("spikes a sample", fmt::format("{:.0f}", r["spikes_per_sample"].get<double>()));
  report.number("energy a sample", with_prefix(r["energy_per_sample_j"].get<double>(), "J"),
                "of events, " + run.hardware.name);
  report_atoms(report, s);
  report_curves(report, s);
  report_spikes(report, s);
  report_uses(report, s.uses);
}

}  // namespace clockless
