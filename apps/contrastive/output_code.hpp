// What outputs are to show for a label, and what label they say.
#pragma once

#include <vector>

#include <Eigen/Core>

namespace clockless {

/// Targets of outputs: 1 at the label's row, else 0. One output shows the label of two classes
/// itself. Throws Error for a label without an output.
Eigen::MatrixXd one_hot(const std::vector<int>& labels, Eigen::Index outputs);

/// What outputs (outputs x samples) say: the first largest; of one output, whether it exceeds ½.
std::vector<int> decide(const Eigen::MatrixXd& outputs);

/// Share of the samples whose label is right, of as many as labels; 0 for none.
double accuracy(const std::vector<int>& decided, const std::vector<int>& labels);

}  // namespace clockless
