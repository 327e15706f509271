// Catch2 by one name, whether version 2 (Debian 12) or 3 is installed.
// Compare numbers with Catch::Matchers::WithinAbs, WithinRel or WithinULP: both versions have them.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
