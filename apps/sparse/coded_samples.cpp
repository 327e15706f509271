// What sparse coding has come to, sample by sample.
#include "apps/sparse/coded_samples.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "apps/results.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

std::size_t nonzeros(const VectorXd& code) {
  return static_cast<std::size_t>((code.array() != 0).count());
}

std::vector<double> over(std::vector<double> values, double divisor) {
  for (double& v : values) v /= divisor;
  return values;
}

}  // namespace

std::string CodedSamples::where(std::size_t replica) const {
  return patches() == 1 ? fmt::format("sample {} of those asked for", replica)
                        : fmt::format("sample {} of those asked for, patch {}", replica / patches(),
                                      replica % patches());
}

std::size_t CodedSamples::example() const {
  std::size_t most = 0;
  for (std::size_t i = 0; i < patches(); ++i)
    if (column(i).squaredNorm() > column(most).squaredNorm()) most = i;
  return most;
}

VectorXd CodedSamples::restored(std::size_t sample, VectorXd Coded::*code) const {
  MatrixXd columns(task.data.columns().rows(), task.data.patches());
  for (std::size_t p = 0; p < patches(); ++p)
    columns.col(static_cast<Index>(p)) =
        task.network->dictionary() * (replicas[sample * patches() + p].*code);
  return task.data.restore(static_cast<Index>(sample), std::move(columns));
}

template <class Value>
std::vector<double> CodedSamples::per_sample(Value value) const {
  std::vector<double> sums(samples, 0.0);
  for (std::size_t i = 0; i < replicas.size(); ++i)
    sums[i / patches()] += static_cast<double>(value(replicas[i]));
  return sums;
}

std::vector<double> CodedSamples::psnrs(VectorXd Coded::*code) const {
  std::vector<double> values;
  for (std::size_t i = 0; i < samples; ++i)
    values.push_back(psnr_db(task.data.sample(static_cast<Index>(i)), restored(i, code)));
  return values;
}

nlohmann::json CodedSamples::results() const {
  const LcaNetwork& network = *task.network;
  nlohmann::json results;
  const auto objective = per_sample([](const Coded& c) { return c.objective; });
  const auto counted = per_sample([](const Coded& c) { return nonzeros(c.code); });
  results["objective"] = with_median(objective);
  results["nonzeros"] = with_median(counted);
  results["nonzeros_per_pixel"] =
      with_median(over(counted, static_cast<double>(task.data.values())));
  results["psnr_db"] = with_median(psnrs(&Coded::code));
  results["spikes"] = with_median(per_sample([](const Coded& c) { return c.counts.spikes; }));
  results["lambda"] = with_median(
      {task.lambdas.begin(), task.lambdas.begin() + static_cast<std::ptrdiff_t>(samples)});
  results["active_fraction"] =
      with_median(over(per_sample([](const Coded& c) { return c.active; }),
                       static_cast<double>(network.neurons()) * static_cast<double>(patches())));
  results["patches"] = patches();
  results["features"] = network.dictionary().rows();
  results["atoms"] = network.atoms();
  results["neurons"] = network.neurons();
  if (!with_reference) return results;
  const auto reference = per_sample([](const Coded& c) { return c.reference_objective; });
  std::vector<double> error;
  for (std::size_t i = 0; i < samples; ++i)
    error.push_back(objective[i] == reference[i] ? 0 : objective[i] / reference[i] - 1);
  double gap = 0;
  for (const Coded& c : replicas)
    if (c.reference_objective > 0) gap = std::max(gap, c.gap / c.reference_objective);
  results["reference_objective"] = with_median(reference);
  results["relative_error"] = with_median(error);
  results["reference_nonzeros"] =
      with_median(per_sample([](const Coded& c) { return nonzeros(c.reference); }));
  results["reference_psnr_db"] = with_median(psnrs(&Coded::reference));
  results["reference_gap"] = gap;
  return results;
}

nlohmann::json CodedSamples::times() const {
  nlohmann::json times;
  times["spiking_s"] = with_median(per_sample([](const Coded& c) { return c.spiking_s; }));
  if (with_reference)
    times["fista_s"] = with_median(per_sample([](const Coded& c) { return c.fista_s; }));
  return times;
}

}  // namespace clockless
