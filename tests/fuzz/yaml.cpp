// libFuzzer: architectures of SANA-FE from arbitrary YAML. Whatever is accepted is a cost table
// that writes and reads back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "apps/hardware.hpp"
#include "apps/hardware_toml.hpp"
#include "apps/sanafe_architecture.hpp"
#include "core/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  clockless::ImportedHardware made;
  try {
    made = clockless::parse_sanafe(text, "fuzz.yaml");
  } catch (const clockless::Error&) {
    return 0;
  }
  const auto again =
      clockless::parse_hardware(clockless::hardware_toml(made.profile, made.comments), "fuzz.toml");
  if (again.energies.size() != made.profile.energies.size()) std::abort();
  return 0;
}
