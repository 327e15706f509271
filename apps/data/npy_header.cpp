// Parsing a .npy header, which may come from anywhere and is trusted in nothing.
#include "apps/data/npy_header.hpp"

#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "apps/data/bytes.hpp"
#include "apps/data/shape.hpp"
#include "core/error.hpp"

namespace clockless {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t max_dimensions = 4;

/// Reads {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), } with keys in any order.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, std::string_view name) : rest_(text), name_(name) {}

  void parse(NpyHeader& header) {
    bool descr = false, order = false, shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string_view key = quoted();
      expect(':');
      if (key == "descr" && !descr) {
        descr = true;
        parse_type(header);
      } else if (key == "fortran_order" && !order) {
        order = true;
        header.fortran = boolean();
      } else if (key == "shape" && !shape) {
        shape = true;
        header.shape = tuple();
      } else {
        fail(fmt::format("unexpected or repeated key '{}'", printable(key)));
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_blanks();
    if (!rest_.empty()) fail("text after the closing brace");
    if (!descr || !order || !shape) fail("descr, fortran_order or shape is missing");
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(fmt::format("{}: corrupt npy header: {}; write the file again with numpy.save",
                            name_, what));
  }
  static std::string printable(std::string_view text) {
    std::string out(text.substr(0, 40));
    for (char& c : out)
      if (c < ' ' || c > '~') c = '?';
    return out;
  }

  void skip_blanks() {
    const auto start = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(start == std::string_view::npos ? rest_.size() : start);
  }
  bool accept(std::string_view word) {
    skip_blanks();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool accept(char c) { return accept(std::string_view(&c, 1)); }
  void expect(char c) {
    if (!accept(c)) fail(fmt::format("'{}' expected before \"{}\"", c, printable(rest_)));
  }

  std::string_view quoted() {
    const char quote = accept('"') ? '"' : '\'';
    if (quote == '\'') expect('\'');
    const auto end = rest_.find(quote);
    if (end == std::string_view::npos) fail("a string does not end");
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return text;
  }

  bool boolean() {
    if (accept("True")) return true;
    if (!accept("False")) fail("fortran_order is neither True nor False");
    return false;
  }

  std::vector<std::size_t> tuple() {
    std::vector<std::size_t> lengths;
    expect('(');
    while (!accept(')')) {
      std::uint64_t length = 0;
      skip_blanks();
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), length);
      if (error != std::errc{}) fail(fmt::format("no possible length at \"{}\"", printable(rest_)));
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      lengths.push_back(length);
      if (lengths.size() > max_dimensions)
        throw Error(
            fmt::format("{}: the array has more than {} dimensions; reshape it before saving",
                        name_, max_dimensions));
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return lengths;
  }

  void parse_type(NpyHeader& header) {
    skip_blanks();
    if (!rest_.empty() && rest_.front() == '[') unsupported("a record");
    const std::string_view type = quoted();
    if (type.size() != 3) unsupported(type);
    header.kind = type[1];
    header.size = static_cast<std::size_t>(type[2] - '0');
    const std::string_view sizes = header.kind == 'f'                         ? "48"
                                   : header.kind == 'i' || header.kind == 'u' ? "1248"
                                   : header.kind == 'b'                       ? "1"
                                                                              : "";
    if (sizes.find(type[2]) == std::string_view::npos) unsupported(type);
    switch (type[0]) {
      case '<':
        header.order = std::endian::little;
        break;
      case '>':
        header.order = std::endian::big;
        break;
      case '=':
      case '|':
        header.order = std::endian::native;
        break;
      default:
        unsupported(type);
    }
  }
  [[noreturn]] void unsupported(std::string_view type) const {
    throw Error(
        fmt::format("{}: elements of type {} are not supported; save real numbers, as with "
                    "numpy.save(file, array.astype('f8'))",
                    name_, printable(type)));
  }

  std::string_view rest_, name_;
};

}  // namespace

NpyHeader read_npy_header(std::span<const std::byte> data, std::string_view name) {
  const auto truncated = [&](std::size_t wanted) {
    return Error(
        fmt::format("{}: truncated npy file: {} bytes, the header alone takes {}; get it again",
                    name, data.size(), wanted));
  };
  const std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
  if (!text.starts_with(magic.substr(0, data.size())))
    throw Error(
        fmt::format("{}: no npy file: it does not open with \\x93NUMPY; check that this is "
                    "the right file",
                    name));
  if (data.size() < magic.size() + 4) throw truncated(magic.size() + 4);
  const auto version = static_cast<unsigned>(data[magic.size()]);
  if (version < 1 || version > 3)
    throw Error(
        fmt::format("{}: npy format {} is not known (1 to 3 are); write the file again with "
                    "numpy.save",
                    name, version));
  const std::size_t start = magic.size() + (version == 1 ? 4 : 6);
  if (data.size() < start) throw truncated(start);
  const std::byte* length_field = &data[magic.size() + 2];
  const std::size_t length = version == 1 ? load<std::uint16_t>(length_field, std::endian::little)
                                          : load<std::uint32_t>(length_field, std::endian::little);
  if (data.size() - start < length) throw truncated(start + length);

  NpyHeader header;
  HeaderParser(text.substr(start, length), name).parse(header);
  header.offset = start + length;
  std::size_t bytes = header.size;  // checked for overflow even where another length is zero
  for (const std::size_t n : header.shape)
    if (!multiply(bytes, n > 0 ? n : 1))
      throw Error(
          fmt::format("{}: impossible npy shape {}: its size overflows; the file is "
                      "corrupt, write it again",
                      name, shape_text(header.shape)));
  for (const std::size_t n : header.shape) header.count *= n;
  const std::size_t held = data.size() - header.offset;
  if (held != header.count * header.size)
    throw Error(
        fmt::format("{}: {} npy file: shape {} takes {} bytes, {} follow the header; "
                    "write the file again",
                    name, held < header.count * header.size ? "truncated" : "corrupt",
                    shape_text(header.shape), header.count * header.size, held));
  return header;
}

}  // namespace clockless
