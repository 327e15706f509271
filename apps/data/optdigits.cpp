// Reading optdigits files.
#include "apps/data/optdigits.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "apps/data/read_file.hpp"
#include "apps/text.hpp"
#include "core/error.hpp"

namespace clockless {
namespace {

constexpr std::size_t side = 8, pixels = side * side;
constexpr int most_grey = 16, most_label = 9;

using Row = std::array<int, pixels + 1>;

int parse_value(std::string_view text, int most, std::string_view place) {
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0 || value > most)
    throw Error(fmt::format("{}: \"{}\" is no whole number from 0 to {}; get the file again", place,
                            printable(text.substr(0, 20)), most));
  return value;
}

Row parse_row(std::string_view line, std::string_view place) {
  const auto fields = static_cast<std::size_t>(std::count(line.begin(), line.end(), ',')) + 1;
  if (fields != pixels + 1)
    throw Error(fmt::format(
        "{}: {} values, where {} pixels and a label with commas between are wanted; check that "
        "this is an optdigits file",
        place, fields, pixels));
  Row row{};
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::size_t comma = line.find(',');
    const bool label = i == pixels;
    row[i] =
        parse_value(line.substr(0, comma), label ? most_label : most_grey,
                    fmt::format("{}, {}", place, label ? "label" : fmt::format("pixel {}", i)));
    if (!label) line.remove_prefix(comma + 1);
  }
  return row;
}

}  // namespace

Samples decode_optdigits(std::string_view text, std::string_view name) {
  std::vector<Row> rows;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) rows.push_back(parse_row(line, fmt::format("{}: line {}", name, number)));
  }
  if (rows.empty()) throw Error(fmt::format("{}: no digit in this file; get it again", name));
  Samples samples;
  samples.values.resize(pixels, static_cast<Eigen::Index>(rows.size()));
  samples.width = samples.height = side;
  samples.origin = name;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    for (std::size_t i = 0; i < pixels; ++i)
      samples.values(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)) = rows[k][i];
    samples.labels.push_back(rows[k][pixels]);
  }
  return samples;
}

Samples read_optdigits(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = read_file(path, std::size_t{1} << 28);
  return decode_optdigits({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                          path.string());
}

}  // namespace clockless
