// A graph cut into parts of nearly equal weight with few arcs between them, by METIS.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace clockless {

/// Calls visit(from, to) for every arc; the more often for a pair, the more it weighs.
using EachArc =
    std::function<void(const std::function<void(std::uint32_t from, std::uint32_t to)>& visit)>;

/// The part of each vertex, 0 … parts − 1; parts are balanced in both weights at once where METIS
/// finds a way (Karypis & Kumar 1998, multilevel k-way). The same for the same arguments; a part
/// may stay empty. At least two vertices a part (std::logic_error for fewer), none heavier than a
/// part should be. Throws Error for a graph larger than METIS numbers.
std::vector<std::uint32_t> partition(std::span<const std::array<std::uint64_t, 2>> weights,
                                     const EachArc& arcs, std::uint32_t parts);

}  // namespace clockless
