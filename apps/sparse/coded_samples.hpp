// What sparse coding has come to, sample by sample.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <Eigen/Core>
#include <nlohmann/json.hpp>

#include "apps/sparse/coded.hpp"
#include "apps/sparse/coding_task.hpp"

namespace clockless {

/// The replicas (patches of samples, in order) of a task that have been coded. Refers to the task.
struct CodedSamples {
  explicit CodedSamples(const CodingTask& of) : task(of) {}

  const CodingTask& task;
  std::vector<Coded> replicas;  ///< samples · patches
  std::size_t samples = 0;      ///< that are whole
  bool with_reference = false;

  std::size_t patches() const { return static_cast<std::size_t>(task.data.patches()); }
  double lambda(std::size_t replica) const { return task.lambdas[replica / patches()]; }
  Eigen::VectorXd column(std::size_t replica) const {
    return task.data.columns().col(static_cast<Eigen::Index>(replica));
  }
  /// Of the first sample's patches the one with the most to say, to be looked at closely.
  std::size_t example() const;
  /// "sample 3 of those asked for, patch 7"
  std::string where(std::size_t replica) const;
  /// The sample from its codes: by spikes (&Coded::code) or by the solver (&Coded::reference).
  Eigen::VectorXd restored(std::size_t sample, Eigen::VectorXd Coded::*code) const;
  /// The scenario's `results`: values of each sample, summed over its patches.
  nlohmann::json results() const;
  /// CPU seconds of each sample.
  nlohmann::json times() const;

 private:
  template <class Value>
  std::vector<double> per_sample(Value value) const;
  std::vector<double> psnrs(Eigen::VectorXd Coded::*code) const;
};

}  // namespace clockless
