// One problem coded by spikes and, beside it, by the solvers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include "apps/solvers/lasso.hpp"
#include "apps/sparse/spiking_lca.hpp"
#include "core/counts.hpp"
#include "core/event.hpp"

namespace clockless {

/// One coded patch (or whole sample). Times are CPU seconds.
struct Coded {
  bool done = false;
  Eigen::VectorXd code, reference;  ///< atoms
  double objective = 0, reference_objective = 0, gap = 0;
  double spiking_s = 0;    ///< Dᵀx to readout
  double fista_s = 0;      ///< Dᵀx at hand, to 1e-4 of the optimum
  std::size_t active = 0;  ///< neurons that fired
  Counts counts;
  std::uint64_t hash = 0;
  std::vector<Spike> spikes;
};

/// Runs `duration` (in τ) and reads the code out. Spikes are taken if `lca` records them.
void code_by_spikes(const LassoProblem& problem, const LcaNetwork& network, SpikingLca& lca,
                    double duration, Eigen::VectorXd LcaCodes::*readout, Coded& out);

/// Coordinate descent, and the time FISTA takes; `lipschitz` as for Fista.
void solve_beside(const LassoProblem& problem, double lipschitz, Coded& out);

}  // namespace clockless
