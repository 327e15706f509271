// Run folders: whose they may replace, and what is left of runs that were killed.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "apps/run_folder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

namespace fs = std::filesystem;
using clockless::entries_of;
using clockless::error_of;
using clockless::RunFolder;

namespace {

struct Place {
  Place() : path(fs::temp_directory_path() / ("clockless-folder-" + std::to_string(::getpid()))) {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Place() { fs::remove_all(path); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  fs::path path;
};

void write(const fs::path& path, const std::string& text = "x") { std::ofstream(path) << text; }

// What a run writes at least.
void write_run(const fs::path& folder, const std::string& more = "") {
  write(folder / "configuration.toml");
  write(folder / "codes.npy");
  write(folder / "summary.json",
        R"({"files": ["codes.npy", "configuration.toml", "summary.json"])" + more + "}");
}

std::string refusal(const fs::path& folder) {
  return error_of([&] { const RunFolder run(folder); });
}

}  // namespace

TEST_CASE("A folder with files of others is no run", "[app]") {
  const Place place;
  const fs::path a = place.path / "a";
  fs::create_directories(a);
  write(a / "summary.json", "{\"mine\": 1}");
  REQUIRE(refusal(a).find("a: holds 'summary.json', which is not a file of an earlier run") !=
          std::string::npos);
  write_run(a);
  REQUIRE(refusal(a) == "no error");
  write(a / "thesis.tex");
  REQUIRE(refusal(a).find("holds 'thesis.tex'") != std::string::npos);
  fs::remove(a / "thesis.tex");
  fs::create_directories(a / "notes");
  write(a / "notes" / "codes.npy");
  REQUIRE(refusal(a).find("holds 'notes") != std::string::npos);
  fs::remove_all(a / "notes");
  fs::remove(a / "configuration.toml");
  REQUIRE(refusal(a).find("holds 'codes.npy'") != std::string::npos);
  for (const char* broken : {"", "[", "[1]", "{\"files\": 3}", "{\"files\": [3]}"}) {
    write_run(a);
    write(a / "summary.json", broken);
    REQUIRE(refusal(a) != "no error");
  }
  REQUIRE(entries_of(a) ==
          std::vector<std::string>{"codes.npy", "configuration.toml", "summary.json"});
}

TEST_CASE("Files that come while the run goes on are spared", "[app]") {
  const Place place;
  const fs::path a = place.path / "a";
  fs::create_directories(a);
  write_run(a);
  RunFolder run(a);
  write_run(run.path());
  write(a / "thesis.tex");
  run.commit();
  REQUIRE(run.target() == place.path / "a.new");
  REQUIRE(fs::exists(a / "thesis.tex"));
  REQUIRE(fs::exists(place.path / "a.new" / "summary.json"));
}

TEST_CASE("A link to nowhere is told at once, one to a folder is followed", "[app]") {
  const Place place;
  fs::create_symlink("none", place.path / "a");
  REQUIRE(refusal(place.path / "a").find("is a link to nowhere") != std::string::npos);
  fs::create_directories(place.path / "none");
  REQUIRE(refusal(place.path / "a") == "no error");
}

TEST_CASE("What a killed run left is swept by the next, what lives is not", "[app]") {
  const Place place;
  const fs::path a = place.path / "a";
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const RunFolder run(a);
    write(run.path() / "spikes.dat");
    const char byte = 0;
    if (::write(pipe[1], &byte, 1) == 1) ::pause();
    ::_exit(1);
  }
  char byte = 1;
  REQUIRE(::read(pipe[0], &byte, 1) == 1);
  REQUIRE(entries_of(place.path).size() == 2);
  fs::create_directories(place.path / "a.part-of-me");
  {
    const RunFolder beside(a);
    REQUIRE(entries_of(place.path).size() == 4);  // the child's is still alive
  }
  ::kill(child, SIGKILL);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  REQUIRE(entries_of(place.path).size() == 3);
  { const RunFolder next(a); }
  REQUIRE(entries_of(place.path) == std::vector<std::string>{"a.part-of-me"});
  ::close(pipe[0]);
  ::close(pipe[1]);
}
