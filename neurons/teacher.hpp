// The teacher of a network that learns by contrast: it asks for a sample, has it shown, waits until
// the outputs are quiet, has them nudged, and lets go again. Its phases reach others as events.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/neuron.hpp"
#include "core/random.hpp"

namespace clockless {

/// Between two samples it goes through
///   request, present | settling | attend +m, nudge | settling | attend −m, release | settling |
///   [attend 0 |] consolidate
/// where attend tells neurons which way what they do now counts, nudge gives the outputs a
/// conductance ±β towards their label and takes it away again, and consolidate is the end of
/// gathering (see SigmaDelta). So ∫ m d(·) is twice what the nudge makes (once where it comes with
/// the sample: then only its end is attended to), however long anything takes (Williams et al.
/// 2023, arXiv:2302.12431, relaxed further). Of the network it hears nothing but spikes of the
/// outputs.
struct Teacher {
  static constexpr std::string_view name = "teacher";

  // -- bundles of its axons
  static constexpr std::uint8_t request = 0;      ///< the next sample, please
  static constexpr std::uint8_t present = 1;      ///< to sensors: tell what you see
  static constexpr std::uint8_t attend = 2;       ///< to neurons: the modulator
  static constexpr std::uint8_t nudge = 3;        ///< to outputs: the conductance
  static constexpr std::uint8_t consolidate = 4;  ///< to neurons

  /// How a settling ends: outputs silent for `quiet_tau`; after U · free_tau or U · nudged_tau with
  /// U = ½ + ½ Exp(1), whatever happens; or after just so long.
  enum class Settling : std::uint8_t { quiet, random, fixed };

  struct Params {
    double tau_s = 1;
    Settling settling = Settling::quiet;
    double quiet_tau = 5;
    double free_tau = 20, nudged_tau = 12;
    double longest_tau = 60;   ///< no settling takes longer
    double answer_tau = 0.5;   ///< given to whoever is asked for a sample
    double rest_tau = 0.7;     ///< after consolidate, until all have heard it
    double conductance = 0.5;  ///< β > 0
    bool random_sign = true;   ///< of β, for each nudge
    double nudges = 1;         ///< a sample, as a mean: the share beyond a whole number by chance
    double unlabelled = 0;     ///< share of samples that are not nudged
    double nudged_first = 0;   ///< share of samples whose nudge comes with the sample
    /// Without it, m stays while samples change, and consolidation waits for the next settling:
    /// what the change of samples does is learned, too.
    bool onset = true;
    /// How many times consolidate is said, from twice on together with the end of the nudge: a cell
    /// that misses the one takes the change of samples for a lesson, an output that misses the
    /// other is pulled towards the last label.
    std::uint64_t reminders = 1;
    /// Before consolidate all are told m = 0, and get rest_tau to hear it: what one cell makes of
    /// its lesson then moves nobody who still counts. Only with onset.
    bool pauses = false;

    friend bool operator==(const Params&, const Params&) = default;
  };

  struct State {
    Duration wait{};      ///< until the next step
    Duration longest{};   ///< of this settling
    double strength = 1;  ///< |m|: the learning rate, as the neurons are told; 0: no learning
    double sign = 1;
    double nudges_left = 0;
    std::uint64_t reminders_left = 0;
    std::uint64_t step = 0;
    std::uint64_t settling = 0;   ///< it is waiting for quiet
    std::uint64_t gathers = 0;    ///< what was gathered is still to be consolidated
    std::uint64_t unsettled = 0;  ///< settlings that were ended by longest_tau
    std::uint64_t settlings = 0;
    RandomStream random{};
  };

  static void check(const Params& p) {
    const auto need = [](bool good, const char* what) {
      if (!good) throw Error(std::string("teacher: ") + what);
    };
    const auto length = [&](double x, const char* what) { need(x > 0 && x < 1e6, what); };
    const auto share = [](double x) { return x >= 0 && x <= 1; };
    need(p.tau_s > 0 && std::isfinite(p.tau_s), "tau_s must be above 0");
    length(p.quiet_tau, "quiet_tau must be above 0");
    length(p.free_tau, "free_tau must be above 0");
    length(p.nudged_tau, "nudged_tau must be above 0");
    length(p.longest_tau, "longest_tau must be above 0");
    length(p.answer_tau, "answer_tau must be above 0");
    length(p.rest_tau, "rest_tau must be above 0");
    need(p.conductance > 0 && std::isfinite(p.conductance), "conductance must be above 0");
    need(p.nudges >= 1 && p.nudges <= 1000, "nudges must lie within 1 to 1000");
    need(share(p.unlabelled), "unlabelled must lie within 0 to 1");
    need(share(p.nudged_first), "nudged_first must lie within 0 to 1");
    need(p.reminders >= 1 && p.reminders <= 1000, "reminders must lie within 1 to 1000");
  }

  static void start(const Params&, State& s, Birth birth) {
    s.random = {birth.seed, index(birth.id)};
  }

  static void advance(const Params&, State& s, Duration dt) {
    s.wait -= dt;
    s.longest = std::max(s.longest - dt, Duration{});
  }
  /// An output has fired.
  static void receive(const Params& p, State& s, Input) {
    if (s.settling) s.wait = std::min(length(p, p.quiet_tau), s.longest);
  }
  static Duration until_fire(const Params&, const State& s) { return s.wait; }

  static Emission fire(const Params& p, State& s) {
    const std::uint64_t step = s.step;
    if (s.settling) {
      ++s.settlings;
      if (s.longest == Duration{}) ++s.unsettled;
      s.settling = 0;
    }
    switch (step) {
      case asks:
        go(s, shows, length(p, p.answer_tau));
        return say(request, 1);
      case shows: {
        const bool nudged = s.strength > 0 && s.random.uniform() > p.unlabelled;
        const double extra = p.nudges - std::floor(p.nudges);
        s.nudges_left = !nudged ? 0 : std::floor(p.nudges) + (s.random.uniform() <= extra ? 1 : 0);
        draw_sign(p, s);
        if (nudged && s.random.uniform() <= p.nudged_first) {
          go(s, shows_nudged, Duration{});
          return say(nudge, s.sign * p.conductance);
        }
        if (!p.onset && s.gathers)
          settle(p, s, p.free_tau, consolidates_late);
        else
          settle(p, s, p.free_tau, nudged ? attends_nudge : asks);
        return say(present, 1);
      }
      case shows_nudged:
        settle(p, s, p.free_tau, attends_release);
        return say(present, 1);
      case consolidates_late:
        s.gathers = 0;
        go(s, s.nudges_left > 0 ? attends_nudge : asks, Duration{});
        return say(consolidate, 1);
      case attends_nudge:
        go(s, nudges, Duration{});
        return say(attend, s.sign * s.strength);
      case nudges:
        settle(p, s, p.nudged_tau, attends_release);
        return say(nudge, s.sign * p.conductance);
      case attends_release:
        go(s, releases, Duration{});
        return say(attend, -s.sign * s.strength);
      case releases:
        s.nudges_left -= 1;
        if (s.nudges_left > 0) {
          draw_sign(p, s);
          settle(p, s, p.nudged_tau, attends_nudge);
        } else {
          settle(p, s, p.nudged_tau, !p.onset ? asks : p.pauses ? pauses : consolidates);
          s.gathers = 1;
          s.reminders_left = p.reminders;
        }
        return say(nudge, 0);
      case pauses:
        go(s, consolidates, length(p, p.rest_tau));
        return say(attend, 0);
      default:  // consolidates
        s.reminders_left -= 1;
        go(s, s.reminders_left > 0 ? consolidates : asks, length(p, p.rest_tau));
        if (p.reminders == 1) return say(consolidate, 1);
        return {.payload = 0, .bundles = 1U << consolidate | 1U << nudge};  // no amount is needed
    }
  }

 private:
  enum Step : std::uint64_t {
    asks,
    shows,
    shows_nudged,
    attends_nudge,
    nudges,
    attends_release,
    releases,
    pauses,
    consolidates,
    consolidates_late,
  };

  static Duration length(const Params& p, double taus) { return from_seconds(taus * p.tau_s); }
  static Emission say(std::uint8_t bundle, double amount) {
    return {.payload = static_cast<float>(amount),
            .bundles = static_cast<std::uint8_t>(1U << bundle)};
  }
  static void go(State& s, Step step, Duration wait) {
    s.step = step;
    s.wait = wait;
  }
  static void draw_sign(const Params& p, State& s) {
    s.sign = p.random_sign && s.random.below(2) != 0 ? -1 : 1;
  }
  static void settle(const Params& p, State& s, double taus, Step then) {
    double wait = taus;
    if (p.settling == Settling::quiet) wait = p.quiet_tau;
    if (p.settling == Settling::random) wait *= 0.5 + 0.5 * s.random.exponential();
    s.longest = length(p, p.longest_tau);
    go(s, then, std::min(length(p, wait), s.longest));
    s.settling = p.settling == Settling::quiet ? 1 : 0;
  }
};

static_assert(NeuronModel<Teacher> && StartsItself<Teacher> && ChecksParams<Teacher>);

}  // namespace clockless
