// The report is well-formed, escapes every text and needs no network; scales and ticks are right.
#include <cmath>
#include <limits>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "apps/format.hpp"
#include "apps/report/mesh_map.hpp"
#include "apps/report/plot.hpp"
#include "apps/report/report.hpp"
#include "apps/report/scale.hpp"
#include "tests/support/catch.hpp"

namespace {

// Checks that tags nest, attributes are quoted and no bare & stands anywhere; returns what is
// wrong.
std::string malformed(const std::string& html) {
  std::vector<std::string> open;
  std::size_t i = html.starts_with("<!DOCTYPE html>") ? 15 : 0;
  for (; i < html.size(); ++i) {
    if (html[i] == '&') {
      const std::size_t end = html.find(';', i);
      if (end == std::string::npos || end - i < 3 || end - i > 6)
        return "bare & at " + html.substr(i, 30);
    }
    if (html[i] == '>') return "bare > at " + html.substr(i, 30);
    if (html[i] != '<') continue;
    std::size_t end = i;
    for (bool quoted = false; end < html.size() && (quoted || html[end] != '>'); ++end)
      if (html[end] == '"') quoted = !quoted;
    if (end == html.size()) return "unclosed tag";
    const std::string tag = html.substr(i + 1, end - i - 1);
    const std::string name = tag.substr(0, tag.find_first_of(" />", 1));
    if (tag[0] == '/') {
      if (open.empty() || open.back() != tag.substr(1)) return "unexpected </" + tag.substr(1);
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(name);
    }
    i = end;
    if (name == "style") i = html.find("</style>", i) - 1;
  }
  return open.empty() ? "" : "never closed: " + open.back();
}

std::size_t count(const std::string& text, const std::string& piece) {
  std::size_t n = 0;
  for (std::size_t at = text.find(piece); at != std::string::npos; at = text.find(piece, at + 1))
    ++n;
  return n;
}

const std::string hostile = "<script>alert('&\"')</script>\x01\xff";

}  // namespace

TEST_CASE("A report is well-formed and escapes whatever it is given", "[app]") {
  clockless::Report report;
  const std::vector<float> ramp{-1, -0.5F, 0, 0.25F, 0.5F, 1};
  report.number(hostile, hostile, hostile)
      .heading(hostile)
      .paragraph(hostile)
      .figure(clockless::svg_lines({{hostile, {{1, 2}, {2, 4}}}}, {hostile, true}, {hostile}),
              hostile)
      .figure(clockless::svg_bars({{hostile, 3}, {"b", 0}}, {hostile}), hostile)
      .figure(clockless::svg_histogram({1, 2, 2, 3}, 4, {hostile}), hostile)
      .figure(clockless::svg_raster({{0.1, 0}, {0.2, 3}}, 4, 1.0), hostile)
      .image_grid({clockless::grey_picture(ramp, 3, 2, hostile)}, hostile)
      .image_grid({clockless::grey_picture(ramp, 3, 2), clockless::grey_picture(ramp, 2, 3)}, "", 2)
      .table({hostile}, {{hostile}, {"3"}}, hostile);
  const std::string html = report.html(hostile, hostile, hostile);
  REQUIRE(malformed(html) == "");
  REQUIRE(html.find("<script") == std::string::npos);
  REQUIRE(html.find('\x01') == std::string::npos);
  REQUIRE(html.find('\xff') == std::string::npos);
  REQUIRE(html.find("https:") == std::string::npos);
  REQUIRE(html.find("url(") == std::string::npos);
  REQUIRE(html.find("data:image/png;base64,iVBORw0KGgo") != std::string::npos);
}

TEST_CASE("The checker of the test above can fail", "[app]") {
  REQUIRE(malformed("<p>a & b</p>") != "");
  REQUIRE(malformed("<p><b>a</p></b>") != "");
  REQUIRE(malformed("<p>a > b</p>") != "");
  REQUIRE(malformed("<p>a") != "");
  REQUIRE(malformed("<p a=\">\">&lt;<br/></p>") == "");
}

TEST_CASE("Plots survive what there is nothing to draw of", "[app]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const std::string& svg :
       {clockless::svg_lines({}, {"x"}, {"y"}), clockless::svg_bars({}, {"y"}),
        clockless::svg_lines({{"a", {{nan, 1}, {1, nan}, {-1, 1}}}}, {"x", true}, {"y"}),
        clockless::svg_histogram({}, 10, {"x"}), clockless::svg_raster({}, 0, 0)})
    REQUIRE(svg.find("nothing to draw") != std::string::npos);
  const std::string flat = clockless::svg_lines({{"a", {{1, 3}, {2, 3}}}}, {"x"}, {"y"});
  REQUIRE(flat.find("nan") == std::string::npos);
  REQUIRE(flat.find("inf") == std::string::npos);
}

TEST_CASE("Lines of any number are told apart, and their names stay on the page", "[app]") {
  std::vector<clockless::Line> lines;
  for (double i = 0; i < 18; ++i) lines.push_back({"a name of some length", {{0, i}, {1, i}}});
  const std::string svg = clockless::svg_lines(lines, {"x"}, {"y"});
  std::set<std::string> strokes;
  for (auto at = svg.find("class=\"line "); at != std::string::npos;
       at = svg.find("class=\"line ", at + 1))
    strokes.insert(svg.substr(at, svg.find('"', at + 7) - at));
  CHECK(strokes.size() == 18);
  const std::regex name("<text x=\"([0-9.]+)\" y=\"([0-9.]+)\"[^>]*>a name");
  int names = 0;
  for (auto it = std::sregex_iterator(svg.begin(), svg.end(), name); it != std::sregex_iterator();
       ++it, ++names)
    CHECK(std::stod((*it)[1]) < 960 - 7 * 21);
  CHECK(names == 18);
}

TEST_CASE("Scales map ends to ends and ticks are round", "[app]") {
  using clockless::Scale;
  const Scale log = Scale::over({1e-6, 1e2}, true, 0, 800, true);
  REQUIRE_THAT(log(1e-6), Catch::Matchers::WithinAbs(0, 1e-9));
  REQUIRE_THAT(log(1e2), Catch::Matchers::WithinAbs(800, 1e-9));
  REQUIRE_THAT(log(1e-2), Catch::Matchers::WithinAbs(400, 1e-9));
  const Scale linear = Scale::exactly(0, 10, 100, 0);
  REQUIRE(linear.ticks(5) == std::vector<double>{0, 2, 4, 6, 8, 10});
  REQUIRE_THAT(linear(2.5), Catch::Matchers::WithinAbs(75, 1e-9));
  REQUIRE(Scale::over({1, 1000}, true, 0, 1, true).ticks(5).size() == 4);
  REQUIRE(clockless::tick_label(0.25) == "0.25");
  REQUIRE(clockless::tick_label(1e-6).find(">-6<") != std::string::npos);
}

TEST_CASE("A grey picture spans its values, symmetrically if some are negative", "[app]") {
  const std::vector<float> values{-2, 0, 1, std::nanf("")};
  const auto picture = clockless::grey_picture(std::vector<float>{-2, 0, 1, 2}, 2, 2);
  REQUIRE(picture.pixels == std::vector<std::uint8_t>{0, 128, 191, 255});
  REQUIRE(clockless::grey_picture(values, 2, 2, 0, 1).pixels ==
          std::vector<std::uint8_t>{0, 0, 255, 0});
}

TEST_CASE("Numbers for people", "[app]") {
  REQUIRE(clockless::with_prefix(3.214e-6, "J") == "3.214 µJ");
  REQUIRE(clockless::with_prefix(0, "s") == "0 s");
  REQUIRE(clockless::with_prefix(-1500, "s") == "-1.5 ks");
  REQUIRE(clockless::with_prefix(0.99999, "s") == "1 s");
  REQUIRE(clockless::grouped(1234567) == "1\u2009234\u2009567");
  REQUIRE(clockless::grouped(7) == "7");
}

TEST_CASE("A mesh is drawn tile by tile, with what is busiest at its darkest", "[app]") {
  clockless::MeshMap map{3, 2, 4, std::vector<double>(24, 0.25), std::vector<double>(24, 0.0)};
  map.cores[5] = 0.5;
  map.links[4 * 1 + 0] = 0.125;  // tile 1 to the east
  const std::string svg = clockless::svg_mesh(map);
  CHECK(count(svg, "<rect") == 24);
  CHECK(count(svg, "fill-opacity:0.500") == 23);
  CHECK(count(svg, "fill-opacity:1.000") == 1);
  CHECK(count(svg, "core 5: busy 50 %") == 1);
  CHECK(count(svg, "<path") == 1);
  CHECK(count(svg, "tile 1 to the east: busy 12.5 %") == 1);
  CHECK(count(clockless::svg_mesh({}), "<rect") == 1);
}
