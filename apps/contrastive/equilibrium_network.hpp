// The spiking network of equilibrium propagation: sigma-delta cells on any directed graph, and a
// teacher whose phases reach them as events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include "apps/contrastive/graph.hpp"
#include "core/network.hpp"
#include "neurons/level_sensor.hpp"
#include "neurons/relay.hpp"
#include "neurons/sigma_delta.hpp"
#include "neurons/teacher.hpp"
#include "plasticity/asymmetric_contrast.hpp"
#include "plasticity/level_contrast.hpp"

namespace clockless {

struct SpikingOptions {
  double tau_s = 1e-3;
  double threshold = 1.0 / 16;        ///< θ of cells
  double input_threshold = 1.0 / 16;  ///< of inputs
  double hysteresis = 0.05;
  // η of the synapses: from inputs and of biases; to later layers, outputs last; back to earlier
  // ones; within a layer. 0: they stay as they are.
  double input_rate = 0.012, forward_rate = 0.012, feedback_rate = 0.012, lateral_rate = 0.012;
  /// The forms of LevelContrast; or between cells AsymmetricContrast, the gradient of directed
  /// graphs, for which the teacher pauses.
  enum class Rule : std::uint8_t { product, one_sided, asymmetric };
  Rule rule = Rule::product;
  double delay_tau = 0.05;  ///< of axons
  /// Of cells' axons, each its own: they differ by up to so much, as a share of delay_tau, below 2.
  double delay_spread = 1;
  double modulator_tau =
      0.3;  ///< modulators arrive 0 to so late, each at its own time; nudges after
  bool relative_nudge = false;  ///< the nudge's conductance is β L
  Teacher::Params teacher = {};
  double mismatch = 0, lost_spikes = 0, lost_modulators = 0, retold = 0;  ///< see SigmaDelta
  std::uint64_t seed = 0;                                                 ///< of the delays

  friend bool operator==(const SpikingOptions&, const SpikingOptions&) = default;
};

/// The network as a description: cells are a population a layer, outputs last, and each of the
/// graph's weights is a synapse of its own.
class EquilibriumNetwork {
 public:
  /// Throws Error for options out of range.
  EquilibriumNetwork(const ContrastiveGraph& graph, const SpikingOptions& options);

  /// Synapses from inputs, from the bias or between cells, and the part of the graph they are of.
  struct Part {
    enum class From { inputs, bias, cells };
    AnyProjection projection;
    From from;
    Eigen::Index first_row, rows, first_cell, cells;
  };
  /// Cells from..from+size of the graph.
  struct Group {
    Population<SigmaDelta> population;
    Eigen::Index first, size;
  };

  const SpikingOptions& options() const { return options_; }
  const Network& network() const { return network_; }
  const std::vector<Part>& parts() const { return parts_; }
  const std::vector<Group>& groups() const { return groups_; }
  Population<LevelSensor> inputs() const { return inputs_; }
  Population<LevelSensor> bias() const { return bias_; }
  Population<Teacher> teacher() const { return teacher_; }
  /// Fires when the teacher asks for a sample.
  Population<Relay> reader() const { return reader_; }
  /// Time after a request within which it is to be answered.
  Duration answer() const {
    return from_seconds(0.5 * options_.teacher.answer_tau * options_.tau_s);
  }
  Eigen::Index outputs() const { return groups_.back().size; }
  /// The last group is the outputs.
  Population<SigmaDelta> output_cells() const { return groups_.back().population; }

 private:
  void add_cells(const ContrastiveGraph& graph);
  void connect_inputs(const ContrastiveGraph& graph);
  void connect_cells(const ContrastiveGraph& graph);
  void connect_teacher();
  std::vector<Duration> delays(std::uint64_t stream, std::size_t n, double least,
                               double most) const;

  SpikingOptions options_;
  Network network_;
  Population<LevelSensor> inputs_, bias_;
  Population<Teacher> teacher_;
  Population<Relay> reader_;
  std::vector<Group> groups_;
  std::vector<Part> parts_;
};

}  // namespace clockless
