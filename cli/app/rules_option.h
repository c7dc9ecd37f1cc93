#ifndef HEAPQ_CLI_APP_RULES_OPTION_H_
#define HEAPQ_CLI_APP_RULES_OPTION_H_

#include <string>

#include "absl/status/status.h"
#include "cli/app/command_builder.h"

namespace heapq {

// Adds --rules FILE to a command.
OptionBuilder* AddRulesOption(CommandBuilder* command, std::string* path);
// Reads the file of --rules for all that this process judges; an empty path
// leaves the built-in rules. Errors as of ReadRules.
absl::Status UseRules(const std::string& path);

}  // namespace heapq

#endif  // HEAPQ_CLI_APP_RULES_OPTION_H_
