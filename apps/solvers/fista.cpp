// FISTA on the Gram matrix: the peer that spiking LASSO is timed against.
#include "apps/solvers/fista.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include <fmt/core.h>

#include "apps/interrupt.hpp"
#include "core/error.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

Fista::Fista(const MatrixXd& gram, VectorXd correlation, double lambda, double lipschitz,
             FistaOptions options)
    : gram_(gram),
      correlation_(std::move(correlation)),
      step_(1 / lipschitz),
      threshold_(lambda / lipschitz),
      options_(options),
      codes_(VectorXd::Zero(gram.cols())),
      previous_(codes_),
      product_(codes_),
      old_product_(codes_) {
  if (!(lipschitz > 0) || !std::isfinite(lipschitz))
    throw Error(fmt::format("fista: the Lipschitz constant is {}; it must be a positive number",
                            lipschitz));
  if (gram_.rows() != gram_.cols() || correlation_.size() != gram_.cols())
    throw Error(fmt::format("fista: a {} x {} Gram matrix does not fit a correlation of {} values",
                            gram_.rows(), gram_.cols(), correlation_.size()));
  active_.reserve(static_cast<std::size_t>(gram.cols()));
}

void Fista::step() {
  const double uphill = options_.signed_codes ? shrink<true>(momentum_) : shrink<false>(momentum_);
  if (options_.adaptive_restart && uphill > 0) t_ = 1;
  const double next = 0.5 * (1 + std::sqrt(1 + 4 * t_ * t_));
  momentum_ = (t_ - 1) / next;
  t_ = next;
  multiply_gram();
}

/// The proximal gradient step from y = a + m (a − a_before), in one pass; G y follows from the two
/// products at hand by linearity, so only G a is ever computed, from the few columns where a ≠ 0.
/// Returns (y − a_new)·(a_new − a), whose sign tells when the momentum points uphill.
template <bool signed_codes>
double Fista::shrink(double momentum) {
  const Index n = codes_.size();
  const double* const a = codes_.data();
  const double* const p = product_.data();
  const double* const p_before = old_product_.data();
  const double* const c = correlation_.data();
  double* const a_before = previous_.data();  // becomes the new iterate, in place
  double uphill = 0;
  for (Index i = 0; i < n; ++i) {
    const double y = a[i] + momentum * (a[i] - a_before[i]);
    const double gradient = p[i] + momentum * (p[i] - p_before[i]) - c[i];
    const double z = y - step_ * gradient;
    double code = std::max(z - threshold_, 0.0);
    if constexpr (signed_codes) code += std::min(z + threshold_, 0.0);
    uphill += (y - code) * (code - a[i]);
    a_before[i] = code;
  }
  codes_.swap(previous_);
  product_.swap(old_product_);
  return uphill;
}

void Fista::multiply_gram() {
  active_.clear();
  for (Index i = 0; i < codes_.size(); ++i)
    if (codes_[i] != 0) active_.push_back(i);
  product_.setZero();
  const auto column = [this](std::size_t k) { return codes_[active_[k]] * gram_.col(active_[k]); };
  std::size_t k = 0;
  for (; k + 4 <= active_.size(); k += 4)  // four columns for each pass over the product
    product_ += (column(k) + column(k + 1)) + (column(k + 2) + column(k + 3));
  for (; k < active_.size(); ++k) product_ += column(k);
}

double largest_eigenvalue(const MatrixXd& gram) {
  const Index n = gram.cols();
  if (n == 0) return 0;
  VectorXd v(n);
  for (Index i = 0; i < n; ++i)  // a start with a share of every eigenvector
    v[i] = 0.5 + std::fmod(0.6180339887498949 * static_cast<double>(i + 1), 1.0);
  v.normalize();
  VectorXd image(n);
  double value = 0;
  double error = 0;
  for (int k = 0; k < 2000 && !interrupted(); ++k) {
    image.noalias() = gram * v;
    value = v.dot(image);
    error = (image - value * v).norm();
    const double norm = image.norm();
    if (norm == 0 || error <= 1e-6 * value) break;
    v = image / norm;
  }
  return std::min(value + error, gram.cwiseAbs().rowwise().sum().maxCoeff());
}

LassoSolution fista(const LassoProblem& problem, double lipschitz, const LassoOptions& options) {
  check_lasso(problem);
  const auto& d = problem.dictionary;
  FistaOptions fista_options;
  fista_options.signed_codes = problem.signed_codes;
  Fista solver(problem.gram, d.transpose() * problem.x, problem.lambda, lipschitz, fista_options);
  for (int steps = 0;;) {
    const auto& a = solver.codes();
    const double objective = lasso_objective(d, problem.x, a, problem.lambda);
    const double gap = duality_gap(d, problem.x, a, problem.lambda, problem.signed_codes);
    if (gap <= options.tolerance * objective) return {a, objective, gap, steps};
    if (steps >= options.max_sweeps)
      throw Error(
          fmt::format("fista: the relative duality gap is {:.2g} after {} steps, {:.2g} is asked; "
                      "give a larger lambda",
                      gap / objective, steps, options.tolerance));
    for (int k = 0; k < 10 && steps < options.max_sweeps; ++k, ++steps) solver.step();
  }
}

}  // namespace clockless
