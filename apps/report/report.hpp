// Builds report.html: self-contained, pictures first. All texts are escaped here.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "apps/report/picture.hpp"

namespace clockless {

/// Pieces in the order they are added; the headline numbers always come first.
class Report {
 public:
  /// One of the numbers that matter: shown as a tile on top and in the table on the terminal.
  Report& number(std::string label, std::string value, std::string note = "");
  Report& heading(const std::string& text);
  Report& paragraph(const std::string& text);
  /// `svg` as made by plot.hpp, taken as it is.
  Report& figure(const std::string& svg, const std::string& caption);
  /// Small pictures side by side, enlarged without smoothing; `columns` = 0: as many as fit.
  Report& image_grid(const std::vector<Picture>& pictures, const std::string& caption,
                     std::size_t columns = 0);
  /// Columns whose cells all begin like numbers are right-aligned.
  Report& table(const std::vector<std::string>& header,
                const std::vector<std::vector<std::string>>& rows, const std::string& caption);

  struct Number {
    std::string label, value, note;
  };
  const std::vector<Number>& numbers() const { return numbers_; }
  /// The whole page.
  std::string html(const std::string& title, const std::string& subtitle,
                   const std::string& footer) const;

 private:
  std::vector<Number> numbers_;
  std::string body_;
};

/// &, <, >, " and ' as entities; line ends as spaces; other control characters and bytes that are
/// not UTF-8 as U+FFFD.
std::string escape_html(const std::string& text);

}  // namespace clockless
