// yaml-cpp made safe for bad input: a plain tree that knows its lines. Include this, never
// <yaml-cpp/yaml.h>.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clockless {

struct YamlNode {
  enum class Kind { null, scalar, list, map };

  Kind kind = Kind::null;
  int line = 1;
  std::string text = {};                                       ///< of a scalar, as it stands there
  std::vector<YamlNode> items = {};                            ///< of a list
  std::vector<std::pair<std::string, YamlNode>> entries = {};  ///< of a map, each key once

  /// The entry of that key, or nullptr.
  const YamlNode* find(std::string_view key) const;
};

/// Parses the first document of a YAML text; Error "path:line: ..." where it is not valid, where a
/// map has a key twice, and for what makes a small text a large tree: aliases, which are not taken
/// at all, and more than 32 levels or 100,000 nodes.
YamlNode parse_yaml(std::string_view text, const std::string& path);

}  // namespace clockless
