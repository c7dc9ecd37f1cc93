#ifndef HEAPQ_CLI_HUNT_CHILD_PROCESS_H_
#define HEAPQ_CLI_HUNT_CHILD_PROCESS_H_

#include <sys/types.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace heapq {

// A program that this process has started. Its standard output is a file or
// this process's standard error, which leaves standard output to the answer.
class ChildProcess {
 public:
  struct Options {
    std::vector<std::string> command;
    std::vector<std::pair<std::string, std::string>> environment;  // added
    std::string output;      // file for both outputs; empty: standard error
    bool own_group = false;  // Ctrl-C does not reach it
  };

  // Errors: kNotFound if the program cannot be run; kUnavailable if the system
  // cannot make a process.
  static absl::StatusOr<ChildProcess> Start(const Options& options);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  // Ends the child: SIGTERM, and SIGKILL after ten seconds.
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  // Whether it has ended; then `succeeded` says how.
  bool HasEnded();
  bool succeeded() const { return status_ == 0; }
  // Waits until it has ended or `keep_waiting` returns false, which is asked
  // ten times a second. Returns whether it has ended.
  bool Wait(const std::function<bool()>& keep_waiting);

 private:
  ChildProcess(pid_t pid, bool own_group) : pid_(pid), own_group_(own_group) {}

  pid_t pid_;
  bool own_group_;
  bool ended_ = false;
  int status_ = -1;
};

}  // namespace heapq

#endif  // HEAPQ_CLI_HUNT_CHILD_PROCESS_H_
