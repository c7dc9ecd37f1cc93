#include "cli/app/rules_option.h"

#include <utility>

#include "indexer/base/status_macros.h"
#include "query/rules/rules.h"

namespace heapq {

OptionBuilder* AddRulesOption(CommandBuilder* command, std::string* path) {
  return command
      ->AddOption(
          "--rules", path,
          "What is known about holders and objects: docs/reference/rules.md")
      ->ValueName("FILE");
}

absl::Status UseRules(const std::string& path) {
  if (path.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(Rules rules, ReadRules(path));
  Rules::Use(std::move(rules));
  return absl::OkStatus();
}

}  // namespace heapq
