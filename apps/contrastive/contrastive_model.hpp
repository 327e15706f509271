// The one interface of models that learn by contrast, each by rigid or flexible phases.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <Eigen/Core>

#include "apps/contrastive/labelled_data.hpp"
#include "apps/contrastive/phase_plan.hpp"
#include "core/counts.hpp"

namespace clockless {

/// What a model's learning has been on the engine.
struct EngineTally {
  Counts counts;
  std::uint64_t spike_hash = 0;
  double simulated_s = 0;
};

class ContrastiveModel {
 public:
  virtual ~ContrastiveModel() = default;
  /// Learns on, for `count` of the samples, phases or steps in which its kind counts.
  virtual void learn(std::uint64_t count) = 0;
  /// What it is judged by, see ContrastiveKind::figure. Whether and when it is asked for changes
  /// nothing of what is learned, nor of its tally.
  virtual double figure() = 0;
  /// Of all learning so far; none where nothing is counted, for the model is one of rates.
  virtual std::optional<EngineTally> tally() const { return {}; }
  /// Of all weights, bit for bit.
  virtual std::uint32_t checksum() const = 0;
};

/// CRC-32 of weights, going on from that of others.
std::uint32_t weights_checksum(const Eigen::MatrixXd& weights, std::uint32_t before = 0);

/// What a model is made of.
struct ContrastiveContext {
  const LabelledData& data;  ///< models with data of their own do not look at it
  PhasePlan plan;
  std::uint64_t seed = 0;
  double length = 1;  ///< it will learn for so many times ContrastiveKind::length: rates fall so
  std::size_t cores = 1;  ///< neurocores, for models on the engine
};

/// A kind of model. Its file ends with CLOCKLESS_CONTRASTIVE_MODEL(kind), and nothing else is to be
/// edited.
struct ContrastiveKind {
  std::string_view name, summary;
  std::string_view figure;              ///< "test accuracy", "negative log-likelihood"
  std::string_view unit = {};           ///< of the figure: "nat"
  bool larger_is_better = true;         ///< the figure
  std::vector<std::string_view> plans;  ///< names of those it can honour, rigid among them
  std::string_view counted;             ///< what learn() counts: "samples" on the engine
  bool own_data = false;  ///< it does not look at the labelled data, which may be empty
  /// How many a run learns that is not --quick; the plan may ask for more than rigid does.
  std::function<std::uint64_t(const ContrastiveContext&)> length;
  std::function<std::unique_ptr<ContrastiveModel>(const ContrastiveContext&)> make;
};

/// In the order of their names.
std::vector<const ContrastiveKind*> contrastive_kinds();

namespace detail {
bool add_contrastive_kind(ContrastiveKind kind);
}

#define CLOCKLESS_CONTRASTIVE_MODEL(...) \
  static const bool contrastive_kind_added = ::clockless::detail::add_contrastive_kind(__VA_ARGS__)

}  // namespace clockless
