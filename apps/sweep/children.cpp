// Starts processes and waits for them on the pipes of their stderr: one loop, no threads.
#include "apps/sweep/children.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apps/interrupt.hpp"

namespace clockless {

namespace {

struct Child {
  std::size_t index = 0;
  pid_t pid = 0;
  int pipe = -1;  // its stderr
  std::string said = {};
};

constexpr std::size_t most_kept = 4096;  // of what it said

// Starts a child; the error of the system if that fails.
int start(Child& child, const std::string& program, std::vector<std::string> arguments) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return errno;
  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (std::string& word : arguments) words.push_back(word.data());
  words.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&files, ends[1], 2);
  const int error =
      posix_spawn(&child.pid, program.c_str(), &files, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  ::close(ends[1]);
  child.pipe = ends[0];
  if (error != 0) ::close(ends[0]);
  return error;
}

// Takes what a child says; false when it has closed its end.
bool listen(Child& child) {
  std::array<char, 4096> buffer{};
  const ssize_t got = ::read(child.pipe, buffer.data(), buffer.size());
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  child.said.append(buffer.data(), static_cast<std::size_t>(got));
  if (child.said.size() > most_kept) child.said.erase(0, child.said.size() - most_kept);
  return got > 0;
}

std::string last_line(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  text.remove_prefix(text.rfind('\n') == std::string_view::npos ? 0 : text.rfind('\n') + 1);
  constexpr std::string_view prefix = "clockless: ";
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  return std::string(text);
}

ChildEnd wait_for(const Child& child) {
  ::close(child.pipe);
  int status = 0;
  while (::waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {true, ""};
  std::string message = last_line(child.said);
  if (WIFSIGNALED(status))
    message =
        fmt::format("ended by signal {} ({}){}", WTERMSIG(status), ::strsignal(WTERMSIG(status)),
                    WTERMSIG(status) == SIGKILL ? "; perhaps memory ran out" : "");
  else if (message.empty())
    message = fmt::format("ended with exit code {}", WEXITSTATUS(status));
  return {false, message};
}

// A terminal sends Ctrl-C to all, kill to this process only. A second signal of one kind would
// end a child at once, so this is the other kind.
void tell_to_end(const std::vector<Child>& children) {
  for (const Child& child : children)
    ::kill(child.pid, interrupt_signal() == SIGTERM ? SIGINT : SIGTERM);
}

}  // namespace

void run_children(const std::string& program, std::size_t n, std::size_t at_once,
                  const std::function<std::vector<std::string>(std::size_t)>& arguments,
                  const std::function<void(std::size_t, const ChildEnd&)>& ended) {
  std::vector<Child> children;
  std::size_t next = 0;
  bool told = false;
  while (!children.empty() || (next < n && !interrupted())) {
    while (next < n && children.size() < std::max<std::size_t>(1, at_once) && !interrupted()) {
      Child child{next};
      if (const int error = start(child, program, arguments(next)))
        ended(next, {false, fmt::format("cannot start a process: {}", std::strerror(error))});
      else
        children.push_back(std::move(child));
      ++next;
    }
    if (interrupted() && !std::exchange(told, true)) tell_to_end(children);
    std::vector<pollfd> polled;
    for (const Child& child : children) polled.push_back({child.pipe, POLLIN, 0});
    ::poll(polled.data(), polled.size(), 100);  // milliseconds: to see an interrupt soon
    for (std::size_t i = children.size(); i-- > 0;) {
      if (polled[i].revents == 0 || listen(children[i])) continue;
      const Child child = std::move(children[i]);
      children.erase(children.begin() + static_cast<std::ptrdiff_t>(i));
      ended(child.index, wait_for(child));
    }
  }
}

}  // namespace clockless
