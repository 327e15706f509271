// The neuron of dictionary learning by feedback and contrast: the current-driven integrate-and-fire
// neuron, led through two phases by modulator events, which compares what it saw of them (Lin &
// Tang, arXiv:1805.08952, equations 8 to 12).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/frame.hpp"
#include "core/neuron.hpp"
#include "neurons/if_current.hpp"

namespace clockless {

/// The dynamics are IfCurrent's. A sample begins with `onset`: the neuron starts afresh, driven by
/// `latch` (an input neuron's pixel x; a coding neuron's −λ₁s). `feedback` turns the drive down to
/// 1 − κ of that, and a coding neuron from then on sends its spikes back to the inputs, too. At
/// `end` it compares the two windows and falls silent; at `learn` it tells its synapses. Where
/// modulators come late, each in its own time, `watch` begins a window anew when everybody is in
/// its phase, `close` ends it before anybody leaves it, and with `waits` it tells its synapses at
/// `teach`, when everybody has what `learn` brought. What comes out of turn has no effect: without
/// `feedback` it falls silent with nothing to tell, and it tells what it found once.
///   an input neuron's error:   g_D = b̃_κ − b̃_0 ≈ κ(Bã − x)                         (eq. 9)
///   a coding neuron's error:   g_H = κᶜH(ã_0 − ã_κ) + κᶜẽ_0 − ẽ_κ ≈ κ(H − FB)ã      (eq. 10)
/// with a = spikes / L, e = Δρ/L and (Ha)_i = θ_i a_i less what came in at `lateral`, L the length
/// of the window by the arrival of the events that bound it. A coding neuron's threshold is its own
/// H_ii, which it learns itself, and so is s: s ← diag(H).
///
/// With `anticipates` H follows FB by what the same lesson does to it, not only by what samples
/// show: with F = Bᵀ, to second order in η = η_D/κ,
///   Δ(FB) = −η (ã qᵀ + q ãᵀ) + η² ‖g_D‖² ã ãᵀ,   q = F g_D ≈ F (b̃_κ − b̃_0)            (ours)
/// and the latter is what the neuron's own windows show: all of q where errors are read from rates
/// and windows coincide, else to O(1/L). The terms in ã_j go with the lesson; for those in q_j the
/// coding neurons tell their synapses a second time, at `anticipate`.
struct PhasedIf {
  static constexpr std::string_view name = "phased_if";

  // -- ports
  static constexpr std::uint8_t forward = 0;                       ///< spikes of the other layer
  static constexpr std::uint8_t lateral = 1;                       ///< spikes of the same layer
  static constexpr std::uint8_t onset = 2, feedback = 3, end = 4;  ///< modulators
  /// The last modulator. For a coding neuron its amount is ‖ã_κ‖², as Tally adds it up.
  static constexpr std::uint8_t learn = 5;
  static constexpr std::uint8_t watch = 6, close = 7, teach = 8;  ///< modulators
  /// Modulators of those that anticipate; the amount of `force` is ‖g_D‖², before `learn`.
  static constexpr std::uint8_t force = 9, anticipate = 10;

  // -- bundles of axons
  static constexpr std::uint8_t always = 0;  ///< spikes of both phases; signals
  static constexpr std::uint8_t fed_back =
      1;  ///< a coding neuron's spikes after `feedback`; signals
  /// What is sent at `end`: a coding neuron's ã_κ²; of those that anticipate an input's g_D², too.
  static constexpr std::uint8_t to_tally = 2;

  enum class Role : std::uint8_t { input, coding };
  /// How errors are read: as above, from spike counts, or with what is left in membrane and
  /// current. Then g_D = (b̃ + ẽ − Δ)_κ − (b̃ + ẽ − Δ)_0, Δ = −Δμ/L, is κ(Bã − x) exactly for any L,
  /// and g_H, with ẽ − Δ for ẽ, is κHã_κ less the exact change of what came in by F: no start-up
  /// enters.
  enum class Readout : std::uint8_t { rate, current };

  struct Params {
    double tau_s = 1.0;  ///< time constant of the current, seconds
    Role role = Role::input;
    bool waits = false;  ///< after `learn` until `teach`
    bool anticipates = false;
    Readout readout = Readout::rate;
    double kappa = 0.7;        ///< κ, strength of the feedback in the second phase
    double start_voltage = 0;  ///< at onset, in units of θ; ½ takes the bias −1/(2L) from counts
    // Of coding neurons:
    double lambda = 0.1;  ///< λ₁: after a lesson the latch is −λ₁ s
    /// s = H_ii^reweighting; 1 is the paper's. Above 1 atoms that grow become dear, and unused ones
    /// cheap, sooner than that.
    double reweighting = 1;
    double learning_rate = 0;    ///< η_H
    double dictionary_rate = 0;  ///< η_D, where it anticipates
    double decay = 0;            ///< 2 η_D λ₂, by which H_ii shrinks at each lesson
    double halving = 0;          ///< lessons after which both are half; 0: never
    double safe_step = 0;        ///< η_H is kept below safe_step / ‖ã_κ‖²; 0: it is not
    double least_norm = 1e-3;    ///< H_ii never falls below
  };

  /// What a window showed.
  struct Window {
    double rate = 0, slack = 0, drift = 0;  ///< a or b, e, Δ
    double lateral = 0;                     ///< charge received at `lateral` per τ
    double length = 0;                      ///< in τ
  };
  struct Record {
    double latch = 0;     ///< what drives it from the next onset on
    double dither = 0;    ///< at onset the membrane starts so much of θ above start_voltage
    double norm = 1;      ///< θ; for a coding neuron H_ii as learned
    double activity = 0;  ///< ã_κ or b̃_κ of the last sample
    double error = 0;     ///< g_D or g_H of the last sample (g_H scaled where the step was unsafe)
    double feedforward = 0;  ///< q of the last sample
    double force = 0;        ///< ‖g_D‖² of the last sample, as told
    double power = 0;        ///< ‖ã_κ‖² of the last sample, as told
    Window without, with;    ///< feedback
    Time since{};            ///< the present window's first event
    double began_voltage = 0, began_current = 0;
    double spikes = 0;  ///< in the present window
    double lessons = 0;
    std::uint64_t closed = 0;  ///< 1: the present window has ended before its phase
    enum class Phase : std::uint32_t { none, without, with, compared, learned, taught, looking };
    Phase phase = Phase::none;
    enum class Message : std::uint32_t { none, announce, teach, anticipate };
    Message message = Message::none;
  };
  struct State : Record, IfCurrent::State {
    double charge = 0;  ///< received at `lateral` in the present window
  };

  /// Throws Error for parameters out of range.
  static void check(const Params& p) {
    const auto need = [](bool good, const char* what) {
      if (!good) throw Error(std::string("phased_if: ") + what);
    };
    const auto at_least_0 = [](double x) { return x >= 0 && std::isfinite(x); };
    IfCurrent::check({p.tau_s});
    need(p.kappa > 0 && p.kappa < 1, "kappa must lie between 0 and 1");
    need(p.start_voltage >= 0 && p.start_voltage < 1, "start_voltage must be at least 0, below 1");
    need(at_least_0(p.lambda), "lambda must be at least 0");
    need(at_least_0(p.reweighting), "reweighting must be at least 0");
    need(at_least_0(p.learning_rate), "learning_rate must be at least 0");
    need(at_least_0(p.dictionary_rate), "dictionary_rate must be at least 0");
    need(!p.anticipates || p.learning_rate > 0 || p.role == Role::input,
         "what anticipates must have a learning_rate above 0");
    need(p.decay >= 0 && p.decay < 1, "decay must be at least 0, below 1");
    need(at_least_0(p.halving), "halving must be at least 0 lessons");
    need(at_least_0(p.safe_step), "safe_step must be at least 0");
    need(p.least_norm > 0 && std::isfinite(p.least_norm), "least_norm must be above 0");
  }

  static void advance(const Params& p, State& s, Duration dt) {
    IfCurrent::advance({p.tau_s}, s, dt);
  }

  static void receive(const Params& p, State& s, Input in) {
    switch (in.port) {
      case forward:
        s.current += in.amount;
        break;
      case lateral:
        s.current += in.amount;
        s.charge += in.amount;
        break;
      case onset:
        s.threshold = s.norm;
        s.voltage = (p.start_voltage + s.dither) * s.threshold;
        s.current = s.drive = s.latch;
        s.message = Record::Message::none;
        s.activity = s.error = s.force = 0;  // nobody shall learn from the last sample any more
        s.phase = Record::Phase::without;
        begin_window(s, in.at);
        break;
      case feedback:
        if (s.phase != Record::Phase::without) break;
        if (!s.closed) s.without = end_window(p, s, in.at);
        s.drive = (1 - p.kappa) * s.latch;
        s.phase = Record::Phase::with;
        begin_window(s, in.at);
        break;
      case watch:
        if (s.phase == Record::Phase::without || s.phase == Record::Phase::with)
          begin_window(s, in.at);
        break;
      case close:
        if (s.closed) break;
        if (s.phase == Record::Phase::without) s.without = end_window(p, s, in.at);
        if (s.phase == Record::Phase::with) s.with = end_window(p, s, in.at);
        s.closed = 1;
        break;
      case end:
        if (s.phase == Record::Phase::with) {
          if (!s.closed) s.with = end_window(p, s, in.at);
          compare(p, s);
          fall_silent(s, Record::Phase::compared);
        } else if (s.phase == Record::Phase::without) {
          fall_silent(s, Record::Phase::none);
        }
        break;
      case learn:
        if (s.phase != Record::Phase::compared) break;
        s.phase = Record::Phase::learned;
        if (p.role == Role::coding) learn_norm(p, s, in.amount);
        if (!p.waits) receive(p, s, {in.amount, teach, in.at});
        break;
      case teach:
        if (s.phase == Record::Phase::learned) {
          s.phase = p.anticipates ? Record::Phase::taught : Record::Phase::none;
          s.message = Record::Message::teach;
        } else if (s.phase == Record::Phase::looking) {
          s.phase = Record::Phase::none;
          s.message = Record::Message::anticipate;
        }
        break;
      case force:
        if (s.phase == Record::Phase::compared) s.force = in.amount;
        break;
      case anticipate:
        if (s.phase != Record::Phase::taught || p.role != Role::coding) break;
        s.phase = Record::Phase::looking;
        look_ahead(p, s);
        if (!p.waits) receive(p, s, {in.amount, teach, in.at});
        break;
      default:
        break;
    }
  }

  /// A coding neuron's H_ii from now on, and from the next onset on what it is driven by.
  static void take_norm(const Params& p, Record& r, double norm) {
    r.norm = std::max(norm, p.least_norm);
    r.latch = -p.lambda * (p.reweighting == 1 ? r.norm : std::pow(r.norm, p.reweighting));
  }

  static bool due(const Params&, const State& s) {
    return s.message != Record::Message::none || s.voltage >= s.threshold;
  }
  static Duration until_fire(const Params& p, const State& s) {
    if (due(p, s)) return Duration::zero();
    return std::isinf(s.threshold) ? forever : IfCurrent::until_fire({p.tau_s}, s);
  }
  static Duration fire_bound(const Params& p, const State& s) {
    return due(p, s) ? Duration::zero() : IfCurrent::fire_bound({p.tau_s}, s);
  }

  static Emission fire(const Params& p, State& s) {
    switch (s.message) {
      case Record::Message::announce:
        s.message = Record::Message::none;
        return {
            .payload = static_cast<float>(square(p.role == Role::coding ? s.activity : s.error)),
            .bundles = 1U << to_tally,
            .signal = true};
      case Record::Message::anticipate:
        s.message = Record::Message::none;
        return {
            .payload = static_cast<float>(s.feedforward), .bundles = 1U << always, .signal = true};
      case Record::Message::teach:
        s.message = Record::Message::none;
        return {.payload = static_cast<float>(p.role == Role::coding ? s.activity : s.error),
                .bundles = 1U << always | 1U << fed_back,
                .signal = true};
      case Record::Message::none:
        break;
    }
    ++s.spikes;
    Emission spike = IfCurrent::fire({p.tau_s}, s);
    if (s.phase == Record::Phase::with) spike.bundles = 1U << always | 1U << fed_back;
    return spike;
  }

  /// IfCurrent's, and the charge received at `lateral` as a third coordinate.
  struct Frame {
    using Flow = IfCurrent::Frame;
    static constexpr std::size_t coordinates = Flow::coordinates + 1;
    static constexpr std::size_t constants = Flow::constants;
    using Neuron = FrameNeuron<coordinates, constants>;
    using Moment = Flow::Moment;
    using Horizon = Flow::Horizon;
    static constexpr bool linear(std::uint8_t port) { return port <= lateral; }
    static constexpr std::size_t moved(std::uint8_t port) {
      return port == lateral ? coordinates : Flow::coordinates;
    }
    static double span_s(const Params& p) { return Flow::span_s({p.tau_s}); }
    static Moment moment(const Params& p, Duration d) { return Flow::moment({p.tau_s}, d); }
    static Horizon horizon(const Params& p, double s) { return Flow::horizon({p.tau_s}, s); }
    static double gain(const Params& p, double s) { return Flow::gain({p.tau_s}, s); }
    static std::array<double, coordinates> factors(const Params&, const Moment& m,
                                                   std::uint8_t port) {
      return {1.0, m.grown, port == lateral ? 1.0 : 0.0};
    }
    static Neuron enter(const Params& p, const Moment& m, const State& s) {
      const Flow::Neuron n = Flow::enter({p.tau_s}, m, s);
      return {{n.x[0], n.x[1], s.charge}, n.k};
    }
    static void leave(const Params& p, const Moment& m, const Neuron& n, State& s) {
      Flow::leave({p.tau_s}, m, flow(n), s);
      s.charge = n.x[2];
    }
    static Reading read(const Params& p, const Moment& m, const Neuron& n) {
      return Flow::read({p.tau_s}, m, flow(n));
    }
    static double tighten(const Params& p, const Moment& m, const Neuron& n, double bound_s) {
      return Flow::tighten({p.tau_s}, m, flow(n), bound_s);
    }
    static double margin(const Params& p, const Moment& m, const Horizon& h, const Neuron& n) {
      return Flow::margin({p.tau_s}, m, h, flow(n));
    }

   private:
    static Flow::Neuron flow(const Neuron& n) { return {{n.x[0], n.x[1]}, n.k}; }
  };

 private:
  static void begin_window(State& s, Time at) {
    s.since = at;
    s.closed = 0;
    s.began_voltage = s.voltage;
    s.began_current = s.current;
    s.spikes = s.charge = 0;
  }
  static Window end_window(const Params& p, const State& s, Time at) {
    Window w;
    w.length = seconds(at - s.since) / p.tau_s;
    if (!(w.length > 0)) return {};
    w.rate = s.spikes / w.length;
    w.slack = (s.voltage - s.began_voltage) / w.length;
    w.drift = (s.began_current - s.current) / w.length;
    w.lateral = s.charge / w.length;
    return w;
  }

  static void compare(const Params& p, State& s) {
    const double rest = 1 - p.kappa;
    s.activity = s.with.rate;
    if (p.role == Role::coding) {
      // H a of both windows; θ stands for the diagonal, the charge for −Σ H_ij a_j.
      const double ha =
          (s.norm * s.without.rate - s.without.lateral) - (s.norm * s.with.rate - s.with.lateral);
      s.error = rest * ha + rest * s.without.slack - s.with.slack;
      if (p.readout == Readout::current) s.error -= rest * s.without.drift - s.with.drift;
      s.feedforward = received(s, s.with, rest) - received(s, s.without, 1);
      s.message = s.activity > 0 ? Record::Message::announce : Record::Message::none;
    } else {
      s.error = s.with.rate - s.without.rate;
      if (p.readout == Readout::current)
        s.error += (s.with.slack - s.with.drift) - (s.without.slack - s.without.drift);
      s.message = p.anticipates ? Record::Message::announce : Record::Message::none;
    }
  }
  static double square(double x) { return x * x; }
  // What came in by F during a window, per τ: all that was not drive nor lateral, from
  // e = β + F b − Ha + Δ.
  static double received(const State& s, const Window& w, double driven) {
    return w.slack - w.drift + (s.norm * w.rate - w.lateral) - driven * s.latch;
  }

  static void fall_silent(State& s, Record::Phase phase) {
    s.phase = phase;
    s.voltage = s.current = s.drive = 0;
    s.threshold = std::numeric_limits<double>::infinity();
  }

  // The diagonal of the H rule, and s with it.
  static void learn_norm(const Params& p, State& s, double power) {
    const double pace = p.halving > 0 ? 1 / (1 + s.lessons / p.halving) : 1.0;
    s.power = power;
    ++s.lessons;
    if (p.safe_step > 0 && p.learning_rate * pace * power > p.safe_step)
      s.error *= p.safe_step / (p.learning_rate * pace * power);
    if (p.anticipates)
      s.error += p.dictionary_rate / p.learning_rate *
                 (s.feedforward - pace * p.dictionary_rate / p.kappa * s.force * s.activity);
    s.norm -= pace * (p.learning_rate / p.kappa * s.error * s.activity + p.decay * s.norm);
    take_norm(p, s, s.norm);
  }

  // The terms in q_j of Δ(FB): synapses learn at the rate of H, from what is shown as an error.
  static void look_ahead(const Params& p, State& s) {
    const double pace = p.halving > 0 ? 1 / (1 + (s.lessons - 1) / p.halving) : 1.0;
    s.error = p.dictionary_rate / p.learning_rate * s.activity;
    take_norm(p, s, s.norm - pace * p.learning_rate / p.kappa * s.feedforward * s.error);
  }
};

static_assert(NeuronModel<PhasedIf> && KeepsRecord<PhasedIf> && BoundsFire<PhasedIf> &&
              TellsDue<PhasedIf> && TightensBound<PhasedIf> && ChecksParams<PhasedIf>);

}  // namespace clockless
