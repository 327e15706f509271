// Labels as targets of outputs, and back.
#include "apps/contrastive/output_code.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "core/error.hpp"

namespace clockless {

using Eigen::Index;
using Eigen::MatrixXd;

MatrixXd one_hot(const std::vector<int>& labels, Index outputs) {
  MatrixXd targets = MatrixXd::Zero(outputs, static_cast<Index>(labels.size()));
  for (Index i = 0; i < targets.cols(); ++i) {
    const int label = labels[static_cast<std::size_t>(i)];
    if (label < 0 || label >= std::max<Index>(outputs, 2))
      throw Error(
          fmt::format("label {} for {} outputs; give an output for each class", label, outputs));
    if (outputs == 1)
      targets(0, i) = label;
    else
      targets(label, i) = 1;
  }
  return targets;
}

std::vector<int> decide(const MatrixXd& outputs) {
  std::vector<int> labels;
  for (Index i = 0; i < outputs.cols(); ++i) {
    Index best = outputs(0, i) > 0.5 ? 1 : 0;
    if (outputs.rows() > 1) outputs.col(i).maxCoeff(&best);
    labels.push_back(static_cast<int>(best));
  }
  return labels;
}

double accuracy(const std::vector<int>& decided, const std::vector<int>& labels) {
  if (labels.empty()) return 0;
  std::size_t right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) right += decided[i] == labels[i] ? 1 : 0;
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

}  // namespace clockless
