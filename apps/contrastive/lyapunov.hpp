// Lyapunov functions of contrastive networks, and a monitor that counts where they rise.
#pragma once

#include <cstdint>
#include <string>

#include <Eigen/Core>

#include "apps/contrastive/graph.hpp"
#include "apps/contrastive/rate_dynamics.hpp"

namespace clockless {

/// V = ‖s − s*‖₁, per sample. With the contractive leak dV/dt ≤ −λ V for any weights, clipped or
/// not; without it nothing is promised.
Eigen::VectorXd equilibrium_distance(const Eigen::MatrixXd& states,
                                     const Eigen::MatrixXd& equilibrium);

/// E = ½ Σ g_j s_j² − ½ Σ W_ij s_i s_j − Σ c_j s_j, per sample (Hopfield 1984): never rises along
/// the dynamics where the weights are symmetric. For directed ones their symmetric part counts, and
/// nothing is promised.
Eigen::VectorXd energy(const ContrastiveGraph& graph, const RateDynamics& dynamics,
                       const Eigen::MatrixXd& states);

/// What ‖s − s*‖₁ of a contractive spiking network ends below, when spikes tell states to within
/// (½ + h) θ: (½ + h) θ Σ|W| / λ, the sum over recurrent edges (input-to-state stability). Of
/// other leaks it is what the contractive one would promise.
double spiking_bound(const ContrastiveGraph& graph, double threshold, double hysteresis);

/// By how much E of a spiking network may rise in a time constant while spikes tell states to
/// within (½ + h) θ, and W = S + A is not all symmetric: ds/dt = −∇E + A s + W e gives dE/dt ≤ ¼ |A
/// s + W e|² ≤ ¼ Σ_j (Σ_i |A_ij| + (½ + h) θ |W_ij|)², clipped or not.
double spiking_energy_rise(const ContrastiveGraph& graph, double threshold, double hysteresis);

/// Watches a quantity that should never rise, sample by sample.
class LyapunovMonitor {
 public:
  explicit LyapunovMonitor(std::string name, double tolerance = 1e-12)
      : name_(std::move(name)), tolerance_(tolerance) {}

  /// The next values along the trajectories of as many samples. What exceeds the value before by
  /// more than the tolerance, or is not finite, counts as an increase.
  void observe(const Eigen::VectorXd& values);
  /// The next values begin other trajectories.
  void restart() { last_.resize(0); }

  std::uint64_t steps() const { return steps_; }
  std::uint64_t increases() const { return increases_; }
  double largest_increase() const { return largest_; }
  /// The largest rise of all, in tolerances: how tight a bound was.
  double largest_share() const { return share_; }
  /// "‖s − s*‖₁: rose in 3 of 800 steps, by 0.02 at most", or "…: never rose in 800 steps".
  std::string text() const;

 private:
  std::string name_;
  double tolerance_;
  Eigen::VectorXd last_;
  std::uint64_t steps_ = 0, increases_ = 0;
  double largest_ = 0, share_ = 0;
};

}  // namespace clockless
