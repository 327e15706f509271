// The list of kinds, filled as the program starts.
#include "apps/contrastive/contrastive_model.hpp"

#include <algorithm>
#include <deque>
#include <utility>

namespace clockless {
namespace {

std::deque<ContrastiveKind>& kinds() {
  static std::deque<ContrastiveKind> all;
  return all;
}

}  // namespace

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
