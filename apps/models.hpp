// Which neuron models and learning rules there are, told by the source folders themselves.
#pragma once

#include <string>
#include <vector>

namespace clockless {

struct ModelEntry {
  std::string name;  ///< its file without .hpp
  std::string
      summary;  ///< the purpose line on top of that file, up to its first full stop or colon
};

/// Models of a folder ("neurons", "plasticity") by name: the headers that declare
/// `static constexpr ... name = ...`, as the build does; Error where there are none.
std::vector<ModelEntry> list_models(const std::string& folder);

}  // namespace clockless
