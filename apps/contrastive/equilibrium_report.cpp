// The report of equilibrium propagation by spikes.
#include "apps/contrastive/equilibrium_report.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

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

/// What theory says of the network, beside what was seen.
void report_stability(Run& run, const std::vector<EquilibriumPoint>& points) {
  const nlohmann::json& r = run.results;
  const auto written = [](const nlohmann::json& value) {
    return value.is_null() ? std::string("–") : fmt::format("{:.4g}", value.get<double>());
  };
  run.report.heading("Stability");
  run.report.table(
      {"quantity", "value", "what it is"},
      {{"contraction margin", written(r["contraction_margin"]),
        "least leak of a cell less the weights that leave it; while above 0, distances shrink"},
       {"Lyapunov bound", written(r["lyapunov_bound"]),
        "complete graphs: of the distance from equilibrium that spikes leave open, of which only "
        "the contractive leak promises one; layers: of the energy's rise in a time constant"},
       {"Lyapunov increases", written(r["lyapunov_increases"]),
        fmt::format("of the distance above the bound, or of the energy beyond it, in {} steps of "
                    "{} epochs; "
                    "{} had no equilibrium to watch (a leak not above 0), or cells of which no "
                    "bound is known",
                    r["lyapunov_steps"].get<std::uint64_t>(), r["lyapunov_epochs"].get<int>(),
                    r["lyapunov_unwatched"].get<int>())},
       {"asymmetry", written(r["asymmetry"]),
        "of weights between cells, ‖W − Wᵀ‖ / ‖W + Wᵀ‖: 0 where the reverse ones are the same, "
        "about "
        "1 where they know nothing of each other"},
       {"error of copies", written(r["copy_error"]),
        "largest difference between a weight and the copy at the reverse synapse, of all epochs; 0 "
        "but for the asymmetric rule"},
       {"gradient cosine", written(r["gradient_cosine"]),
        "of what the first weights would learn by spikes with the exact gradient"}},
      "Of the last epoch; increases and errors of all.");
  Line margin{"", {}, false};
  for (const EquilibriumPoint& p : points)
    margin.points.emplace_back(p.epoch, p.contraction_margin);
  run.report.figure(svg_lines({margin}, {"epoch"}, {"contraction margin"}),
                    "The contraction margin in the course of learning.");
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
    report.number(method, percent(accuracy),
                  method == "logistic regression" ? "no graph" : "the same graph");
  report.number("spikes a sample", fmt::format("{:.0f}", last.spikes),
                fmt::format("{:.0f} to infer", last.test_spikes));
  report.number("energy a sample", with_prefix(last.energy_j, "J"),
                fmt::format("of events, {} to infer", with_prefix(last.test_energy_j, "J")));
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
  report.figure(
      svg_lines(accuracy, {"epoch"}, {"right, %"}),
      "Samples told right. Training ones are counted right after each was learned, from where "
      "its nudge left the cells.");
  report.figure(svg_lines(costs, {"epoch"}, {"synaptic events a sample"}),
                "What a sample costs: learned with all its phases, and inferred.");
  if (task.pruning.by != PruningPlan::By::none)
    report.figure(svg_lines({synapses}, {"epoch"}, {"synapses"}), "Synapses that are left.");
  report_stability(run, points);
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
