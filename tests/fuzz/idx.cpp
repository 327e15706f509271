// libFuzzer target: IDX from memory, plain and gzipped. Bad input ends in Error, in nothing else.
#include "apps/data/idx.hpp"

#include <cstddef>
#include <cstdint>

#include "core/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    clockless::decode_idx({reinterpret_cast<const std::byte*>(data), size}, "input");
  } catch (const clockless::Error&) {
  }
  return 0;
}
