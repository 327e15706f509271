// Counts in JSON, under the names that summary.json has for them.
#pragma once

#include <nlohmann/json.hpp>

#include "core/counts.hpp"

namespace clockless {

void to_json(nlohmann::json& j, const Counts& counts);
/// Throws nlohmann::json::exception where a term is missing.
void from_json(const nlohmann::json& j, Counts& counts);

}  // namespace clockless
