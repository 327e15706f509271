#include "core/partition.hpp"

#include <algorithm>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <string>

#include <metis.h>

#include "core/error.hpp"

namespace clockless {

namespace {

// Compressed rows as METIS has them: each edge at both of its ends, once, with its weight.
struct Graph {
  std::vector<idx_t> begin{0}, neighbours, weights;
};

Graph undirected(std::size_t vertices, const EachArc& arcs) {
  std::vector<std::uint64_t> begin(vertices + 1, 0);
  arcs([&](std::uint32_t from, std::uint32_t to) {
    if (from == to) return;
    ++begin[from + 1];
    ++begin[to + 1];
  });
  for (std::size_t v = 0; v < vertices; ++v) begin[v + 1] += begin[v];
  if (begin[vertices] > static_cast<std::uint64_t>(std::numeric_limits<idx_t>::max()))
    throw Error("placement by traffic: " + std::to_string(begin[vertices] / 2) +
                " connections are more than the " +
                std::to_string(std::numeric_limits<idx_t>::max() / 2) +
                " that METIS numbers: choose balanced or naive");
  Graph graph;
  graph.neighbours.resize(begin[vertices]);
  std::vector<std::uint64_t> next(begin.begin(), begin.end() - 1);
  arcs([&](std::uint32_t from, std::uint32_t to) {
    if (from == to) return;
    graph.neighbours[next[from]++] = static_cast<idx_t>(to);
    graph.neighbours[next[to]++] = static_cast<idx_t>(from);
  });
  std::size_t kept = 0;  // what is merged stands before what is not yet
  for (std::size_t v = 0; v < vertices; ++v) {
    const auto row = graph.neighbours.begin() + static_cast<std::ptrdiff_t>(begin[v]);
    const auto end = graph.neighbours.begin() + static_cast<std::ptrdiff_t>(begin[v + 1]);
    std::sort(row, end);
    for (auto same = row; same != end;) {
      const auto other = std::upper_bound(same, end, *same);
      graph.neighbours[kept++] = *same;
      graph.weights.push_back(static_cast<idx_t>(other - same));
      same = other;
    }
    graph.begin.push_back(static_cast<idx_t>(kept));
  }
  graph.neighbours.resize(kept);
  return graph;
}

// METIS adds weights up in its integers.
std::vector<idx_t> scaled(std::span<const std::array<std::uint64_t, 2>> weights) {
  constexpr std::uint64_t most = std::uint64_t{1} << 30;
  std::array<std::uint64_t, 2> total{}, unit{};
  for (const auto& w : weights)
    for (const std::size_t k : {0U, 1U}) total[k] += w[k];
  for (const std::size_t k : {0U, 1U}) unit[k] = 1 + total[k] / most;
  std::vector<idx_t> scaled;
  for (const auto& w : weights)
    for (const std::size_t k : {0U, 1U}) scaled.push_back(static_cast<idx_t>(w[k] / unit[k]));
  return scaled;
}

}  // namespace

std::vector<std::uint32_t> partition(std::span<const std::array<std::uint64_t, 2>> weights,
                                     const EachArc& arcs, std::uint32_t parts) {
  if (parts == 0 || weights.size() / parts < 2)
    throw std::logic_error("a partition into more parts than METIS can fill");
  std::vector<idx_t> part(weights.size(), 0);
  if (parts == 1) return {part.begin(), part.end()};
  Graph graph = undirected(weights.size(), arcs);
  std::vector<idx_t> loads = scaled(weights);
  idx_t options[METIS_NOPTIONS];
  METIS_SetDefaultOptions(options);
  options[METIS_OPTION_SEED] = 1;
  auto vertices = static_cast<idx_t>(weights.size()), constraints = idx_t{2},
       wanted = static_cast<idx_t>(parts), cut = idx_t{0};
  static std::mutex one_at_a_time;  // its random numbers are the C library's
  const std::lock_guard lock(one_at_a_time);
  if (METIS_PartGraphKway(&vertices, &constraints, graph.begin.data(), graph.neighbours.data(),
                          loads.data(), nullptr, graph.weights.data(), &wanted, nullptr, nullptr,
                          options, &cut, part.data()) != METIS_OK)
    throw Error("placement by traffic: METIS could not cut a graph of " +
                std::to_string(weights.size()) + " vertices and " +
                std::to_string(graph.weights.size() / 2) +
                " edges, most likely for want of memory: choose balanced or naive");
  return {part.begin(), part.end()};
}

}  // namespace clockless
