// Memory is reckoned before it is taken, and the setting that asks for most is named.
#include <sys/resource.h>

#include "apps/sparse/memory.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace clockless;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

TEST_CASE("The largest matrices decide which setting is to be lowered", "[unit]") {
  CodingSize size;
  size.pixels = 48 * 48;
  size.features = 64;
  size.samples = 10;
  size.patches = 225;
  size.atoms = 192;
  size.signed_codes = true;
  CHECK_NOTHROW(require_memory(size, 0x1p30));

  CodingSize wide = size;
  wide.atoms = 20000;  // weights alone: 40000² · 8 bytes = 11.9 GiB; Gram: 3 GiB
  CHECK_THAT(error_of([&] { require_memory(wide, 14 * 0x1p30); }),
             StartsWith("atoms: ") && Contains("14 GiB are available"));
  CodingSize many = size;
  many.samples = 10000;  // 2.25e6 columns of 64 + 3·192 doubles = 10.7 GiB
  CHECK_THAT(error_of([&] { require_memory(many, 10 * 0x1p30); }), StartsWith("samples: "));
  CHECK_NOTHROW(require_memory(many, 12 * 0x1p30));
  CodingSize photograph = size;
  photograph.samples = 1;
  photograph.patches = 4'000'000;
  CHECK_THAT(error_of([&] { require_memory(photograph, 10 * 0x1p30); }), StartsWith("patch: "));
}

TEST_CASE("A limit on address space counts as well as the machine's memory", "[unit]") {
  const double before = available_memory();
  CHECK(before > 0x1p20);
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_AS, &limit) == 0);
  rlimit lower = limit;
  lower.rlim_cur = 1;
  REQUIRE(setrlimit(RLIMIT_AS, &lower) == 0);
  const auto message = available_memory();  // needs none itself, or nearly none
  setrlimit(RLIMIT_AS, &limit);
  CHECK(message == 0);
}
