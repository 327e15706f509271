// The command line: list, run, sweep, price, hardware.
#include "apps/command.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <stdexcept>
#include <system_error>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/hardware.hpp"
#include "apps/interrupt.hpp"
#include "apps/models.hpp"
#include "apps/price.hpp"
#include "apps/registry.hpp"
#include "apps/run_command.hpp"
#include "apps/sanafe_architecture.hpp"
#include "apps/sweep.hpp"
#include "apps/text.hpp"
#include "apps/version.hpp"

namespace clockless {

namespace {

void entry(const std::string& name, const std::string& summary) {
  fmt::print("  {:22} {}\n", name, summary);
}

void list_hardware() {
  for (const std::string& name : hardware_names()) entry(name, load_hardware(name).title);
}

void list_everything() {
  fmt::print("Scenarios (clockless run NAME; clockless list NAME shows the settings)\n");
  for (const Scenario& scenario : scenarios()) entry(scenario.name, scenario.summary);
  fmt::print("\nNeuron models\n");
  for (const ModelEntry& model : list_models("neurons")) entry(model.name, model.summary);
  fmt::print("\nLearning rules\n");
  for (const ModelEntry& rule : list_models("plasticity")) entry(rule.name, rule.summary);
  fmt::print("\nHardware (clockless hardware show NAME)\n");
  list_hardware();
}

void list_settings(const std::string& name) {
  const Scenario& scenario = find_scenario(name);
  const Settings settings = declared_settings(scenario);
  fmt::print("{}: {}\n\n", scenario.name, scenario.summary);
  for (const Setting& s : settings.all()) {
    const std::string value = s.set() ? Settings::written(s.value) : "not set";
    fmt::print("  {} = {}{}\n      {} ({}{})\n", s.key, value,
               s.unit_name.empty() ? "" : " " + s.unit_name, s.help, Settings::allowed(s),
               s.quick_value ? "; quick: " + Settings::written(*s.quick_value) : "");
  }
  // An example that is surely allowed: the first setting with a quick value.
  std::string example = "seed=2";
  for (const Setting& s : settings.all())
    if (s.quick_value) {
      example = s.key + "=" + Settings::written(*s.quick_value);
      break;
    }
  fmt::print("\nclockless run {} --set {}, or --{}\n", scenario.name, example, example);
}

// What CLI11 does not know is a setting of the scenario: --key=value, --key value, --flag.
std::vector<std::string> assignments(const std::vector<std::string>& extras) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < extras.size(); ++i) {
    const std::string& word = extras[i];
    if (!word.starts_with("--") || word.size() < 3)
      throw Error(fmt::format("'{}': expected a setting such as --key=value", printable(word)));
    std::string key = word.substr(2);
    const std::size_t equals = key.find('=');
    std::replace(key.begin(),
                 key.begin() + static_cast<std::ptrdiff_t>(std::min(equals, key.size())), '-', '_');
    const bool has_value = i + 1 < extras.size() && !extras[i + 1].starts_with("--");
    if (equals == std::string::npos) key += "=" + (has_value ? extras[++i] : "true");
    out.push_back(key);
  }
  return out;
}

}  // namespace

int command(const std::vector<std::string>& arguments) {
  CLI::App app{"An exact, event-driven simulator of asynchronous neuromorphic hardware."};
  app.name("clockless");
  app.set_version_flag("--version", "clockless " + version());
  app.require_subcommand(0, 1);

  std::string listed;
  CLI::App* list =
      app.add_subcommand("list", "scenarios, neuron models, learning rules and hardware profiles");
  list->add_option("NAME", listed, "show the settings of this scenario");

  RunRequest request;
  std::string seed, threads, cores, hardware_name, live;
  bool quick = false;
  CLI::App* run = app.add_subcommand("run", "run a scenario");
  run->add_option("NAME", request.target, "a scenario, or a TOML file that names one")->required();
  run->add_option("--set", request.assignments, "a setting as key=value; may be repeated")
      ->allow_extra_args(false);
  run->add_option("--seed", seed, "seed of everything random");
  run->add_option("--threads", threads, "threads; 0: as many as the machine has");
  run->add_option("--cores", cores, "neurocores; clusters joined by zero delay stay whole");
  run->add_option("--hardware", hardware_name, "cost table: a name or a TOML file");
  run->add_flag("--quick", quick, "as small as still makes sense");
  run->add_option("-o,--output", request.output,
                  "folder of the run (runs/NAME); replaces an earlier run as a whole");
  run->add_flag("--quiet", request.quiet, "no progress and no table");
  run->add_flag(
      "--live", live,
      "a web page that shows the run; --live=PORT or --live=ADDRESS:PORT says where, else "
      "it is for this machine only, at any free port");
  run->allow_extras();
  run->footer("Every setting of the scenario (clockless list NAME) may be given as --key=value.");

  SweepRequest grid;
  bool quick_points = false;
  CLI::App* sweep = app.add_subcommand("sweep", "run a scenario over a grid of its settings");
  sweep->add_option("NAME", grid.target, "a scenario, or a TOML file that names one")->required();
  sweep->add_option("--set", grid.fixed, "a setting of all points as key=value, taken as it is")
      ->allow_extra_args(false);
  sweep->add_option("--threads", grid.at_once, "points at a time; 0: as many as the machine has")
      ->check(CLI::Range(0, 1024));
  sweep->add_option("--plot", grid.plot,
                    "x:y, a swept setting and a column of sweep.csv; by default the first number "
                    "that is swept and the scenario's first figure");
  sweep->add_flag("--quick", quick_points, "as small as still makes sense");
  sweep->add_flag("--renew", grid.renew, "remove another sweep in the folder, with its points");
  sweep->add_option("-o,--output", grid.output, "folder of the sweep (runs/sweep-NAME)");
  sweep->add_flag("--quiet", grid.quiet, "no progress");
  sweep->allow_extras();
  sweep->footer(
      "Every setting of the scenario (clockless list NAME) may be given as a list, and all\n"
      "combinations are run, each in a process and with a folder of its own:\n"
      "  --key=1,2,4          these values; --key='a,b;c' if values hold commas\n"
      "  --key=1..9:5         of numbers, 5 values in even steps, both ends among them\n"
      "  --key=1e-3..10:5:log in even ratios\n"
      "  --key=1..5           of whole numbers, all of them\n"
      "  --seeds=5            as --seed=1..5, where the scenario has no setting of that name\n"
      "Points that are there are not run again, so the same command goes on where it was\n"
      "stopped. --set threads=N gives each point N threads, else 1.");

  std::string shown;
  std::string priced, devices;
  bool as_json = false;
  CLI::App* price = app.add_subcommand("price", "what an earlier run costs on any device");
  price->add_option("RUN", priced, "the folder of a run")->required();
  price->add_option("--hardware", devices,
                    "cost tables, by commas: names or TOML files; default all");
  price->add_flag("--json", as_json, "as the key 'energy' of summary.json");

  CLI::App* hardware = app.add_subcommand("hardware", "cost tables");
  hardware->require_subcommand(1);
  CLI::App* all = hardware->add_subcommand("list", "their names");
  CLI::App* show = hardware->add_subcommand("show", "every figure with its source");
  show->add_option("NAME", shown, "a profile, or a TOML file")->required();
  std::string architecture, imported;
  CLI::App* import = hardware->add_subcommand(
      "import", "an architecture of SANA-FE (YAML) as a cost table (TOML)");
  import->add_option("ARCH.yaml", architecture, "the architecture")->required();
  import->add_option("-o,--output", imported, "the cost table to write; else it is printed");

  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::Success& done) {  // --help, --version
    return app.exit(done);
  } catch (const CLI::ParseError& error) {
    throw Error(printable(error.what()) + "; see clockless --help");
  }

  if (run->parsed()) {
    if (run->count("--output") > 0 && request.output.empty())
      throw Error("-o: expected a folder, not an empty name");
    for (const std::string& text : assignments(run->remaining()))
      request.assignments.push_back(text);
    for (const auto& [key, value] : {std::pair{"seed", seed},
                                     {"threads", threads},
                                     {"cores", cores},
                                     {"hardware", hardware_name},
                                     {"quick", std::string(quick ? "true" : "false")}})
      if (run->count("--" + std::string(key)) > 0)
        request.assignments.push_back(std::string(key) + "=" + value);
    if (run->count("--live") > 0) request.live = live == "true" ? "" : live;
    return run_scenario(request);
  }
  if (sweep->parsed()) {
    if (sweep->count("--output") > 0 && grid.output.empty())
      throw Error("-o: expected a folder, not an empty name");
    grid.swept = assignments(sweep->remaining());
    if (quick_points) grid.fixed.emplace_back("quick=true");
    return run_sweep(grid);
  }
  if (list->parsed()) {
    listed.empty() ? list_everything() : list_settings(listed);
  } else if (show->parsed()) {
    fmt::print("{}", describe(load_hardware(shown)));
  } else if (import->parsed()) {
    if (import->count("--output") > 0 && imported.empty())
      throw Error("-o: expected a file, not an empty name");
    import_hardware(architecture, imported);
  } else if (all->parsed()) {
    list_hardware();
  } else if (price->parsed()) {
    if (devices.empty()) devices = fmt::format("{}", fmt::join(hardware_names(), ","));
    fmt::print("{}", price_run(priced, devices, as_json));
  } else {
    fmt::print("{}", app.help());
  }
  return 0;
}

int guarded_command(const std::vector<std::string>& arguments) {
  const auto report = [](std::string_view what, int code) {
    fmt::print(stderr, "clockless: {}\n", printable(what));
    return code;
  };
  try {
    const int code = command(arguments);
    if (std::fflush(stdout) == 0 || code != 0) return code;
    return report(fmt::format("cannot write the output: {}", std::strerror(errno)), 1);
  } catch (const Error& error) {
    return report(error.what(), 1);
  } catch (const std::bad_alloc&) {
    return report("not enough memory; choose smaller sizes or fewer samples", 1);
  } catch (const std::length_error&) {
    return report("not enough memory; choose smaller sizes or fewer samples", 1);
  } catch (const std::system_error& error) {  // fmt cannot write to the terminal or its pipe
    const std::string why = error.code().message();
    return report("cannot write the output: " + why, interrupted() ? 128 + interrupt_signal() : 1);
  } catch (const std::exception& error) {
    return report(std::string("internal error: ") + error.what() + "; please report it", 2);
  }
}

}  // namespace clockless
