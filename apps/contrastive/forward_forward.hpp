// The forward-forward algorithm (Hinton 2022): each layer tells real data from fake by itself.
#pragma once

#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include "apps/contrastive/contrastive_model.hpp"
#include "apps/contrastive/optimiser.hpp"
#include "core/random.hpp"

namespace clockless {

/// One layer: h = max(0, W x̂ + b), x̂ = x/‖x‖; its goodness is the mean of h².
struct GoodnessLayer {
  Eigen::MatrixXd weights;  ///< b in the last column: cells x inputs + 1
  Eigen::Index inputs() const { return weights.cols() - 1; }

  /// h (cells x samples) of x (inputs x samples); a sample that is zero stays so.
  Eigen::MatrixXd activity(const Eigen::MatrixXd& x) const;
};

/// The goodness of each sample's h (cells x samples).
Eigen::VectorXd goodness(const Eigen::MatrixXd& h);

/// What a layer loses, and −d loss / d weights, as it knows them by itself: over samples k
/// Σ c_k log(1 + exp(∓(goodness − threshold))), − for data (positive phase), + for fakes.
struct LayerLesson {
  double loss = 0;
  Eigen::MatrixXd descent;  ///< as GoodnessLayer::weights
};
/// x is inputs x samples, h what the layer made of it, c a factor a sample: that of a fake is
/// negative, its magnitude is c_k.
LayerLesson layer_lesson(const Eigen::MatrixXd& x, const Eigen::MatrixXd& h,
                         const Eigen::VectorXd& factors, double threshold);

/// The factor of one sample's lesson where phases go by a plan that learns in place: so that the
/// mean over phases is the contrast of both.
double phase_factor(const PhasePlan& plan, bool positive);

/// Samples with a label each: one row a class, 1 at the label, above the features.
Eigen::MatrixXd label_overlay(const Eigen::MatrixXd& x, const std::vector<int>& labels,
                              int classes);

struct ForwardForwardOptions {
  std::vector<Eigen::Index> layers = {200, 200};
  double threshold = 2;  ///< of the goodness, θ > 0
  OptimiserOptions optimiser = {.learning_rate = 0.01};
  Eigen::Index batch = 32;
};

/// Learns labelled data: positive samples bear their label, negative ones one drawn of the others.
/// - rigid: each step contrasts both of each sample;
/// - in_place: each place of a batch sees one kind only, and learns from that; kinds alternate, or
///   are drawn (random_order) and weighted by the inverse of their probability (Williams et al.
///   2023);
/// - several_data, random_lengths: a kind stays for several samples; for a geometric number,
/// mean 3.
class ForwardForward final : public ContrastiveModel {
 public:
  ForwardForward(const ContrastiveContext& context, const ForwardForwardOptions& options = {});

  /// So many samples. Ctrl-C leaves out the rest.
  void learn(std::uint64_t count) override;
  /// Accuracy on the test samples, %: the label of the largest goodness, summed over layers.
  double figure() override;
  std::uint32_t checksum() const override;

  const std::vector<GoodnessLayer>& layers() const { return layers_; }
  std::vector<int> classify(const Eigen::MatrixXd& x) const;

 private:
  void step(const std::vector<Eigen::Index>& rows);
  struct Phase {
    bool positive = false;
    int left = 0;  // samples
  };
  bool next_is_positive(Phase& phase);

  const LabelledData& data_;
  PhasePlan plan_;
  ForwardForwardOptions options_;
  std::uint64_t seed_;
  std::vector<GoodnessLayer> layers_;
  std::vector<Eigen::MatrixXd> first_, second_;  // moments of Adam
  double first_power_ = 1, second_power_ = 1;
  RandomStream random_;
  std::uint64_t learned_ = 0;
  std::vector<Eigen::Index> batch_;  // samples that wait for it to fill
  std::vector<Phase> phases_;        // of each place of a batch
};

}  // namespace clockless
