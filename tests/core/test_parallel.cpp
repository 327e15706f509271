// The seam to threads: every piece once, errors as reproducible as results.
#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/parallel.hpp"
#include "tests/support/catch.hpp"

using namespace clockless;

TEST_CASE("parallel: calls each piece of work once", "[unit][parallel]") {
  for (const unsigned threads : {0U, 1U, 2U, 4U}) {
    Parallel parallel(threads);
    CHECK(parallel.threads() == std::max(threads, 1U));
    for (const std::size_t n : {0U, 1U, 2U, 3U, 1000U}) {
      std::vector<std::atomic<int>> calls(n);
      parallel.for_each(n, [&](std::size_t i) { ++calls[i]; });
      for (std::size_t i = 0; i < n; ++i) REQUIRE(calls[i] == 1);
    }
  }
}

TEST_CASE("parallel: what one call wrote the next one sees", "[unit][parallel]") {
  Parallel parallel(4);
  std::vector<int> values(64, 0);
  for (int round = 0; round < 200; ++round) {
    parallel.for_each(values.size(), [&](std::size_t i) { ++values[i]; });
    for (const int v : values) REQUIRE(v == round + 1);
  }
}

TEST_CASE("parallel: of several errors that of the lowest piece is thrown", "[unit][parallel]") {
  for (const unsigned threads : {1U, 2U, 4U}) {
    Parallel parallel(threads);
    for (int repeat = 0; repeat < 20; ++repeat) {
      std::string message;
      try {
        parallel.for_each(50, [](std::size_t i) {
          if (i % 10 == 7) throw std::runtime_error("piece " + std::to_string(i));
        });
      } catch (const std::runtime_error& e) {
        message = e.what();
      }
      REQUIRE(message == "piece 7");
    }
    std::atomic<int> calls{0};  // it can still be used
    parallel.for_each(10, [&](std::size_t) { ++calls; });
    CHECK(calls == 10);
  }
}

TEST_CASE("parallel: pieces may run pieces of their own", "[unit][parallel]") {
  Parallel outer(2);
  std::atomic<int> calls{0};
  outer.for_each(6, [&](std::size_t) {
    Parallel inner(2);
    inner.for_each(5, [&](std::size_t) { ++calls; });
  });
  CHECK(calls == 30);
}
