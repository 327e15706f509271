// Figures of sparse coding for the report: images, atoms, one replica's spikes and its way to the
// optimum.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "apps/report/picture.hpp"
#include "apps/report/plot.hpp"
#include "apps/sparse/spiking_lca.hpp"

namespace clockless {

/// A picture of height · width values; `like` gives the range that is drawn black to white.
Picture picture_like(const Eigen::VectorXd& values, const Eigen::VectorXd& like, std::size_t width,
                     std::size_t height, std::string caption = "");

/// Up to `most` atoms as pictures, those of the greatest `use` first.
std::vector<Picture> atom_pictures(const Eigen::MatrixXd& dictionary, const Eigen::VectorXd& use,
                                   std::size_t width, std::size_t height, std::size_t most);

/// One problem coded again, looked at on the way.
struct Anytime {
  std::vector<std::pair<double, double>> count, tail, membrane;  ///< (T in τ, objective at T)
  std::vector<Spike> spikes;
};
/// The readouts of [0, T] at some 60 durations T up to `duration` (in τ).
Anytime anytime(const LcaNetwork& network, const Eigen::VectorXd& x, double lambda,
                double duration);

/// The objective over time, beside the optimum; and how far above the optimum it is.
std::string svg_objective(const Anytime& way, double optimum);
std::string svg_excess(const Anytime& way, double optimum);

/// The spikes of the neurons that fire before `duration_s`, the busiest at the bottom.
std::string svg_busiest(const std::vector<Spike>& spikes, double duration_s);

/// The greatest coefficients of one code, each with that of the reference where there is one.
std::string svg_code(const Eigen::VectorXd& code, const Eigen::VectorXd& reference);

}  // namespace clockless
