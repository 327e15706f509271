// The least of many lower bounds, found again quickly when one of them is raised.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

namespace clockless {

/// Bounds ≥ 0, of infinity where there is nothing to come. Each lane, a strided share of them,
/// knows its least.
class LeastBound {
 public:
  static constexpr std::size_t lanes = 8;
  static std::size_t whole_lanes(std::size_t n) { return (n + lanes - 1) / lanes * lanes; }

  /// Room for n bounds and what fills up the last lanes, to be written and then search()ed.
  double* resize(std::size_t n) {
    n_ = n;
    if (bounds_.size() < whole_lanes(n)) bounds_.resize(whole_lanes(n));
    return bounds_.data();
  }
  void search() {
    for (std::size_t a = n_; a < whole_lanes(n_); ++a) bounds_[a] = infinity;
    const double* bounds = bounds_.data();
    // In vectors of four: compilers take those of eight apart where the processor has none.
    for (std::size_t h = 0; h < lanes; h += half) {
      Half least;
      for (std::size_t l = 0; l < half; ++l) least[l] = infinity;
      Places place{}, at{};  // of those, and of the row looked at
      for (std::size_t a = h; a < whole_lanes(n_); a += lanes) {
        Half here;
        std::memcpy(&here, bounds + a, sizeof here);
        place = here < least ? at : place;
        least = here < least ? here : least;
        at += static_cast<std::int64_t>(lanes);
      }
      for (std::size_t l = 0; l < half; ++l) {
        least_[h + l] = least[l];
        place_[h + l] = static_cast<std::size_t>(place[l]) + h + l;
      }
    }
  }

  double operator[](std::size_t a) const { return bounds_[a]; }
  /// Bounds are only ever raised: the first of a lane stays so while its own is not.
  void raise(std::size_t a, double bound) {
    bounds_[a] = bound;
    if (a == place_[a % lanes]) search_lane(a % lanes);
  }
  /// The place of the least; the number of bounds if all are infinite.
  std::size_t first() const {
    // Bounds are at least 0, so their bits are in order, too; without branches, which nobody
    // guesses.
    auto best = std::bit_cast<std::uint64_t>(least_[0]);
    std::size_t place = place_[0];
    for (std::size_t l = 1; l < lanes; ++l) {
      const auto bits = std::bit_cast<std::uint64_t>(least_[l]);
      const bool less = bits < best;
      place = less ? place_[l] : place;
      best = less ? bits : best;
    }
    return best < std::bit_cast<std::uint64_t>(1e290) ? place : n_;
  }

 private:
  static constexpr std::size_t half = lanes / 2;
  using Half [[gnu::vector_size(half * sizeof(double))]] = double;
  using Places [[gnu::vector_size(half * sizeof(std::int64_t))]] = std::int64_t;
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  void search_lane(std::size_t l) {
    std::size_t place = l;
    for (std::size_t a = l + lanes; a < n_; a += lanes)
      if (bounds_[a] < bounds_[place]) place = a;
    least_[l] = bounds_[place];
    place_[l] = place;
  }

  std::size_t n_ = 0;
  std::vector<double> bounds_;
  std::array<double, lanes> least_{};
  std::array<std::size_t, lanes> place_{};
};

}  // namespace clockless
