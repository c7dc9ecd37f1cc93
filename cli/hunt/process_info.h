#ifndef HEAPQ_CLI_HUNT_PROCESS_INFO_H_
#define HEAPQ_CLI_HUNT_PROCESS_INFO_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace heapq {

// Facts about another process from /proc. All functions return an empty value
// if the process has ended or may not be inspected.

// False for a zombie.
bool IsRunning(pid_t pid);

// Resident bytes.
uint64_t ResidentBytes(pid_t pid);

// Whether the process is a Ruby interpreter: libruby or ruby is mapped.
bool IsRuby(pid_t pid);

// Whether the process has a file of that name mapped ("heap_dump.so").
bool HasMapped(pid_t pid, const std::string& name);

// Whether the process has a handler for the signal.
bool CatchesSignal(pid_t pid, int signal);

// The variable in the environment that the process started with.
std::optional<std::string> EnvironmentOf(pid_t pid, const std::string& name);

// The Ruby process with the most resident bytes among `root` and its
// descendants; 0: there is none.
pid_t LargestRuby(pid_t root);

// The target of /proc/PID/`link` ("cwd", "exe"); empty if unknown.
std::string LinkOf(pid_t pid, const std::string& link);

}  // namespace heapq

#endif  // HEAPQ_CLI_HUNT_PROCESS_INFO_H_
