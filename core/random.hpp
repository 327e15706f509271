// Counter-based randomness: a draw is a pure function of (seed, stream, number), so no order of
// execution can change it. Philox 4x32-10 (Salmon et al., SC 2011).
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace clockless {

/// Philox 4x32 with ten rounds: 128 random bits of a 128-bit counter and a 64-bit key.
constexpr std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                              std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53U} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57U} * counter[2];
    counter = {
        static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
        static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
  return counter;
}

/// 64 random bits: draw number `draw` of stream `stream` under `seed`.
constexpr std::uint64_t random_bits(std::uint64_t seed, std::uint64_t stream, std::uint64_t draw) {
  const auto out =
      philox({static_cast<std::uint32_t>(draw), static_cast<std::uint32_t>(draw >> 32),
              static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(stream >> 32)},
             {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
  return (std::uint64_t{out[1]} << 32) | out[0];
}

/// One stream of draws. Trivially copyable: it may live in a neuron's state.
struct RandomStream {
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;
  std::uint64_t draw = 0;

  constexpr std::uint64_t bits() { return random_bits(seed, stream, draw++); }
  /// Uniform in (0, 1]: never 0, so its logarithm is finite.
  constexpr double uniform() { return static_cast<double>((bits() >> 11) + 1) * 0x1p-53; }
  /// Exponential with mean 1.
  double exponential() { return -std::log(uniform()); }
  /// Standard normal (Box-Muller; takes two draws).
  double normal() {
    const double radius = std::sqrt(2.0 * exponential());
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
  }
  /// Uniform in 0 … n−1 (n ≥ 1), without bias (Lemire's multiply, with rejection).
  constexpr std::uint32_t below(std::uint32_t n) {
    const std::uint32_t reject = (0U - n) % n;
    for (;;) {
      const std::uint64_t product = (bits() >> 32) * n;
      if (static_cast<std::uint32_t>(product) >= reject)
        return static_cast<std::uint32_t>(product >> 32);
    }
  }
};

}  // namespace clockless
