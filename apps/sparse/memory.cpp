// How much memory sparse coding needs, beside what there is.
#include "apps/sparse/memory.hpp"

#include <algorithm>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/error.hpp"

namespace clockless {
namespace {

/// Bytes by one line of a /proc file such as "MemAvailable:  123 kB"; < 0: not there.
double kibibytes(const char* path, const std::string& name) {
  std::ifstream file(path);
  double value = -1;
  for (std::string word; file >> word;)
    if (word == name && file >> value) return value * 1024;
  return -1;
}

std::string gibibytes(double bytes) { return fmt::format("{:.3g} GiB", bytes / 0x1p30); }

}  // namespace

double available_memory() {
  double bytes = kibibytes("/proc/meminfo", "MemAvailable:");
  if (bytes < 0)
    bytes =
        static_cast<double>(sysconf(_SC_AVPHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    const double taken = std::max(0.0, kibibytes("/proc/self/status", "VmSize:"));
    bytes = std::min(bytes, std::max(0.0, static_cast<double>(limit.rlim_cur) - taken));
  }
  return bytes;
}

void require_memory(const CodingSize& size, double available) {
  constexpr double value = sizeof(double);
  constexpr double state = 512;  // a neuron's state, spike count, kernel columns and queue entries
  const auto d = [](auto n) { return static_cast<double>(n); };
  const double atoms = d(size.atoms), neurons = atoms * (size.signed_codes ? 2 : 1);
  const double columns = d(size.samples) * d(size.patches);
  const double layer = value * (d(size.features) * atoms + atoms * atoms) +
                       neurons * neurons * d(size.weight_bytes) + d(size.threads) * neurons * state;
  // As read and as scaled; columns; codes by spikes, by the solver, and gathered for the file.
  const double data =
      value * (2 * d(size.pixels) * d(size.samples) + columns * (d(size.features) + 3 * atoms));
  if (layer + data <= available) return;
  const std::string needed = fmt::format("{} of memory are needed and {} are available",
                                         gibibytes(layer + data), gibibytes(available));
  if (layer >= data)
    throw Error(
        fmt::format("atoms: {} atoms make {} neurons, all joined to all, of {} features: "
                    "{}; use fewer atoms",
                    size.atoms, neurons, size.features, needed));
  if (size.samples > 1)
    throw Error(
        fmt::format("samples: {} samples of {} patches, {} atoms each: {}; ask for fewer "
                    "samples, or a larger stride",
                    size.samples, size.patches, size.atoms, needed));
  throw Error(
      fmt::format("patch: the sample has {} patches of {} pixels, {} atoms each: {}; use a "
                  "larger stride, or a smaller image",
                  size.patches, size.features, size.atoms, needed));
}

}  // namespace clockless
