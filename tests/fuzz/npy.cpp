// libFuzzer target: .npy files from memory. Bad input ends in Error, in nothing else.
#include "apps/data/npy.hpp"

#include <cstddef>
#include <cstdint>

#include "core/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    clockless::decode_npy({reinterpret_cast<const std::byte*>(data), size}, "input");
  } catch (const clockless::Error&) {
  }
  return 0;
}
