// Files appear whole or not at all, also on a full disk and in a folder one may not write to.
#include <csignal>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "apps/data/atomic_file.hpp"
#include "tests/apps/data/files.hpp"

using namespace clockless;
using Catch::Matchers::Contains;

namespace {

/// No file may grow beyond `bytes` while this lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_ = {};
  void (*handler_)(int) = nullptr;
};

/// Root may write anywhere, so root becomes nobody while this lives.
class Nobody {
 public:
  Nobody() : root_(::geteuid() == 0 && ::seteuid(65534) == 0) {}
  ~Nobody() {
    if (root_ && ::seteuid(0) != 0) std::abort();
  }
  Nobody(const Nobody&) = delete;
  Nobody& operator=(const Nobody&) = delete;

 private:
  bool root_;
};

}  // namespace

TEST_CASE("a committed file holds everything that was written", "[app][data]") {
  const TemporaryFolder folder;
  const auto path = folder / "out.txt";
  std::string expected;
  {
    AtomicFile file(path);
    for (int i = 0; i < 40000; ++i) {
      file.print("{} ", i);
      expected += std::to_string(i) + ' ';
    }
    file << "end";
    CHECK_FALSE(std::filesystem::exists(path));
    file.commit();
  }
  CHECK((contents(path) == expected + "end"));
  CHECK(folder.entries() == 1);
  write_file_atomically(path, std::string_view("short"));
  CHECK(contents(path) == "short");
  const std::string zeros("\0\xff\0", 3);
  write_file_atomically(path, bytes_of(zeros));
  CHECK(contents(path) == zeros);
}

TEST_CASE("an abandoned file leaves the old one and nothing else", "[app][data]") {
  const TemporaryFolder folder;
  const auto path = folder / "out.txt";
  put(path, "old");
  {
    AtomicFile file(path);
    file.write(std::string_view("new"));
  }
  CHECK(contents(path) == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a disk that fills up is an error and leaves nothing half-written", "[app][data]") {
  const TemporaryFolder folder;
  const auto path = folder / "out.txt";
  put(path, "old");
  const FileSizeLimit limit(100000);
  CHECK_THAT(error_of([&] { write_file_atomically(path, std::string(1000000, 'x')); }),
             Contains("out.txt: cannot write: File too large; raise the limit"));
  CHECK_THAT(error_of([&] {
               AtomicFile file(path);
               for (int i = 0; i < 100000; ++i) file.write(std::string_view("0123456789"));
               file.commit();
             }),
             Contains("File too large"));
  CHECK(contents(path) == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a full device is reported as such", "[app][data]") {
  const int full = ::open("/dev/full", O_WRONLY);
  if (full < 0) {
    WARN("skipped: no /dev/full");
    return;
  }
  CHECK(error_of([&] { write_all(full, "x", "here"); }) ==
        "here: cannot write: No space left on device; free some space or choose another folder");
  ::close(full);
}

TEST_CASE("places that cannot be written to are named with a remedy", "[app][data]") {
  const TemporaryFolder folder;
  const auto write_to = [](const std::filesystem::path& path) {
    return error_of([&] { write_file_atomically(path, std::string_view("x")); });
  };
  CHECK_THAT(write_to(folder / "no/such/out"), Contains("No such file or directory; create"));
  put(folder / "file", "old");
  CHECK_THAT(write_to(folder / "file/out"), Contains("Not a directory"));
  CHECK_THAT(write_to(folder.path()), Contains("no ordinary file"));
  CHECK_THAT(write_to("/dev/null"), Contains("no ordinary file"));
  CHECK(std::filesystem::is_character_file("/dev/null"));
  std::filesystem::create_directory(folder / "locked");
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(folder / "locked", std::filesystem::perms(0555));
  std::string message;
  {
    const Nobody nobody;
    message = write_to(folder / "locked/out");
  }
  CHECK_THAT(message, Contains("Permission denied; choose a folder you may write to"));
  CHECK(std::filesystem::is_empty(folder / "locked"));
}
