#ifndef HEAPQ_CLI_HELP_EXAMPLES_H_
#define HEAPQ_CLI_HELP_EXAMPLES_H_

#include <string>
#include <vector>

namespace heapq {

// Command lines that show how to use a command, most common first.
std::vector<std::string> ExamplesOf(const std::string& command);

}  // namespace heapq

#endif  // HEAPQ_CLI_HELP_EXAMPLES_H_
