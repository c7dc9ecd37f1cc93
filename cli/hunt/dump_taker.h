#ifndef HEAPQ_CLI_HUNT_DUMP_TAKER_H_
#define HEAPQ_CLI_HUNT_DUMP_TAKER_H_

#include <sys/types.h>

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace heapq {

// Where the gem heap_dump is, for processes that have not loaded it: `given`,
// else the folder dumper/ of a checkout that holds this program, else the gem
// that the interpreter `ruby` has installed. Errors: kNotFound.
absl::StatusOr<std::string> FindGem(const std::string& given,
                                    const std::string& ruby);

// Takes dumps of one Ruby process: by the hook's signal if the process has
// loaded heap_dump/hook, else with gdb.
class DumpTaker {
 public:
  struct Options {
    std::string folder;  // absolute; for dumps that gdb asks for
    std::string log;     // file for the output of gdb
    std::string gem;     // the gem's folder; empty: FindGem
    std::string signal;  // the hook's, "URG"; empty: the one in its environment
    // Asked ten times a second; false ends the wait with kCancelled.
    std::function<bool()> keep_waiting;
  };

  DumpTaker(pid_t pid, const Options& options);

  // "signal URG" or "gdb".
  std::string Method() const;

  // Has the process write a dump and returns its path when it is complete.
  // Errors: kUnavailable if the process has ended or writes no dump, with the
  // reason; kNotFound if gdb or the gem is missing; kCancelled.
  absl::StatusOr<std::string> Take(int number);

 private:
  absl::StatusOr<std::string> TakeBySignal() const;
  absl::StatusOr<std::string> TakeByGdb(int number) const;

  const pid_t pid_;
  const Options options_;
  int signal_ = 0;  // 0: the hook is not loaded
  std::string signal_name_;
};

}  // namespace heapq

#endif  // HEAPQ_CLI_HUNT_DUMP_TAKER_H_
