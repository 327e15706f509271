// A page that shows a run while it goes on, served to this machine's browsers by a thread of its
// own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace clockless {

class LiveChannel;
class LiveServer;

struct LiveOptions {
  std::string address = "127.0.0.1";  ///< an IP address; 0.0.0.0 or :: is every one of this machine
  std::uint16_t port = 0;             ///< 0: any free one
  std::size_t connections = 64;       ///< at once; more are told to come back later
  std::size_t connections_per_second = 200;  ///< more wait, so that a flood costs the run little
  double timeout_s = 5;                      ///< to send a request whole, to take an answer
};

/// The run only leaves snapshots and looks at what viewers ask: whether any is there, however slow
/// or hostile, changes nothing but when samples are computed, and that only by pause and speed.
///
/// Commands come over the page's own WebSocket only: other origins, and names that a stranger may
/// have pointed at this machine (DNS rebinding), are refused. There is no password: on an address
/// other than loopback, everyone who can reach it can watch and pause.
class LivePage {
 public:
  /// Starts to serve. `title` heads the page. Throws Error where the address cannot be bound.
  explicit LivePage(const std::string& title, const LiveOptions& options = {});
  /// Viewers still get the last snapshot, for which this waits up to a second.
  ~LivePage();
  LivePage(const LivePage&) = delete;
  LivePage& operator=(const LivePage&) = delete;

  /// Where the page is: http://127.0.0.1:PORT/.
  std::string url() const;

  /// Whether anyone is connected. Costs nothing: ask before building a snapshot, but publish the
  /// first and the last in any case.
  bool watched() const;

  /// Shows a snapshot to everyone now connected and, until the next, to those who come: so each
  /// holds all there is to show. Writing it out is the run's one cost; a few a second look fluent.
  /// Viewers get 20 a second at most, slow ones fewer. Never waits for them. Keys, each optional:
  ///   state: "preparing", "learning" or "done"
  ///   samples, samples_total: so far and in all, for the progress bar
  ///   objective, reference_objective: drawn over samples, as they come
  ///   curve: {samples, objective, reference_objective}: arrays, all of it so far; null for none
  ///   atoms: {width, height, count, pixels}: base64 of bytes, atom after atom, row by row
  ///   raster: {layers: [[name, neurons], …], duration_tau, spikes: [[time in tau, neuron], …]},
  ///     neurons counted through all layers; phase_tau: when, if at all, feedback begins
  ///   consistency, symmetry: agreement of weights, 0 … 1
  ///   sparsity (active atoms), spikes, spikes_per_sample, energy_j, energy_per_sample_j,
  ///   samples_per_s, atoms_recovered: numbers
  /// Any other number is shown under its own name.
  void publish(const nlohmann::json& snapshot);

  bool paused() const;
  /// Samples per second wanted; 0: as fast as possible.
  double speed() const;
  /// Returns when no longer paused, or interrupted(). A pause outlives the viewer who asked for it.
  void wait_if_paused();
  /// After each sample: waits as the speed wanted asks. Returns early as wait_if_paused(), and when
  /// paused or set free.
  void pace();

 private:
  std::unique_ptr<LiveChannel> channel_;
  std::unique_ptr<LiveServer> server_;
};

}  // namespace clockless
