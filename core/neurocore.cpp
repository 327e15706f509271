#include "core/neurocore.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <utility>

namespace clockless {

namespace {

// A spike's share of the spike-train hash. Shares are summed, so the hash does not depend on the
// order in which cores report, only on the set of spikes.
std::uint64_t hash_of(const Spike& spike) {
  const auto mix = [](std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  };
  const auto tick = static_cast<std::uint64_t>(spike.at.time_since_epoch().count());
  const std::uint64_t who =
      (std::uint64_t{index(spike.source)} << 32) | std::bit_cast<std::uint32_t>(spike.payload);
  return mix(mix(tick + 0x9E3779B97F4A7C15ULL) ^ who);
}

// Word that a place at a core is free travels as packets do, on a row of its own.
constexpr std::uint32_t word_bit = 1U << 31;
RowId word_of(CoreId core) { return RowId{word_bit | index(core)}; }
bool is_word(RowId row) { return (index(row) & word_bit) != 0; }
CoreId core_of_word(RowId row) { return CoreId{index(row) & ~word_bit}; }

}  // namespace

std::uint32_t Neurocore::add(std::unique_ptr<SliceBase> slice) {
  Member member;
  member.spike_counts.assign(slice->size(), 0);
  member.axon_start.assign(slice->size() + 1, 0);
  member.neurons = std::move(slice);
  slices_.push_back(std::move(member));
  return static_cast<std::uint32_t>(slices_.size() - 1);
}

void Neurocore::add(std::unique_ptr<RowBlock> block) { blocks_.push_back(std::move(block)); }

void Neurocore::set_axons(std::uint32_t slice,
                          const std::vector<std::vector<Axon>>& axons_of_local) {
  Member& member = slices_[slice];
  member.axons.clear();
  for (std::size_t i = 0; i < axons_of_local.size(); ++i) {
    const auto& axons = axons_of_local[i];
    member.axons.insert(member.axons.end(), axons.begin(), axons.end());
    member.axon_start[i + 1] = static_cast<std::uint32_t>(member.axons.size());
  }
}

void Neurocore::set_network(CoreId self, std::uint64_t neurons) {
  self_ = self;
  instant_limit_ = std::max<std::uint64_t>(firings_per_instant * neurons, 65536);
}

void Neurocore::set_rate_limit(double hz) {
  rate_least_ = hz < 1e300 ? round_up(rate_spikes / hz) : Duration{};
  for (Member& member : slices_)
    member.paces.assign(rate_least_ == Duration{} ? 0 : member.neurons->size(), {});
}

void Neurocore::restart(std::uint64_t seed, std::uint64_t lost) {
  if (station_) station_->restart(packets_pending() + lost);
  queue_.clear();
  outbox_.clear();
  injected_.clear();
  freed_.clear();
  words_ = 0;
  recorded_.clear();
  prefetched_ = 0;
  if (recorder_) recorder_->restart();
  spike_hash_ = 0;
  instant_firings_ = 0;
  instant_ = Time{};
  came_ = never;
  for (Member& member : slices_) {
    member.neurons->restart(seed);
    member.earlier += std::exchange(member.counts, {});
    std::fill(member.spike_counts.begin(), member.spike_counts.end(), 0);
    std::fill(member.paces.begin(), member.paces.end(), Pace{});
  }
  for (auto& block : blocks_) block->restart();
}

Time Neurocore::next() {
  Time t = queue_.next();
  if (station_) t = std::min(t, station_->next());
  for (Member& member : slices_) {
    member.next = member.neurons->next();  // others, too, may have set states since
    member.reached = false;
    t = std::min(t, member.next);
  }
  return t;
}

// At one tick: first every packet that is due, in row order, before anyone looks at a threshold;
// then the neuron of lowest number that is due fires and its zero-delay spikes arrive, and again,
// until the tick is quiet. Slices lie in the order of neuron numbers.
Time Neurocore::advance(Time until) {
  Time t = next();
  while (t < until) {
    while (queue_.next() == t) {
      if (prefetched_ == 0) prefetch_rows();
      const Packet packet = queue_.pop();
      if (prefetched_ > 0) --prefetched_;
      arrive(packet.row, t, packet.payload);
    }
    while (station_ && station_->next() == t) work_off(t);
    Time soonest = t;
    while (soonest == t) {
      soonest = never;
      for (Member& member : slices_) {
        if (std::exchange(member.reached, false)) member.next = member.neurons->next();
        soonest = std::min(soonest, member.next);
        if (member.next != t) continue;
        fire(member, t);
        break;
      }
    }
    t = std::min(soonest, queue_.next());
    if (station_) t = std::min(t, station_->next());
  }
  return t;
}

// Rows lie all over memory. Those of the next packets are asked for together, since memory answers
// many as fast as one.
void Neurocore::prefetch_rows() {
  const auto packets = queue_.coming(32);
  for (const Packet& packet : packets) {
    if (is_word(packet.row)) continue;
    const RowEntry& entry = rows_[index(packet.row)];
    entry.block->prefetch(entry.local);
  }
  prefetched_ = packets.size();
}

// Without a station, or where its service takes no time, a packet is applied as it comes.
void Neurocore::arrive(RowId row, Time t, float payload) {
  if (is_word(row)) {
    --words_;
    station_->give_back(core_of_word(row));
    return release(t);
  }
  const RowEntry& entry = rows_[index(row)];
  if (station_) {
    const Load load = entry.block->load(entry.local, payload, entry.signal);
    const Duration service = station_->machine().service(load);
    const bool idle = station_->jobs().empty();
    const bool done = station_->arrive({t, row, payload, service}, load.packets);
    if (idle) begun(entry);
    if (!done) return;
  }
  if (recorder_) recorder_->note({CoreEvent::Kind::served, t, t, t, t, row});
  serve(entry, t, payload);
}

void Neurocore::work_off(Time t) {
  const Station::Job job = station_->finish();
  if (recorder_) {
    const Time start = station_->started();
    recorder_->note(
        {CoreEvent::Kind::served, job.arrived, start, later(start, job.service), t, job.row});
  }
  serve(rows_[index(job.row)], t, job.payload);
  station_->resume();
  if (!station_->jobs().empty()) begun(rows_[index(station_->jobs().front().row)]);
}

// What is in service no longer takes a place.
void Neurocore::begun(const RowEntry& entry) {
  if (!entry.limited) return;
  const Time start = station_->started();
  const Mesh::Hops hops = machine_.mesh.hops(self_, entry.from);
  if (machine_.routes() && hops.any())
    freed_.push_back({start, self_, entry.from});
  else
    outbox_.push_back({entry.from, {later(start, machine_.word(hops)), word_of(self_), 0}});
}

void Neurocore::release(Time t) {
  while (const auto released = station_->release(t)) {
    const Station::Message& m = released->message;
    const Time at = later(released->out, m.delay);
    if (recorder_)
      recorder_->note({CoreEvent::Kind::sent, m.fired, m.axon.start, m.axon.end, released->out,
                       m.row, NeuronId{}, m.to, m.packets, at, t});
    outbox_.push_back({m.to, {at, m.row, m.payload}});
  }
}

void Neurocore::serve(const RowEntry& entry, Time t, float payload) {
  if (!station_) return deliver(entry, t, payload);
  const Counts& counts = slices_[entry.slice].counts;
  const std::uint64_t before = counts.plasticity_updates;
  deliver(entry, t, payload);
  charge_learning(counts.plasticity_updates - before, t);
}

void Neurocore::charge_learning(std::uint64_t updates, Time t) {
  if (updates == 0) return;
  const Duration work =
      static_cast<std::int64_t>(updates) * station_->machine().timing.plasticity_update;
  const Time start = station_->occupy(t, work);
  if (recorder_) recorder_->note({CoreEvent::Kind::learned, t, start, later(start, work), t});
}

void Neurocore::fire(Member& member, Time t) {
  const std::uint64_t before = member.counts.plasticity_updates;
  const auto [local, emission] = member.neurons->fire(t, member.counts);
  Station::Span axons{t, t};
  if (station_) {
    charge_learning(member.counts.plasticity_updates - before, t);
    axons = station_->fire(t);
  }
  if (recorder_) {
    const bool spike = emission.sent && !emission.signal;
    recorder_->note({CoreEvent::Kind::fired, t, axons.start, axons.end, axons.end, RowId{},
                     member.neurons->id(local), CoreId{},
                     spike ? static_cast<std::uint32_t>(emission.spikes) : 0});
  }
  member.reached = true;
  if (t != instant_) {
    instant_ = t;
    instant_firings_ = 0;
  }
  if (++instant_firings_ > instant_limit_) throw Runaway{member.neurons->id(local), t, true};
  if (emission.consolidates) send_reports(t);
  if (!emission.sent) return;
  if (emission.signal) {
    ++member.counts.signals;
    send(member, local, t, emission);
    return;
  }
  if (awaited_ < slices_.size() && &slices_[awaited_] == &member && came_ == never) came_ = t;
  const Spike spike{t, member.neurons->id(local), emission.payload};
  member.counts.spikes += emission.spikes;
  member.spike_counts[local] += emission.spikes;
  spike_hash_ += hash_of(spike);
  if (member.recorded) recorded_.push_back(spike);
  if (rate_least_ != Duration{}) check_rate(member, local, t);
  send(member, local, t, emission);
}

void Neurocore::send(Member& member, std::uint32_t local, Time t, const Emission& emission) {
  const std::uint16_t sent = emissions(emission.bundles, emission.signal);
  const float payload = emission.payload;
  const std::uint32_t end = member.axon_start[local + 1];
  for (std::uint32_t k = member.axon_start[local]; k < end; ++k) {
    const Axon& axon = member.axons[k];
    if ((axon.takes & sent) == 0) continue;
    send(member.counts, axon, t, payload, emission.spikes);
  }
}

void Neurocore::send(Counts& counts, const Axon& axon, Time t, float payload,
                     std::uint64_t packets) {
  counts.packets += packets;
  counts.hops_east_west += packets * axon.hops.east_west;
  counts.hops_north_south += packets * axon.hops.north_south;
  const bool leaves = axon.core != self_;
  if (axon.limited && !axon.routed) {
    station_->hold(
        {axon.core, axon.row, payload, static_cast<std::uint32_t>(packets), axon.delay, t});
    return release(t);
  }
  Station::Departure departure{{t, t}, t};
  if (station_) departure = station_->depart(t, packets, leaves);
  const Time out = departure.out, at = machine_.delivery(t, later(out, axon.delay));
  if (recorder_)
    recorder_->note({CoreEvent::Kind::sent, t, departure.axon.start, departure.axon.end, out,
                     axon.row, NeuronId{}, axon.core, static_cast<std::uint32_t>(packets),
                     axon.routed ? never : at});
  if (axon.routed)
    injected_.push_back({out, self_, axon.core, axon.row, payload,
                         static_cast<std::uint32_t>(packets), axon.delay, t, axon.limited});
  else if (leaves)
    outbox_.push_back({axon.core, {at, axon.row, payload}});
  else if (at == t)
    arrive(axon.row, t, payload);
  else
    queue_.push({at, axon.row, payload});
}

void Neurocore::send_reports(Time t) {
  for (const Reporter& reporter : reporters_) {
    for (const LevelBlock::Report& report : reporter.block->reports()) {
      send(slices_[reporter.slice].counts, reporter.of_row[report.row], t, report.change, 1);
    }
    reporter.block->reports().clear();
  }
}

void Neurocore::check_rate(Member& member, std::uint32_t local, Time t) const {
  Pace& pace = member.paces[local];
  if (++pace.spikes < rate_spikes) return;
  if (t - pace.since < rate_least_) throw Runaway{member.neurons->id(local), t, false};
  pace = {t, 0};
}

void Neurocore::collect(std::span<const Packet> packets, Time until) {
  for (const Packet& packet : packets) {
    if (packet.at < until)
      throw std::logic_error("a packet came from another neurocore before the end of its window");
    if (is_word(packet.row)) ++words_;
    queue_.push(packet);
  }
}

Counts Neurocore::counts() const {
  Counts sum;
  for (const Member& member : slices_) sum += member.counts;
  return sum;
}

Recorder<CoreEvent>::Record Neurocore::take_trace() {
  auto record = recorder_ ? recorder_->take() : Recorder<CoreEvent>::Record{};
  recorder_.reset();
  return record;
}

std::vector<Spike> Neurocore::take_spikes() { return std::exchange(recorded_, {}); }

std::uint64_t Neurocore::packets_pending() const {
  const auto words = std::count_if(outbox_.begin(), outbox_.end(),
                                   [](const Sent& sent) { return is_word(sent.packet.row); });
  return queue_.size() - words_ + outbox_.size() - static_cast<std::size_t>(words) +
         injected_.size() + (station_ ? station_->pending() : 0);
}

}  // namespace clockless
