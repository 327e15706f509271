// Settings: what wins over what, and every mistake a user can make.
#include <cmath>
#include <functional>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "apps/settings.hpp"
#include "apps/text.hpp"
#include "tests/support/catch.hpp"

using clockless::Error;
using clockless::Settings;

namespace {

Settings example() {
  Settings s;
  s.integer("atoms", 256, "atoms of the dictionary").range(1, 4096).quick(std::int64_t{16});
  s.real("learning.rate", 0.1, "step").above(0).unit("1/s");
  s.real("shift", 0.0, "added");
  s.real("lambda", std::nullopt, "absolute").above(0);
  s.text("dictionary", "dct", "which").one_of({"dct", "exemplars"});
  s.text("samples", "0..9", "which samples");
  s.flag("signed", false, "both signs");
  return s;
}

std::string message_of(const std::function<void(Settings&)>& mistake) {
  Settings s = example();
  try {
    mistake(s);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string toml_message(const std::string& text) {
  return message_of([&](Settings& s) { s.read_toml(text, "my.toml"); });
}

std::string set_message(const std::string& key, const std::string& value) {
  return message_of([&](Settings& s) { s.set(key, value, "--set"); });
}

}  // namespace

TEST_CASE("Later sources win: default, quick, file, command line", "[app]") {
  Settings s = example();
  REQUIRE(s.get<int>("atoms") == 256);
  REQUIRE_FALSE(s.has("lambda"));
  REQUIRE_FALSE(s.given("atoms"));
  s.use_quick_defaults();
  REQUIRE(s.get<int>("atoms") == 16);
  s.read_toml("scenario = \"x\"\natoms = 64\n[learning]\nrate = 2\n", "my.toml");
  REQUIRE(s.get<std::size_t>("atoms") == 64);
  REQUIRE(s.get<double>("learning.rate") == 2.0);
  s.use_quick_defaults();
  REQUIRE(s.get<int>("atoms") == 64);  // what the user gave stays
  s.assign("atoms=32", "--set");
  s.assign("lambda=1e-3", "--set");
  s.assign("dictionary=exemplars", "--set");
  REQUIRE(s.get<int>("atoms") == 32);
  REQUIRE(s.get<double>("lambda") == 1e-3);
  REQUIRE(s.given("lambda"));
}

TEST_CASE("Types are taken as people write them", "[app]") {
  Settings s = example();
  s.set("atoms", "1e3", "--set");
  REQUIRE(s.get<int>("atoms") == 1000);
  s.set("shift", "-3", "--set");
  REQUIRE(s.get<double>("shift") == -3.0);
  s.read_toml("samples = 3\nlearning.rate = 1\natoms = 7.0\nsigned = true", "my.toml");
  REQUIRE(s.get<std::string>("samples") == "3");
  REQUIRE(s.get<int>("atoms") == 7);
  REQUIRE(s.get<bool>("signed"));
  s.set("signed", "no", "--set");
  REQUIRE_FALSE(s.get<bool>("signed"));
}

TEST_CASE("Mistakes on the command line are told with key, value and what is allowed", "[app]") {
  REQUIRE(set_message("atmos", "3") == "--set: unknown setting 'atmos'; did you mean 'atoms'?");
  REQUIRE(set_message("zzzzzz", "3").find("'clockless list NAME'") != std::string::npos);
  REQUIRE(set_message("atoms", "0") ==
          "--set: 'atoms' = 0: expected a whole number from 1 to 4096");
  REQUIRE(set_message("atoms", "2.5") ==
          "--set: 'atoms' = 2.5: expected a whole number from 1 to 4096");
  REQUIRE(set_message("lambda", "0") == "--set: 'lambda' = 0: expected a finite number > 0");
  REQUIRE(set_message("dictionary", "dtc") ==
          "--set: 'dictionary' = dtc: expected one of dct, exemplars; did you mean 'dct'?");
  for (const char* bad : {"", "nan", "inf", "-inf", "1e999", "12x", " 1", "0x10", "1,5"}) {
    INFO(bad);
    REQUIRE(set_message("shift", bad).starts_with("--set: 'shift' = "));
    REQUIRE(set_message("shift", bad).ends_with(": expected a finite number"));
  }
  REQUIRE(set_message("samples", "") ==
          "--set: 'samples' = (empty): expected a text (one line, not empty)");
  REQUIRE(set_message("samples", "a\nb").find('\n') == std::string::npos);
  REQUIRE(set_message("samples", "\xff").starts_with("--set: 'samples' = "));
  REQUIRE(set_message("signed", "maybe") == "--set: 'signed' = maybe: expected true or false");
  REQUIRE(message_of([](Settings& s) { s.assign("atoms", "--set"); }) ==
          "--set: expected key=value, not 'atoms'");
  REQUIRE(set_message("atoms", "99999999999999999999") != "no error");
}

TEST_CASE("Mistakes in TOML are told with file and line", "[app]") {
  REQUIRE(toml_message("\natmos = 3") ==
          "my.toml:2: unknown setting 'atmos'; did you mean 'atoms'?");
  REQUIRE(toml_message("[learning]\n\nrat = 3") ==
          "my.toml:3: unknown setting 'learning.rat'; did you mean 'learning.rate'?");
  REQUIRE(toml_message("atoms = 0") ==
          "my.toml:1: 'atoms' = 0: expected a whole number from 1 to 4096");
  REQUIRE(toml_message("atoms = \"many\"").starts_with("my.toml:1: 'atoms' = many: expected"));
  REQUIRE(toml_message("shift = nan") == "my.toml:1: 'shift' = nan: expected a finite number");
  REQUIRE(toml_message("signed = 1") == "my.toml:1: 'signed' = 1: expected true or false");
  REQUIRE(toml_message("atoms = [1]").starts_with("my.toml:1: 'atoms': expected a number"));
  REQUIRE(toml_message("shift = 1979-05-27").starts_with("my.toml:1: 'shift': expected"));
  REQUIRE(toml_message("[other]").starts_with("my.toml:1: unknown setting 'other'"));
  REQUIRE(toml_message("atoms = 3\natoms = 4").starts_with("my.toml:2: not valid TOML: "));
  REQUIRE(toml_message("atoms = ").starts_with("my.toml:1: not valid TOML: "));
  REQUIRE(toml_message("samples = \"\xff\"").starts_with("my.toml:1: not valid TOML: "));
  REQUIRE(toml_message("\n[:x]").starts_with("my.toml:2: not valid TOML: "));  // toml++ asserts
  for (const char* stray :
       {"\xef\xbb\xbe", "\xef\xbb\xbe = 1", "atoms = \xef\xbb\xbe"})  // so it does
    REQUIRE(toml_message(std::string("shift = 1\n") + stray).starts_with("my.toml:2: not valid"));
  REQUIRE_THROWS_WITH(clockless::scenario_of_toml("atoms = 3", "my.toml"),
                      Catch::Contains("my.toml: no scenario"));
  REQUIRE_THROWS_WITH(clockless::scenario_of_toml("scenario = 3", "my.toml"),
                      Catch::Contains("my.toml:1: 'scenario'"));
  REQUIRE(clockless::scenario_of_toml("scenario = 'ring'", "my.toml") == "ring");
}

TEST_CASE("Keys of a great many parts are refused, not walked", "[app]") {
  const auto times = [](std::size_t n, const std::string& part) {
    std::string all;
    for (std::size_t i = 0; i < n; ++i) all += part;
    return all;
  };
  const std::string deep = times(60000, "a.");
  for (const std::string& text :
       {deep + "b = 1", "[" + deep + "b]", "[[" + deep + "b]]", "x = {" + deep + "b = 1}",
        times(20000, "\"a\" . ") + "b = 1", times(20000, "'\"' .\t") + "b = 1",
        "x = [\"\"\"a\"\"\"\", {" + deep + "b = 1}]", "x = ['''a''''', {" + deep + "b = 1}]"}) {
    INFO(text.substr(0, 40));
    REQUIRE(toml_message("\n" + text).starts_with("my.toml:2: not valid TOML: a key of more than"));
  }
  // toml++ bounds brackets, we bound dots: both at once must still not exhaust the stack.
  const std::string part = "{" + times(15, "a.") + "a = ";
  REQUIRE(
      toml_message("x = " + times(200, part) + "1" + times(200, "}")).starts_with("my.toml:1: "));
  REQUIRE(toml_message(times(16, "a.") + "b = 1").starts_with("my.toml:1: unknown setting 'a.a.a"));
  // Dots that belong to no key.
  REQUIRE(toml_message("# " + times(99, ".") + "\nsamples = \"" + times(99, ".\\\"'") +
                       "\"\nshift = 1") == "no error");
  REQUIRE(toml_message("samples = '" + times(99, ".") + "'") == "no error");
  REQUIRE(toml_message("samples = \"\"\"" + times(99, "..") + "\"\"\"") == "no error");
  REQUIRE(toml_message("atoms = [" + times(1000, "0.1, ") + "]")
              .starts_with("my.toml:1: 'atoms': expected a number"));
}

TEST_CASE("A configuration written out reads back bit for bit", "[app]") {
  Settings s = example();
  s.set("learning.rate", "0.1234567890123456789", "--set");
  s.set("shift", "-4.9e-300", "--set");
  s.set("samples", R"(C:\a "quoted" µ)", "--set");
  s.set("signed", "true", "--set");
  Settings again = example();
  again.read_toml(s.to_toml("ring"), "configuration.toml");
  REQUIRE(again.to_json() == s.to_json());
  REQUIRE(again.to_toml("ring") == s.to_toml("ring"));
  REQUIRE(again.get<double>("shift") == -4.9e-300);
  REQUIRE_FALSE(again.has("lambda"));
  REQUIRE_FALSE(s.to_json().contains("lambda"));
  REQUIRE(clockless::scenario_of_toml(s.to_toml("ring"), "configuration.toml") == "ring");
}

TEST_CASE("Mistakes of a scenario's author are no user errors", "[app]") {
  Settings s = example();
  REQUIRE_THROWS_AS(s.get<int>("none"), std::logic_error);
  REQUIRE_THROWS_AS(s.get<double>("atoms"), std::logic_error);
  REQUIRE_THROWS_AS(s.get<double>("lambda"), std::logic_error);
  REQUIRE_THROWS_AS(s.flag("atoms", true, "again"), std::logic_error);
  s.set("atoms", "300", "--set");
  REQUIRE_THROWS_AS(s.get<std::uint8_t>("atoms"), Error);
  REQUIRE_THROWS_WITH(s.fail("atoms", "more than there are pixels; choose fewer"),
                      "--set: 'atoms' = 300: more than there are pixels; choose fewer");
}

TEST_CASE("Texts are made printable", "[app]") {
  using clockless::printable;
  REQUIRE(printable("a\x1b[31mb\r\n") == "a [31mb  ");
  REQUIRE(printable("µ – 漢 😀") == "µ – 漢 😀");
  REQUIRE(printable("\xc0\x80|\xed\xa0\x80|\xf4\x90\x80\x80|\xe2\x82", "?") == "??|???|????|??");
  REQUIRE(clockless::nearest("sparse-codin", {"ring", "sparse-coding"}) == "sparse-coding");
  REQUIRE(clockless::nearest("xyz", {"ring", "sparse-coding"}).empty());
}
