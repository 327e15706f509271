// Builds the tree from yaml-cpp's events, so that nothing is built that is not to be.
#include "apps/yaml.hpp"

#include <algorithm>
#include <sstream>
#include <unordered_set>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "apps/text.hpp"
#include "core/error.hpp"

namespace clockless {

namespace {

constexpr std::size_t most_levels = 32;
constexpr std::size_t most_nodes = 100'000;

class Builder : public YAML::EventHandler {
 public:
  explicit Builder(std::string path) : path_(std::move(path)) {}

  YamlNode root;

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(made(mark, Kind::null)); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    fail(line_of(mark), "aliases (*name) are not taken; write out what they stand for");
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string& value) override {
    YamlNode node = made(mark, Kind::scalar);
    node.text = value;
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    begin(made(mark, Kind::list));
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    begin(made(mark, Kind::map));
  }
  void OnMapEnd() override { end(); }

 private:
  using Kind = YamlNode::Kind;

  // What is being built. Of a map, keys and values come in turn.
  struct Open {
    YamlNode node;
    bool has_key = false;
    std::string key = {};
    std::unordered_set<std::string> keys = {};
  };

  [[noreturn]] void fail(int line, std::string_view what) const {
    throw Error(fmt::format("{}:{}: {}", path_, line, what));
  }
  static int line_of(const YAML::Mark& mark) { return mark.line + 1; }

  YamlNode made(const YAML::Mark& mark, Kind kind) {
    if (++nodes_ > most_nodes)
      fail(line_of(mark),
           fmt::format("more than {} values; no architecture needs so many", most_nodes));
    return {kind, line_of(mark)};
  }
  void begin(YamlNode node) {
    if (open_.size() == most_levels)
      fail(node.line, fmt::format("nested deeper than {} levels", most_levels));
    open_.push_back({std::move(node)});
  }
  void end() {
    YamlNode done = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(done));
  }
  void add(YamlNode node) {
    if (open_.empty()) {
      root = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == Kind::list) {
      parent.node.items.push_back(std::move(node));
    } else if (parent.has_key) {
      parent.node.entries.emplace_back(std::move(parent.key), std::move(node));
      parent.has_key = false;
    } else {
      if (node.kind != Kind::scalar) fail(node.line, "expected a text as key");
      if (!parent.keys.insert(node.text).second)
        fail(node.line,
             fmt::format("'{}' comes twice; keep one", printable(node.text.substr(0, 64))));
      parent.key = std::move(node.text);
      parent.has_key = true;
    }
  }

  std::string path_;
  std::vector<Open> open_;
  std::size_t nodes_ = 0;
};

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const auto& entry) { return entry.first == key; });
  return found == entries.end() ? nullptr : &found->second;
}

YamlNode parse_yaml(std::string_view text, const std::string& path) {
  std::istringstream stream{std::string(text)};
  Builder builder(path);
  try {
    YAML::Parser(stream).HandleNextDocument(builder);
  } catch (const YAML::Exception& error) {
    throw Error(
        fmt::format("{}:{}: not valid YAML: {}", path, error.mark.line + 1, printable(error.msg)));
  }
  return std::move(builder.root);
}

}  // namespace clockless
