// Which neuron models and learning rules there are.
#include "apps/models.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "core/error.hpp"

namespace clockless {

std::vector<ModelEntry> list_models(const std::string& folder) {
  std::vector<ModelEntry> models;
  std::error_code none;
  const auto root = std::filesystem::path(CLOCKLESS_SOURCE_DIR) / folder;
  for (const auto& entry : std::filesystem::directory_iterator(root, none)) {
    if (entry.path().extension() != ".hpp") continue;
    std::ifstream file(entry.path());
    std::string line, summary;
    bool model = false, comment = true;
    while (std::getline(file, line)) {
      comment = comment && line.starts_with("// ");
      if (comment) summary += (summary.empty() ? "" : " ") + line.substr(3);
      model = model || (line.find("static constexpr ") != std::string::npos &&
                        line.find(" name = ") != std::string::npos);
    }
    for (const char* end : {". ", ": "}) summary = summary.substr(0, summary.find(end));
    if (summary.ends_with('.')) summary.pop_back();
    if (model) models.push_back(ModelEntry{entry.path().stem().string(), summary});
  }
  if (models.empty())
    throw Error(root.string() +
                ": no models here; the sources of clockless moved: put them back or build it anew");
  std::sort(models.begin(), models.end(),
            [](const ModelEntry& a, const ModelEntry& b) { return a.name < b.name; });
  return models;
}

}  // namespace clockless
