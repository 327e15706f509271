// A make-believe run behind a live page, to try the page with: atoms form from noise.
// live_demo [SAMPLES]: prints the page's URL, waits for a viewer, "learns" and prints the last
// snapshot. Then it stays until its input ends.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/base64.hpp"
#include "apps/interrupt.hpp"
#include "apps/live/live_page.hpp"

namespace {

using Json = nlohmann::json;

constexpr int side = 12, atoms = 144, neurons = 60;

// Edges and bars of every direction, still covered by `noise`.
std::string atom_bytes(double noise) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::normal_distribution<double> normal;
  std::vector<std::uint8_t> bytes;
  for (int atom = 0; atom < atoms; ++atom) {
    const double angle = 3.14159265 * uniform(random), phase = 6.2831853 * uniform(random);
    const double x0 = side * uniform(random), y0 = side * uniform(random);
    const double wave = 3 + 4 * uniform(random), wide = 1.3 + 1.6 * uniform(random);
    for (int p = 0; p < side * side; ++p) {
      const double x = p % side - x0, y = p / side - y0;
      const double along = x * std::cos(angle) + y * std::sin(angle);
      const double across = y * std::cos(angle) - x * std::sin(angle);
      const double hill = std::exp(-(along * along + across * across / 3) / (2 * wide * wide));
      const double value = hill * std::cos(6.2831853 * along / wave + phase);
      const double level = 128 + 127 * ((1 - noise) * value + noise * 0.4 * normal(random));
      bytes.push_back(static_cast<std::uint8_t>(std::clamp(level, 0.0, 255.0)));
    }
  }
  return clockless::base64(bytes);
}

Json raster(std::mt19937& random) {
  std::vector<Json> spikes;
  for (int i = 0; i < neurons; ++i) {
    if (random() % 4 != 0) continue;
    const double period = 0.6 + static_cast<double>(random() % 100) / 30;
    for (double t = period * static_cast<double>(random() % 10) / 10; t < 40; t += period)
      spikes.push_back(Json::array({t, i}));
  }
  const Json layers = Json::array(
      {Json::array({"input", neurons / 3}), Json::array({"coding", neurons - neurons / 3})});
  return {{"layers", layers}, {"duration_tau", 40.0}, {"phase_tau", 20.0}, {"spikes", spikes}};
}

}  // namespace

int main(int argc, char** argv) {
  const int total = argc > 1 ? std::atoi(argv[1]) : 400;
  clockless::catch_interrupts();
  clockless::LivePage page("dictionary-learning");
  std::cout << page.url() << std::endl;
  std::mt19937 random(1);
  Json curve = {{"samples", Json::array()},
                {"objective", Json::array()},
                {"reference_objective", Json::array()}};
  Json snapshot;
  std::uint64_t spikes = 0;
  const int every = total / 100 + 1;  // samples a snapshot
  for (int sample = 0; sample <= total && !clockless::interrupted(); ++sample) {
    if (sample > 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      page.wait_if_paused();
      page.pace();
    }
    const double done = static_cast<double>(sample) / total;
    const double jitter = static_cast<double>(random() % 1000) / 1e6;
    spikes += 5000 + random() % 400;
    if (sample % every != 0 && sample != total) continue;
    snapshot = {{"samples", sample},
                {"samples_total", total},
                {"state", sample == total ? "done" : "learning"},
                {"objective", 0.171 + 0.42 * std::exp(-6 * done) + jitter},
                {"reference_objective", 0.176 + 0.42 * std::exp(-5 * done)},
                {"sparsity", 11.37 + 8 * std::exp(-4 * done)},
                {"consistency", 1 - 0.7 * std::exp(-5 * done)},
                {"symmetry", 1 - 0.6 * std::exp(-4 * done)},
                {"spikes", spikes},
                {"spikes_per_sample", static_cast<double>(spikes) / (sample + 1)},
                {"energy_j", static_cast<double>(spikes) * 2.36e-11},
                {"energy_per_sample_j", static_cast<double>(spikes) * 2.36e-11 / (sample + 1)},
                {"samples_per_s", 443.21 + 5 * jitter}};
    curve["samples"].push_back(sample);
    curve["objective"].push_back(snapshot["objective"]);
    curve["reference_objective"].push_back(snapshot["reference_objective"]);
    snapshot["curve"] = curve;
    snapshot["raster"] = raster(random);
    snapshot["atoms"] = {{"width", side}, {"height", side}, {"count", atoms}};
    snapshot["atoms"]["pixels"] = atom_bytes(std::exp(-4 * done));
    if (page.watched() || sample == 0 || sample == total) page.publish(snapshot);
    while (sample == 0 && !page.watched() && !clockless::interrupted())
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  std::cout << snapshot.dump() << std::endl;
  while (std::getchar() != EOF) {
  }
}
