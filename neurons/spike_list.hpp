// A source that replays lists of spikes, one list a neuron, exact to the tick.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "core/neuron.hpp"

namespace clockless {

/// Neuron i fires at every time of list i; equal times fire as often as they occur. Inputs have no
/// effect: a source has no synapses.
struct SpikeList {
  static constexpr std::string_view name = "spike_list";
  struct Event {
    Time at;
    float payload = 1;
  };
  using Lists = std::vector<std::vector<Event>>;
  struct Params {
    std::shared_ptr<const Lists> lists;  ///< none: no neuron ever fires
  };
  struct State {
    const Event* next = nullptr;  ///< into the lists, which the Params keep
    const Event* end = nullptr;
    Time now{};
  };

  static Params params(Lists lists) { return {std::make_shared<const Lists>(std::move(lists))}; }
  /// Spikes of payload 1.
  static Params params(const std::vector<std::vector<Time>>& times) {
    Lists lists(times.size());
    for (std::size_t i = 0; i < times.size(); ++i)
      for (const Time t : times[i]) lists[i].push_back({t});
    return params(std::move(lists));
  }

  static void check(const Params& p) {
    if (!p.lists) return;
    for (std::size_t i = 0; i < p.lists->size(); ++i) {
      Time last{};
      for (const Event& event : (*p.lists)[i]) {
        if (event.at < last)
          throw Error("spike_list: neuron " + std::to_string(i) + " has a spike at " +
                      std::to_string(event.at.time_since_epoch().count()) + " ps " +
                      (event.at < Time{} ? "before time 0" : "after a later one") +
                      ": its times must be ≥ 0 and ascending");
        last = event.at;
      }
    }
  }

  /// Throws Error if there are lists, but none for this neuron.
  static void start(const Params& p, State& s, Birth birth) {
    if (!p.lists) return;
    if (birth.index >= p.lists->size())
      throw Error("spike_list: neuron " + std::to_string(birth.index) + " has no list (there are " +
                  std::to_string(p.lists->size()) + "): give one list, maybe empty, per neuron");
    const std::vector<Event>& list = (*p.lists)[birth.index];
    s.next = list.data();
    s.end = list.data() + list.size();
  }

  static void advance(const Params&, State& s, Duration dt) { s.now += dt; }
  static void receive(const Params&, State&, Input) {}
  static Duration until_fire(const Params&, const State& s) {
    return s.next == s.end ? forever : s.next->at - s.now;
  }
  static Emission fire(const Params&, State& s) {
    return {.sent = true, .payload = (s.next++)->payload};
  }
};

static_assert(NeuronModel<SpikeList> && StartsItself<SpikeList> && ChecksParams<SpikeList>);
static_assert(sizeof(SpikeList::State) <= 32);

}  // namespace clockless
