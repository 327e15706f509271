// One problem coded by spikes and, beside it, by the solvers.
#include "apps/sparse/coded.hpp"

#include <utility>

#include <time.h>

#include "apps/solvers/fista.hpp"

namespace clockless {

using Eigen::VectorXd;

namespace {

constexpr double fista_accuracy = 1e-4;  // of the objective, relative, that FISTA is timed to

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// CPU seconds of FISTA to fista_accuracy; how many steps that takes is found beforehand.
double time_fista(const LassoProblem& problem, const VectorXd& correlation, double lipschitz,
                  double optimum) {
  FistaOptions options;
  options.signed_codes = problem.signed_codes;
  Fista scout(problem.gram, correlation, problem.lambda, lipschitz, options);
  int steps = 0;
  while (steps < 2000 && lasso_objective(problem.dictionary, problem.x, scout.codes(),
                                         problem.lambda) > optimum * (1 + fista_accuracy)) {
    scout.step();
    ++steps;
  }
  const double start = cpu_seconds();
  Fista solver(problem.gram, correlation, problem.lambda, lipschitz, options);
  for (int k = 0; k < steps; ++k) solver.step();
  return cpu_seconds() - start;
}

}  // namespace

void code_by_spikes(const LassoProblem& problem, const LcaNetwork& network, SpikingLca& lca,
                    double duration, VectorXd LcaCodes::*readout, Coded& out) {
  const double start = cpu_seconds();
  LcaCodes codes = lca.code(network.input(problem.x, problem.lambda), duration);
  out.spiking_s = cpu_seconds() - start;
  out.code = std::move(codes.*readout);
  for (const std::uint64_t n : lca.simulation().spike_counts(network.population()))
    out.active += n > 0;
  out.counts = lca.simulation().counts();
  out.hash = lca.simulation().spike_hash();
  out.spikes = lca.simulation().take_spikes();
  out.objective = lasso_objective(problem.dictionary, problem.x, out.code, problem.lambda);
}

void solve_beside(const LassoProblem& problem, double lipschitz, Coded& out) {
  LassoSolution solution = coordinate_descent(problem);
  const VectorXd correlation = problem.dictionary.transpose() * problem.x;
  out.fista_s = time_fista(problem, correlation, lipschitz, solution.objective);
  out.reference = std::move(solution.codes);
  out.reference_objective = solution.objective;
  out.gap = solution.gap;
}

}  // namespace clockless
