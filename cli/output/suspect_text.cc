#include "cli/output/suspect_text.h"

#include <vector>

#include "absl/strings/str_join.h"
#include "query/paths/path_display.h"

namespace heapq {

std::string WhereOf(const RetentionPath& path) {
  std::vector<std::string> labels;
  for (const PathLine& line : LinesOf(path)) {
    labels.push_back(line.omitted_before > 0 ? "… → " + line.label
                                             : line.label);
  }
  return absl::StrJoin(labels, " → ");
}

std::string SentenceOf(const Suspect& suspect) { return suspect.sentence; }

std::string MaskedPathOf(const Suspect& suspect) {
  return absl::StrJoin(suspect.masked_path, " → ");
}

}  // namespace heapq
