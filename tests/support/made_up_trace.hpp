// A traced sample that nobody simulated, with some of each kind of event.
#pragma once

#include <cstdint>

#include "apps/trace/traced.hpp"
#include "core/trace.hpp"

namespace clockless {

/// So many ticks after the first microsecond.
inline Time at(std::int64_t n) { return Time{Duration{1'000'000 + n}}; }

inline CoreEvent served(std::uint32_t row, Time since, Time start, Time end, Time done) {
  return {CoreEvent::Kind::served, since, start, end, done, RowId{row}};
}
inline CoreEvent learned(Time since, Time start, Time end) {
  return {CoreEvent::Kind::learned, since, start, end, since};
}
inline CoreEvent fired(std::uint32_t neuron, std::uint32_t packets, Time since, Time start,
                       Time end) {
  return {CoreEvent::Kind::fired, since,    start,  end, end, RowId{},
          NeuronId{neuron},       CoreId{}, packets};
}
inline CoreEvent sent(std::uint32_t to, std::uint32_t packets, Time since, Time start, Time end,
                      Time done) {
  return {CoreEvent::Kind::sent, since, start, end, done, RowId{}, NeuronId{}, CoreId{to}, packets};
}
inline LinkEvent over(std::uint32_t link, std::uint32_t from, std::uint32_t to, Time since,
                      Time start, Time end) {
  return {link, CoreId{from}, CoreId{to}, RowId{}, 1, Time{}, since, start, end, never};
}

/// Three cores, of which the last does nothing, and two links. A packet is 3 ticks on a link.
inline Traced made_up_trace() {
  Traced traced{"sample \"3\"", "", {}, {}, {}, {{1, "in"}, {2, "code"}}};
  traced.machine.timing.link = Duration{3};
  Trace& trace = traced.trace;
  trace.since = at(0);
  trace.cores.resize(3);
  trace.cores[0].rows = {{NeuronId{1}, 0, false, false}, {NeuronId{3}, 0, true, false}};
  trace.cores[0].record.left_out = 4;
  CoreEvent held = sent(1, 1, at(120), at(130), at(132), at(9'000'003));
  held.released = at(9'000'000);
  trace.cores[0].record.events = {
      served(0, at(0), at(5), at(20), at(25)),         // it learned until 25
      served(1, at(10), at(30), at(37), at(37)),       // behind the first
      learned(at(37), at(41), at(52)),                 // by what changed at 37
      fired(2, 2, at(100), at(101), at(108)),          // two spikes back to back
      sent(1, 2, at(100), at(108), at(114), at(125)),  // 5 ticks behind others at the link
      sent(0, 2, at(100), at(114), at(120), at(120)),  // to itself: without link
      fired(3, 0, at(110), at(120), at(130)),          // no spike, but its update takes time
      held,                                            // 9 µs for a place at core 1
      fired(3, 1, at(9'000'123), at(9'000'123), at(9'000'123))};
  trace.cores[1].rows = {{NeuronId{2}, 0, false, false}};
  trace.cores[1].record.events = {
      served(0, at(200), at(200), at(210), at(210)), served(0, at(205), at(210), at(220), at(220)),
      served(0, at(210), at(220), at(230), at(230)),  // as the first is done
      served(0, at(240), at(240), at(240), at(240)),  // takes no time
      fired(0, 1, at(240), at(240), at(240))};        // of no population
  trace.links.left_out = 3;
  trace.links.events = {over(0, 0, 1, at(125), at(125), at(128)),  // at once
                        over(0, 2, 1, at(126), at(128), at(131)),
                        over(6, 1, 0, at(1'000'007), at(1'000'014), at(1'000'031)),
                        over(6, 1, 0, at(1'000'008), at(1'000'031), at(1'000'034))};
  return traced;
}

}  // namespace clockless
