// Evaluating and watching Lyapunov functions.
#include "apps/contrastive/lyapunov.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

VectorXd equilibrium_distance(const MatrixXd& states, const MatrixXd& equilibrium) {
  return (states - equilibrium).cwiseAbs().colwise().sum().transpose();
}

VectorXd energy(const ContrastiveGraph& graph, const RateDynamics& dynamics,
                const MatrixXd& states) {
  MatrixXd drive = MatrixXd::Zero(states.rows(), states.cols());
  graph.add_recurrent_drive(states, drive);
  const MatrixXd part = 0.5 * (dynamics.leak().asDiagonal() * states - drive) - dynamics.current();
  return states.cwiseProduct(part).colwise().sum().transpose();
}

double spiking_bound(const ContrastiveGraph& graph, double threshold, double hysteresis) {
  return (0.5 + hysteresis) * threshold * graph.recurrent.cwiseAbs().sum() / graph.base_leak;
}

double spiking_energy_rise(const ContrastiveGraph& graph, double threshold, double hysteresis) {
  const MatrixXd& w = graph.recurrent;
  const MatrixXd push =
      0.5 * (w - w.transpose()).cwiseAbs() + (0.5 + hysteresis) * threshold * w.cwiseAbs();
  return 0.25 * push.colwise().sum().squaredNorm();
}

void LyapunovMonitor::observe(const VectorXd& values) {
  if (last_.size() > 0 && last_.size() != values.size())
    throw Error(fmt::format("{}: {} values after {}; restart the monitor in between", name_,
                            values.size(), last_.size()));
  for (Index k = 0; k < last_.size(); ++k) {
    const double rise = values[k] - last_[k];
    ++steps_;
    if (tolerance_ > 0 && rise > 0) share_ = std::max(share_, rise / tolerance_);
    if (rise <= tolerance_) continue;
    ++increases_;
    largest_ = std::isnan(rise) ? rise : std::max(rise, largest_);
  }
  last_ = values;
}

std::string LyapunovMonitor::text() const {
  if (increases_ == 0) return fmt::format("{}: never rose in {} steps", name_, steps_);
  return fmt::format("{}: rose in {} of {} steps, by {:.2g} at most", name_, increases_, steps_,
                     largest_);
}

}  // namespace clockless
