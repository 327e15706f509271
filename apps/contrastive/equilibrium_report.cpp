// The report of equilibrium propagation by spikes.
#include "apps/contrastive/equilibrium_report.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "apps/format.hpp"
#include "apps/report/picture.hpp"
#include "apps/report/plot.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;

namespace {

std::string percent(double share) { return fmt::format("{:.2f} %", 100 * share); }

Picture picture(const MatrixXd& rows, std::string caption) {
  const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> values =
      rows.cast<float>();
  return grey_picture({values.data(), static_cast<std::size_t>(values.size())},
                      static_cast<std::size_t>(rows.cols()), static_cast<std::size_t>(rows.rows()),
                      std::move(caption));
}

/// What the hidden cells with the strongest weights look for.
std::vector<Picture> receptive_fields(const EquilibriumTask& task, const ContrastiveGraph& g) {
  constexpr std::size_t most = 64;
  std::vector<std::pair<double, Index>> strongest;
  for (Index j = 0; j < g.layers.front(); ++j)
    strongest.emplace_back(-g.input_weights.col(j).head(g.inputs()).norm(), j);
  std::sort(strongest.begin(), strongest.end());
  strongest.resize(std::min(most, strongest.size()));
  std::vector<Picture> pictures;
  for (const auto& [norm, j] : strongest) {
    const Eigen::Matrix<float, Eigen::Dynamic, 1> field =
        g.input_weights.col(j).head(g.inputs()).cast<float>();
    pictures.push_back(grey_picture({field.data(), static_cast<std::size_t>(field.size())},
                                    task.data.width, task.data.height));
  }
  return pictures;
}

}  // namespace

void report_equilibrium(Run& run, const EquilibriumTask& task, const ContrastiveGraph& learned,
                        const std::vector<EquilibriumPoint>& points,
                        const std::map<std::string, double>& references) {
  Report& report = run.report;
  const EquilibriumPoint& last = points.back();
  report.number("test accuracy", percent(last.test_accuracy),
                fmt::format("{} samples", task.data.test.cols()));
  for (const auto& [method, accuracy] : references)
    report.number(method + ", the same graph", percent(accuracy));
  report.number("spikes a sample", fmt::format("{:.0f}", last.spikes),
                fmt::format("{:.0f} to infer", last.test_spikes));
  report.number("energy a sample", with_prefix(last.energy_j, "J"),
                fmt::format("{} to infer", with_prefix(last.test_energy_j, "J")));
  report.number("synapses left", fmt::format("{}", last.synapses));

  std::vector<Line> accuracy{{"training, as it is learned", {}, true}, {"test", {}, false}};
  std::vector<Line> costs{{"training", {}, false}, {"inference", {}, false}};
  Line synapses{"synapses", {}, false};
  for (const EquilibriumPoint& p : points) {
    const double epoch = p.epoch;
    if (p.epoch > 0) accuracy[0].points.emplace_back(epoch, 100 * p.train_accuracy);
    accuracy[1].points.emplace_back(epoch, 100 * p.test_accuracy);
    if (p.epoch > 0) costs[0].points.emplace_back(epoch, p.synaptic_events);
    costs[1].points.emplace_back(epoch, p.test_synaptic_events);
    synapses.points.emplace_back(epoch, static_cast<double>(p.synapses));
  }
  for (const auto& [method, share] : references)
    accuracy.push_back({method, {{0, 100 * share}, {double(last.epoch), 100 * share}}, true});
  report.heading("Learning");
  report.figure(svg_lines(accuracy, {"epoch"}, {"right, %"}),
                "Samples told right. Training ones are counted right after each was learned.");
  report.figure(svg_lines(costs, {"epoch"}, {"synaptic events a sample"}),
                "What a sample costs: learned with all its phases, and inferred.");
  if (task.pruning.by != PruningPlan::By::none)
    report.figure(svg_lines({synapses}, {"epoch"}, {"synapses"}), "Synapses that are left.");
  report.heading("Weights");
  if (task.data.width > 0)
    report.image_grid(receptive_fields(task, learned),
                      "Weights from the inputs to the hidden cells whose weights are strongest.");
  report.image_grid({picture(learned.recurrent, "")},
                    "The graph: from each cell (rows) to each (columns), outputs last; grey is no "
                    "edge or none left, black against, white for.",
                    1);
}

}  // namespace clockless
