// A mesh of tiles as inline SVG: how busy its neurocores and links are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace clockless {

/// Shares of the time, 0 to 1 or beyond; an empty list draws nothing of its kind.
struct MeshMap {
  std::uint32_t columns = 1, rows = 1, cores_per_tile = 1;
  std::vector<double> cores;  ///< by number: core c is on tile c / cores_per_tile, tiles by rows
  std::vector<double>
      links;  ///< of tile t to its neighbour in the east, west, north, south: 4 t + d
};

/// The darker the busier, of the busiest of each kind; every core and link tells its share.
std::string svg_mesh(const MeshMap& map);

}  // namespace clockless
