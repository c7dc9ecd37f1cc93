#include "cli/output/suspect_text.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/output/terminal.h"
#include "query/path_lines.h"

namespace heapq {

std::string WhereOf(const RetentionPath& path) {
  std::vector<std::string> labels;
  for (const PathLine& line : LinesOf(path)) {
    labels.push_back(line.omitted_before > 0 ? "… → " + line.label
                                             : line.label);
  }
  return absl::StrJoin(labels, " → ");
}

std::string SentenceOf(const Suspect& suspect) {
  const std::string bytes =
      absl::StrFormat("%s (%.1f%% of the heap)", HumanBytes(suspect.retained),
                      100 * suspect.share);
  if (!suspect.class_name.empty()) {
    return absl::StrCat(Grouped(static_cast<int64_t>(suspect.count)), " ",
                        suspect.class_name, " objects together keep ", bytes,
                        "; the biggest is ", suspect.object.label);
  }
  std::string text = absl::StrCat(suspect.object.label, " keeps ", bytes);
  const Filling& filling = suspect.filling;
  if (filling.count > 1) {
    absl::StrAppend(&text, ", mostly ",
                    Grouped(static_cast<int64_t>(filling.count)), " ",
                    filling.class_name, " objects");
  }
  if (!filling.keys.empty()) {
    absl::StrAppend(&text, "; its keys look like ",
                    absl::StrJoin(filling.keys, ", "));
  }
  return text;
}

}  // namespace heapq
