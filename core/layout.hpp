// Parts of a network laid on the places of a mesh, those that talk much near each other.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/machine.hpp"

namespace clockless {

/// Packets between parts, both ways added: for each part (other part, packets), each pair at both
/// of its ends, no part with itself.
using Flows = std::vector<std::vector<std::pair<std::uint32_t, std::uint64_t>>>;

/// Σ packets × hops when part p is neurocore place[p].
std::uint64_t travel(const Flows&, const std::vector<std::uint32_t>& place, const Mesh&);

/// A place for each part among the neurocores 0 … parts − 1 of the mesh: from their own numbers and
/// from a greedy layout pairs change places as long as that saves hops; the better of both. Never
/// worse than their own numbers, which stay where there are too many parts and flows to look at all
/// pairs.
std::vector<std::uint32_t> lay_out(const Flows&, const Mesh&);

}  // namespace clockless
