// The list of kinds, filled as the program starts; checksums.
#include "apps/contrastive/contrastive_model.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include <zlib.h>

namespace clockless {
namespace {

std::deque<ContrastiveKind>& kinds() {
  static std::deque<ContrastiveKind> all;
  return all;
}

}  // namespace

std::uint32_t weights_checksum(const Eigen::MatrixXd& weights, std::uint32_t before) {
  return static_cast<std::uint32_t>(
      crc32_z(before, reinterpret_cast<const unsigned char*>(weights.data()),
              static_cast<std::size_t>(weights.size()) * sizeof(double)));
}

bool detail::add_contrastive_kind(ContrastiveKind kind) {
  kinds().push_back(std::move(kind));
  return true;
}

std::vector<const ContrastiveKind*> contrastive_kinds() {
  std::vector<const ContrastiveKind*> list;
  for (const ContrastiveKind& kind : kinds()) list.push_back(&kind);
  std::sort(list.begin(), list.end(), [](auto* a, auto* b) { return a->name < b->name; });
  return list;
}

}  // namespace clockless
