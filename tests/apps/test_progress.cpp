// Progress counts right from many threads and shows time left.
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "apps/progress.hpp"
#include "tests/support/catch.hpp"

using clockless::Progress;
using clockless::ProgressStyle;

namespace {

// What a progress writes to its stream while `work` runs.
template <class Work>
std::string shown(std::uint64_t total, ProgressStyle style, Work work) {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  {
    Progress progress("coding", total, style, file);
    work(progress);
  }
  std::rewind(file);
  std::string text(4096, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

}  // namespace

TEST_CASE("A line tells share, counts, time left and status", "[app]") {
  Progress progress("coding", 200, ProgressStyle::none);
  REQUIRE(progress.line(0) == "coding   0 % 0/200 starting");
  progress.advance(50);
  progress.status("objective 0.31");
  REQUIRE(progress.line(10) == "coding  25 % 50/200 0:30 left  objective 0.31");
  REQUIRE(progress.line(3600).find("3:00:00 left") != std::string::npos);
  progress.advance(150);
  REQUIRE(progress.line(61).find("100 % 200/200 in 1:01") != std::string::npos);
}

TEST_CASE("Many threads advance one progress", "[app]") {
  const std::string text = shown(80'000, ProgressStyle::lines, [](Progress& progress) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int k = 0; k < 20'000; ++k) progress.advance();
      });
    for (std::thread& thread : threads) thread.join();
  });
  REQUIRE(text.find("100 % 80000/80000") != std::string::npos);
  REQUIRE(text.find('\r') == std::string::npos);
}

TEST_CASE("A bar stays on one line until it ends, and quiet is quiet", "[app]") {
  const auto work = [](Progress& progress) {
    for (int i = 0; i < 1000; ++i) progress.advance();
  };
  const std::string bar = shown(1000, ProgressStyle::bar, work);
  REQUIRE(bar.front() == '\r');
  REQUIRE(bar.find('\n') == bar.size() - 1);
  REQUIRE(shown(1000, ProgressStyle::none, work).empty());
  REQUIRE(shown(0, ProgressStyle::lines, [](Progress&) {}).find("0/0") != std::string::npos);
}
