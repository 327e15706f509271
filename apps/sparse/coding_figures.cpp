// Figures of sparse coding for the report.
#include "apps/sparse/coding_figures.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "apps/solvers/lasso.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// 0 … n−1, the greatest value first, equal ones in order.
std::vector<Index> greatest_first(const VectorXd& values) {
  std::vector<Index> order(static_cast<std::size_t>(values.size()));
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](Index a, Index b) { return values[a] > values[b]; });
  return order;
}

std::vector<float> floats(const VectorXd& values) {
  std::vector<float> out;
  for (const double v : values) out.push_back(static_cast<float>(v));
  return out;
}

}  // namespace

Picture picture_like(const VectorXd& values, const VectorXd& like, std::size_t width,
                     std::size_t height, std::string caption) {
  return grey_picture(floats(values), width, height, static_cast<float>(like.minCoeff()),
                      static_cast<float>(like.maxCoeff()), std::move(caption));
}

std::vector<Picture> atom_pictures(const MatrixXd& dictionary, const VectorXd& use,
                                   std::size_t width, std::size_t height, std::size_t most) {
  std::vector<Picture> pictures;
  for (const Index atom : greatest_first(use)) {
    if (pictures.size() == most) break;
    pictures.push_back(grey_picture(floats(dictionary.col(atom)), width, height));
  }
  return pictures;
}

Anytime anytime(const LcaNetwork& network, const VectorXd& x, double lambda, double duration) {
  // Each T needs the moments T/4 and T: on a grid with four steps to a factor of √2 both are on it.
  constexpr int per_quarter = 16;
  constexpr int points = 5 * per_quarter;
  std::vector<double> times;
  for (int k = 0; k <= points; ++k)
    times.push_back(duration * std::pow(4.0, static_cast<double>(k - points) / per_quarter));

  SpikingLca lca(network);
  lca.simulation().record(network.population());
  lca.start(network.input(x, lambda));
  const auto objective = [&](const VectorXd& code) {
    return lasso_objective(network.dictionary(), x, code, lambda);
  };
  Anytime way;
  std::vector<LcaMoment> moments;
  for (std::size_t k = 0; k < times.size(); ++k) {
    lca.run_until(times[k]);
    moments.push_back(lca.now(false));
    if (k < per_quarter) continue;
    const LcaCodes codes = lca.codes(moments[k - per_quarter]);
    way.count.emplace_back(times[k], objective(codes.count));
    way.tail.emplace_back(times[k], objective(codes.tail));
    way.membrane.emplace_back(times[k], objective(codes.membrane));
  }
  way.spikes = lca.simulation().take_spikes();
  return way;
}

std::string svg_objective(const Anytime& way, double optimum) {
  std::vector<Line> lines{{"spike count", way.count, false},
                          {"count of the tail", way.tail, false},
                          {"membrane of the tail", way.membrane, false}};
  if (optimum > 0)
    lines.push_back({"reference solver",
                     {{way.count.front().first, optimum}, {way.count.back().first, optimum}},
                     true});
  return svg_lines(lines, {"time (τ)", true}, {"objective", true});
}

std::string svg_excess(const Anytime& way, double optimum) {
  const auto excess = [optimum](std::vector<std::pair<double, double>> points) {
    for (auto& [t, value] : points) value = value / optimum - 1;
    return points;
  };
  return svg_lines({{"spike count", excess(way.count), false},
                    {"count of the tail", excess(way.tail), false},
                    {"membrane of the tail", excess(way.membrane), false}},
                   {"time (τ)", true}, {"relative excess over the optimum", true});
}

std::string svg_busiest(const std::vector<Spike>& spikes, double duration_s) {
  std::map<std::uint32_t, std::size_t> counts;
  for (const Spike& s : spikes)
    if (seconds(s.at) < duration_s) ++counts[index(s.source)];
  std::vector<std::pair<std::size_t, std::uint32_t>> order;
  for (const auto& [neuron, count] : counts) order.emplace_back(count, neuron);
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return std::pair(b.first, a.second) < std::pair(a.first, b.second);
  });
  std::map<std::uint32_t, std::uint32_t> row;
  for (const auto& [count, neuron] : order) row.emplace(neuron, row.size());
  std::vector<std::pair<double, std::uint32_t>> dots;
  for (const Spike& s : spikes)
    if (seconds(s.at) < duration_s) dots.emplace_back(seconds(s.at), row.at(index(s.source)));
  return svg_raster(dots, static_cast<std::uint32_t>(row.size()), duration_s);
}

std::string svg_code(const VectorXd& code, const VectorXd& reference) {
  std::vector<std::pair<std::string, double>> bars;
  for (const Index atom : greatest_first(code.cwiseAbs())) {
    if (code[atom] == 0 || bars.size() == 14) break;
    bars.emplace_back(reference.size() > 0
                          ? fmt::format("atom {} (solver {:.4f})", atom, reference[atom])
                          : fmt::format("atom {}", atom),
                      code[atom]);
  }
  return svg_bars(bars, {"coefficient, by spikes", false});
}

}  // namespace clockless
