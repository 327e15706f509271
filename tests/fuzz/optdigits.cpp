// libFuzzer target: optdigits files from memory. Bad input ends in Error, in nothing else.
#include "apps/data/optdigits.hpp"

#include <cstddef>
#include <cstdint>

#include "core/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    clockless::decode_optdigits({reinterpret_cast<const char*>(data), size}, "input");
  } catch (const clockless::Error&) {
  }
  return 0;
}
