#include "cli/hunt/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace heapq {
namespace {

constexpr absl::Duration kPoll = absl::Milliseconds(100);
constexpr absl::Duration kPatience = absl::Seconds(10);

// Runs in the child; on failure writes errno to `error_fd`.
[[noreturn]] void Execute(const ChildProcess::Options& options, int error_fd) {
  if (options.own_group) setpgid(0, 0);
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null >= 0) dup2(null, STDIN_FILENO);
  int output = STDERR_FILENO;
  if (!options.output.empty()) {
    output = open(options.output.c_str(),
                  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  }
  if (output >= 0) {
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
  }
  for (const auto& [name, value] : options.environment) {
    setenv(name.c_str(), value.c_str(), 1);
  }
  std::vector<char*> arguments;
  for (const std::string& argument : options.command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  const int error = errno;
  (void)!write(error_fd, &error, sizeof(error));
  _exit(127);
}

}  // namespace

absl::StatusOr<ChildProcess> ChildProcess::Start(const Options& options) {
  int pipe_fds[2];
  if (pipe2(pipe_fds, O_CLOEXEC) != 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot make a pipe: ", std::strerror(errno)));
  }
  const pid_t pid = fork();
  if (pid == 0) Execute(options, pipe_fds[1]);
  close(pipe_fds[1]);
  if (pid < 0) {
    close(pipe_fds[0]);
    return absl::UnavailableError(absl::StrCat(
        "cannot start ", options.command[0], ": ", std::strerror(errno)));
  }
  int error = 0;
  const ssize_t got = read(pipe_fds[0], &error, sizeof(error));
  close(pipe_fds[0]);
  ChildProcess child(pid, options.own_group);
  if (got == static_cast<ssize_t>(sizeof(error))) {
    child.Wait([] { return true; });
    return absl::NotFoundError(absl::StrCat("cannot run ", options.command[0],
                                            ": ", std::strerror(error)));
  }
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(other.pid_),
      own_group_(other.own_group_),
      ended_(other.ended_),
      status_(other.status_) {
  other.ended_ = true;
}

ChildProcess::~ChildProcess() {
  if (HasEnded()) return;
  const pid_t target = own_group_ ? -pid_ : pid_;
  kill(target, SIGTERM);
  const absl::Time end = absl::Now() + kPatience;
  if (Wait([end] { return absl::Now() < end; })) return;
  kill(target, SIGKILL);
  Wait([] { return true; });
}

bool ChildProcess::HasEnded() {
  if (ended_) return true;
  int status = 0;
  const pid_t got = waitpid(pid_, &status, WNOHANG);
  if (got == pid_) {
    ended_ = true;
    status_ = status;
  } else if (got < 0 && errno != EINTR) {
    ended_ = true;
  }
  return ended_;
}

bool ChildProcess::Wait(const std::function<bool()>& keep_waiting) {
  while (!HasEnded()) {
    if (!keep_waiting()) return false;
    absl::SleepFor(kPoll);
  }
  return true;
}

}  // namespace heapq
