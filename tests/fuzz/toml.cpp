// libFuzzer: settings and cost tables from arbitrary TOML. Whatever is accepted writes and reads
// back. Keys deep enough to exhaust a stack are long: -max_len=200000 lets it try them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <nlohmann/json.hpp>

#include "apps/hardware.hpp"
#include "apps/settings.hpp"

namespace {

clockless::Settings example() {
  clockless::Settings s;
  s.integer("a", 1, "").range(-5, 1e6);
  s.real("b.c", 0.5, "").above(-1e300);
  s.text("d", "x", "");
  s.flag("e", false, "");
  return s;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    clockless::parse_hardware(text, "fuzz.toml");
  } catch (const clockless::Error&) {
  }
  clockless::Settings settings = example();
  try {
    settings.read_toml(text, "fuzz.toml");
  } catch (const clockless::Error&) {
    return 0;
  }
  clockless::Settings again = example();
  again.read_toml(settings.to_toml("fuzz"), "again.toml");
  if (again.to_json() != settings.to_json()) std::abort();
  return 0;
}
