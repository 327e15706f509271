// The development data, which users do not have.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace clockless {

/// $CLOCKLESS_SHARED, or the folder `shared` beside the checkout; nothing where there is none.
inline std::optional<std::filesystem::path> shared_folder() {
  const char* set = std::getenv("CLOCKLESS_SHARED");
  std::filesystem::path folder =
      set ? std::filesystem::path(set) : std::filesystem::path(CLOCKLESS_SOURCE_DIR) / "../shared";
  if (std::filesystem::is_directory(folder / "data")) return folder;
  return std::nullopt;
}

}  // namespace clockless
