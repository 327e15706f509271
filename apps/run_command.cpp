// `clockless run`: from a request to a run folder.
#include "apps/run_command.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string_view>
#include <thread>

#include <fmt/format.h>

#include "apps/data/read_file.hpp"
#include "apps/hardware.hpp"
#include "apps/live/live_page.hpp"
#include "apps/live/place.hpp"
#include "apps/run_folder.hpp"
#include "apps/summary.hpp"

namespace clockless {

namespace fs = std::filesystem;

namespace {

std::string toml_text(const std::string& path) {
  const auto bytes = read_file(path, std::size_t{1} << 20);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool names_file(const RunRequest& request) {
  return fs::path(request.target).extension() == ".toml";
}

/// Serves the page from before anything is computed; tells where it is.
std::unique_ptr<LivePage> open_page(const Scenario& scenario, const std::string& place) {
  if (!scenario.live) {
    std::string others;
    for (const Scenario& other : scenarios())
      if (other.live) others += (others.empty() ? "" : ", ") + other.name;
    throw Error(
        fmt::format("--live: {} shows nothing while it runs; these do: {}", scenario.name, others));
  }
  auto page = std::make_unique<LivePage>(scenario.name, parse_live_place(place));
  fmt::print(stderr, "clockless: watch this run at {}\n", page->url());
  return page;
}

/// The enumerator whose name a setting has.
template <class Enum, std::size_t n>
Enum named(const Settings& settings, std::string_view key, const std::string_view (&names)[n]) {
  const auto name = settings.get<std::string>(key);
  return static_cast<Enum>(std::find(std::begin(names), std::end(names), name) - std::begin(names));
}

double speedup_of(const Settings& settings) {
  return settings.has("speedup") ? settings.get<double>("speedup") : 1;
}

Machine machine_of(const Settings& settings, const HardwareProfile& hardware, std::size_t cores) {
  Machine machine;
  machine.fidelity = named<Fidelity>(settings, "fidelity", fidelity_names);
  if (settings.has("synchronise")) {
    if (machine.fidelity != Fidelity::ideal || settings.has("speedup"))
      settings.fail(
          "synchronise",
          "a barrier waits for all delays, so that none moves a spike, and the chip is as "
          "fast as its slowest neurocore: leave fidelity = ideal, and no speedup");
    if (settings.declared("checkpoint") && settings.has("checkpoint"))
      settings.fail("synchronise",
                    "runs once with barriers and once without: not with a checkpoint");
    if (hardware.times.empty())
      settings.fail("synchronise", "nothing is published of how long things take on " +
                                       hardware.name + ": choose another device, as loihi1");
    machine.step = from_seconds(settings.get<double>("synchronise"));
  } else if (machine.fidelity == Fidelity::ideal) {
    if (speedup_of(settings) != 1)
      settings.fail("speedup",
                    "hardware delays move nothing at fidelity = ideal: choose latency, "
                    "queued or routed");
  } else if (hardware.times.empty()) {
    settings.fail("fidelity", "nothing is published of how long things take on " + hardware.name +
                                  ": choose another device, as loihi1, or ideal");
  }
  const double noc_slowdown =
      settings.has("noc_slowdown") ? settings.get<double>("noc_slowdown") : 1;
  if (noc_slowdown != 1 && machine.fidelity == Fidelity::ideal && machine.step == Duration{})
    settings.fail("noc_slowdown",
                  "the network-on-chip takes no time at fidelity = ideal: choose "
                  "latency, queued or routed");
  if (machine.fidelity != Fidelity::ideal || machine.step > Duration{})
    machine.timing = timing_of(hardware, speedup_of(settings), noc_slowdown);
  if (machine.fidelity != Fidelity::ideal || cores <= mesh_of(hardware, 1).cores())
    machine.mesh = mesh_of(hardware, cores);
  machine.buffer = static_cast<std::uint32_t>(settings.get<std::int64_t>("router_buffer"));
  if (machine.buffer > 0 && machine.fidelity != Fidelity::routed)
    settings.fail("router_buffer", "only fidelity = routed has routers");
  machine.core_buffer = static_cast<std::uint32_t>(settings.get<std::int64_t>("core_buffer"));
  if (machine.core_buffer > 0 && machine.fidelity < Fidelity::queued)
    settings.fail("core_buffer",
                  "packets wait at neurocores from fidelity = queued on: choose that, or routed");
  if (machine.core_buffer > 0 && cores == 1)
    settings.fail("core_buffer", "one neurocore gets packets from no other: ask for more --cores");
  return machine;
}

}  // namespace

Settings declared_settings(const Scenario& scenario) {
  Settings settings;
  settings.integer("seed", 1, "seed of everything random").at_least(0);
  settings.integer("threads", 0, "threads; 0: as many as the machine has; never changes a result")
      .range(0, 1024);
  settings.integer("cores", 1, "neurocores to spread the neurons over").range(1, 1 << 20);
  settings.text("hardware", "loihi1", "cost table: a name or a TOML file");
  settings
      .text(
          "fidelity", "ideal",
          "ideal: only the algorithm; latency: the hardware's own delays move spikes; queued: and "
          "packets wait for each other at neurocores; routed: and at the routers of a mesh")
      .one_of({std::begin(fidelity_names), std::end(fidelity_names)});
  settings
      .real("speedup", std::nullopt,
            "how many times faster than its own time constants say the chip runs the network: "
            "hardware delays count so many times more; default: 1")
      .range(0, 1e12);
  settings
      .real("noc_slowdown", std::nullopt,
            "how many times longer hops and links of the network-on-chip take than the hardware's; "
            "default: 1")
      .range(0, 1e9);
  settings
      .text(
          "placement", std::nullopt,
          "which neurocore each neuron is on, within what one holds. naive: in the order of their "
          "numbers; balanced: even work; traffic: few packets over few hops; default: naive, and "
          "limits are told of, not kept")
      .one_of({std::begin(placement_names), std::end(placement_names)});
  settings
      .integer("core_buffer", 0,
               "places in a neurocore for packets from each other one, or from each side of its "
               "router, until their service begins; who finds none waits; 0: no end to them")
      .range(0, 1 << 20);
  settings
      .integer("router_buffer", 0,
               "places in each queue of a router from a neighbour; 0: no end to them")
      .range(0, 1 << 20);
  settings
      .real("synchronise", std::nullopt,
            "a barrier for the whole chip each so often, as clocked chips have it: what is sent in "
            "between arrives there; runs once with and once without")
      .unit("s")
      .range(1e-9, 1e3);
  settings.flag("trace", false,
                "note what each neurocore and link does in one sample: trace.json for Perfetto, "
                "queues over time, the causes of the last output spike; changes no result");
  settings.flag("vcd", false, "trace, and write trace.vcd for waveform viewers, too");
  settings.text("trace_neuron", std::nullopt,
                "trace, and follow the causes of this neuron's last spike instead: "
                "population[number], as the report and trace.json name them");
  settings.integer("trace_events", 200'000, "events that a trace holds; the last of more")
      .range(1, 100'000'000);
  settings.flag("quick", false, "as small as still makes sense");
  scenario.declare(settings);
  return settings;
}

const Scenario& requested_scenario(const RunRequest& request) {
  return find_scenario(names_file(request)
                           ? scenario_of_toml(toml_text(request.target), request.target)
                           : request.target);
}

PreparedRun prepare_run(const RunRequest& request) {
  const Scenario& scenario = requested_scenario(request);
  PreparedRun run{scenario, declared_settings(scenario), {}, {}};
  Settings& settings = run.settings;
  if (names_file(request)) settings.read_toml(toml_text(request.target), request.target);
  for (const std::string& assignment : request.assignments)
    settings.assign(assignment, "command line");
  if (settings.get<bool>("quick")) settings.use_quick_defaults();
  run.hardware = load_hardware(settings.get<std::string>("hardware"));
  run.machine = machine_of(settings, run.hardware, settings.get<std::size_t>("cores"));
  return run;
}

namespace {

Run run_of(const PreparedRun& prepared, const fs::path& folder) {
  const Settings& settings = prepared.settings;
  Run run{settings};
  run.seed = settings.get<std::uint64_t>("seed");
  run.threads = settings.get<int>("threads");
  if (run.threads == 0)
    run.threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  run.cores = settings.get<int>("cores");
  run.quick = settings.get<bool>("quick");
  run.folder = folder;
  run.hardware = prepared.hardware;
  run.speedup = speedup_of(settings);
  run.machine = prepared.machine;
  run.trace.vcd = settings.get<bool>("vcd");
  if (settings.has("trace_neuron")) run.trace.neuron = settings.get<std::string>("trace_neuron");
  if (run.trace.vcd || settings.has("trace_neuron") || settings.get<bool>("trace"))
    run.trace.events = settings.get<std::size_t>("trace_events");
  if (settings.has("placement"))
    run.placement = named<Placement>(settings, "placement", placement_names);
  if (const fs::path table = settings.get<std::string>("hardware"); table.extension() == ".toml")
    run.resolve("hardware",
                (fs::canonical(fs::absolute(table).parent_path()) / table.filename()).string());
  return run;
}

/// The same on a chip that has no barriers and the same speed-up, where packets wait for each other
/// instead; its files go to a folder of their own.
void run_without_barriers(PreparedRun prepared, Run& run) {
  prepared.settings = run.resolved;  // what was chosen for barriers, too
  prepared.settings.unset("synchronise");
  if (run.chip_s() > 0) {
    const std::string origin = "the run with barriers";
    prepared.settings.put("fidelity", std::string("queued"), origin);
    prepared.settings.put("speedup", run.simulated_s / run.chip_s(), origin);
  } else {  // nothing is published of what takes time: without barriers, too, nothing does
    prepared.settings.unset("noc_slowdown");
  }
  prepared.machine =
      machine_of(prepared.settings, prepared.hardware, prepared.settings.get<std::size_t>("cores"));
  const fs::path folder = run.folder / "without_barriers";
  fs::create_directory(folder);
  Run other = run_of(prepared, folder);
  other.style = run.style;
  const UsageMeter meter;
  try {
    prepared.scenario.run(other);
  } catch (const Error& error) {  // that is an answer, too
    fs::remove_all(folder);
    run.without_barriers = {{"result", fmt::format("failed: {}", error.what())}};
    return;
  }
  const Outcome outcome{prepared.scenario.name, meter.read(), interrupted()};
  add_numbers(other.report, other, outcome);
  write_outcome(other, outcome, prepared.scenario.summary);
  if (!outcome.interrupted) run.without_barriers = toll(other);
}

}  // namespace

int run_scenario(const RunRequest& request) {
  const PreparedRun prepared = prepare_run(request);
  const Scenario& scenario = prepared.scenario;

  const auto live = request.live ? open_page(scenario, *request.live) : nullptr;
  RunFolder folder(request.output.empty() ? fs::path("runs") / scenario.name
                                          : fs::path(request.output));
  Run run = run_of(prepared, folder.path());
  run.style = request.quiet ? ProgressStyle::none : progress_style();

  run.live = live.get();
  const UsageMeter meter;
  scenario.run(run);
  const Usage usage = meter.read();
  if (run.machine.step > Duration{} && !interrupted()) run_without_barriers(prepared, run);
  const Outcome outcome{scenario.name, usage, interrupted()};
  if (run.trace.events > 0 && !run.traced)
    fmt::print(stderr,
               "clockless: nothing was traced: the run ended before the sample that {} "
               "traces, or it traces none\n",
               scenario.name);
  add_numbers(run.report, run, outcome);
  write_outcome(run, outcome, scenario.summary);
  const fs::path asked = folder.target();
  folder.commit(outcome.interrupted);
  if (folder.target() != asked)
    fmt::print(stderr, "clockless: {} keeps what it holds{}; this run is in {}\n", asked.string(),
               outcome.interrupted ? ", as the run was interrupted" : "", folder.target().string());

  if (!request.quiet) {
    fmt::print("\n{}{}\n\n", scenario.name, outcome.interrupted ? " (interrupted)" : "");
    const fs::path page = folder.target() / "report.html";
    const fs::path shorter = page.lexically_relative(fs::current_path());
    fmt::print("{}\nreport: {}\n", terminal_table(run.report),
               (*shorter.begin() == ".." ? page : shorter).string());
  }
  return outcome.interrupted ? 128 + interrupt_signal() : 0;
}

}  // namespace clockless
