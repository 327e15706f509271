#include "apps/report/mesh_map.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <fmt/format.h>

namespace clockless {

namespace {

constexpr double width = 960, largest_tile = 120;

double most(const std::vector<double>& shares) {
  double m = 0;
  for (const double share : shares) m = std::max(m, share);
  return m;
}

std::string title(const std::string& what, double share) {
  return fmt::format("<title>{}: busy {:.3g} %</title>", what, 100 * share);
}

}  // namespace

std::string svg_mesh(const MeshMap& map) {
  const double pitch = std::min(width / map.columns, largest_tile), gap = 0.28 * pitch;
  const double tile = pitch - gap;
  const auto side = static_cast<std::uint32_t>(std::ceil(std::sqrt(map.cores_per_tile)));
  const double cell = tile / side;
  std::string out = fmt::format(
      "<svg viewBox=\"0 0 {} {:.0f}\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\">", width,
      pitch * map.rows);
  const double busiest_core = most(map.cores), busiest_link = most(map.links);
  for (std::uint32_t t = 0; t < map.columns * map.rows; ++t) {
    const double x = pitch * (t % map.columns) + gap / 2, y = pitch * (t / map.columns) + gap / 2;
    for (std::uint32_t k = 0; k < map.cores_per_tile; ++k) {
      const std::size_t core = std::size_t{t} * map.cores_per_tile + k;
      const double share = core < map.cores.size() ? map.cores[core] : 0;
      out += fmt::format(
          "<rect class=\"grid\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
          "style=\"fill:var(--c0);fill-opacity:{:.3f}\">{}</rect>",
          x + cell * (k % side), y + cell * (k / side), cell, cell,
          busiest_core > 0 ? share / busiest_core : 0, title(fmt::format("core {}", core), share));
    }
    // Each direction on its own side of the gap, from this tile on.
    const double middle = tile / 2, off = 0.12 * tile;
    const double lines[4][4] = {{x + tile, y + middle - off, x + tile + gap, y + middle - off},
                                {x, y + middle + off, x - gap, y + middle + off},
                                {x + middle - off, y, x + middle - off, y - gap},
                                {x + middle + off, y + tile, x + middle + off, y + tile + gap}};
    const char* names[] = {"east", "west", "north", "south"};
    for (std::size_t d = 0; d < 4; ++d) {
      const double share = 4 * t + d < map.links.size() ? map.links[4 * t + d] : 0;
      if (share <= 0) continue;
      out += fmt::format(
          "<path class=\"line s1\" style=\"stroke-width:{:.1f};stroke-opacity:{:.3f}\" "
          "d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\">{}</path>",
          0.08 * tile, 0.1 + 0.9 * share / busiest_link, lines[d][0], lines[d][1], lines[d][2],
          lines[d][3], title(fmt::format("tile {} to the {}", t, names[d]), share));
    }
  }
  return out + "</svg>";
}

}  // namespace clockless
