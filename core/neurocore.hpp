// A neurocore: some slices with their synaptic rows and a queue of arriving packets. It is the unit
// that runs by itself; within a window no other core can reach it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/counts.hpp"
#include "core/event.hpp"
#include "core/level_block.hpp"
#include "core/machine.hpp"
#include "core/packet_queue.hpp"
#include "core/slice.hpp"
#include "core/station.hpp"
#include "core/trace.hpp"

namespace clockless {

/// Where a neuron's spikes or signals go: a row of a core, after a delay.
struct Axon {
  CoreId core;
  RowId row;
  Duration delay;  ///< from its leaving the core on, the way through the mesh included
  std::uint16_t takes = 0x0101;  ///< emissions(): of which kind and bundles
  Mesh::Hops hops{};
  bool routed = false;   ///< by routers, and `delay` begins behind the last
  bool limited = false;  ///< what it sends needs a place at its core
};

/// Emissions as bits: those of the spike's bundles, or 8 further on those of the signal's.
constexpr std::uint16_t emissions(std::uint8_t bundles, bool signal) {
  return static_cast<std::uint16_t>(bundles << (signal ? 8 : 0));
}

/// A row of one neurocore: what does with a packet that arrives there.
struct RowEntry {
  RowBlock* block;
  std::uint32_t local;
  std::uint32_t slice;   ///< whose neurons it reaches
  bool signal = false;   ///< packets carry signals to learn from, not spikes
  bool limited = false;  ///< packets take a place each, until they are in service
  CoreId from{};         ///< where packets that do come from
};

/// Thrown when activity has no end; the simulation turns it into an Error that names the neuron.
struct Runaway {
  NeuronId neuron;
  Time at;
  bool instant;  ///< endless firing within one tick, else a rate beyond the limit
};

class Neurocore {
 public:
  /// Firings within one tick after which a zero-delay avalanche counts as endless: 64 per neuron of
  /// the network, at least 65536.
  static constexpr std::uint64_t firings_per_instant = 64;
  static constexpr std::uint32_t rate_spikes = 1024;

  // -- build
  std::uint32_t add(std::unique_ptr<SliceBase>);  ///< in the order of populations
  void add(std::unique_ptr<RowBlock>);
  void set_rows(std::vector<RowEntry> rows) { rows_ = std::move(rows); }
  /// Block `block` of this core, on a slice, tells its rows' sources of changes, along these axons.
  void set_reports(LevelBlock& block, std::uint32_t slice, std::vector<Axon> of_row) {
    reporters_.push_back({&block, slice, std::move(of_row)});
  }
  /// In the order in which a neuron's send.
  void set_axons(std::uint32_t slice, const std::vector<std::vector<Axon>>& axons_of_local);
  /// `neurons`: of the whole network, so that what counts as endless depends on no mapping.
  void set_network(CoreId self, std::uint64_t neurons);
  /// From now on the machine's barriers, and from Fidelity::queued on its times, hold here: one
  /// packet is served after the other.
  void run_on(const Machine& machine) {
    machine_ = machine;
    if (machine.fidelity >= Fidelity::queued) station_.emplace(machine);
  }
  /// The most that one neuron may fire, as a mean over `rate_spikes` of its spikes.
  void set_rate_limit(double hz);

  // -- run
  /// `lost`: messages that were on their way here and are with nobody now.
  void restart(std::uint64_t seed, std::uint64_t lost = 0);
  /// Time of the earliest thing to do.
  Time next();
  /// Does everything strictly before `until`, and says what comes next.
  Time advance(Time until);
  /// Sends what synapses have to tell their sources.
  void send_reports(Time t);
  /// What was sent to other cores since outboxes were emptied: directly, and through routers.
  std::vector<Sent>& outbox() { return outbox_; }
  std::vector<Flit>& injected() { return injected_; }
  /// Places here that routers may use again.
  std::vector<Room>& freed() { return freed_; }
  /// Takes in what others sent in a window that ended at `until`, before which none of it can be
  /// due (std::logic_error: an event before its cause).
  void collect(std::span<const Packet> packets, Time until);

  /// The first spike of a slice from now on is to be remembered; `never` until there is one.
  void await(std::uint32_t slice) {
    awaited_ = slice;
    came_ = never;
  }
  Time came() const { return came_; }

  // -- look
  SliceBase& slice(std::uint32_t i) { return *slices_[i].neurons; }
  std::span<const std::unique_ptr<RowBlock>> blocks() const { return blocks_; }
  /// Since the last restart; and what a slice's neurons did since this was built.
  Counts counts() const;
  Counts counts_in_all(std::uint32_t slice) const {
    return slices_[slice].earlier + slices_[slice].counts;
  }
  std::span<const RowEntry> rows() const { return rows_; }
  std::uint64_t spike_hash() const { return spike_hash_; }
  std::span<const std::uint64_t> spike_counts(std::uint32_t slice) const {
    return slices_[slice].spike_counts;
  }
  void record(std::uint32_t slice, bool on) { slices_[slice].recorded = on; }
  /// Spikes recorded since the last call, in the order in which they happened here.
  std::vector<Spike> take_spikes();
  /// Notes from now on the last `most` events, until they are taken; a restart forgets them.
  void trace(std::size_t most) { recorder_.emplace(most); }
  Recorder<CoreEvent>::Record take_trace();
  std::uint64_t packets_pending() const;
  /// All zero below Fidelity::queued.
  Waits waits() const { return station_ ? station_->waits() : Waits{}; }

 private:
  struct Pace {  // since when a neuron's last spikes are counted
    Time since{};
    std::uint32_t spikes = 0;
  };
  struct Member {
    std::unique_ptr<SliceBase> neurons;
    std::vector<std::uint32_t> axon_start;  // per local neuron, and the end
    std::vector<Axon> axons;
    std::vector<std::uint64_t> spike_counts;
    std::vector<Pace> paces;  // empty without a rate limit
    Counts counts, earlier;   // since the last restart, and before it
    Time next = never;        // of its neurons, unless something reached them since
    bool reached = true;
    bool recorded = false;
  };

  void deliver(const RowEntry& entry, Time t, float payload) {
    Member& member = slices_[entry.slice];
    member.reached = true;
    const std::uint64_t before = member.counts.synaptic_events;
    if (entry.signal)
      entry.block->signal(entry.local, t, payload, member.counts);
    else
      entry.block->deliver(entry.local, t, payload, member.counts);
    ++entry.block->messages;
    entry.block->synaptic_events += member.counts.synaptic_events - before;
  }
  void prefetch_rows();
  void arrive(RowId row, Time t, float payload);
  void begun(const RowEntry&);
  void release(Time t);
  void work_off(Time t);
  /// Delivers, and takes the station's time for what is learned.
  void serve(const RowEntry&, Time t, float payload);
  void charge_learning(std::uint64_t updates, Time t);
  void fire(Member&, Time t);
  void send(Counts&, const Axon&, Time t, float payload, std::uint64_t packets);
  void send(Member&, std::uint32_t local, Time t, const Emission&);
  void check_rate(Member&, std::uint32_t local, Time t) const;

  CoreId self_{};
  PacketQueue queue_;
  std::size_t prefetched_ = 0;  // of its packets
  std::vector<Member> slices_;
  std::vector<std::unique_ptr<RowBlock>> blocks_;
  std::vector<RowEntry> rows_;
  struct Reporter {
    LevelBlock* block;
    std::uint32_t slice;
    std::vector<Axon> of_row;
  };
  std::vector<Reporter> reporters_;
  std::vector<Sent> outbox_;
  std::vector<Flit> injected_;
  std::vector<Room> freed_;
  std::size_t words_ = 0;  // in queue_, that tell of places
  std::vector<Spike> recorded_;
  std::uint64_t spike_hash_ = 0;
  std::uint64_t instant_limit_ = 0, instant_firings_ = 0;
  Time instant_{};
  std::uint32_t awaited_ = ~std::uint32_t{0};
  Time came_ = never;
  Machine machine_;
  std::optional<Station> station_;
  std::optional<Recorder<CoreEvent>> recorder_;
  Duration rate_least_{};  // what rate_spikes spikes of a neuron must take; 0 is no limit
};

}  // namespace clockless
