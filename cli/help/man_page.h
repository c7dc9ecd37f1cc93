#ifndef HEAPQ_CLI_HELP_MAN_PAGE_H_
#define HEAPQ_CLI_HELP_MAN_PAGE_H_

#include <string>
#include <string_view>

#include "cli/help/command_line.h"

namespace heapq {

// The manual page heapq(1), in the man(7) language. `version` as
// in "0.1.0".
std::string ManPage(const CommandLineHelp& help, std::string_view version);

}  // namespace heapq

#endif  // HEAPQ_CLI_HELP_MAN_PAGE_H_
