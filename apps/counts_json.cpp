// Counts in JSON.
#include "apps/counts_json.hpp"

#include <cstdint>
#include <string>

#include "core/meter.hpp"

namespace clockless {

void to_json(nlohmann::json& j, const Counts& counts) {
  for (const CountTerm& term : count_terms) j[std::string(term.name)] = counts.*term.count;
}
void from_json(const nlohmann::json& j, Counts& counts) {
  for (const CountTerm& term : count_terms)
    counts.*term.count = j.value(std::string(term.name), std::uint64_t{0});  // some came later
}

}  // namespace clockless
